#include "standing_invite.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "events.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kPause = std::chrono::seconds(10);
constexpr Duration kSoon = std::chrono::seconds(1);
/// After the relay said that there are too many.
constexpr Duration kQuotaPause = std::chrono::minutes(1);

}  // namespace

StandingInvite::StandingInvite(EventStream& stream, RunningAgent& agent) : stream_(stream), agent_(agent) {
  agent_.process().loop().add(*this);
}

StandingInvite::~StandingInvite() {
  agent_.process().loop().remove(*this);
}

void StandingInvite::offer() {
  wanted_ = true;
  if (!asked_) ask();
}

void StandingInvite::replace() {
  if (open()) stale_.push_back(*printed_);
  printed_.reset();
  take_back();
  offer();
}

void StandingInvite::name(std::string url) {
  name_ = std::move(url);
  set_name();
}

void StandingInvite::on_connected() {
  // The engine may be another one by now.
  set_name();
  take_back();
  if (wanted_ && !asked_) ask();
}

void StandingInvite::see(const AgentEvent& event) {
  if (std::holds_alternative<agent_events::StoreFailed>(event) && asked_) {
    // Nobody answers any more; the engine that comes after this one is asked once it is connected.
    asked_ = false;
    wanted_ = true;
  }
  const auto* closed = std::get_if<agent_events::InviteClosed>(&event);
  if (closed == nullptr) return;
  std::erase(stale_, closed->invite_id);
  if (!keep_ || closed->invite_id != printed_ || closed->why != "expired") return;
  printed_.reset();
  offer();
}

bool StandingInvite::open() const {
  const auto open = agent_.engine().invites();
  return printed_ && std::ranges::any_of(open, [&](const OpenInvite& each) { return each.invite_id == *printed_; });
}

void StandingInvite::on_time(const Now& /*now*/) {
  again_at_.reset();
  take_back();
  if (wanted_ && !asked_) ask();
}

void StandingInvite::ask() {
  asked_ = true;
  wanted_ = false;
  again_at_.reset();
  agent_.engine().create_invite(protocol::kInviteLifeMs, agent_.now(), [this](Result<CreatedInvite> invite) {
    asked_ = false;
    if (!invite) return refused(std::move(invite.error()));
    printed_ = invite->invite_id;
    if (wanted_) return replace();  // it was made for a URL that is gone by now
    warned_.clear();
    stream_.tell_here("invite", invite_members(*invite), "\n" + invite->url + "\n", remark);
    if (on_printed) on_printed();
  });
}

/// What may pass is tried again: with the next connection, or after a while where the connection stands.
void StandingInvite::refused(Error why) {
  Duration pause = kPause;
  bool tell = false;
  switch (why.code) {
    case ErrorCode::kCancelled:
      return;
    case ErrorCode::kNetwork:
    case ErrorCode::kTimeout:
    case ErrorCode::kAborted:
    case ErrorCode::kIo:
      break;
    case ErrorCode::kInternal:  // the relay's store, for instance
      tell = true;
      break;
    case ErrorCode::kQueueFull:
      if (keep_) {
        tell = !take_back_useless();
        pause = tell ? kQuotaPause : kSoon;
        break;
      }
      [[fallthrough]];
    default:
      failure_ = std::move(why);
      return;
  }
  wanted_ = true;
  again_at_ = agent_.now().steady + pause;
  if (!tell || warned_ == why.message) return;
  warned_ = why.message;
  stream_.out().warning("no invite for now: " + why.message + (why.hint.empty() ? "" : "; " + why.hint));
}

void StandingInvite::set_name() {
  if (name_.empty()) return;
  if (auto named = agent_.engine().set_invite_url(name_); !named) {
    stream_.out().warning("invites do not name the public URL: " + printable(named.error().message));
  }
}

void StandingInvite::take_back() {
  const std::vector<InviteId> stale = stale_;
  for (const InviteId& id : stale) {
    agent_.engine().revoke_invite(id, agent_.now(), [this, id](const Result<void>& revoked) {
      const bool over =
          revoked || revoked.error().code == ErrorCode::kNotFound || revoked.error().code == ErrorCode::kInviteUsed;
      if (over) std::erase(stale_, id);
    });
  }
}

/// Those that name a URL under which nobody is found now, an earlier room's. False when there is none more.
bool StandingInvite::take_back_useless() {
  const std::size_t before = stale_.size();
  for (const OpenInvite& invite : agent_.engine().invites()) {
    const bool useless = !invite.named_url.empty() && invite.named_url != name_;
    if (useless && std::ranges::find(stale_, invite.invite_id) == stale_.end()) stale_.push_back(invite.invite_id);
  }
  if (stale_.size() == before) return false;
  take_back();
  return true;
}

}  // namespace agentroom::cli

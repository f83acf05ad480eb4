#include "standing_invite.hpp"

#include <algorithm>

#include "events.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {

void StandingInvite::offer() {
  wanted_ = true;
  if (!asked_) ask();
}

void StandingInvite::replace() {
  if (open()) agent_.engine().revoke_invite(*printed_, agent_.now(), [](const Result<void>&) {});
  printed_.reset();
  offer();
}

void StandingInvite::on_connected() {
  if (wanted_ && !asked_) ask();
}

void StandingInvite::see(const AgentEvent& event) {
  if (std::holds_alternative<agent_events::StoreFailed>(event) && asked_) {
    // Nobody answers any more; the engine that comes after this one is asked once it is connected.
    asked_ = false;
    wanted_ = true;
  }
  const auto* closed = std::get_if<agent_events::InviteClosed>(&event);
  if (!keep_ || closed == nullptr || closed->invite_id != printed_ || closed->why != "expired") return;
  printed_.reset();
  offer();
}

bool StandingInvite::open() const {
  const auto open = agent_.engine().invites();
  return printed_ && std::ranges::any_of(open, [&](const OpenInvite& each) { return each.invite_id == *printed_; });
}

void StandingInvite::ask() {
  asked_ = true;
  wanted_ = false;
  agent_.engine().create_invite(protocol::kInviteLifeMs, agent_.now(), [this](Result<CreatedInvite> invite) {
    asked_ = false;
    if (!invite) {
      // The link went down again, or the store: the next connection asks once more.
      const ErrorCode code = invite.error().code;
      if (code == ErrorCode::kNetwork || code == ErrorCode::kTimeout || code == ErrorCode::kAborted ||
          code == ErrorCode::kIo) {
        wanted_ = true;
      } else if (code != ErrorCode::kCancelled) {
        failure_ = std::move(invite.error());
      }
      return;
    }
    printed_ = invite->invite_id;
    if (wanted_) return replace();  // it was made for a URL that is gone by now
    stream_.tell_here("invite", invite_members(*invite), "\n" + invite->url + "\n", remark);
    if (on_printed) on_printed();
  });
}

}  // namespace agentroom::cli

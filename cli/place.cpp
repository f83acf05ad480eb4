#include "place.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kLookAgain = std::chrono::minutes(1);
/// One change is told for each of these, and as many at once as the burst holds.
constexpr Duration kAnnounceEvery = std::chrono::minutes(10);
constexpr Duration kAnnounceBurst = 20 * kAnnounceEvery;

}  // namespace

Place::Place(EventStream& stream, RunningAgent& agent, HostedRelay& relay, StandingInvite& invite)
    : stream_(stream), agent_(agent), relay_(relay), invite_(invite) {
  agent_.process().loop().add(*this);
}

Place::~Place() {
  agent_.process().loop().remove(*this);
}

void Place::moved_to(std::vector<std::string> urls) {
  note(urls.empty() ? std::string() : urls.front());
  tunnels_ = std::move(urls);
  settle();
}

void Place::settle() {
  look_at_ = agent_.now().steady + kLookAgain;
  const std::vector<std::string> lan = relay_.lan_urls();
  const std::string url = !tunnels_.empty() ? tunnels_.front() : !lan.empty() ? lan.front() : relay_.local_url();
  const bool peers_know = std::ranges::find(urls_, url) != urls_.end();
  std::vector<std::string> urls = tunnels_;
  urls.insert(urls.end(), lan.begin(), lan.end());
  if (urls != urls_) {
    urls_ = std::move(urls);
    announce();
  }
  if (url == url_) return;
  url_ = url;
  invite_.name(url);
  if (!peers_know || invite_.open()) invite_.replace();
}

void Place::repeat() {
  if (!url_.empty()) announce();
}

void Place::note(const std::string& tunnel) {
  if (auto noted = relay_.sign().set_tunnel(tunnel); !noted) {
    stream_.out().warning(printable(noted.error().message));
  }
}

void Place::announce() {
  const Duration now = agent_.now().steady;
  if (paid_until_ > now + kAnnounceBurst) {
    announce_at_ = paid_until_ - kAnnounceBurst;
    return;
  }
  paid_until_ = std::max(paid_until_, now) + kAnnounceEvery;
  announce_at_.reset();
  if (auto told = agent_.engine().announce_relay_urls(urls_, agent_.now()); !told) {
    stream_.out().warning("peers are not told where this relay answers: " + printable(told.error().message));
  }
}

void Place::on_time(const Now& now) {
  if (announce_at_ && *announce_at_ <= now.steady) announce();
  if (look_at_ && *look_at_ <= now.steady) settle();
}

std::optional<Duration> Place::next_deadline() const {
  if (!announce_at_ || !look_at_) return announce_at_ ? announce_at_ : look_at_;
  return std::min(*announce_at_, *look_at_);
}

}  // namespace agentroom::cli

#include "network.hpp"

namespace agentroom::sim {
namespace {

constexpr Duration kLatency = std::chrono::milliseconds(3);
constexpr std::size_t kHighWater = 1024 * 1024;

}  // namespace

Network::Link* Network::find(ChannelId channel) {
  const auto found = links_.find(link_of(channel));
  return found == links_.end() ? nullptr : &found->second;
}

ChannelId Network::connect(Endpoint& from) {
  const std::uint64_t id = next_link_++;
  Link& link = links_[id];
  link.sides[0].owner = &from;
  scheduler_.after(dice_.up_to(kLatency), [this, id] {
    Link* made = find(channel_of(id, 0));
    if (made == nullptr || made->sides[0].owner == nullptr) return;
    if (listener_ == nullptr || made->closing || made->broken) {
      made->why = {1006, "connection refused"};
      return finish(id, 0);
    }
    made->sides[1].owner = listener_;
    for (std::size_t side : {1U, 0U}) {
      made = find(channel_of(id, 0));
      if (made == nullptr || made->sides[side].owner == nullptr) continue;
      made->sides[side].open = true;
      made->sides[side].owner->opened(channel_of(id, side));
    }
  });
  return channel_of(id, 0);
}

std::size_t Network::send(ChannelId channel, Bytes message) {
  Link* link = find(channel);
  if (link == nullptr || link->broken || link->closing) return 0;
  const std::size_t other = 1 - side_of(channel);
  Side& to = link->sides[other];
  to.incoming_bytes += message.size();
  to.incoming.push_back(std::move(message));
  if (to.incoming_bytes > kHighWater) link->sides[side_of(channel)].reported_full = true;
  if (!std::exchange(to.pumping, true)) {
    scheduler_.after(dice_.up_to(kLatency), [this, id = link_of(channel), other] { pump(id, other); });
  }
  return to.incoming_bytes;
}

void Network::pump(std::uint64_t id, std::size_t side) {
  Link* link = find(channel_of(id, side));
  if (link == nullptr) return;
  Side& to = link->sides[side];
  to.pumping = false;
  if (link->broken || to.paused) return;
  if (!to.incoming.empty()) {
    Bytes message = std::move(to.incoming.front());
    to.incoming.pop_front();
    to.incoming_bytes -= message.size();
    to.pumping = true;
    // Several messages of one turn often arrive together.
    scheduler_.after(dice_.one_in(3) ? dice_.up_to(kLatency) : Duration(0), [this, id, side] { pump(id, side); });
    if (to.owner != nullptr && to.open) to.owner->message(channel_of(id, side), message);
    link = find(channel_of(id, side));
    if (link == nullptr) return;
    Side& from = link->sides[1 - side];
    if (link->sides[side].incoming_bytes == 0 && std::exchange(from.reported_full, false) && from.owner != nullptr) {
      from.owner->drained(channel_of(id, 1 - side));
    }
    return;
  }
  if (link->closing) finish(id, side);
}

void Network::pause(ChannelId channel, bool paused) {
  Link* link = find(channel);
  if (link == nullptr) return;
  Side& side = link->sides[side_of(channel)];
  side.paused = paused;
  if (!paused && !std::exchange(side.pumping, true)) {
    scheduler_.after(Duration(0), [this, id = link_of(channel), at = side_of(channel)] { pump(id, at); });
  }
}

void Network::close(ChannelId channel, CloseInfo why) {
  Link* link = find(channel);
  if (link == nullptr || link->closing || link->broken) return;
  link->closing = true;
  link->why = std::move(why);
  const std::uint64_t id = link_of(channel);
  const std::size_t own = side_of(channel);
  link->sides[own].incoming.clear();
  scheduler_.after(dice_.up_to(kLatency), [this, id, own] { finish(id, own); });
  Side& other = link->sides[1 - own];
  other.paused = false;
  if (!std::exchange(other.pumping, true)) {
    scheduler_.after(dice_.up_to(kLatency), [this, id, own] { pump(id, 1 - own); });
  }
}

void Network::finish(std::uint64_t id, std::size_t side) {
  Link* link = find(channel_of(id, side));
  if (link == nullptr) return;
  const CloseInfo why = link->why;
  if (Endpoint* owner = std::exchange(link->sides[side].owner, nullptr)) owner->closed(channel_of(id, side), why);
  link = find(channel_of(id, side));
  if (link != nullptr && link->sides[0].owner == nullptr && link->sides[1].owner == nullptr) {
    links_.erase(link_of(channel_of(id, side)));
  }
}

void Network::forget(Endpoint& gone) {
  if (listener_ == &gone) listener_ = nullptr;
  for (auto& [id, link] : links_) {
    for (std::size_t side : {0U, 1U}) {
      if (link.sides[side].owner != &gone) continue;
      link.sides[side].owner = nullptr;
      if (link.closing || link.broken) continue;
      link.closing = true;
      link.why = {1006, "connection reset"};
      Side& other = link.sides[1 - side];
      other.paused = false;
      if (!std::exchange(other.pumping, true)) {
        scheduler_.after(dice_.up_to(kLatency), [this, link_id = id, side] { pump(link_id, 1 - side); });
      }
    }
  }
}

bool Network::cut_one() {
  if (links_.empty()) return false;
  auto it = links_.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(dice_.below(links_.size())));
  Link& link = it->second;
  if (link.broken) return false;
  link.broken = true;
  link.why = {1006, "connection reset"};
  for (std::size_t side : {0U, 1U}) {
    scheduler_.after(dice_.up_to(kLatency * 10), [this, id = it->first, side] { finish(id, side); });
  }
  return true;
}

}  // namespace agentroom::sim

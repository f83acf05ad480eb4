#include "network.hpp"

#include <utility>

namespace agentroom::sim {
namespace {

constexpr std::size_t kHighWater = 1024 * 1024;  // see Channels::send

}  // namespace

Network::Link* Network::find(ChannelId channel) {
  const auto found = links_.find(link_of(channel));
  return found == links_.end() ? nullptr : &found->second;
}

ChannelId Network::connect(Endpoint& from, std::uint32_t host) {
  const std::uint64_t id = next_link_++;
  Link& link = links_[id];
  link.sides[0].owner = &from;
  link.host = host;
  link.latency = dice_.up_to(latency_);
  scheduler_.after(dice_.up_to(link.latency), [this, id] {
    Link* made = find(channel_of(id, 0));
    if (made == nullptr || made->sides[0].owner == nullptr) return;
    if (listener_ == nullptr || made->closing || made->broken) {
      made->why = {.code = 1006, .reason = "connection refused"};
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
  if (link == nullptr || link->closing) return 0;
  const std::size_t own = side_of(channel);
  chronicle_.fold(channel);
  chronicle_.fold(ByteView(message).first(std::min<std::size_t>(message.size(), 64)));
  tap_.sent(link_of(channel), own == 0, message);
  Side& to = link->sides[1 - own];
  if (link->broken) return to.lost_bytes += message.size();
  to.incoming_bytes += message.size();
  to.incoming.push_back(std::move(message));
  if (to.incoming_bytes > kHighWater) link->sides[own].full = true;
  start_pump(link_of(channel), 1 - own, link->latency);
  return to.incoming_bytes;
}

std::size_t Network::unsent(ChannelId channel) const {
  const auto found = links_.find(link_of(channel));
  return found == links_.end() ? 0 : found->second.sides[1 - side_of(channel)].incoming_bytes;
}

void Network::start_pump(std::uint64_t id, std::size_t side, Duration most) {
  if (std::exchange(links_.at(id).sides[side].pumping, true)) return;
  scheduler_.after(dice_.up_to(most), [this, id, side] { pump(id, side); });
}

void Network::pump(std::uint64_t id, std::size_t side) {
  Link* link = find(channel_of(id, side));
  if (link == nullptr) return;
  Side& to = link->sides[side];
  to.pumping = false;
  if (link->stalled_until > scheduler_.steady()) {
    to.pumping = true;
    scheduler_.after(link->stalled_until - scheduler_.steady(), [this, id, side] { pump(id, side); });
  } else if (!to.incoming.empty()) {
    // A link that ends hands over what came before, also to an end that does not read.
    if (!to.paused || link->broken || link->closing) deliver(id, side);
  } else if (link->closing && !link->broken) {
    finish(id, side);
  }
}

void Network::deliver(std::uint64_t id, std::size_t side) {
  Link* link = find(channel_of(id, side));
  Side& to = link->sides[side];
  Bytes message = std::move(to.incoming.front());
  to.incoming.pop_front();
  to.incoming_bytes -= message.size();
  // Several messages of one turn often arrive together.
  start_pump(id, side, dice_.one_in(3) ? link->latency : Duration(0));
  if (to.owner != nullptr && to.open) to.owner->message(channel_of(id, side), message);
  link = find(channel_of(id, side));
  if (link == nullptr || link->sides[side].incoming_bytes != 0) return;
  Side& from = link->sides[1 - side];
  if (std::exchange(from.full, false) && from.owner != nullptr) from.owner->drained(channel_of(id, 1 - side));
}

void Network::pause(ChannelId channel, bool paused) {
  Link* link = find(channel);
  if (link == nullptr) return;
  if (paused) chronicle_.met(Way::kPaused);
  link->sides[side_of(channel)].paused = paused;
  if (!paused) start_pump(link_of(channel), side_of(channel), Duration(0));
}

void Network::close(ChannelId channel, CloseInfo why) {
  Link* link = find(channel);
  if (link == nullptr || link->closing || link->broken) return;
  link->closing = true;
  link->why = std::move(why);
  const std::uint64_t id = link_of(channel);
  const std::size_t own = side_of(channel);
  link->sides[own].incoming.clear();
  link->sides[own].incoming_bytes = 0;
  scheduler_.after(dice_.up_to(link->latency), [this, id, own] { finish(id, own); });
  start_pump(id, 1 - own, link->latency);
}

void Network::finish(std::uint64_t id, std::size_t side) {
  Link* link = find(channel_of(id, side));
  if (link == nullptr) return;
  const CloseInfo why = link->why;
  if (Endpoint* owner = std::exchange(link->sides[side].owner, nullptr)) owner->closed(channel_of(id, side), why);
  link = find(channel_of(id, side));
  if (link != nullptr && link->sides[0].owner == nullptr && link->sides[1].owner == nullptr) {
    links_.erase(id);
    tap_.ended(id);
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
      link.why = {.code = 1006, .reason = "connection reset"};
      start_pump(id, 1 - side, link.latency);
    }
  }
}

// ---- faults ----

std::map<std::uint64_t, Network::Link>::iterator Network::any_link() {
  auto it = links_.begin();
  if (!links_.empty()) std::advance(it, static_cast<std::ptrdiff_t>(dice_.below(links_.size())));
  return it;
}

void Network::lose_tail(Side& side) {
  std::size_t arrives = dice_.one_in(3) ? side.incoming_bytes : dice_.below(side.incoming_bytes + 1);
  std::size_t whole = 0;
  while (whole < side.incoming.size() && side.incoming[whole].size() <= arrives)
    arrives -= side.incoming[whole++].size();
  if (side.incoming.size() > whole) chronicle_.met(Way::kLostMessages);
  while (side.incoming.size() > whole) {
    side.incoming_bytes -= side.incoming.back().size();
    side.incoming.pop_back();
  }
}

bool Network::cut(Duration most) {
  const auto it = any_link();
  if (it == links_.end() || it->second.broken || it->second.closing) return false;
  Link& link = it->second;
  link.broken = true;
  link.why = {.code = 1006, .reason = "connection reset"};
  for (std::size_t side : {0U, 1U}) {
    lose_tail(link.sides[side]);
    scheduler_.after(dice_.up_to(most), [this, id = it->first, side] { finish(id, side); });
  }
  return true;
}

bool Network::stall(Duration most) {
  const auto it = any_link();
  if (it == links_.end()) return false;
  it->second.stalled_until = scheduler_.steady() + dice_.up_to(most);
  return true;
}

void Network::calm() {
  for (auto& [id, link] : links_) link.stalled_until = Duration(0);
}

bool Network::tamper() {
  const auto it = any_link();
  if (it == links_.end()) return false;
  Side& side = it->second.sides[dice_.below(2)];
  std::deque<Bytes>& queue = side.incoming;
  if (queue.empty()) return false;
  const std::size_t at = dice_.below(queue.size());
  Bytes& message = queue[at];
  side.incoming_bytes -= message.size();
  switch (dice_.below(4)) {
    case 0:
      if (!message.empty()) message[dice_.below(message.size())] ^= std::byte{1};
      break;
    case 1:
      message.resize(dice_.below(message.size() + 1));
      break;
    case 2:  // the one before it comes twice instead
      if (at > 0) message = queue[at - 1];
      break;
    default:
      break;
  }
  side.incoming_bytes += message.size();
  if (at > 0 && dice_.one_in(4)) std::swap(queue[at], queue[at - 1]);
  return true;
}

}  // namespace agentroom::sim

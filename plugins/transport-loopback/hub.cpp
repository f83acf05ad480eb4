#include "hub.hpp"

#include <utility>

namespace agentroom::transport_loopback {

void Endpoint::make_ready(const ChannelPtr& channel) {
  if (!std::exchange(channel->ready, true)) ready.push_back(channel);
  changed.notify_all();
}

Hub& Hub::instance() {
  static Hub hub;
  return hub;
}

sdk::Result<sdk::Listening> Hub::listen(Endpoint& endpoint, Address address, const sdk::ListenOptions& options) {
  if (address.port == 0) {
    do {
      address.port = next_port_++;
      if (next_port_ == 0) next_port_ = kFirstPort;
    } while (listeners_.contains(address));
  }
  if (!listeners_.try_emplace(address, &endpoint).second) {
    return sdk::fail(AR_IN_USE,
                     address.host + ":" + std::to_string(address.port) + " is in use by a listener of this process",
                     "listen on port 0 to get a free one");
  }
  endpoint.listening.emplace(address, Endpoint::Listener{options.events, options.max_message});
  return sdk::Listening{address.port, "ws"};
}

void Hub::stop_listening(Endpoint& endpoint) {
  for (const auto& [address, options] : endpoint.listening) listeners_.erase(address);
  endpoint.listening.clear();
}

ChannelPtr Hub::connect(Endpoint& endpoint, const Address& address, const sdk::ConnectOptions& options) {
  const auto add = [](Endpoint& owner, const sdk::ChannelEvents& events, std::uint64_t max_message) {
    auto channel = std::make_shared<Channel>(owner.next_id++, owner, events, max_message);
    owner.channels.emplace(channel->id, channel);
    owner.make_ready(channel);
    return channel;
  };
  ChannelPtr client = add(endpoint, options.events, options.max_message);
  const auto listener = listeners_.find(address);
  if (listener == listeners_.end()) {
    client->close_due = {AR_CLOSE_ABNORMAL,
                         "nobody in this process listens on " + address.host + ":" + std::to_string(address.port)};
    return client;
  }
  Endpoint& server_end = *listener->second;
  const Endpoint::Listener& accepted_by = server_end.listening.at(address);
  const ChannelPtr server = add(server_end, accepted_by.events, accepted_by.max_message);
  client->peer = server;
  server->peer = client;
  client->opened_due = server->opened_due = true;
  return client;
}

void Hub::flush(const ChannelPtr& channel) {
  const ChannelPtr peer = channel->peer;
  bool too_large = false;
  while (peer && !too_large && !channel->staged.empty()) {
    sdk::Buffer message = std::move(channel->staged.front());
    channel->staged.pop_front();
    channel->staged_bytes -= message.size();
    too_large = message.size() > peer->max_message;
    if (too_large) break;
    peer->incoming_bytes += message.size();
    peer->incoming.push_back(std::move(message));
    peer->owner->make_ready(peer);
  }
  if (too_large) return close(channel, {AR_CLOSE_TOO_LARGE, "a message is larger than the other side takes"});
  if (!peer) {
    channel->staged.clear();
    channel->staged_bytes = 0;
  }
  tell_when_drained(channel);
}

std::uint64_t Hub::unsent(const Channel& channel) {
  if (!channel.peer) return channel.staged_bytes;
  const std::size_t taken = channel.owner->buffer_bytes;
  const std::size_t unread = channel.peer->incoming_bytes;
  return channel.staged_bytes + (unread > taken ? unread - taken : 0);
}

void Hub::tell_when_drained(const ChannelPtr& channel) {
  if (!channel->over_high_water || channel->owner == nullptr || unsent(*channel) > 0) return;
  channel->over_high_water = false;
  channel->drained_due = true;
  channel->owner->make_ready(channel);
}

sdk::Buffer Hub::take_message(const ChannelPtr& channel) {
  if (channel->paused || channel->incoming.empty()) return {};
  sdk::Buffer message = std::move(channel->incoming.front());
  channel->incoming.pop_front();
  channel->incoming_bytes -= message.size();
  if (channel->peer) tell_when_drained(channel->peer);
  return message;
}

void Hub::close(const ChannelPtr& channel, const Channel::Close& close) {
  const ChannelPtr peer = std::exchange(channel->peer, nullptr);
  for (const ChannelPtr& side : {channel, peer}) {
    if (!side) continue;
    side->peer = nullptr;
    side->over_high_water = false;
    if (!side->close_due) side->close_due = close;
    if (side->owner != nullptr) side->owner->make_ready(side);
  }
}

void Hub::leave(Endpoint& endpoint) {
  stop_listening(endpoint);
  for (const auto& [id, channel] : endpoint.channels) {
    channel->owner = nullptr;
    close(channel, {AR_CLOSE_ABNORMAL, "the other side is gone"});
  }
  endpoint.channels.clear();
  endpoint.ready.clear();
}

}  // namespace agentroom::transport_loopback

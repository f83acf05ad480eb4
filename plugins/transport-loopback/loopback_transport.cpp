#include "loopback_transport.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace agentroom::transport_loopback {

namespace {

// Any longer wait is as good as this one, and does not overflow the clock.
constexpr sdk::Microseconds kLongestWait = std::chrono::hours(1);

}  // namespace

LoopbackTransport::~LoopbackTransport() {
  const Lock lock(hub_.mutex);
  hub_.leave(end_);
}

ChannelPtr LoopbackTransport::live(ar_channel id) const {
  const auto found = end_.channels.find(id);
  return found == end_.channels.end() || found->second->close_due ? nullptr : found->second;
}

sdk::Result<sdk::Listening> LoopbackTransport::listen(const sdk::ListenOptions& options) {
  const auto address = parse_address(options.address);
  if (!address) {
    return sdk::fail(AR_INVALID, "cannot listen on \"" + std::string(options.address) + "\": expected host:port");
  }
  const Lock lock(hub_.mutex);
  return hub_.listen(end_, *address, options);
}

void LoopbackTransport::stop_listening() {
  const Lock lock(hub_.mutex);
  hub_.stop_listening(end_);
}

sdk::Result<ar_channel> LoopbackTransport::connect(const sdk::ConnectOptions& options) {
  const Url url = parse_url(options.url);
  if (!url.known_scheme) {
    return sdk::fail(AR_UNSUPPORTED, "the loopback transport cannot connect to \"" + std::string(options.url) +
                                         "\": expected a URL that begins with loopback://, ws:// or wss://");
  }
  if (!url.address) {
    return sdk::fail(AR_INVALID, "\"" + std::string(options.url) + "\" names no host and port");
  }
  const Lock lock(hub_.mutex);
  return hub_.connect(end_, *url.address, options)->id;
}

std::uint64_t LoopbackTransport::send(ar_channel id, sdk::Buffer message) {
  const Lock lock(hub_.mutex);
  const ChannelPtr channel = live(id);
  if (!channel) return 0;
  if (channel->staged.empty()) dirty_.push_back(channel);
  channel->staged_bytes += message.size();
  channel->staged.push_back(std::move(message));
  const std::uint64_t unsent = Hub::unsent(*channel);
  if (unsent > AR_TRANSPORT_HIGH_WATER) channel->over_high_water = true;
  return unsent;
}

void LoopbackTransport::pause(ar_channel id) {
  const Lock lock(hub_.mutex);
  if (const ChannelPtr channel = live(id)) channel->paused = true;
}

void LoopbackTransport::resume(ar_channel id) {
  const Lock lock(hub_.mutex);
  const auto found = end_.channels.find(id);
  if (found == end_.channels.end()) return;
  found->second->paused = false;
  end_.make_ready(found->second);
}

void LoopbackTransport::close_channel(ar_channel id, std::uint16_t code, std::string_view reason) {
  const Lock lock(hub_.mutex);
  const ChannelPtr channel = live(id);
  if (!channel) return;
  hub_.flush(channel);
  // Only `closed` follows: what came and was not read yet is dropped.
  channel->incoming.clear();
  channel->incoming_bytes = 0;
  channel->opened_due = channel->drained_due = false;
  hub_.close(channel, {code, std::string(reason)});
}

void LoopbackTransport::flush_dirty() {
  for (const ChannelPtr& channel : std::exchange(dirty_, {})) hub_.flush(channel);
}

void LoopbackTransport::turn(sdk::Microseconds timeout) {
  Lock lock(hub_.mutex);
  flush_dirty();
  end_.changed.wait_for(lock, std::min(timeout, kLongestWait), [this] { return end_.woken || !end_.ready.empty(); });
  end_.woken = false;
  for (const ChannelPtr& channel : std::exchange(end_.ready, {})) deliver(channel, lock);
}

void LoopbackTransport::wake() {
  const Lock lock(hub_.mutex);
  end_.woken = true;
  end_.changed.notify_all();
}

/// Calls back without the lock: an event may call any method but turn.
void LoopbackTransport::deliver(const ChannelPtr& channel, Lock& lock) {
  const auto without_lock = [&lock](auto&& event) {
    lock.unlock();
    event();
    lock.lock();
  };
  channel->ready = false;
  if (std::exchange(channel->opened_due, false)) {
    without_lock([&] { channel->events.opened(channel->id, {"127.0.0.1", {}, {}}); });
  }
  // No more than what is there now: two instances of one thread take turns.
  for (std::size_t left = channel->incoming.size(); left > 0; --left) {
    sdk::Buffer message = hub_.take_message(channel);
    if (!message) break;
    without_lock([&] { channel->events.message(channel->id, message.bytes()); });
  }
  if (std::exchange(channel->drained_due, false)) {
    without_lock([&] { channel->events.drained(channel->id); });
  }
  if (!channel->incoming.empty()) {
    if (!channel->paused) end_.make_ready(channel);
    return;
  }
  if (!channel->close_due || end_.channels.erase(channel->id) == 0) return;
  without_lock([&] { channel->events.closed(channel->id, channel->close_due->code, channel->close_due->reason); });
}

}  // namespace agentroom::transport_loopback

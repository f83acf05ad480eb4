// A transport whose channels lead to other instances in the same process.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "agentroom/sdk/transport.hpp"
#include "hub.hpp"

namespace agentroom::transport_loopback {

/// Instances may be driven by one thread or by several; what one sends reaches the other at the end of the sender's
/// turn.
class LoopbackTransport final : public sdk::Transport {
 public:
  /// `buffer_bytes`: what a channel takes before it counts bytes as unsent.
  explicit LoopbackTransport(std::size_t buffer_bytes) : end_(buffer_bytes) {}
  ~LoopbackTransport() override;
  LoopbackTransport(const LoopbackTransport&) = delete;
  LoopbackTransport& operator=(const LoopbackTransport&) = delete;

  static sdk::Result<std::unique_ptr<LoopbackTransport>> open(sdk::Host host, const sdk::TransportOptions& options);

  sdk::Result<sdk::Listening> listen(const sdk::ListenOptions& options) override;
  void stop_listening() override;
  sdk::Result<ar_channel> connect(const sdk::ConnectOptions& options) override;
  std::uint64_t send(ar_channel channel, sdk::Buffer message) override;
  void pause(ar_channel channel) override;
  void resume(ar_channel channel) override;
  void close_channel(ar_channel channel, std::uint16_t code, std::string_view reason) override;
  void turn(sdk::Microseconds timeout) override;
  void wake() override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  /// Null when the channel has ended or is about to.
  ChannelPtr live(ar_channel id) const;
  void flush_dirty();
  void deliver(const ChannelPtr& channel, Lock& lock);

  Hub& hub_ = Hub::instance();
  Endpoint end_;
  std::vector<ChannelPtr> dirty_;
};

}  // namespace agentroom::transport_loopback

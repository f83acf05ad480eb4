// The transport plugin: listeners and channels over WebSocket.
#pragma once

#include <memory>
#include <vector>

#include "agentroom/sdk/transport.hpp"
#include "channel_table.hpp"
#include "config.hpp"
#include "listener.hpp"
#include "loop.hpp"
#include "tls_library.hpp"

namespace agentroom::ws {

class WsTransport final : public sdk::Transport {
 public:
  static sdk::Result<std::unique_ptr<WsTransport>> open(sdk::Host host, const sdk::TransportOptions& options);

  WsTransport(sdk::Host host, const Config& config);
  ~WsTransport() override;

  sdk::Result<sdk::Listening> listen(const sdk::ListenOptions& options) override;
  void stop_listening() override;
  sdk::Result<ar_channel> connect(const sdk::ConnectOptions& options) override;
  std::uint64_t send(ar_channel channel, sdk::Buffer message) override;
  void pause(ar_channel channel) override;
  void resume(ar_channel channel) override;
  void close_channel(ar_channel channel, std::uint16_t code, std::string_view reason) override;
  void turn(sdk::Microseconds timeout) override;
  void wake() override;
  sdk::Status reload() override;

 private:
  Config config_;
  TlsLibrary tls_;
  ChannelTable channels_;
  Loop loop_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace agentroom::ws

// Many agents that connect, prove who they are, and say nothing more than they must to stay.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "agentroom/transport.hpp"
#include "base/random.hpp"
#include "crypto/link_cipher.hpp"
#include "protocol/link.hpp"
#include "runtime/process.hpp"

namespace agentroom::bench {

/// Speaks the real link over the transport of `process`. Thread: the engine's.
class IdleAgents final : private ChannelEvents {
 public:
  IdleAgents(runtime::Process& process, std::string url) : process_(process), url_(std::move(url)) {}
  ~IdleAgents() override;
  IdleAgents(const IdleAgents&) = delete;
  IdleAgents& operator=(const IdleAgents&) = delete;

  /// Connects until `count` are authenticated, at most 128 of them at a time on the way. False when one is refused or
  /// nothing happens for a minute; `why()` then says so.
  bool connect(std::size_t count);
  /// Stays connected for so long, answering pings. False when one is closed meanwhile.
  bool stay(Duration time);

  std::size_t authenticated() const { return authenticated_; }
  std::uint64_t pings() const { return pings_; }
  const std::string& why() const { return why_; }

 private:
  struct Agent {
    std::unique_ptr<protocol::AgentHandshake> handshake;
    std::optional<crypto::LinkCipher> cipher;
  };

  void on_opened(ChannelId channel, const PeerInfo& peer) override;
  void on_message(ChannelId channel, MutableByteView message) override;
  void on_drained(ChannelId /*channel*/) override {}
  void on_closed(ChannelId channel, const CloseInfo& why) override;
  void greet(ChannelId channel, Agent& agent, ByteView challenge);
  void listen(ChannelId channel, Agent& agent, MutableByteView message);
  void fail_with(const std::string& why) {
    if (why_.empty()) why_ = why;
  }

  runtime::Process& process_;
  const std::string url_;
  SystemRandom random_;
  std::unordered_map<ChannelId, Agent> agents_;
  std::size_t authenticated_ = 0;
  std::uint64_t pings_ = 0;
  std::string why_;
};

}  // namespace agentroom::bench

// An agent in the simulation, with a handler whose runs take time.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "agent_disk.hpp"
#include "agentroom/agent_engine.hpp"
#include "crypto/identity.hpp"
#include "party.hpp"
#include "promises.hpp"

namespace agentroom::sim {

class AgentParty final : public Party, private Endpoint, private AgentIo {
 public:
  AgentParty(std::string name, std::uint32_t host, const Surroundings& around, const Plan& plan, Wiretap& tap,
             Promises& promises);
  ~AgentParty() override { crash(); }

  void shut_down() override;
  bool ended() const override { return engine_->idle(); }

  const AgentId& id() const { return identity_.id(); }
  const crypto::Identity& identity() const { return identity_; }
  std::uint32_t host() const { return host_; }
  AgentEngine& engine() { return *engine_; }
  AgentDisk& records() { return records_; }
  /// The store failed, or another connection replaced this one: its owner has to boot it again.
  bool needs_restart() const { return needs_restart_; }
  bool has_seen(const AgentId& from, const MsgId& msg_id) const {
    return records_.has_seen(disk_.records, from, msg_id);
  }

  /// Told of every event that its owner is told.
  std::function<void(const AgentEvent&)> on_report;

  /// While true handlers may be late, fail, ask to be run again, or not be there at all, and receipts be given out of
  /// order.
  bool troubled = false;

 private:
  bool begin() override;
  void end() override;
  std::optional<Duration> deadline() const override { return engine_->next_deadline(); }
  void on_time() override { engine_->on_time(now()); }
  void flush() override { engine_->flush(now()); }

  void opened(ChannelId channel) override;
  void message(ChannelId channel, MutableByteView bytes) override;
  void drained(ChannelId channel) override;
  void closed(ChannelId channel, const CloseInfo& why) override;

  std::size_t send(ChannelId channel, Bytes message) override;
  void pause(ChannelId channel) override;
  void resume(ChannelId channel) override;
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override;
  ChannelId connect(const std::string& url, Error& why) override;
  void handle(std::vector<HandlerMessage> messages) override;
  void on_event(const AgentEvent& event) override;

  void handle_next(std::shared_ptr<std::deque<HandlerMessage>> run);
  HandlerOutcome answer(const HandlerMessage& message);

  const std::uint32_t host_;
  const Plan& plan_;
  Wiretap& tap_;
  Promises& promises_;
  crypto::Identity identity_;
  AgentDisk records_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<AgentEngine> engine_;
  bool needs_restart_ = false;
};

/// A text that asks for `replies` answers to and fro; `size` is its least length.
std::string text_asking(std::uint64_t number, std::uint32_t replies, std::size_t size);

}  // namespace agentroom::sim

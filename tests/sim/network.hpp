// Links between agents and the relay: ordered bytes with delays, that can be cut anywhere.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>

#include "agentroom/transport.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

/// One end of the network: a party while it runs. Every event is followed by `poke()`.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void opened(ChannelId channel) = 0;
  virtual void message(ChannelId channel, MutableByteView bytes) = 0;
  virtual void drained(ChannelId channel) = 0;
  virtual void closed(ChannelId channel, const CloseInfo& why) = 0;
};

class Network {
 public:
  Network(Scheduler& scheduler, Dice& dice) : scheduler_(scheduler), dice_(dice) {}

  /// The relay while it runs, else null.
  void set_listener(Endpoint* listener) { listener_ = listener; }

  ChannelId connect(Endpoint& from);
  std::size_t send(ChannelId channel, Bytes message);
  void pause(ChannelId channel, bool paused);
  /// Sends what is queued, then closes both ends.
  void close(ChannelId channel, CloseInfo why);

  /// The endpoint crashed: it hears nothing more; what it sent may still arrive.
  void forget(Endpoint& gone);
  /// Breaks one link at random: what is under way is lost, both ends hear of it.
  bool cut_one();

 private:
  struct Side {
    Endpoint* owner = nullptr;  // null: has gone, or heard `closed`
    bool open = false;          // heard `opened`
    bool paused = false;
    bool reported_full = false;
    std::deque<Bytes> incoming;
    std::size_t incoming_bytes = 0;
    bool pumping = false;
  };
  struct Link {
    std::array<Side, 2> sides;  // 0: the agent, 1: the relay
    bool closing = false;
    bool broken = false;
    CloseInfo why;
  };

  // A channel is a link seen from one side.
  static std::uint64_t link_of(ChannelId channel) { return channel / 2; }
  static std::size_t side_of(ChannelId channel) { return channel % 2; }
  static ChannelId channel_of(std::uint64_t link, std::size_t side) { return link * 2 + side; }

  Link* find(ChannelId channel);
  void pump(std::uint64_t link, std::size_t side);
  void finish(std::uint64_t link, std::size_t side);

  Scheduler& scheduler_;
  Dice& dice_;
  Endpoint* listener_ = nullptr;
  std::uint64_t next_link_ = 1;
  std::map<std::uint64_t, Link> links_;
};

}  // namespace agentroom::sim

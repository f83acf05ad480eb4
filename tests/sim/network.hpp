// Links between agents and the relay: messages in order, with delays, that can be cut, stalled and changed anywhere.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>

#include "agentroom/transport.hpp"
#include "chronicle.hpp"
#include "dice.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

/// One end of the network: a party while it runs.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void opened(ChannelId channel) = 0;
  virtual void message(ChannelId channel, MutableByteView bytes) = 0;
  virtual void drained(ChannelId channel) = 0;
  virtual void closed(ChannelId channel, const CloseInfo& why) = 0;
};

/// Sees every link message as it is sent, before anything befalls it.
class WireTap {
 public:
  virtual ~WireTap() = default;
  virtual void sent(std::uint64_t link, bool by_agent, ByteView message) = 0;
  virtual void ended(std::uint64_t link) = 0;
};

class Network {
 public:
  Network(Scheduler& scheduler, Dice& dice, Chronicle& chronicle, Duration latency, WireTap& tap)
      : scheduler_(scheduler), dice_(dice), chronicle_(chronicle), latency_(latency), tap_(tap) {}

  /// The relay while it runs, else null.
  void set_listener(Endpoint* listener) { listener_ = listener; }

  /// `host` stands for the address that it comes from.
  ChannelId connect(Endpoint& from, std::uint32_t host);
  std::uint32_t host(ChannelId channel) const { return links_.at(link_of(channel)).host; }
  std::size_t send(ChannelId channel, Bytes message);
  /// Of what this end sent, what has not arrived.
  std::size_t unsent(ChannelId channel) const;
  void pause(ChannelId channel, bool paused);
  /// Sends what is queued, then closes both ends.
  void close(ChannelId channel, CloseInfo why);

  /// The endpoint crashed: it hears nothing more; what it sent may still arrive.
  void forget(Endpoint& gone);

  // Faults, each on one link at random; false when there is none.
  /// Of what is under way each end still gets what came whole before some byte, then hears of the end within `most`.
  bool cut(Duration most);
  bool stall(Duration most);
  bool tamper();
  /// No link stays stalled.
  void calm();

  static std::uint64_t link_of(ChannelId channel) { return channel / 2; }

 private:
  struct Side {
    Endpoint* owner = nullptr;  // null: has gone, or heard `closed`
    bool open = false;          // heard `opened`
    bool paused = false;
    bool full = false;  // `send` reported more than the high-water mark
    std::deque<Bytes> incoming;
    std::size_t incoming_bytes = 0;
    std::size_t lost_bytes = 0;  // sent after the link broke
    bool pumping = false;
  };
  struct Link {
    std::array<Side, 2> sides;  // 0: the agent, 1: the relay
    bool closing = false;
    bool broken = false;
    std::uint32_t host = 0;
    Duration latency{};
    Duration stalled_until{};
    CloseInfo why;
  };

  // A channel is a link seen from one side.
  static std::size_t side_of(ChannelId channel) { return channel % 2; }
  static ChannelId channel_of(std::uint64_t link, std::size_t side) { return link * 2 + side; }

  Link* find(ChannelId channel);
  std::map<std::uint64_t, Link>::iterator any_link();
  void start_pump(std::uint64_t link, std::size_t side, Duration most);
  void pump(std::uint64_t link, std::size_t side);
  void deliver(std::uint64_t link, std::size_t side);
  void finish(std::uint64_t link, std::size_t side);
  void lose_tail(Side& side);

  Scheduler& scheduler_;
  Dice& dice_;
  Chronicle& chronicle_;
  Duration latency_;
  WireTap& tap_;
  Endpoint* listener_ = nullptr;
  std::uint64_t next_link_ = 1;
  std::map<std::uint64_t, Link> links_;
};

}  // namespace agentroom::sim

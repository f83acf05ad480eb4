// Messages of all pairs of a fleet: as many on their way as a window allows, or as many a second as a rate says.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "latency.hpp"
#include "wire/fleet.hpp"

namespace agentroom::bench {

class Traffic final : private FleetEvents {
 public:
  /// When a message has arrived: acknowledged to its sender, and also received where recipients are there.
  enum class Goal : std::uint8_t { kAccepted, kAcceptedAndReceived };

  Traffic(Fleet& fleet, std::size_t pairs, Goal goal);
  ~Traffic() override { fleet_.listen(nullptr); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  /// From now on each pair has so many messages on their way.
  void begin(std::size_t window);
  /// One turn, of 100 ms at most.
  void turn() { fleet_.turn(std::chrono::milliseconds(100)); }
  void run(double seconds);
  /// So many messages a second, in turns of the pairs, whatever becomes of them.
  void run_at(double rate, double seconds);
  /// Sends no more and runs until all have arrived.
  void settle();

  /// What was counted so far is forgotten; nothing that is on its way is.
  void start_counting();
  std::uint64_t arrived() const { return arrived_; }
  /// The same, of which there is one at least: else a std::runtime_error.
  double count() const;
  /// Of the acknowledged: those that the server keeps, as far as it says so.
  std::uint64_t kept() const { return kept_; }
  /// From sending to the acknowledgement.
  const Latency& to_ack() const { return to_ack_; }
  /// From sending, or in an open loop from when it was due, to the arrival.
  const Latency& to_arrival() const { return to_arrival_; }

 private:
  // An open loop whose pair has so many on their way waits; the time that they were due counts on.
  static constexpr std::size_t kMostOnTheirWay = 4'096;
  // Of a window, in which an early message may be overtaken.
  static constexpr std::size_t kSpare = 4;

  struct Message {
    Clock::time_point sent;
    bool accepted = false;
    bool received = false;
  };
  struct Pair {
    std::uint64_t next = 1;
    std::size_t on_their_way = 0;
    std::vector<Message> messages;  // by id
  };

  void on_accepted(std::size_t pair, std::uint64_t id, bool kept) override;
  void on_received(std::size_t pair, std::uint64_t id) override;
  void send(std::size_t pair, Clock::time_point due);
  void arrive(std::size_t pair, const Message& message, Clock::time_point now);
  void make_room(std::size_t messages);  ///< for those of a pair that are on their way, the first time
  Message& find(std::size_t pair, std::uint64_t id) {
    std::vector<Message>& messages = pairs_[pair].messages;
    return messages[id % messages.size()];
  }

  Fleet& fleet_;
  const Goal goal_;
  std::vector<Pair> pairs_;
  bool refills_ = false;
  std::uint64_t on_their_way_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t kept_ = 0;
  Latency to_ack_;
  Latency to_arrival_;
};

/// Sends `options.messages`, and what the windows hold, to recipients that are away; how many the server has then.
std::uint64_t queue_messages(Fleet& fleet, const Options& options);

}  // namespace agentroom::bench

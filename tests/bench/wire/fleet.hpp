// Many senders and recipients at one server, in pairs; one kind for each server, so that a mode is written once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "loop.hpp"
#include "options.hpp"

namespace agentroom::bench {

enum class Role : std::uint8_t {
  kIdle,  ///< connects, authenticates, and says nothing
  kSender,
  kRecipient,  ///< confirms each message that it gets
};

/// One connection, and who it is for.
class Agent : public Connection {
 public:
  bool is_ready() const { return ready_; }

 protected:
  void set_ready() { ready_ = true; }

 private:
  bool ready_ = false;
};

class FleetEvents {
 public:
  virtual ~FleetEvents() = default;
  /// The server acknowledged to the sender; `kept`: what it keeps for a recipient that is away, as far as it says so.
  virtual void on_accepted(std::size_t pair, std::uint64_t id, bool kept) = 0;
  /// The recipient has it; its confirmation leaves with this turn.
  virtual void on_received(std::size_t pair, std::uint64_t id) = 0;
};

/// Failures are std::runtime_error. Thread: one.
class Fleet {
 public:
  Fleet(std::uint16_t port, std::size_t payload) : port_(port), payload_(payload) {}
  virtual ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  void listen(FleetEvents* events) { events_ = events; }

  /// Makes all parties of so many pairs known to the server, connected and ready.
  void open(std::size_t pairs);
  /// So many that are idle, beside those that are.
  void hold(std::size_t count);
  /// Takes the idle away.
  void release();

  /// A message of `payload` bytes; it leaves with the next turn. Ids of a pair grow by one.
  virtual void send(std::size_t pair, std::uint64_t id) = 0;
  void turn(Nanoseconds timeout) { loop_.turn(timeout); }

  /// All recipients go; and come again. What was queued for them may come before the last of them is ready.
  void away();
  void back();

 protected:
  virtual std::unique_ptr<Agent> make(Role role, std::size_t index, bool again) = 0;
  /// Before the first agent connects.
  virtual void prepare() {}

  void connect(Agent& agent) { loop_.connect(agent, port_); }
  /// Runs turns until it is so; a std::runtime_error when nothing comes of it for 30 s.
  void wait_for(const std::function<bool()>& fact);

  Loop loop_;
  const std::uint16_t port_;
  const std::size_t payload_;
  FleetEvents* events_ = nullptr;
  std::vector<std::unique_ptr<Agent>> senders_;
  std::vector<std::unique_ptr<Agent>> recipients_;
  std::vector<std::unique_ptr<Agent>> idle_;

 private:
  void gather(std::vector<std::unique_ptr<Agent>>& agents, Role role, std::size_t count, bool again);
  void dismiss(std::vector<std::unique_ptr<Agent>>& agents);
};

std::unique_ptr<Fleet> make_fleet(const Options& options, std::uint16_t port);
std::unique_ptr<Fleet> make_room_fleet(const Options& options, std::uint16_t port);
std::unique_ptr<Fleet> make_mqtt_fleet(const Options& options, std::uint16_t port);
std::unique_ptr<Fleet> make_nats_fleet(const Options& options, std::uint16_t port);

}  // namespace agentroom::bench

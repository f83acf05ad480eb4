// A TCP proxy that does to connections what networks do: breaks, stalls, delays, and loses one direction.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace agentroom::e2e {

/// What happens to connections from the moment when it is said; the rest is carried as it comes.
class FaultyWire {
 public:
  /// Listens on a free loopback port and carries each connection to `target_port`. `seed` draws where it breaks.
  explicit FaultyWire(unsigned target_port, std::uint64_t seed = 1);
  ~FaultyWire();
  FaultyWire(const FaultyWire&) = delete;
  FaultyWire& operator=(const FaultyWire&) = delete;

  unsigned port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }

  /// Breaks every open connection, with a reset.
  void cut();
  /// Each new connection breaks, by a reset or by an end in turn of chance, when it has carried a number of bytes of
  /// both directions that is drawn anew: `least` to `most`, small ones as often as large ones of twice the size.
  void cut_after(std::uint64_t least, std::uint64_t most);
  /// Only the next connection does, after exactly `bytes`.
  void cut_next_after(std::uint64_t bytes);
  /// New connections are sound.
  void heal();

  /// Nothing passes on the connections that are open now, and nothing tells either end. New ones are sound.
  void stall();
  /// What the client (or else the server) of the connections that are open now writes is lost.
  void swallow(bool of_the_client);
  /// All that comes passes so much later.
  void delay(std::chrono::milliseconds time);

  /// Since it began.
  std::size_t connections() const { return connections_; }
  std::size_t cuts() const { return cuts_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  class Carrier;
  struct Plan;

  void change(const std::function<void(Plan&)>& change);

  /// What the carrier's thread reads at each turn.
  struct Plan {
    std::uint64_t cut_least = 0;
    std::uint64_t cut_most = 0;  ///< 0: new connections are sound
    bool next_alone = false;
    bool cut_now = false;
    bool stall_now = false;
    bool swallow_client_now = false;
    bool swallow_server_now = false;
    std::chrono::milliseconds delay{0};
  };

  unsigned target_;
  unsigned port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::mt19937_64 random_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> cuts_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::mutex mutex_;
  Plan plan_;
  std::thread thread_;
};

}  // namespace agentroom::e2e

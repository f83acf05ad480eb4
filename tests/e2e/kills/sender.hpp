// Somebody who types `agentroom send` again and again, and is killed now and then while it works.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ledger.hpp"
#include "room.hpp"

namespace agentroom::e2e::kills {

struct Target {
  std::string name;
  std::string key;
};

class Sender {
 public:
  /// Writes to `targets` in turn of chance, one command after another, on a thread of its own.
  Sender(std::string name, const Home& home, std::vector<Target> targets, std::uint64_t seed);
  ~Sender();

  void start();
  /// After the command under way.
  void stop();
  /// One last message to each.
  void send_last();

  /// Kills the next command that lives longer than `after`.
  void kill_one(std::chrono::microseconds after) { kill_after_us_ = after.count(); }
  bool kill_asked() const { return kill_after_us_ >= 0; }
  std::size_t killed() const { return killed_; }

  std::vector<Sending> sendings() const;

 private:
  void run();
  void send(std::size_t target);
  std::string run_command(const Target& target, const std::string& text);

  std::string name_;
  Home home_;  ///< with files of its own for what commands say
  std::vector<Target> targets_;
  std::vector<int> numbers_;
  std::mt19937_64 random_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::int64_t> kill_after_us_ = -1;
  std::atomic<std::size_t> killed_ = 0;
  mutable std::mutex mutex_;
  std::vector<Sending> sendings_;
  std::thread thread_;
};

}  // namespace agentroom::e2e::kills

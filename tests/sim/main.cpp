// agentroom-sim: runs the simulation for a range of seeds, or replays one.
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "crypto/primitives.hpp"
#include "world.hpp"

namespace {

using agentroom::sim::Outcome;
using agentroom::sim::World;

constexpr const char* kUsage =
    "usage: agentroom-sim [--seeds N] [--first-seed S] [--jobs J]   run N seeds (default 100) from S (default 1)\n"
    "       agentroom-sim --seed S [--trace]                        replay one, and tell what happens\n"
    "The first seed that fails ends the run. Exit 0: every promise held; 1: a seed failed; 2: wrong usage.\n";

/// Every so many seeds one is run twice and must go the same way.
constexpr std::uint64_t kTwiceEvery = 20;

struct Options {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  std::uint64_t jobs = 1;
  bool trace = false;
};

bool read_number(const char* text, std::uint64_t& out) {
  if (text == nullptr) return false;
  const char* end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, out);
  return error == std::errc() && last == end;
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    bool good = false;
    if (flag == "--trace") {
      options.trace = good = true;
    } else if (flag == "--seeds") {
      good = read_number(value, options.seeds), ++i;
    } else if (flag == "--first-seed") {
      good = read_number(value, options.first), ++i;
    } else if (flag == "--jobs") {
      good = read_number(value, options.jobs) && options.jobs > 0 && options.jobs <= 64, ++i;
    } else if (flag == "--seed") {
      good = read_number(value, options.first), options.seeds = 1, ++i;
    }
    if (!good) return false;
  }
  return true;
}

Outcome run(std::uint64_t seed, bool trace) {
  Outcome outcome = World(seed, trace).run();
  if (outcome.violation.empty() && !trace && seed % kTwiceEvery == 0 && World(seed, false).run().hash != outcome.hash) {
    outcome.violation = "the same seed went two ways";
  }
  return outcome;
}

/// Runs seeds on several threads; each seed's world is its own.
class Campaign {
 public:
  explicit Campaign(const Options& options) : options_(options) {}

  void work() {
    for (std::uint64_t i = next_++; i < options_.seeds && !failed_; i = next_++) {
      const std::uint64_t seed = options_.first + i;
      const Outcome outcome = run(seed, options_.trace);
      const std::lock_guard lock(mutex_);
      add(outcome);
      if (outcome.violation.empty()) continue;
      failed_ = true;
      std::printf("seed %llu: %s\nreplay: agentroom-sim --seed %llu --trace\n", as_count(seed),
                  outcome.violation.c_str(), as_count(seed));
    }
  }

  bool failed() const { return failed_; }

  void print_counts(double seconds) const {
    std::printf(
        "%llu seeds, %llu events, %llu messages, %llu acked, %llu handled, %llu replies, %llu expired or removed, "
        "%llu cuts, %llu crashes, %llu failed commits, %.1f seeds/s\n",
        as_count(done_), as_count(sum_.events), as_count(sum_.messages.messages), as_count(sum_.messages.promised),
        as_count(sum_.messages.handled), as_count(sum_.messages.replies), as_count(sum_.messages.excused),
        as_count(sum_.cuts), as_count(sum_.crashes), as_count(sum_.failed_commits),
        static_cast<double>(done_) / seconds);
  }

 private:
  static unsigned long long as_count(std::uint64_t value) { return value; }

  void add(const Outcome& outcome) {
    ++done_;
    sum_.events += outcome.events;
    sum_.cuts += outcome.cuts;
    sum_.crashes += outcome.crashes;
    sum_.failed_commits += outcome.failed_commits;
    sum_.messages.messages += outcome.messages.messages;
    sum_.messages.promised += outcome.messages.promised;
    sum_.messages.handled += outcome.messages.handled;
    sum_.messages.replies += outcome.messages.replies;
    sum_.messages.excused += outcome.messages.excused;
  }

  const Options& options_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::uint64_t done_ = 0;
  Outcome sum_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  agentroom::crypto::init();
  const auto begin = std::chrono::steady_clock::now();
  Campaign campaign(options);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t job = 1; job < options.jobs; ++job) threads.emplace_back([&] { campaign.work(); });
    campaign.work();
  }
  campaign.print_counts(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return campaign.failed() ? 1 : 0;
}

// agentroom-sim: runs the simulation for a range of seeds, or replays one.
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crypto/primitives.hpp"
#include "world.hpp"

namespace {

using agentroom::sim::Coverage;
using agentroom::sim::Outcome;
using agentroom::sim::Way;
using agentroom::sim::World;

constexpr const char* kUsage =
    "usage: agentroom-sim [--seeds N] [--first-seed S] [--jobs J] [--coverage]\n"
    "           runs N seeds (default 100) from S (default 1), J (1 to 64, default 1) at a time\n"
    "       agentroom-sim --seed S [--trace]\n"
    "           replays one; with --trace tells what happens\n"
    "The first seed that fails ends the run, and so does SIGINT or SIGTERM, once the seeds under way are done: the\n"
    "counts are those of what ran. --coverage tells how often each fault struck and each way was\n"
    "gone; one that no seed met fails the run too. Exit 0: every promise held; 1: a seed failed; 2: wrong usage.\n";

/// So many seeds meet what happens in very few of them.
constexpr std::uint64_t kSeedsForSeldom = 2'000;

/// Every so many seeds one is run twice and must go the same way.
constexpr std::uint64_t kTwiceEvery = 20;

struct Options {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  std::uint64_t jobs = 1;
  bool trace = false;
  bool coverage = false;
};

/// The number that `text` is, when it lies within the bounds.
std::optional<std::uint64_t> number_in(const char* text, std::uint64_t least, std::uint64_t most) {
  if (text == nullptr) return std::nullopt;
  const char* end = text + std::strlen(text);
  std::uint64_t number = 0;
  const auto [last, error] = std::from_chars(text, end, number);
  if (error != std::errc() || last != end || number < least || number > most) return std::nullopt;
  return number;
}

/// What is wrong with the arguments; empty when nothing is.
std::string read_options(int argc, char** argv, Options& options) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() / 2;
  struct Numbered {
    std::string_view flag;
    std::uint64_t& value;
    std::uint64_t least;
    std::uint64_t most;
  };
  bool one = false;
  std::uint64_t seed = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--trace") {
      options.trace = true;
      continue;
    }
    if (flag == "--coverage") {
      options.coverage = true;
      continue;
    }
    bool known = false;
    for (const Numbered& option :
         {Numbered{"--seeds", options.seeds, 1, kMost}, Numbered{"--first-seed", options.first, 0, kMost},
          Numbered{"--jobs", options.jobs, 1, 64}, Numbered{"--seed", seed, 0, kMost}}) {
      if (option.flag != flag) continue;
      known = true;
      one = one || flag == "--seed";
      const char* text = i + 1 < argc ? argv[++i] : nullptr;
      const auto number = number_in(text, option.least, option.most);
      if (!number) {
        return flag + " wants a number from " + std::to_string(option.least) + " to " + std::to_string(option.most) +
               (text == nullptr ? std::string(", and none follows it") : ", not '" + std::string(text) + "'");
      }
      option.value = *number;
    }
    if (!known) return "unknown argument '" + flag + "'";
  }
  if (options.trace && !one) return "--trace goes with --seed S: the story of one seed is long enough";
  if (one) options.first = seed, options.seeds = 1;
  return {};
}

std::atomic<bool> stopped = false;
static_assert(std::atomic<bool>::is_always_lock_free);

/// The second one ends the process.
extern "C" void stop(int signal) {
  stopped = true;
  std::signal(signal, SIG_DFL);
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
    for (std::uint64_t i = next_++; i < options_.seeds && !failed_ && !stopped; i = next_++) {
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

  /// False when something was never met.
  bool print_coverage() const {
    bool all = true;
    for (std::size_t i = 0; i < Coverage::kWays; ++i) {
      const auto way = static_cast<Way>(i);
      const bool met = sum_.coverage.of(way) > 0;
      // Two clocks have to be set far, or a clock and a long sleep: one seed in hundreds.
      all = all && (met || (way == Way::kSessionsExpired && done_ < kSeedsForSeldom));
      std::printf("%12llu  %s%s\n", as_count(sum_.coverage.of(way)), Coverage::name(way), met ? "" : "   NEVER MET");
    }
    return all;
  }

  void print_counts(double seconds) const {
    std::printf(
        "%llu seeds, %llu events, %llu messages, %llu acked, %llu handled, %llu replies, %llu expired or removed, "
        "%llu cuts, %llu crashes, %llu failed commits, %.1f seeds/s\n",
        as_count(done_), as_count(sum_.events), as_count(sum_.messages.messages), as_count(sum_.messages.promised),
        as_count(sum_.messages.handled), as_count(sum_.messages.replies), as_count(sum_.messages.excused),
        as_count(sum_.coverage.of(Way::kCut) + sum_.coverage.of(Way::kHalfOpen)),
        as_count(sum_.coverage.of(Way::kRelayCrash) + sum_.coverage.of(Way::kAgentCrash) +
                 sum_.coverage.of(Way::kDeathBetweenEffects)),
        as_count(sum_.coverage.of(Way::kFailedCommit)), static_cast<double>(done_) / seconds);
  }

 private:
  static unsigned long long as_count(std::uint64_t value) { return value; }

  void add(const Outcome& outcome) {
    ++done_;
    sum_.events += outcome.events;
    sum_.coverage += outcome.coverage;
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
  if (const std::string wrong = read_options(argc, argv, options); !wrong.empty()) {
    std::fprintf(stderr, "agentroom-sim: %s\n%s", wrong.c_str(), kUsage);
    return 2;
  }
  agentroom::crypto::init();
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  const auto begin = std::chrono::steady_clock::now();
  Campaign campaign(options);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t job = 1; job < options.jobs; ++job) threads.emplace_back([&] { campaign.work(); });
    campaign.work();
  }
  const bool covered = !options.coverage || campaign.print_coverage();
  campaign.print_counts(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return campaign.failed() || !covered ? 1 : 0;
}

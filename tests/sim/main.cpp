// agentroom-sim: runs the simulation for a range of seeds, or replays one.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "crypto/primitives.hpp"
#include "world.hpp"

namespace {

constexpr const char* kUsage =
    "usage: agentroom-sim [--seeds N] [--first-seed S]   run N seeds (default 100) from S (default 1)\n"
    "       agentroom-sim --seed S [--trace]             replay one, and tell what happens\n"
    "Exit 0: every promise held; 1: a seed failed; 2: wrong usage.\n";

bool read_number(const char* text, std::uint64_t& out) {
  if (text == nullptr) return false;
  const char* end = text + std::strlen(text);
  const auto [last, error] = std::from_chars(text, end, out);
  return error == std::errc() && last == end;
}

// A third of the seeds meets each kind of fault alone, so that a failure is easier to read; the rest meets all.
agentroom::sim::Faults faults_of(std::uint64_t seed) {
  switch (seed % 6) {
    case 0:
      return {.cuts = true, .crashes = false, .disks = false};
    case 1:
      return {.cuts = false, .crashes = true, .disks = false};
    case 2:
      return {.cuts = false, .crashes = false, .disks = true};
    default:
      return {};
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    bool ok = true;
    if (flag == "--trace") {
      trace = true;
    } else if (flag == "--seeds") {
      ok = read_number(value, seeds), ++i;
    } else if (flag == "--first-seed") {
      ok = read_number(value, first), ++i;
    } else if (flag == "--seed") {
      ok = read_number(value, first), seeds = 1, ++i;
    } else {
      ok = false;
    }
    if (!ok) {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }

  agentroom::crypto::init();
  std::uint64_t failed = 0;
  agentroom::sim::Outcome sum;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    agentroom::sim::World world(seed, faults_of(seed), trace);
    const auto outcome = world.run();
    sum.events += outcome.events;
    sum.sent += outcome.sent;
    sum.answered += outcome.answered;
    sum.cuts += outcome.cuts;
    sum.crashes += outcome.crashes;
    if (!outcome.violation.empty()) {
      ++failed;
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.violation.c_str());
    }
  }
  std::printf("%llu seeds, %llu failed: %llu events, %llu messages sent, %llu answered, %llu cuts, %llu crashes\n",
              static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.sent),
              static_cast<unsigned long long>(sum.answered), static_cast<unsigned long long>(sum.cuts),
              static_cast<unsigned long long>(sum.crashes));
  return failed == 0 ? 0 : 1;
}

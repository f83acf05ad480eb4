// agentroom-kills: kills processes of agentroom under traffic, and counts what was acknowledged and what was handled.
#include <charconv>
#include <chrono>
#include <cstring>
#include <iostream>
#include <random>
#include <string_view>

#include "run.hpp"

namespace {

namespace kills = agentroom::e2e::kills;

constexpr const char* kUsage =
    "usage: agentroom-kills [--kills N] [--seed S] [--json]   kill N processes (default 200)\n"
    "The seed draws who is killed and when; the machine decides what they are doing then. The last line of stdout has\n"
    "the counts. Exit 0: nothing lost, nothing twice, nothing out of order; 1: something was; 2: wrong usage.\n";

struct Options {
  std::uint64_t kills = 200;
  std::uint64_t seed = 0;
  bool json = false;
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
    if (flag == "--json") {
      options.json = good = true;
    } else if (flag == "--kills") {
      good = read_number(value, options.kills), ++i;
    } else if (flag == "--seed") {
      good = read_number(value, options.seed), ++i;
    }
    if (!good) return false;
  }
  return true;
}

boost::json::object counts(const kills::Tally& tally, double seconds, std::uint64_t seed) {
  const kills::Verdict& v = tally.verdict;
  boost::json::object by_victim;
  for (const auto& [victim, count] : tally.kills) by_victim[victim] = count;
  boost::json::object errors;
  for (const auto& [code, count] : v.errors) errors[code] = count;
  return {{"kills", tally.killed()},
          {"by_victim", std::move(by_victim)},
          {"freezes", tally.freezes},
          {"restarts", tally.restarts},
          {"sent", v.sent},
          {"delivered", v.delivered},
          {"queued", v.queued},
          {"pending", v.pending},
          {"untold", v.untold},
          {"errors", std::move(errors)},
          {"handled", v.handled},
          {"handled_again", v.handled_again},
          {"replies", v.replies},
          {"given_up", v.given_up},
          {"lost", v.lost},
          {"twice", v.twice},
          {"out_of_order", v.out_of_order},
          {"trouble", tally.trouble.size()},
          {"seconds", seconds},
          {"seed", seed}};
}

void tell_people(const kills::Tally& tally, double seconds, std::uint64_t seed) {
  const kills::Verdict& v = tally.verdict;
  std::cout << tally.killed() << " kills (";
  const char* between = "";
  for (const auto& [victim, count] : tally.kills) std::cout << std::exchange(between, ", ") << victim << ' ' << count;
  std::cout << "), " << tally.freezes << " freezes, " << tally.restarts << " restarts; " << v.sent << " sent ("
            << v.delivered << " delivered, " << v.queued << " queued, " << v.pending << " pending, " << v.untold
            << " untold); " << v.handled << " handled (" << v.handled_again << " again after a kill, " << v.given_up
            << " given up after 3), " << v.replies << " replies; " << v.lost << " lost, " << v.twice << " twice, "
            << v.out_of_order << " out of order; " << static_cast<int>(seconds) << " s, seed " << seed << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.seed = std::random_device{}();
  if (!read_options(argc, argv, options)) {
    std::cerr << kUsage;
    return 2;
  }
  std::cerr << "seed " << options.seed << '\n';
  try {
    const auto began = std::chrono::steady_clock::now();
    kills::Run run(options.seed);
    const kills::Tally tally = run.run(options.kills);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const bool good = tally.verdict.held() && tally.trouble.empty();
    if (!good) {
      for (const std::string& finding : tally.verdict.findings) std::cerr << finding << '\n';
      for (const std::string& trouble : tally.trouble) std::cerr << trouble << '\n';
      for (const auto& folder : run.keep()) std::cerr << "kept: " << folder.string() << '\n';
    }
    if (options.json) {
      std::cout << boost::json::serialize(counts(tally, seconds, options.seed)) << std::endl;
    } else {
      tell_people(tally, seconds, options.seed);
    }
    return good ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "agentroom-kills: " << error.what() << '\n';
    return 1;
  }
}

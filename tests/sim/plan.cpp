#include "plan.hpp"

namespace agentroom::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kPercent = 10'000;  // of a million

DiskPlan draw_disk(Dice& dice) {
  DiskPlan disk;
  disk.fails = dice.one_of<std::uint32_t>({0, 0, 0, 2'000, 30'000});
  disk.misread = dice.one_of<std::uint32_t>({0, 0, 0, 0, 1'000});
  disk.sync = dice.one_of<Duration>({milliseconds(1), milliseconds(5), milliseconds(100), seconds(2)});
  disk.told = dice.one_of<Duration>({Duration(0), milliseconds(1), milliseconds(30), seconds(1)});
  return disk;
}

void draw_limits(Dice& dice, RelayLimits& limits, std::uint32_t& largest_text) {
  limits.mailbox_messages = dice.one_of<std::uint32_t>({500, 500, 500, 64, 16, 4});
  if (dice.one_in(2)) {
    limits.handshakes_per_minute = limits.handshake_burst = limits.failures_per_minute = 100'000;
  }
  limits.frames_per_second = dice.one_of<std::uint32_t>({50, 50, 10'000, 5});
  limits.frame_burst = dice.one_of<std::uint32_t>({500, 500, 10});
  limits.open_invites = dice.one_of<std::uint32_t>({20, 20, 1});
  switch (dice.below(10)) {
    case 0:  // little room
      limits.mailbox_bytes = 12 * 1024;
      largest_text = 3'000;
      break;
    case 1:
      limits.queued_bytes = 24 * 1024;
      largest_text = 3'000;
      break;
    case 2:  // large texts
      largest_text = 128 * 1024;
      limits.unsent_bytes = dice.one_of<std::uint64_t>({1U << 20, 1U << 20, 4U << 20});
      break;
    case 3:
      largest_text = 6'000;
      break;
    default:
      break;
  }
}

}  // namespace

Plan::Plan(Dice& dice) {
  agents = dice.between(3, 6);
  storm = seconds(dice.one_of({20, 40, 90}));
  for (std::uint32_t& weight : weights) weight = dice.one_of<std::uint32_t>({0, 0, 1, 1, 2, 6});
  between_strikes = dice.one_of<Duration>({milliseconds(150), milliseconds(600), seconds(3)});
  if (dice.one_in(10)) weights = {};  // only what disks and handlers do, or nothing at all
  relay_disk = draw_disk(dice);
  agent_disk = draw_disk(dice);
  latency = dice.one_of<Duration>({milliseconds(1), milliseconds(5), milliseconds(60), milliseconds(700)});

  for (std::size_t a = 0; a < agents; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      // Everybody has a friend; some pairs invite each other.
      if (b + 1 != a && !dice.one_in(4)) continue;
      const bool turned = dice.one_in(2);
      friendships.push_back({turned ? a : b, turned ? b : a});
      if (dice.one_in(3)) friendships.push_back({turned ? b : a, turned ? a : b});
    }
  }
  texts = dice.between(3, 12);
  burst = dice.one_of<std::uint32_t>({1, 1, 3, 12});
  pause = dice.one_of<Duration>({milliseconds(100), milliseconds(1'500), seconds(5)});
  replies = dice.between(0, 3);
  invite_ttl = dice.one_of<std::int64_t>({24LL * 3600 * 1000, 24LL * 3600 * 1000, 7LL * 24 * 3600 * 1000, 4'000});
  revoked = dice.one_of<std::uint32_t>({0, 0, 20 * kPercent});
  shared = dice.one_of<std::uint32_t>({0, 0, 20 * kPercent});
  weeks_unheard = dice.one_in(50);

  handling = dice.one_of<Duration>({Duration(0), milliseconds(30), seconds(1), seconds(70)});
  fails = dice.one_of<std::uint32_t>({0, 0, 10 * kPercent});
  cancelled = dice.one_of<std::uint32_t>({0, 0, 10 * kPercent});
  unheard = dice.one_of<std::uint32_t>({0, 0, 30 * kPercent});
  concurrency = dice.between(1, 4);
  late_receipts = dice.one_of<std::uint32_t>({0, 0, 20 * kPercent});
  draw_limits(dice, limits, largest_text);
  // More than a window holds; only where mailboxes take it, or the run is long and shows no more.
  if (limits.mailbox_messages > 64 && limits.frames_per_second >= 50 && dice.one_in(5)) flood = dice.between(65, 150);
  aftermath = dice.one_of({Aftermath::kNone, Aftermath::kNone, Aftermath::kNone, Aftermath::kRelayMoved,
                           Aftermath::kRelayRestored, Aftermath::kAgentRestored, Aftermath::kDisorder});
  if (aftermath == Aftermath::kDisorder && !roomy()) aftermath = Aftermath::kNone;
}

bool Plan::roomy() const {
  return limits.mailbox_messages > 64 && limits.frames_per_second >= 50 && limits.mailbox_bytes > 100 * 1024 &&
         limits.queued_bytes > 100 * 1024;
}

std::string Plan::summary() const {
  constexpr std::array<const char*, static_cast<std::size_t>(Fault::kCount)> kNames = {
      "cut",          "half-open", "stall", "tamper", "crash",       "restart",
      "second owner", "clock",     "sleep", "away",   "removed peer"};
  const auto ms = [](Duration d) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(d).count()) + " ms";
  };
  std::string text = std::to_string(agents) + " agents, " + std::to_string(friendships.size()) + " friendships, " +
                     std::to_string(texts) + " texts each by " + std::to_string(burst) + ", up to " +
                     std::to_string(largest_text) + " bytes; mailboxes of " + std::to_string(limits.mailbox_messages) +
                     "; latency " + ms(latency) + ", relay's disk " + ms(relay_disk.sync) + " + " +
                     ms(relay_disk.told) + ", agents' " + ms(agent_disk.sync) + " + " + ms(agent_disk.told) +
                     ", handlers " + ms(handling) + "; every " + ms(between_strikes) + ":";
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] != 0) text += std::string(" ") + kNames[i] + " " + std::to_string(weights[i]);
  }
  if (flood > 0) text += "; a flood of " + std::to_string(flood);
  constexpr std::array kAfter = {"", "; then the relay moves", "; then the relay is restored",
                                 "; then an agent is restored", "; then the relay keeps no order"};
  return text + (weeks_unheard ? "; weeks unheard" : "") + kAfter[static_cast<std::size_t>(aftermath)];
}

}  // namespace agentroom::sim

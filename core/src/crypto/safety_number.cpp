#include "crypto/safety_number.hpp"

#include <array>
#include <utility>

#include "crypto/primitives.hpp"

namespace agentroom::crypto {
namespace {

constexpr std::size_t kGroups = 6;        // of each agent
constexpr std::size_t kBytesOfGroup = 5;  // 40 bits: no digit is likelier than another by more than 1 in 10 million
constexpr std::size_t kDigitsOfGroup = 5;

/// `bh(30, "", id, "ar3.safety")`, each 5 bytes big-endian modulo 100,000.
std::string half(const AgentId& id) {
  std::array<std::byte, kGroups * kBytesOfGroup> hash{};
  bh(hash, {}, id.view(), "ar3.safety");
  std::string text;
  for (std::size_t group = 0; group < kGroups; ++group) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < kBytesOfGroup; ++i) {
      number = number << 8U | std::to_integer<std::uint64_t>(hash.at(group * kBytesOfGroup + i));
    }
    const std::string digits = std::to_string(number % 100'000);
    if (group > 0) text += ' ';
    text.append(kDigitsOfGroup - digits.size(), '0').append(digits);
  }
  return text;
}

}  // namespace

std::string safety_number(const AgentId& one, const AgentId& other) {
  std::string first = half(one);
  std::string second = half(other);
  if (second < first) std::swap(first, second);
  return first + " " + second;
}

}  // namespace agentroom::crypto

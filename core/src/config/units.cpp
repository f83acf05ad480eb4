#include "config/units.hpp"

#include <charconv>
#include <limits>
#include <span>

namespace agentroom::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Each list is ordered from the largest, as `with_unit` wants it.
constexpr Unit kDurations[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kSizes[] = {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}};
constexpr Unit kDecimalSizes[] = {{"GB", 1'000'000'000}, {"MB", 1'000'000}, {"KB", 1'000}};

std::optional<std::uint64_t> with_factor(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& known : units) {
    if (known.name != unit) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / known.factor) return std::nullopt;
    return number * known.factor;
  }
  return std::nullopt;
}

std::string with_unit(std::uint64_t number, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (number != 0 && number % unit.factor == 0) return std::to_string(number / unit.factor) + std::string(unit.name);
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  const auto ms = with_factor(text, kDurations);
  if (!ms) return std::nullopt;
  return static_cast<std::int64_t>(*ms);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (auto bytes = with_factor(text, kSizes)) return bytes;
  return with_factor(text, kDecimalSizes);
}

std::string duration_text(std::int64_t ms) {
  return ms <= 0 ? "0s" : with_unit(static_cast<std::uint64_t>(ms), kDurations);
}

std::string size_text(std::uint64_t bytes) {
  return bytes == 0 ? "0B" : with_unit(bytes, kSizes);
}

}  // namespace agentroom::config

// Durations and sizes as a configuration has them: a whole number and a unit. The host has checked them already.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace agentroom::sdk {

namespace detail {

using Unit = std::pair<std::string_view, std::uint64_t>;

inline std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit(at, static_cast<std::size_t>(end - at));
  for (const auto& [name, factor] : units) {
    if (name != unit) continue;
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / factor) return std::nullopt;
    return number * factor;
  }
  return std::nullopt;
}

}  // namespace detail

/// "250ms", "120s", "10m", "24h", "7d"; nothing when it is not such a text or does not fit.
inline std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array<detail::Unit, 5> kUnits = {
      {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
  const auto ms = detail::parse_with_unit(text, kUnits);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

/// "512B", "256KiB", "16MiB", "1GiB", and the decimal "KB", "MB", "GB", in bytes; nothing otherwise.
inline std::optional<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<detail::Unit, 7> kUnits = {{{"GiB", 1ULL << 30},
                                                          {"MiB", 1ULL << 20},
                                                          {"KiB", 1ULL << 10},
                                                          {"B", 1},
                                                          {"GB", 1'000'000'000},
                                                          {"MB", 1'000'000},
                                                          {"KB", 1'000}}};
  return detail::parse_with_unit(text, kUnits);
}

}  // namespace agentroom::sdk

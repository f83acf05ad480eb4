// Durations and sizes as people write them: a whole number and a unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentroom::config {

/// "250ms", "120s", "10m", "24h", "7d" in milliseconds; nothing when it is not such a text or does not fit.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

/// "512B", "256KiB", "16MiB", "1GiB", and the decimal "KB", "MB", "GB", in bytes; nothing otherwise.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// With the largest unit that divides it: 120000 is "2m".
std::string duration_text(std::int64_t ms);
std::string size_text(std::uint64_t bytes);

}  // namespace agentroom::config

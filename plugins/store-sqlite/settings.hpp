// The table [store.sqlite] of the configuration.
#pragma once

#include <cstdint>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::store_sqlite {

enum class IntegrityCheck : std::uint8_t {
  kOff,    ///< the header of the file and its table only
  kQuick,  ///< every page, unless the file is so large that opening would take seconds
  kFull,   ///< every page and the order of all keys, however long it takes
};

struct Settings {
  IntegrityCheck integrity_check = IntegrityCheck::kQuick;
};

/// Errors: AR_INVALID, naming the key.
sdk::Result<Settings> parse_settings(std::string_view toml);

}  // namespace agentroom::store_sqlite

// The secret that gives a relay its identity.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "config/environment.hpp"
#include "config/home.hpp"
#include "config/settings.hpp"

namespace agentroom::config {

inline constexpr std::size_t kSecretCharacters = 32;

/// Empty when `text` can be a relay's secret: UTF-8, at least 32 characters, at most 1,024 bytes. Never quotes it.
std::string what_is_wrong_with_secret(std::string_view text);

struct RelaySecret {
  SecretText text;
  bool generated = false;  ///< made just now and kept under the home: to be printed once
  std::string warning;     ///< e.g. others can read the .env it came from; may be empty
};

/// HMAC_SECRET of the environment, then of `.env` in the working directory, then `[relay] secret`, then the one kept in
/// `<home>/relay/secret`; else a new one, kept there. With `require_secret` the kept and the new one do not count.
/// Errors: kConfig (missing, too short, a line of .env that cannot be read), kCorrupt (the kept one), kPermission (also
/// a .env of another user, or that others can write to), kIo.
Result<RelaySecret> relay_secret(const RelaySettings& settings, const Home& home, const Environment& environment,
                                 const std::filesystem::path& working_directory, Random& random);

}  // namespace agentroom::config

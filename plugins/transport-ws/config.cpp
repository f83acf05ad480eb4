#include "config.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <optional>
#include <string>

#include "file_text.hpp"

namespace agentroom::ws {

namespace {

using sdk::fail;

constexpr std::int64_t kMaxRequests = 100'000;
constexpr std::chrono::milliseconds kShortest{100};
constexpr std::chrono::milliseconds kLongest = std::chrono::minutes(10);

std::optional<std::chrono::milliseconds> duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > kLongest.count()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "ms") return std::chrono::milliseconds(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "m") return std::chrono::minutes(number);
  return std::nullopt;
}

std::string* file_setting(TlsFiles& files, std::string_view key) {
  if (key == "cert_file") return &files.cert_file;
  if (key == "key_file") return &files.key_file;
  if (key == "ca_file") return &files.ca_file;
  return nullptr;
}

/// The certificate and its key are read when a listener begins; those who only connect may not be able to.
sdk::Status check_files(const TlsFiles& files) {
  if (files.cert_file.empty() != files.key_file.empty()) {
    const bool lacks_key = files.key_file.empty();
    return fail(AR_INVALID,
                std::string("[transport.ws] has ") + (lacks_key ? "cert_file" : "key_file") + " without " +
                    (lacks_key ? "key_file" : "cert_file"),
                "A listener with TLS needs both, one without needs neither.");
  }
  if (!files.ca_file.empty()) return looks_like_certificates("ca_file", files.ca_file);
  return {};
}

}  // namespace

sdk::Result<Config> parse_config(std::string_view toml) {
  toml::table table;
  try {
    table = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return fail(AR_INVALID, "the configuration of transport-ws is no TOML: " + std::string(error.description()));
  }
  Config config;
  for (const auto& [key, value] : table) {
    if (key.str() == "request_timeout") {
      const auto timeout = duration(value.value_or(std::string_view()));
      if (!timeout || *timeout < kShortest || *timeout > kLongest) {
        return fail(AR_INVALID, "request_timeout of transport-ws must be a duration from \"100ms\" to \"10m\"");
      }
      config.request_timeout = *timeout;
    } else if (key.str() == "max_requests") {
      const std::int64_t count = value.value_or(std::int64_t{0});
      if (count < 1 || count > kMaxRequests) {
        return fail(AR_INVALID, "max_requests of transport-ws must be an integer from 1 to 100000");
      }
      config.max_requests = static_cast<std::size_t>(count);
    } else if (std::string* const file = file_setting(config.tls, key.str())) {
      *file = value.value_or(std::string());
      if (file->empty()) {
        return fail(AR_INVALID, std::string(key.str()) + " of transport-ws must be the path of a PEM file");
      }
    } else {
      return fail(AR_INVALID, "transport-ws knows no key \"" + std::string(key.str()) + "\"",
                  "Its keys are request_timeout, max_requests, cert_file, key_file and ca_file.");
    }
  }
  if (auto files = check_files(config.tls); !files) return files.error();
  return config;
}

}  // namespace agentroom::ws

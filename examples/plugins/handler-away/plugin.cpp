// handler-away: a plugin in C++ on the base class of the SDK.
#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "agentroom/sdk/handler.hpp"
#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/units.hpp"
#include "answered.hpp"

namespace away {

namespace sdk = agentroom::sdk;

constexpr std::size_t kMaxReply = 131'072;

/// `text` with `{name}` and `{text}` replaced, in one pass: what a peer wrote is not looked at again.
std::string filled(std::string_view text, const sdk::Message& message) {
  std::string out;
  while (!text.empty()) {
    std::string_view value;
    std::size_t size = 0;
    if (text.starts_with("{name}")) {
      value = message.from_name;
      size = 6;
    } else if (text.starts_with("{text}")) {
      value = message.text;
      size = 6;
    } else {
      size = std::min(text.find('{', 1), text.size());
      value = text.substr(0, size);
    }
    out += value;
    text.remove_prefix(size);
  }
  return out;
}

class Away final : public sdk::Handler {
 public:
  Away(sdk::Host host, std::string text, std::chrono::milliseconds every)
      : host_(host), text_(std::move(text)), answered_(every) {}

  static sdk::Result<std::unique_ptr<Away>> open(sdk::Host host, const sdk::HandlerOptions& options) {
    try {
      const toml::table config = toml::parse(options.config);
      const auto every = sdk::parse_duration(config["every"].value_or(std::string_view("12h")));
      if (!every) return sdk::fail(AR_INVALID, R"(every of handler-away is no duration like "12h")");
      return std::make_unique<Away>(host, config["text"].value_or(std::string("I am away and answer when I am back.")),
                                    *every);
    } catch (const toml::parse_error& error) {
      return sdk::fail(AR_INVALID, "the configuration of handler-away is no TOML: " + std::string(error.description()));
    }
  }

  sdk::Result<sdk::Reply> handle(const sdk::Message& message, const sdk::Cancel& cancel) override {
    // What is cancelled is handed over again, so it must not count as answered.
    if (cancel.cancelled()) return sdk::fail(AR_CANCELLED, "cancelled");
    if (!answered_.is_due(message.from, Answered::Clock::now())) return sdk::Reply();
    std::string reply = filled(text_, message);
    if (reply.empty()) return sdk::Reply();
    if (reply.size() > kMaxReply) return sdk::fail(AR_TOO_LARGE, "the answer would be longer than 131,072 bytes");
    host_.count("away_answers");
    return reply;
  }

 private:
  const sdk::Host host_;
  const std::string text_;
  Answered answered_;
};

}  // namespace away

AGENTROOM_PLUGIN("handler-away", "1.0.0", away::Away);

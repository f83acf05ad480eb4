// A handler that answers with what it was told.
#include <toml++/toml.h>

#include <string>
#include <utility>

#include "agentroom/sdk/handler.hpp"
#include "agentroom/sdk/plugin.hpp"

namespace {

namespace sdk = agentroom::sdk;

constexpr std::size_t kMaxReply = 131'072;  // as ar_reply_sink says

class EchoHandler final : public sdk::Handler {
 public:
  explicit EchoHandler(std::string prefix) : prefix_(std::move(prefix)) {}

  static sdk::Result<std::unique_ptr<EchoHandler>> open(sdk::Host /*host*/, const sdk::HandlerOptions& options) {
    try {
      const toml::table config = toml::parse(options.config);
      return std::make_unique<EchoHandler>(config["prefix"].value_or(std::string()));
    } catch (const toml::parse_error& e) {
      return sdk::fail(AR_INVALID, "the configuration is not TOML: " + std::string(e.description()));
    }
  }

  sdk::Result<sdk::Reply> handle(const sdk::Message& message, const sdk::Cancel& /*cancel*/) override {
    std::string reply = prefix_ + std::string(message.text);
    if (reply.empty()) return std::nullopt;
    if (reply.size() > kMaxReply) return sdk::fail(AR_TOO_LARGE, "the text and the prefix exceed 131,072 bytes");
    return reply;
  }

 private:
  const std::string prefix_;
};

}  // namespace

AGENTROOM_PLUGIN("handler-echo", "0.1.0", EchoHandler);

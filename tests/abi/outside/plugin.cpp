#include "agentroom/sdk/plugin.hpp"
#include "agentroom/sdk/handler.hpp"

namespace sdk = agentroom::sdk;

class Hello final : public sdk::Handler {
 public:
  static sdk::Result<std::unique_ptr<Hello>> open(sdk::Host /*host*/, const sdk::HandlerOptions& /*options*/) {
    return std::make_unique<Hello>();
  }
  sdk::Result<sdk::Reply> handle(const sdk::Message& message, const sdk::Cancel& /*cancel*/) override {
    return "hello " + std::string(message.from_name);
  }
};

AGENTROOM_PLUGIN("handler-outside", "1.0.0", Hello);

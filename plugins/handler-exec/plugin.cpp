// handler-exec: a command answers each message.
#include <memory>
#include <string>
#include <utility>

#include "agentroom/sdk/handler.hpp"
#include "agentroom/sdk/plugin.hpp"
#include "answer.hpp"
#include "environment.hpp"
#include "processes.hpp"
#include "run.hpp"
#include "settings.hpp"
#include "stream.hpp"
#include "text.hpp"

namespace agentroom::handler_exec {
namespace {

class ExecHandler final : public sdk::Handler {
 public:
  ExecHandler(sdk::Host host, Settings settings, std::unique_ptr<Guard> guard)
      : host_(host), settings_(std::move(settings)), environment_(settings_.env), guard_(std::move(guard)) {
    if (settings_.mode != Mode::kStream) return;
    const Command command{settings_.argv, environment_.for_all_messages(), settings_.cwd};
    stream_ =
        std::make_unique<Stream>(host_, *guard_, Stream::Options{command, settings_.timeout, settings_.max_output});
  }

  static sdk::Result<std::unique_ptr<ExecHandler>> open(sdk::Host host, const sdk::HandlerOptions& options) {
    auto settings = parse_settings(options.config);
    if (!settings) return settings.error();
    auto guard = Guard::start();
    if (!guard) return guard.error();
    return std::make_unique<ExecHandler>(host, std::move(*settings), std::move(*guard));
  }

  sdk::Result<sdk::Reply> handle(const sdk::Message& message, const sdk::Cancel& cancel) override {
    if (cancel.cancelled()) return sdk::fail(AR_CANCELLED, "the message is to be handled later");
    if (stream_) return stream_->ask(message, cancel);
    auto process = CommandProcess::start({settings_.argv, environment_.for_message(message), settings_.cwd}, *guard_);
    if (!process) return process.error();
    const Limits limits{settings_.timeout, settings_.max_output};
    RunResult result = run(std::move(*process), message.text, limits, cancel);
    if (!result.errors_end.empty()) {
      host_.log(sdk::LogLevel::kDebug,
                "standard error of the command: " + readable_end(result.errors_end, kErrorsKept));
    }
    return answer(std::move(result), limits);
  }

 private:
  sdk::Host host_;
  const Settings settings_;
  const Environment environment_;
  const std::unique_ptr<Guard> guard_;
  std::unique_ptr<Stream> stream_;  // in stream mode
};

}  // namespace
}  // namespace agentroom::handler_exec

AGENTROOM_PLUGIN("handler-exec", "0.1.0", agentroom::handler_exec::ExecHandler);

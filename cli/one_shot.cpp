#include "one_shot.hpp"

#include "base/base64url.hpp"
#include "config/epoch_file.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kShutDownTime = std::chrono::seconds(2);

}  // namespace

Result<std::unique_ptr<OneShot>> OneShot::open(Context& context, runtime::HomeLock lock, Options options) {
  if (auto plugins = context.need_plugins({config::kTransport, config::kStore}); !plugins) return pass(plugins);
  auto identity = context.identity_or_new();
  if (!identity) return pass(identity);
  auto process = context.open_process();
  if (!process) return pass(process);

  std::unique_ptr<OneShot> shot(new OneShot());
  shot->process_ = std::move(*process);
  AgentConfig config = context.agent_config();
  config.server = std::move(options.server);
  config.server_overrides = options.server_overrides;
  auto epoch = std::make_unique<config::EpochFile>(context.home().epoch_file(), base64url(identity->id().view()));
  auto agent = runtime::AgentService::open(*shot->process_, {.config = config,
                                                             .identity = std::move(*identity),
                                                             .home = context.home().root(),
                                                             .lock = std::move(lock),
                                                             .store = context.settings().store.plugin,
                                                             .store_config = context.settings().store.config,
                                                             .epoch = std::move(epoch),
                                                             .handler = nullptr,
                                                             .on_event = [self = shot.get()](const AgentEvent& event) {
                                                               if (self->requests_) self->requests_->see(event);
                                                             }});
  if (!agent) return pass(agent);
  shot->agent_ = std::move(*agent);
  shot->requests_ = std::make_unique<AgentRequests>(*shot->process_, *shot->agent_, std::move(config));
  return shot;
}

OneShot::~OneShot() {
  if (agent_) agent_->shut_down(kShutDownTime);  // may still answer requests
  requests_.reset();
  agent_.reset();
}

Result<boost::json::object> OneShot::ask(const runtime::ControlRequest& request, AgentRequests::Progress progress) {
  std::optional<Result<boost::json::object>> answer;
  const auto id = requests_->start(request, std::move(progress),
                                   [&](Result<boost::json::object> result) { answer = std::move(result); });
  const auto end = process_->run_until([&] { return answer.has_value(); });
  if (end == runtime::Process::End::kSignal) {
    agent_->shut_down(kShutDownTime);  // ends what is under way: the answer tells how
    requests_->stop({ErrorCode::kCancelled, "stopped by a signal", {}});
  }
  requests_->forget(id);
  return std::move(*answer);
}

}  // namespace agentroom::cli

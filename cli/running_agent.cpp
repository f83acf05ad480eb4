#include "running_agent.hpp"

#include <unistd.h>

#include "base/base64url.hpp"
#include "config/epoch_file.hpp"

namespace agentroom::cli {

RunningAgent::RunningAgent(runtime::Process& process, EventStream& stream, std::string server, std::string first_event,
                           const AgentId& self)
    : process_(process), server_(std::move(server)), link_(stream, std::move(first_event), server_, self) {}

RunningAgent::~RunningAgent() {
  // What they refer to may be gone by now; the turns of the shutdown still bring events.
  see_ = nullptr;
  see_connected_ = nullptr;
  control_.reset();
  if (agent_) agent_->shut_down();  // may still answer requests
  requests_.reset();
}

Result<std::unique_ptr<RunningAgent>> RunningAgent::open(Context& context, runtime::Process& process,
                                                         runtime::HomeLock lock, EventStream& stream, Options options) {
  auto server = options.server.empty()
                    ? context.server()
                    : config::ServerChoice{.url = options.server, .origin = {}, .known = true, .flag = false};
  if (!server) return pass(server);
  auto identity = context.identity_or_new();
  if (!identity) return pass(identity);

  const std::string command = options.first_event;
  std::unique_ptr<RunningAgent> running(
      new RunningAgent(process, stream, server->url, std::move(options.first_event), identity->id()));
  AgentConfig config = context.agent_config();
  config.server = server->url;
  config.relay = options.relay;
  config.server_overrides = server->flag;
  config.concurrency = options.concurrency;
  config.handle = true;
  auto epoch = std::make_unique<config::EpochFile>(context.home().epoch_file(), base64url(identity->id().view()));
  auto agent = runtime::AgentService::open(
      process, {.config = config,
                .identity = std::move(*identity),
                .home = context.home().root(),
                .lock = std::move(lock),
                .store = context.settings().store.plugin,
                .store_config = context.settings().store.config,
                .epoch = std::move(epoch),
                .handler = options.handler,
                .on_event = [self = running.get()](const AgentEvent& event) { self->see(event); }});
  if (!agent) return pass(agent);
  running->agent_ = std::move(*agent);
  running->requests_ = std::make_unique<AgentRequests>(process, *running->agent_, std::move(config));
  auto control = OwnerControl::open(
      context.home().root(), process.loop(), *running->requests_, stream,
      {{"pid", ::getpid()}, {"command", command}, {"pk", base64url(running->self().view())}, {"server", server->url}});
  if (!control) return pass(control);
  running->control_ = std::move(*control);
  return running;
}

void RunningAgent::see(const AgentEvent& event) {
  if (const auto* up = std::get_if<agent_events::Connected>(&event)) {
    was_connected_ = was_connected_ || up->url == server_;
    link_.connected(*up);
    if (up->url == server_ && see_connected_) see_connected_();
  } else if (const auto* down = std::get_if<agent_events::Disconnected>(&event)) {
    see_down(*down);
  } else if (const auto* refused = std::get_if<agent_events::RelayRefused>(&event);
             refused != nullptr && refused->url == server_ && !was_connected_) {
    // What ends this process is told as its error.
  } else if (see_) {
    see_(event);
  }
  if (requests_) requests_->see(event);
}

void RunningAgent::see_down(agent_events::Disconnected event) {
  const bool refused = event.why.code == ErrorCode::kIdentityChanged && !event.more;
  if (event.url == server_ && (event.final || (refused && !was_connected_))) {
    event.final = true;
    over_ = event.why;
  }
  link_.disconnected(event);
}

Result<RunningAgent::End> RunningAgent::run_until(const std::function<bool()>& done, std::optional<Duration> timeout) {
  const auto end = process_.run_until([&] { return over_ || done(); }, timeout);
  if (over_) return std::unexpected(*over_);
  if (end == runtime::Process::End::kSignal) return End::kSignal;
  return end == runtime::Process::End::kTimeout ? End::kTimeout : End::kDone;
}

void RunningAgent::stop() {
  control_->take_no_more();
  agent_->shut_down();  // ends what is under way: who asked for it hears how
  requests_->stop({ErrorCode::kCancelled, "the process that serves this home is stopping",
                   "the same command works again when it has ended"});
  control_.reset();
}

}  // namespace agentroom::cli

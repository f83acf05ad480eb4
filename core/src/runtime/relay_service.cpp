#include "runtime/relay_service.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"

namespace agentroom::runtime {
namespace {

constexpr std::string_view kComponent = "relay";
constexpr Duration kDrainTime = std::chrono::seconds(5);

}  // namespace

RelayService::RelayService(Process& process, RelayServiceOptions options, HomeLock lock)
    : process_(process), options_(std::move(options)), lock_(std::move(lock)), started_(process.now()) {}

Result<std::unique_ptr<RelayService>> RelayService::open(Process& process, RelayServiceOptions options) {
  auto lock = HomeLock::acquire(options.folder, "the relay's folder " + options.folder.string());
  if (!lock) return pass(lock);
  std::unique_ptr<RelayService> relay(new RelayService(process, std::move(options), std::move(*lock)));
  const RelayServiceOptions& o = relay->options_;

  auto store = process.plugins().open_store(o.store, o.store_config, o.folder / "mailbox");
  if (!store) return pass(store);
  relay->store_ = std::move(*store);
  RelayObserver& observer = *relay;
  relay->engine_ = std::make_unique<RelayEngine>(o.config, o.identity, *relay->store_, process.transport(),
                                                 process.random(), observer);
  if (auto started = relay->engine_->start(process.now()); !started) {
    relay->engine_.reset();  // it has nothing to drain
    return pass(started);
  }
  process.loop().add(*relay);

  auto listening = process.transport().listen({.address = o.listen}, *relay);
  if (!listening) return pass(listening);
  relay->listening_ = std::move(*listening);
  process.on_hangup([self = relay.get()] { self->reload(); });
  return relay;
}

RelayService::~RelayService() {
  if (!engine_) return;
  process_.on_hangup({});
  shut_down();
  process_.loop().remove(*this);
  store_.reset();  // completes what is outstanding, and its completions never run
  engine_.reset();
}

Result<void> RelayService::reload() {
  auto reloaded = process_.transport().reload();
  if (reloaded) {
    log(LogLevel::kInfo, kComponent, "read the files of the transport again");
  } else {
    log(LogLevel::kError, kComponent, "the files in use stay: " + reloaded.error().message);
  }
  if (options_.on_reloaded) options_.on_reloaded(reloaded);
  return reloaded;
}

void RelayService::shut_down() {
  process_.transport().stop_listening();
  engine_->shut_down(process_.now());
  process_.loop().run_until([this] { return engine_->drained(); }, kDrainTime);
}

void RelayService::on_opened(ChannelId channel, const PeerInfo& peer) {
  engine_->on_opened(channel, peer, process_.now());
}

void RelayService::on_message(ChannelId channel, MutableByteView message) {
  engine_->on_message(channel, message, process_.now());
}

void RelayService::on_drained(ChannelId channel) {
  engine_->on_drained(channel, process_.now());
}

void RelayService::on_closed(ChannelId channel, const CloseInfo& /*why*/) {
  engine_->on_closed(channel, process_.now());
}

HttpResponse RelayService::on_request(const HttpRequest& request) {
  const RelayHttp http{options_.version, process_.now().steady - started_.steady};
  return http.answer(request, engine_->status());
}

void RelayService::on_agent_connected(const AgentId& agent) {
  log(LogLevel::kInfo, kComponent, "agent " + short_key(base64url(agent.view())) + " connected");
}

void RelayService::on_agent_disconnected(const AgentId& agent) {
  log(LogLevel::kInfo, kComponent, "agent " + short_key(base64url(agent.view())) + " disconnected");
}

void RelayService::on_refused(const std::string& address, const std::string& why) {
  log(LogLevel::kInfo, kComponent, "refused " + (address.empty() ? "a connection" : address) + ": " + why);
}

void RelayService::on_store_failed(const Error& error) {
  log(LogLevel::kError, kComponent, error.message);
}

}  // namespace agentroom::runtime

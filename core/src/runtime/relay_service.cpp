#include "runtime/relay_service.hpp"

#include <algorithm>

#include "agentroom/relay_reseal.hpp"
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "runtime/log.hpp"
#include "runtime/relay_starts.hpp"

namespace agentroom::runtime {
namespace {

constexpr std::string_view kComponent = "relay";
constexpr Duration kDrainTime = std::chrono::seconds(5);
/// Lines about refused connections; strangers cause them.
constexpr std::uint32_t kRefusalLines = 60;
constexpr Duration kRefusalPeriod = std::chrono::minutes(1);

}  // namespace

RelayService::RelayService(Process& process, RelayServiceOptions options, HomeLock lock)
    : process_(process),
      options_(std::move(options)),
      lock_(std::move(lock)),
      started_(process.now()),
      refusals_(kRefusalLines, kRefusalPeriod) {}

Result<std::unique_ptr<RelayService>> RelayService::open(Process& process, RelayServiceOptions options) {
  auto lock = HomeLock::acquire(options.folder, "the relay's folder " + options.folder.string());
  if (!lock) return pass(lock);
  std::unique_ptr<RelayService> relay(new RelayService(process, std::move(options), std::move(*lock)));
  const RelayServiceOptions& o = relay->options_;

  auto store = process.plugins().open_store(o.store, o.store_config, o.folder / "mailbox");
  if (!store) return pass(store);
  relay->store_ = std::move(*store);
  if (auto resealed = relay->reseal(); !resealed) return pass(resealed);
  RelayObserver& observer = *relay;
  relay->engine_ = std::make_unique<RelayEngine>(o.config, o.identity, *relay->store_, process.transport(),
                                                 process.random(), observer);
  if (auto started = relay->engine_->start(process.now()); !started) {
    relay->engine_.reset();  // it has nothing to drain
    return pass(started);
  }
  relay->count_start();
  process.loop().add(*relay);

  auto listening = process.transport().listen({.address = o.listen}, *relay);
  if (!listening) return pass(listening);
  relay->listening_ = std::move(*listening);
  process.on_hangup([self = relay.get()] { self->reload(); });
  return relay;
}

Result<void> RelayService::reseal() {
  RelayReseal reseal(options_.identity, *store_, process_.random());
  for (bool begun = false;; begun = true) {
    auto batch = reseal.next();
    if (!batch) return pass(batch);
    if (batch->empty()) break;
    if (!begun) log(LogLevel::kWarn, kComponent, "the secret has changed: sealing the mailbox anew");
    // Shared with a completion that may outlive this call.
    const auto done = std::make_shared<std::optional<Result<void>>>();
    store_->commit(std::move(*batch), [done](Result<void> result) { done->emplace(std::move(result)); });
    process_.loop().run_until([&] { return done->has_value(); });
    if (!**done) return pass(**done);
  }
  if (const auto count = reseal.resealed(); count > 0) {
    log(LogLevel::kWarn, kComponent, "sealed " + std::to_string(count) + " records of the mailbox anew");
  }
  return {};
}

/// After all that can refuse the store: a start with another secret than the store's writes nothing. An older copy is
/// used all the same: what it hands out again recipients recognise, and what it lacks nobody here has.
void RelayService::count_start() {
  if (!options_.epoch) return;
  const auto keeps = keeps_data(*store_);
  if (!keeps) return log(LogLevel::kWarn, kComponent, "this start is not counted: " + keeps.error().message);
  if (!*keeps) return;
  const auto state =
      count_relay_start(*store_, options_.identity, process_.random(), *options_.epoch, [](const Result<void>& noted) {
        if (!noted) log(LogLevel::kWarn, kComponent, "this start is not counted: " + noted.error().message);
      });
  if (!state) return log(LogLevel::kWarn, kComponent, "this start is not counted: " + state.error().message);
  if (state->kind == EpochState::Kind::kRolledBack) {
    log(LogLevel::kWarn, kComponent,
        "the mailboxes are an older copy of those that were used here last: what was delivered since is handed out "
        "again, what was queued since is lost");
  }
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
  tell_refusals_left_out(Duration::max());
}

void RelayService::on_time(const Now& now) {
  engine_->on_time(now);
  tell_refusals_left_out(now.steady);
}

std::optional<Duration> RelayService::next_deadline() const {
  const auto engine = engine_->next_deadline();
  const auto refusals = refusals_.next_deadline();
  if (!engine || !refusals) return engine ? engine : refusals;
  return std::min(*engine, *refusals);
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
  const RelayHttp http{options_.version, process_.now().steady - started_.steady, options_.metrics};
  return http.answer(request, engine_->status(), process_.plugins().metrics());
}

void RelayService::on_agent_connected(const AgentId& agent) {
  const std::string name = short_key(base64url(agent.view()));
  log(LogLevel::kInfo, kComponent, "agent " + name + " connected", {{"agent", name}});
}

void RelayService::on_agent_disconnected(const AgentId& agent) {
  const std::string name = short_key(base64url(agent.view()));
  log(LogLevel::kInfo, kComponent, "agent " + name + " disconnected", {{"agent", name}});
}

void RelayService::on_refused(const std::string& address, const std::string& why) {
  const Duration now = process_.now().steady;
  tell_refusals_left_out(now);
  if (!refusals_.take(now)) return;
  log(LogLevel::kInfo, kComponent, "refused " + (address.empty() ? "a connection" : address) + ": " + why,
      {{"address", address}, {"reason", why}});
}

void RelayService::tell_refusals_left_out(Duration now) {
  const std::uint64_t count = refusals_.take_left_out(now);
  if (count == 0) return;
  const std::string number = std::to_string(count);
  log(LogLevel::kInfo, kComponent, "refused " + number + " more connections within a minute", {{"count", number}});
}

void RelayService::on_store_failed(const Error& error) {
  log(LogLevel::kError, kComponent, error.message, {{"code", code_name(error.code)}});
}

}  // namespace agentroom::runtime

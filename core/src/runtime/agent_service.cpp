#include "runtime/agent_service.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "runtime/log.hpp"

namespace agentroom::runtime {
namespace {

constexpr std::string_view kComponent = "agent";
constexpr Duration kRebuildAfter = std::chrono::seconds(1);

/// For an agent that nobody told where to note epochs.
class NowhereNoted final : public OutsideEpoch {
 public:
  Result<std::optional<std::uint64_t>> noted() override { return std::optional<std::uint64_t>(); }
  Result<void> prove() override { return {}; }
  Result<void> note(std::uint64_t /*epoch*/) override { return {}; }
};

/// Why an agent does not go on with a store, if it does not; what is odd but no reason is told to the log.
Result<void> judge(const EpochState& state) {
  switch (state.kind) {
    case EpochState::Kind::kRolledBack:
      return std::unexpected(older_copy(state));
    case EpochState::Kind::kEmpty:
      log(LogLevel::kWarn, kComponent,
          "the store is empty, and one was in use here: its sessions, messages and invites are gone");
      return {};
    case EpochState::Kind::kUnnoted:
      log(LogLevel::kWarn, kComponent,
          "the store came here without its counter: if it is a backup, sessions may be out of step, which their peers "
          "and this agent tell when they write next");
      return {};
    case EpochState::Kind::kNew:
    case EpochState::Kind::kCurrent:
      break;
  }
  return {};
}

/// The engine hears of a store that failed with its next commit, which tells no reason.
void tell_copy_uncounted(const Result<void>& begun) {
  if (!begun) log(LogLevel::kError, kComponent, begun.error().message, {{"code", code_name(begun.error().code)}});
}

void tell_unnoted(const Error& why) {
  log(LogLevel::kWarn, kComponent,
      "an older copy of the store would not be recognised as one until its counter can be noted: " + why.message,
      {{"code", code_name(why.code)}});
}

}  // namespace

/// A copy of the store in the making, by a thread of its own.
struct AgentService::Backup {
  std::function<void(Result<void>)> done;
  std::atomic<bool> stopped = false;
  std::thread thread;
  std::shared_ptr<int> token = std::make_shared<int>();  // goes with it: an outcome that comes later is nobody's
};

AgentService::AgentService(Process& process, AgentServiceOptions options, HomeLock lock)
    : process_(process),
      options_(std::move(options)),
      lock_(std::move(lock)),
      workers_(std::max<std::size_t>(1, options_.config.concurrency)) {
  if (!options_.epoch) options_.epoch = std::make_unique<NowhereNoted>();
}

Result<std::unique_ptr<AgentService>> AgentService::open(Process& process, AgentServiceOptions options) {
  Result<HomeLock> lock =
      options.lock ? Result<HomeLock>(std::move(*options.lock)) : HomeLock::acquire(options.home, "home");
  if (!lock) return pass(lock);
  std::unique_ptr<AgentService> agent(new AgentService(process, std::move(options), std::move(*lock)));
  if (auto made = agent->make_engine(); !made) return pass(made);
  process.loop().add(*agent);
  return agent;
}

AgentService::~AgentService() {
  if (engine_) shut_down();
  process_.loop().remove(*this);
  stop_.set();
  workers_.stop();
  end_backup();
  store_.reset();  // finishes what it accepted; its completions no longer run
}

Result<std::unique_ptr<EpochStore>> AgentService::open_store() {
  auto store = process_.plugins().open_store(options_.store, options_.store_config, options_.home / "store");
  if (!store) return pass(store);
  // What keeps nothing begins anew each time.
  auto keeps = keeps_data(**store);
  if (!keeps) return pass(keeps);
  if (!*keeps) options_.epoch = std::make_unique<NowhereNoted>();
  auto state = compare_epochs(**store, crypto::RecordSealer(options_.identity.store_key()), *options_.epoch);
  if (!state) return pass(state);
  if (auto good = judge(*state); !good) return pass(good);
  // A service that runs goes on without notes; one that starts has somebody at hand who can put that right.
  if (!engine_) {
    if (auto notable = options_.epoch->prove(); !notable) return pass(notable);
  }
  return std::make_unique<EpochStore>(
      std::move(*store), options_.identity.store_key(), process_.random(), *options_.epoch,
      [this] { return process_.now().steady; }, tell_unnoted, *state);
}

Result<void> AgentService::make_engine() {
  auto store = open_store();
  if (!store) return pass(store);
  AgentIo& io = *this;
  auto engine = std::make_unique<AgentEngine>(options_.config, options_.identity, **store, io, process_.random());
  engine_token_ = std::make_shared<int>();
  if (auto started = engine->start(process_.now()); !started) return started;
  engine_ = std::move(engine);
  store_ = std::move(*store);
  return {};
}

// The old engine is dead and touches nothing; it stays until another one could be made.
void AgentService::rebuild(const Now& now) {
  end_backup();
  store_.reset();
  if (auto made = make_engine(); !made) {
    log(LogLevel::kError, kComponent, made.error().message);
    store_failure_ = std::move(made.error());
    rebuild_at_ = now.steady + kRebuildAfter;
    return;
  }
  rebuild_at_.reset();
  store_failure_.reset();
  log(LogLevel::kInfo, kComponent, "the store works again");
}

void AgentService::on_time(const Now& now) {
  if (rebuild_at_) return rebuild(now);
  engine_->on_time(now);
}

std::optional<Duration> AgentService::next_deadline() const {
  if (!rebuild_at_) return engine_->next_deadline();
  return shut_down_ ? std::nullopt : rebuild_at_;  // an engine made now would be one that nobody stops
}

void AgentService::flush(const Now& now) {
  do {
    tell_events();
    engine_->flush(now);
  } while (!events_.empty());
}

void AgentService::tell_events() {
  std::vector<AgentEvent> events;
  events.swap(events_);
  for (const AgentEvent& event : events) {
    if (const auto* failed = std::get_if<agent_events::StoreFailed>(&event)) {
      rebuild_at_ = process_.now().steady + kRebuildAfter;
      store_failure_ = failed->error;
      engine_token_.reset();  // the next engine hands out again what this one has out
    }
    if (options_.on_event) options_.on_event(event);
  }
}

void AgentService::set_server(const std::string& url) {
  options_.config.server = url;
  engine_->set_server(url);
}

void AgentService::back_up(std::string path, std::function<void(Result<void>)> done) {
  const auto answer = [&](ErrorCode code, std::string why) {
    process_.loop().post(
        [done = std::move(done), code, why = std::move(why)] { done(fail(code, why, "repeat the command later")); });
  };
  if (backup_) return answer(ErrorCode::kInUse, "another backup of this store is being made");
  if (!store_ || rebuild_at_ || shut_down_) return answer(ErrorCode::kAborted, "the store is not in use right now");
  backup_ = std::make_unique<Backup>();
  backup_->done = std::move(done);
  backup_->thread = std::thread([this, backup = backup_.get(), store = &store_->kept(), path = std::move(path)] {
    Result<void> made = store->back_up(path, [backup] { return backup->stopped.load(); });
    process_.loop().post([this, token = std::weak_ptr(backup->token), made = std::move(made)]() mutable {
      if (token.expired()) return;
      backup_->thread.join();
      const std::unique_ptr<Backup> ended = std::move(backup_);
      if (made && store_) store_->begin_epoch(tell_copy_uncounted);
      ended->done(std::move(made));
    });
  });
}

void AgentService::end_backup() {
  if (!backup_) return;
  const std::unique_ptr<Backup> ended = std::move(backup_);
  ended->stopped = true;
  ended->thread.join();
  ended->done(fail(ErrorCode::kCancelled, "the backup was stopped before it was done"));
}

void AgentService::shut_down(Duration timeout) {
  if (std::exchange(shut_down_, true)) return;
  end_backup();
  stop_.set();
  engine_->shut_down(process_.now());
  process_.loop().run_until([this] { return channels_ == 0 && (rebuild_at_ || engine_->idle()); }, timeout);
}

void AgentService::on_opened(ChannelId channel, const PeerInfo& /*peer*/) {
  engine_->on_opened(channel, process_.now());
}

void AgentService::on_message(ChannelId channel, MutableByteView message) {
  engine_->on_message(channel, message, process_.now());
}

void AgentService::on_drained(ChannelId channel) {
  engine_->on_drained(channel, process_.now());
}

void AgentService::on_closed(ChannelId channel, const CloseInfo& why) {
  --channels_;
  engine_->on_closed(channel, why, process_.now());
}

std::size_t AgentService::send(ChannelId channel, Bytes message) {
  return process_.transport().send(channel, std::move(message));
}

void AgentService::pause(ChannelId channel) {
  process_.transport().pause(channel);
}

void AgentService::resume(ChannelId channel) {
  process_.transport().resume(channel);
}

void AgentService::close(ChannelId channel, std::uint16_t code, std::string_view reason) {
  process_.transport().close(channel, code, reason);
}

ChannelId AgentService::connect(const std::string& url, Error& why) {
  auto channel = process_.transport().connect({.url = url}, *this);
  if (channel) {
    ++channels_;
    return *channel;
  }
  why = std::move(channel.error());
  return 0;
}

void AgentService::handle(std::vector<HandlerMessage> messages) {
  if (options_.take) {
    for (HandlerMessage& message : messages) options_.take(std::move(message));
    return;
  }
  workers_.run([this, messages = std::move(messages), token = std::weak_ptr(engine_token_)] {
    const Duration run_began = process_.now().steady;
    Duration began = run_began;
    for (const HandlerMessage& message : messages) {
      if (token.expired()) return;
      HandlerOutcome outcome = stop_.cancelled() ? HandlerOutcome(fail(ErrorCode::kCancelled, "the agent is stopping"))
                                                 : options_.handler->handle(message, stop_);
      const Duration ended = process_.now().steady;
      const bool quick = ended - std::exchange(began, ended) <= kQuickHandler && ended - run_began <= kLongestRun;
      const bool over = !quick || (!outcome && outcome.error().code == ErrorCode::kCancelled);
      process_.loop().post(
          [this, token, from = message.from, msg_id = message.msg_id, outcome = std::move(outcome), quick]() mutable {
            if (!token.expired()) engine_->on_handled(from, msg_id, std::move(outcome), quick, process_.now());
          });
      if (over) return;
    }
  });
}

void AgentService::on_event(const AgentEvent& event) {
  events_.push_back(event);
}

}  // namespace agentroom::runtime

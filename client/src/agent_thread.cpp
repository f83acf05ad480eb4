#include "agent_thread.hpp"

#include <csignal>
#include <system_error>
#include <utility>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "config/epoch_file.hpp"
#include "config/rotation.hpp"
#include "home/identity.hpp"
#include "home/plugins.hpp"
#include "protocol/invite.hpp"
#include "runtime/home_lock.hpp"
#include "runtime/log.hpp"
#include "words.hpp"

namespace agentroom::client {
namespace {

/// Longer than the engine waits for a relay.
constexpr std::chrono::seconds kAnswerTime{20};
constexpr Duration kShutDownTime = std::chrono::seconds(5);
/// The most that the engine hands over at once.
constexpr std::uint32_t kPeersAtOnce = 64;

agentroom::Error closed() {
  return {ErrorCode::kCancelled, "the client was closed before this was done", "open another one"};
}

/// For as long as it lives, threads are made that no signal of the program's comes to; those of a fault are not
/// blocked.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

AgentThread::AgentThread() : why_(std::make_shared<agentroom::Error>(closed())) {}

agentroom::Result<std::unique_ptr<AgentThread>> AgentThread::open(const ClientOptions& options) {
  std::unique_ptr<AgentThread> agent(new AgentThread());
  std::promise<agentroom::Result<void>> promise;
  auto opened = promise.get_future();
  try {
    const NoSignals blocked;
    agent->thread_ = std::thread([self = agent.get(), &options, promise = std::move(promise)]() mutable {
      self->run(options, std::move(promise));
    });
  } catch (const std::system_error& error) {
    return agentroom::fail(ErrorCode::kInternal, std::string("cannot start a thread: ") + error.what(),
                           "raise the limit: ulimit -u");
  }
  if (auto result = opened.get(); !result) return pass(result);
  return agent;
}

void AgentThread::run(const ClientOptions& options, std::promise<agentroom::Result<void>> opened) {
  auto built = build(options);
  const bool good = built.has_value();
  if (good) {
    const std::scoped_lock lock(mutex_);
    loop_ = &process_->loop();
  }
  opened.set_value(std::move(built));  // `options` are the caller's, who goes on
  if (good) process_->run_until([this] { return closing_; });
  stop();
}

agentroom::Result<void> AgentThread::build(const ClientOptions& options) {
  auto setting = read_setting(options);
  if (!setting) return pass(setting);
  setting_.emplace(std::move(*setting));
  const config::Home& home = setting_->home;
  auto lock = runtime::HomeLock::acquire(home.root(), "home");
  if (!lock) return pass(lock);
  if (auto whole = config::finish_rotation(home); !whole) return pass(whole);
  auto plugins =
      home::need_plugins(setting_->configuration, setting_->plugin_path, {config::kTransport, config::kStore});
  if (!plugins) return pass(plugins);
  auto identity = home::identity_or_new(home);
  if (!identity) return pass(identity);
  id_ = key_text(identity->id());

  const config::Settings& settings = setting_->configuration.settings();
  auto process = runtime::Process::open({.plugin_path = setting_->plugin_path,
                                         .transport = settings.transport.plugin,
                                         .transport_config = settings.transport.config,
                                         .signals = false});
  if (!process) return pass(process);
  process_ = std::move(*process);
  AgentConfig config;
  config.name = settings.name;
  config.server = setting_->server.url;
  config.trust_relay = setting_->trust_relay;
  config.max_hops = settings.handler.max_hops;
  config.concurrency = kPeersAtOnce;
  config.handle = true;
  config.insist = true;
  auto agent =
      runtime::AgentService::open(*process_, {.config = std::move(config),
                                              .identity = std::move(*identity),
                                              .home = home.root(),
                                              .lock = std::move(*lock),
                                              .store = settings.store.plugin,
                                              .store_config = settings.store.config,
                                              .epoch = std::make_unique<config::EpochFile>(home.epoch_file(), id_),
                                              .take = [this](const HandlerMessage& message) { held_.take(message); },
                                              .on_event = [this](const AgentEvent& event) { see(event); }});
  if (!agent) return pass(agent);
  agent_ = std::move(*agent);
  return {};
}

void AgentThread::stop() {
  stopping_ = true;
  *why_ = closed();
  {
    const std::scoped_lock lock(mutex_);
    loop_ = nullptr;
  }
  events_.close();
  if (agent_) {
    if (!agent_->store_failure()) held_.cancel(engine(), process_->now());
    agent_->shut_down(kShutDownTime);
  }
  agent_.reset();
  process_.reset();
  held_.clear();
}

void AgentThread::see(const AgentEvent& event) {
  if (const auto* failed = std::get_if<agent_events::StoreFailed>(&event); failed != nullptr && !stopping_) {
    *why_ = failed->error;
  }
  if (held_.see(event)) return;
  if (auto news = event_of(event)) events_.push(std::move(*news));
}

bool AgentThread::post(Executor::Task task) {
  const std::scoped_lock lock(mutex_);
  return loop_ != nullptr && loop_->post(std::move(task));
}

template <class T>
agentroom::Result<T> AgentThread::ask(std::move_only_function<void(std::shared_ptr<Answer<T>>)> begin) {
  auto answer = std::make_shared<Answer<T>>(why_);
  auto future = answer->future();
  const std::weak_ptr<Answer<T>> late = answer;
  post([this, begin = std::move(begin), answer = std::move(answer)]() mutable {
    if (stopping_) return;
    if (const auto& failure = agent_->store_failure()) {
      answer->give(std::unexpected(*failure));
    } else {
      *why_ = closed();
      begin(std::move(answer));
    }
  });
  if (future.wait_for(kAnswerTime) != std::future_status::ready) {
    post([late] {
      const auto waiting = late.lock();
      if (waiting) waiting->give(agentroom::fail(ErrorCode::kTimeout, "this was not done within 20 s"));
    });
  }
  return future.get();
}

agentroom::Result<CreatedInvite> AgentThread::create_invite(std::int64_t life_ms) {
  return ask<CreatedInvite>([this, life_ms](std::shared_ptr<Answer<CreatedInvite>> answer) {
    engine().create_invite(life_ms, process_->now(),
                           [this, answer = std::move(answer)](agentroom::Result<CreatedInvite> invite) {
                             const auto made = invite ? std::optional(invite->invite_id) : std::nullopt;
                             if (answer->give(std::move(invite)) || !made) return;
                             // Nobody waits for it any more, so nobody has its URL.
                             engine().revoke_invite(*made, process_->now(), [](const agentroom::Result<void>&) {});
                           });
  });
}

agentroom::Result<PeerSummary> AgentThread::accept_invite(const std::string& url) {
  return ask<PeerSummary>([this, url](std::shared_ptr<Answer<PeerSummary>> answer) {
    auto invite = protocol::parse_invite(url);
    if (!invite) {
      answer->give(pass(invite));
      return;
    }
    if (!setting_->server.known) agent_->set_server(invite->server_url);
    engine().accept_invite(url, std::nullopt, process_->now(),
                           [this, answer = std::move(answer)](agentroom::Result<AcceptedInvite> accepted) {
                             if (!accepted) {
                               agent_->set_server(setting_->server.url);
                               answer->give(pass(accepted));
                               return;
                             }
                             keep_server(accepted->server_url);
                             for (PeerSummary& peer : engine().peers()) {
                               if (peer.id == accepted->peer) answer->give(std::move(peer));
                             }
                           });
  });
}

/// The relay that worked becomes this home's, when it has none yet.
void AgentThread::keep_server(const std::string& url) {
  if (!std::exchange(setting_->server.known, true)) setting_->server.url = url;
  const auto known = setting_->home.server_url();
  if (!known || *known) return;
  if (auto kept = setting_->home.write_server_url(url); !kept) {
    runtime::log(runtime::LogLevel::kWarn, "client", kept.error().message);
  }
}

agentroom::Result<void> AgentThread::revoke_invite(const std::string& id) {
  const auto invite = uuid_from_text<InviteId>(id);
  if (!invite) return agentroom::fail(ErrorCode::kNotFound, "this is no id of an invite");
  return ask<void>([this, invite = *invite](std::shared_ptr<Answer<void>> answer) {
    engine().revoke_invite(invite, process_->now(), [answer = std::move(answer)](agentroom::Result<void> revoked) {
      answer->give(std::move(revoked));
    });
  });
}

agentroom::Result<std::vector<PeerSummary>> AgentThread::peers() {
  return ask<std::vector<PeerSummary>>(
      [this](const std::shared_ptr<Answer<std::vector<PeerSummary>>>& answer) { answer->give(engine().peers()); });
}

agentroom::Result<SentMessage> AgentThread::send(const std::string& peer, std::string text) {
  return ask<SentMessage>([this, peer, text = std::move(text)](std::shared_ptr<Answer<SentMessage>> answer) mutable {
    auto to = engine().find_peer(peer);
    if (!to) {
      answer->give(pass(to));
      return;
    }
    engine().send(*to, std::move(text), process_->now(),
                  [answer = std::move(answer)](agentroom::Result<SentMessage> sent) { answer->give(std::move(sent)); });
  });
}

agentroom::Result<std::string> AgentThread::answer(const std::string& peer, const std::string& id,
                                                   HandlerOutcome outcome) {
  return ask<std::string>(
      [this, peer, id, outcome = std::move(outcome)](std::shared_ptr<Answer<std::string>> answer) mutable {
        held_.answer(engine(), process_->now(), peer, id, std::move(outcome), std::move(answer));
      });
}

void AgentThread::close() {
  post([this] { closing_ = true; });
  const std::scoped_lock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

}  // namespace agentroom::client

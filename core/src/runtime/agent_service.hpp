// An agent in this process: its engine, its store, its handler.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "agentroom/agent_engine.hpp"
#include "agentroom/outside_epoch.hpp"
#include "crypto/identity.hpp"
#include "runtime/epoch_store.hpp"
#include "runtime/home_lock.hpp"
#include "runtime/process.hpp"
#include "runtime/worker_pool.hpp"

namespace agentroom::runtime {

struct AgentServiceOptions {
  AgentConfig config;
  crypto::Identity identity;
  std::filesystem::path home;    ///< exists, 0700; holds the lock and the store
  std::optional<HomeLock> lock;  ///< of `home`, when the caller has it already
  std::string store = "sqlite";
  std::string store_config;
  /// Where the store's epochs are noted; none: an older copy in its place goes unnoticed.
  std::unique_ptr<OutsideEpoch> epoch;
  /// With `config.handle`: what answers. It outlives the service.
  Handler* handler = nullptr;
  /// In place of `handler`, called on the engine thread: takes a message, and must not call the service. Who took it
  /// gives the engine its outcome (`AgentEngine::on_handled`, not quick), unless the store fails before.
  std::function<void(HandlerMessage)> take{};
  /// Called on the engine thread, between the engine's own steps: it may call the service.
  std::function<void(const AgentEvent&)> on_event;
};

/// Owns the home for as long as it lives. When the store fails the engine is made anew from what is durable, until that
/// works: `on_event` sees StoreFailed each time. Thread: the engine's. Uses `process` until it goes.
class AgentService final : private LoopMember, private ChannelEvents, private AgentIo {
 public:
  /// Errors: kHomeInUse, kPlugin, kCorrupt (also: the store is an older copy), kIo.
  static Result<std::unique_ptr<AgentService>> open(Process& process, AgentServiceOptions options);
  ~AgentService() override;

  /// The engine of this moment; not to be kept across turns.
  AgentEngine& engine() { return *engine_; }
  const crypto::Identity& identity() const { return options_.identity; }
  const std::filesystem::path& home() const { return options_.home; }
  /// As `AgentEngine::set_server`, for every engine that comes.
  void set_server(const std::string& url);
  /// Why the engine of this moment takes nothing, while the store does not work.
  const std::optional<Error>& store_failure() const { return store_failure_; }

  /// Copies the store, as it is at one moment, to the new file `path`; the agent goes on meanwhile. One at a time.
  /// `done` runs on the engine thread, never from inside the call. Errors: of `KeptStore::back_up`; kInUse (one is
  /// under way), kAborted (the store failed).
  void back_up(std::string path, std::function<void(Result<void>)> done);

  /// Cancels running handlers and a backup, ends links, waits for both and for commits; at most `timeout`. The
  /// destructor does it too.
  void shut_down(Duration timeout = std::chrono::seconds(6));

 private:
  AgentService(Process& process, AgentServiceOptions options, HomeLock lock);
  Result<void> make_engine();
  Result<std::unique_ptr<EpochStore>> open_store();
  void end_backup();
  void rebuild(const Now& now);
  void tell_events();

  void on_time(const Now& now) override;
  std::optional<Duration> next_deadline() const override;
  void flush(const Now& now) override;

  void on_opened(ChannelId channel, const PeerInfo& peer) override;
  void on_message(ChannelId channel, MutableByteView message) override;
  void on_drained(ChannelId channel) override;
  void on_closed(ChannelId channel, const CloseInfo& why) override;

  std::size_t send(ChannelId channel, Bytes message) override;
  void pause(ChannelId channel) override;
  void resume(ChannelId channel) override;
  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override;
  ChannelId connect(const std::string& url, Error& why) override;
  void handle(std::vector<HandlerMessage> messages) override;
  void on_event(const AgentEvent& event) override;

  Process& process_;
  AgentServiceOptions options_;
  HomeLock lock_;
  StopFlag stop_;
  WorkerPool workers_;
  std::unique_ptr<EpochStore> store_;
  struct Backup;
  std::unique_ptr<Backup> backup_;  // under way; reads store_
  std::unique_ptr<AgentEngine> engine_;
  std::shared_ptr<int>
      engine_token_;  // expires with engine_: outcomes of handlers that an older one started are dropped
  std::optional<Duration> rebuild_at_;  // the store failed: when to try again
  std::optional<Error> store_failure_;
  std::vector<AgentEvent> events_;  // told at the end of the turn that made them
  std::size_t channels_ = 0;        // whose last event has not come
  bool shut_down_ = false;
};

}  // namespace agentroom::runtime

// A relay in this process: its engine, its store, its listener.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "agentroom/kept_store.hpp"
#include "agentroom/outside_epoch.hpp"
#include "agentroom/relay_engine.hpp"
#include "crypto/relay_identity.hpp"
#include "runtime/home_lock.hpp"
#include "runtime/log_limit.hpp"
#include "runtime/process.hpp"
#include "runtime/relay_http.hpp"

namespace agentroom::runtime {

struct RelayServiceOptions {
  RelayConfig config;
  crypto::RelayIdentity identity;
  std::filesystem::path folder;  ///< the relay's own, exists, 0700; holds its lock and its store
  std::string store = "sqlite";  ///< plugin of kind store
  std::string store_config;
  std::unique_ptr<OutsideEpoch> epoch = {};  ///< where each start is noted; none: an older store goes unnoticed
  std::string listen = "127.0.0.1:8787";
  std::string version;
  bool metrics = true;  ///< `/metrics` is answered, to anyone who can reach the listener
  std::function<void(const Result<void>&)> on_reloaded = {};  ///< SIGHUP had the transport read its files again
};

/// Thread: the engine's. Uses `process` until it goes.
class RelayService final : private LoopMember, private ListenerEvents, private RelayObserver {
 public:
  /// Takes the folder's lock, opens the store, reads the mailboxes, listens.
  /// Errors: kHomeInUse, kPlugin, kCorrupt, kInUse (the port), kConfig (address, certificate).
  static Result<std::unique_ptr<RelayService>> open(Process& process, RelayServiceOptions options);
  ~RelayService() override;

  std::uint16_t port() const { return listening_.port; }
  /// How URLs that reach it begin: "ws" or "wss".
  const std::string& scheme() const { return listening_.scheme; }
  RelayStatus status() const { return engine_->status(); }

  /// Has the transport read its files again, as SIGHUP does; the error says why the old ones stay in use.
  Result<void> reload();

  /// Stops accepting, tells every agent, stores what is in flight; at most 5 s.
  void shut_down();

 private:
  RelayService(Process& process, RelayServiceOptions options, HomeLock lock);

  /// Seals the store anew after a change of the secret; at once where there was none.
  Result<void> reseal();
  /// Notes this start, and tells of an older copy of the store.
  void count_start();
  void tell_refusals_left_out(Duration now);

  void on_time(const Now& now) override;
  std::optional<Duration> next_deadline() const override;
  void flush(const Now& now) override { engine_->flush(now); }

  void on_opened(ChannelId channel, const PeerInfo& peer) override;
  void on_message(ChannelId channel, MutableByteView message) override;
  void on_drained(ChannelId channel) override;
  void on_closed(ChannelId channel, const CloseInfo& why) override;
  HttpResponse on_request(const HttpRequest& request) override;

  void on_agent_connected(const AgentId& agent) override;
  void on_agent_disconnected(const AgentId& agent) override;
  void on_refused(const std::string& address, const std::string& why) override;
  void on_store_failed(const Error& error) override;

  Process& process_;
  RelayServiceOptions options_;
  HomeLock lock_;
  Now started_;
  std::unique_ptr<KeptStore> store_;
  std::unique_ptr<RelayEngine> engine_;
  Listening listening_;
  LogLimit refusals_;
};

}  // namespace agentroom::runtime

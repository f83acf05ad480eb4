// What `demo` and `doctor` play on: a temporary folder, one relay and a few agents in this process, real plugins and
// sockets.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/identity.hpp"
#include "runtime/agent_service.hpp"
#include "runtime/process.hpp"
#include "runtime/relay_service.hpp"

namespace agentroom::cli {

/// A folder that goes with everything in it.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> make();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// One who talks: an identity, a home, a handler.
struct Actor {
  std::string name;
  std::filesystem::path home;
  crypto::Identity identity;
  std::unique_ptr<Handler> handler;
  std::vector<AgentEvent> events;  ///< all that happened to it, oldest first
  std::unique_ptr<runtime::AgentService> agent;

  const AgentId& id() const { return identity.id(); }
  AgentEngine& engine() { return agent->engine(); }

  template <class Event>
  const Event* find(const std::function<bool(const Event&)>& wanted = {}) const {
    for (const AgentEvent& event : events) {
      const Event* found = std::get_if<Event>(&event);
      if (found != nullptr && (!wanted || wanted(*found))) return found;
    }
    return nullptr;
  }
};

class Stage {
 public:
  struct Options {
    std::filesystem::path folder;  ///< of all homes
    std::string listen = "127.0.0.1:0";
    RelayConfig relay{};
    bool metrics = true;  ///< as in RelayServiceOptions
    Duration patience = std::chrono::seconds(15);
  };

  /// A relay of its own. `process` outlives it. Errors: those of plugins and files, kInUse (the port); those of
  /// `probe_relay`, where its own certificate is none for agents on this machine.
  static Result<std::unique_ptr<Stage>> open(runtime::Process& process, Options options);

  /// Where agents on this machine reach it.
  const std::string& url() const { return url_; }
  /// host:port of its listener.
  const std::string& address() const { return address_; }
  runtime::RelayService& relay() { return *relay_; }
  const RelayId& relay_id() const { return relay_id_; }
  std::filesystem::path relay_folder() const { return options_.folder / "relay"; }
  Now now() const { return process_.now(); }

  /// An identity, a new one when none is given, whose messages `handler` answers, or nobody.
  Result<std::unique_ptr<Actor>> cast(const std::string& name, std::unique_ptr<Handler> handler,
                                      std::optional<crypto::Identity> identity = {});
  /// Connects an actor to this relay, at `url` in place of its own when one is given; and takes it away again.
  Result<void> enter(Actor& actor, const std::string& url = {});
  void leave(Actor& actor);

  /// Runs until `done()`. Errors: kTimeout, naming `what`, after `patience`; kCancelled (a signal).
  Result<void> wait(const std::string& what, const std::function<bool()>& done);
  /// Starts a request of an engine, which is handed its callback, and runs until the answer. Errors: also the answer's.
  template <class T, class Start>
  Result<T> ask(const std::string& what, Start&& start) {
    // Shared with a callback that may come after this gave up.
    const auto answer = std::make_shared<std::optional<Result<T>>>();
    std::forward<Start>(start)([answer](Result<T> result) { answer->emplace(std::move(result)); });
    if (auto done = wait(what, [&] { return answer->has_value(); }); !done) return pass(done);
    return std::move(**answer);
  }

 private:
  Stage(runtime::Process& process, Options options) : process_(process), options_(std::move(options)) {}
  Result<void> open_relay();

  runtime::Process& process_;
  const Options options_;
  std::unique_ptr<runtime::RelayService> relay_;
  RelayId relay_id_;
  std::string url_;
  std::string address_;
};

}  // namespace agentroom::cli

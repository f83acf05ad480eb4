// What the demo plays on: a temporary folder, one relay and two agents in this process, real plugins and sockets.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/plugin_keys.hpp"
#include "context.hpp"
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

class DemoStage {
 public:
  /// A relay that listens on a free port of this machine; all homes lie in `folder`. Errors: those of plugins and
  /// files.
  static Result<std::unique_ptr<DemoStage>> open(Context& context, const std::filesystem::path& folder);

  const std::string& url() const { return url_; }
  runtime::RelayService& relay() { return *relay_; }
  std::filesystem::path relay_folder() const { return folder_ / "relay"; }
  Now now() const { return process_->now(); }

  /// A new identity whose messages are answered by a shell command.
  Result<std::unique_ptr<Actor>> cast(const std::string& name, const std::string& command);
  /// Connects an actor, and takes it away again.
  Result<void> enter(Actor& actor);
  void leave(Actor& actor);

  /// Runs until `done()`. Errors: kTimeout, naming `what`; kCancelled (a signal).
  Result<void> wait(const std::string& what, const std::function<bool()>& done);

 private:
  DemoStage() = default;
  Result<void> open_relay();

  std::filesystem::path folder_;
  std::vector<config::PluginKeys> plugins_;
  std::unique_ptr<runtime::Process> process_;
  std::unique_ptr<runtime::RelayService> relay_;
  std::string url_;
};

}  // namespace agentroom::cli

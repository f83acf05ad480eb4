// Proves the whole way from the home to an answer, step by step.
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "events.hpp"
#include "room_trial.hpp"
#include "runtime/control_client.hpp"
#include "runtime/probe.hpp"
#include "serving.hpp"
#include "steps.hpp"
#include "store_at_hand.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kProbeTime = std::chrono::seconds(5);

std::int64_t ms_of(Duration took) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
}

/// What a step found, or nothing when there is nothing to look at yet.
using Finding = Result<std::optional<std::string>>;

class Doctor {
 public:
  Doctor(const DoctorCommand& command, Context& context, Steps& steps)
      : command_(command), context_(context), steps_(steps) {}

  /// The first failure, if there is one.
  std::optional<Error> examine() {
    step("home", "none yet; `agentroom setup` makes it", [this] { return home(); });
    step("identity", "none yet; `agentroom setup` makes it", [this] { return identity(); });
    step("plugins", {}, [this] { return plugins(); });
    step("store", "none yet; the first session makes it", [this] { return store(); });
    step("relay", "no server is named yet", [this] { return relay(); });
    if (command_.room || !command_.no_tunnel) {
      try_room({.tunnel = !command_.no_tunnel, .echo = command_.room});
    }
    if (command_.no_tunnel) steps_.skipped("tunnel", "not asked for");
    return std::move(first_failure_);
  }

 private:
  template <class Look>
  void step(const std::string& name, const std::string& nothing, Look&& look) {
    const Duration begin = clock_.now().steady;
    const Finding found = look();
    if (found && !*found) return steps_.skipped(name, nothing);
    steps_.took(ms_of(clock_.now().steady - begin));
    if (!found) return fail_at(name, found.error());
    steps_.done(name, **found);
  }

  void fail_at(const std::string& name, Error error) {
    if (error.hint.empty()) error.hint = "see more: agentroom doctor --log-level debug";
    steps_.failed(name, error);
    if (!first_failure_) first_failure_ = std::move(error);
  }

  Finding home() {
    auto checked = context_.home().check();
    if (!checked && checked.error().code == ErrorCode::kNotFound) return std::nullopt;
    if (!checked) return pass(checked);
    return context_.home().root().string();
  }

  Finding identity() {
    auto found = context_.identity();
    if (!found && found.error().code == ErrorCode::kNotFound) return std::nullopt;
    if (!found) return pass(found);
    return base64url(found->id().view());
  }

  /// Loads every plugin that is configured.
  Finding plugins() {
    std::vector<std::string> needed{config::kTransport, config::kStore};
    if (context_.settings().handler.named) needed.emplace_back(config::kHandler);
    if (!command_.no_tunnel) needed.emplace_back(config::kTunnel);
    if (auto there = context_.need_plugins(needed); !there) return pass(there);
    auto process = context_.open_process();
    if (!process) return pass(process);
    const config::Settings& s = context_.settings();
    std::string names = "transport " + s.transport.plugin;
    for (const auto& [kind, name, in_use] :
         {std::tuple{host::PluginKind::kStore, s.store.plugin, true},
          {host::PluginKind::kHandler, s.handler.choice.plugin, s.handler.named},
          {host::PluginKind::kTunnel, s.tunnel.choice.plugin, !command_.no_tunnel}}) {
      if (!in_use) continue;
      auto manifest = (*process)->plugins().find(kind, name);
      if (!manifest) return pass(manifest);
      if (auto loaded = (*process)->plugins().check_loadable(*manifest); !loaded) return pass(loaded);
      names += ", " + std::string(host::kind_name(kind)) + " " + name;
    }
    plugins_load_ = true;
    return names;
  }

  /// Reads every record, and changes nothing, unless its owner has it open.
  Finding store() {
    if (!plugins_load_ || !identity_is_there() || !has_store()) return std::nullopt;
    auto owner = runtime::ControlClient::connect(context_.home().root());
    if (owner && *owner) return "in use by pid " + std::to_string((*owner)->owner_pid()) + ", which has it open";
    auto hand = StoreAtHand::take(context_, false);
    if (!hand) return pass(hand);
    if (auto opened = (*hand)->open(StoreAccess::kReadOnly); !opened) return pass(opened);
    if (auto whole = (*hand)->store().check(); !whole) return pass(whole);
    auto found = (*hand)->inspect();
    if (!found) return pass(found);
    auto epochs = (*hand)->epochs();
    if (!epochs) return pass(epochs);
    if (epochs->kind == runtime::EpochState::Kind::kRolledBack) {
      return fail(ErrorCode::kCorrupt, "the store is an older copy of the one that was in use here",
                  "see what that means: agentroom store check");
    }
    std::uint64_t records = 0;
    for (const auto& kind : found->kinds) records += kind.records;
    return std::to_string(records) + " records, all of them sound";
  }

  Finding relay() {
    auto server = context_.server();
    if (!server) return pass(server);
    if (!server->known || !plugins_load_) return std::nullopt;
    if (auto opened = open_process(); !opened) return pass(opened);
    auto answer = runtime::probe_relay(*process_, server->url, kProbeTime, kNoRelayHint);
    if (!answer) return pass(answer);
    return server->url + " answers in " + std::to_string(ms_of(answer->took)) + " ms";
  }

  /// Not while the store is looked at, which has a process of its own.
  Result<void> open_process() {
    if (process_) return {};
    auto process = context_.open_process();
    if (!process) return pass(process);
    process_ = std::move(*process);
    return {};
  }

  bool identity_is_there() const {
    std::error_code ignored;
    return fs::exists(context_.home().identity_file(), ignored);
  }
  /// The plugin is given <home>/store and adds to that name.
  bool has_store() const {
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(context_.home().root(), ignored)) {
      if (file.path().filename().string().starts_with("store.")) return true;
    }
    return false;
  }

  void try_room(const RoomTrial::Options& options) {
    const std::string name = options.echo ? "room" : "tunnel";
    if (!plugins_load_) return steps_.skipped(name, "its plugins do not load");
    if (auto opened = open_process(); !opened) return fail_at(name, opened.error());
    RoomTrial trial(context_, *process_);
    trial.on_step = [this](const std::string& step, Duration took, const Result<std::string>& found) {
      steps_.took(ms_of(took));
      found ? steps_.done(step, *found) : fail_at(step, found.error());
    };
    trial.run(options);
  }

  const DoctorCommand& command_;
  Context& context_;
  Steps& steps_;
  SystemClock clock_;
  bool plugins_load_ = false;
  std::unique_ptr<runtime::Process> process_;
  std::optional<Error> first_failure_;
};

int tell(Output& out, Steps& steps, const std::optional<Error>& failure) {
  boost::json::object result{{"ok", !failure}, {"steps", steps.take()}};
  if (failure) result = error_members(std::move(result), *failure);
  out.result(result);
  return failure ? exit_code(failure->code) : 0;
}

}  // namespace

int run(const DoctorCommand& command, const GlobalOptions& globals, Output& out) {
  ServeCommand handler;
  handler.on_message = command.on_message;
  Steps steps(out);
  auto context = Context::make(globals, out, overrides_of(handler));
  if (!context) {
    steps.failed("config", context.error());
    return tell(out, steps, context.error());
  }
  const auto failure = Doctor(command, *context, steps).examine();
  const int code = tell(out, steps, failure);
  if (!failure)
    out.remark(command.room ? "All of it works."
                            : "What is there works. With an echo through a room: agentroom doctor --room");
  return code;
}

}  // namespace agentroom::cli

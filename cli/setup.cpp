#include <filesystem>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "config/rotation.hpp"
#include "context.hpp"
#include "crypto/primitives.hpp"
#include "home_access.hpp"
#include "runtime/probe.hpp"
#include "steps.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kProbeTime = std::chrono::seconds(5);

/// Ends the setup: what is wrong, in the form of this command.
int end_failed(Steps& steps, Output& out, const std::string& name, const Error& error) {
  steps.failed_at_last(name, error);
  if (!out.json()) {
    out.error(error);
  } else {
    out.result({{"ok", false},
                {"ready", false},
                {"error", printable(error.message)},
                {"code", code_name(error.code)},
                {"hint", printable(error.hint)},
                {"steps", steps.take()}});
  }
  // Wrong usage and configuration keep their own code; whatever else is missing, setup is not done.
  return exit_code(error.code) == 2 ? 2 : 1;
}

/// New keys in the place of the old ones, while nobody else has the home.
Result<void> rotate(const Context& context) {
  auto lock = take_home(context);
  if (!lock) return pass(lock);
  crypto::init();
  SystemRandom random;
  std::string json = crypto::Identity::generate(random).to_json();
  auto rotated = config::rotate_identity(context.home(), json);
  config::wipe(json);
  return rotated;
}

bool has_identity(const Context& context) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(context.home().identity_file(), ignored));
}

/// What `--force` takes away, as people call it.
std::string discarded_text(const Context& context) {
  const auto old = context.identity();
  return (old ? base64url(old->id().view()) : std::string("an identity that cannot be read")) +
         " with its sessions, invites and messages";
}

Result<crypto::Identity> make_identity(const Context& context, bool force, Steps& steps) {
  std::string discarded;
  if (force && has_identity(context)) {
    discarded = discarded_text(context);
    if (auto rotated = rotate(context); !rotated) return pass(rotated);
  }
  bool made = false;
  auto identity = context.identity_or_new(&made);
  if (!identity) return identity;
  const std::string pk = base64url(identity->id().view());
  if (discarded.empty()) {
    steps.done("identity", pk + (made ? " (new)" : " (kept)"));
  } else {
    steps.done("identity", pk + " (new)");
    steps.also("discarded", discarded);
  }
  return identity;
}

std::string plugins_text(Context& context) {
  const config::Settings& s = context.settings();
  return "transport " + s.transport.plugin + ", store " + s.store.plugin;
}

/// Loads what every command needs; the transport stays for the probe.
Result<std::unique_ptr<runtime::Process>> check_plugins(Context& context) {
  if (auto needed = context.need_plugins({config::kTransport, config::kStore}); !needed) return pass(needed);
  auto process = context.open_process();
  if (!process) return process;
  auto store = (*process)->plugins().find(host::PluginKind::kStore, context.settings().store.plugin);
  if (!store) return pass(store);
  if (auto loaded = (*process)->plugins().check_loadable(*store); !loaded) return pass(loaded);
  return process;
}

}  // namespace

int run(const SetupCommand& command, const GlobalOptions& globals, Output& out) {
  Steps steps(out);
  const auto failed = [&](const std::string& name, const Error& error) { return end_failed(steps, out, name, error); };
  auto context = Context::make(globals, out);
  if (!context) return failed("config", context.error());
  if (auto home = context->home().create(); !home) return failed("home", home.error());
  steps.done("home", context->home().root().string());

  auto process = check_plugins(*context);
  // Nothing is discarded for a setup that cannot end well.
  if (!process && command.force) return failed("plugins", process.error());
  auto identity = make_identity(*context, command.force, steps);
  if (!identity) return failed("identity", identity.error());
  if (!process) return failed("plugins", process.error());
  steps.done("plugins", plugins_text(*context));

  auto server = context->server();
  if (!server) return failed("relay", server.error());
  if (!server->known) {
    steps.skipped("relay", "no server is named yet");
  } else if (command.no_probe) {
    steps.skipped("relay", server->url + " (not asked)");
  } else {
    auto answer = runtime::probe_relay(**process, server->url, kProbeTime, kNoRelayHint);
    if (!answer) return failed("relay", answer.error());
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(answer->took).count();
    steps.done("relay", server->url + " answers in " + std::to_string(ms) + " ms");
  }
  out.result({{"ready", true},
              {"pk", base64url(identity->id().view())},
              {"identity_path", context->home().identity_file().string()},
              {"server_url", server->known ? server->url : ""},
              {"steps", steps.take()}});
  out.remark(server->known ? "Next: agentroom invite create, or agentroom invite accept URL"
                           : "Next, with an invite: agentroom invite accept URL\n"
                             "To invite a peer:     agentroom relay, then agentroom invite create");
  return 0;
}

}  // namespace agentroom::cli

#include <filesystem>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"
#include "crypto/primitives.hpp"
#include "runtime/home_lock.hpp"
#include "runtime/probe.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kProbeTime = std::chrono::seconds(5);

/// The steps of a setup as they are told.
class Steps {
 public:
  explicit Steps(Output& out) : out_(out) {}

  void done(const std::string& name, const std::string& detail) { add(name, "ok", detail, Style::kGood); }
  void skipped(const std::string& name, const std::string& detail) { add(name, "skipped", detail, Style::kDim); }

  /// Ends the setup: what is wrong, in the form of this command.
  int failed(const std::string& name, const Error& error) {
    add(name, "failed", error.message, Style::kBad);
    if (!out_.json()) {
      out_.error(error);
    } else {
      out_.result({{"ready", false},
                   {"error", printable(error.message)},
                   {"code", code_name(error.code)},
                   {"hint", printable(error.hint)},
                   {"steps", std::move(list_)}});
    }
    // Wrong usage and configuration keep their own code; whatever else is missing, setup is not done.
    return exit_code(error.code) == 2 ? 2 : 1;
  }

  boost::json::array take() { return std::move(list_); }

 private:
  void add(const std::string& name, const std::string& status, const std::string& detail, Style style) {
    list_.push_back({{"step", name}, {"status", status}, {"detail", printable(detail)}});
    std::string padded = status;
    padded.resize(9, ' ');
    std::string title = name;
    title.resize(10, ' ');
    if (style != Style::kBad) out_.line(out_.styled(style, padded) + title + printable(detail));
  }

  Output& out_;
  boost::json::array list_;
};

/// New keys; whatever the old ones protected is unreadable from now on and goes first, so that a crash half-way leaves
/// the old identity with an empty store, never a new identity with a foreign one.
Result<void> rotate(const Context& context) {
  auto lock = runtime::HomeLock::acquire(context.home().root(), "home");
  if (!lock) return pass(lock);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(context.home().root(), error)) {
    const std::string name = entry.path().filename().string();
    if (name != "store" && !name.starts_with("store.") && !name.starts_with("store-")) continue;
    fs::remove_all(entry.path(), error);
    if (error) return fail(ErrorCode::kIo, "cannot remove " + entry.path().string() + ": " + error.message());
  }
  if (error) return fail(ErrorCode::kIo, "cannot list " + context.home().root().string() + ": " + error.message());
  crypto::init();
  SystemRandom random;
  std::string json = crypto::Identity::generate(random).to_json();
  auto written = context.home().write_identity(json, config::IfExists::kReplace);
  config::wipe(json);
  return written;
}

Result<crypto::Identity> make_identity(const Context& context, bool force, Steps& steps) {
  bool made = false;
  std::error_code ignored;
  const bool had_one = fs::exists(context.home().identity_file(), ignored);
  if (force && had_one) {
    if (auto rotated = rotate(context); !rotated) return pass(rotated);
  }
  auto identity = context.identity_or_new(&made);
  if (!identity) return identity;
  const std::string pk = base64url(identity->id().view());
  if (force && had_one) {
    steps.done("identity", pk + " (new; the old keys, sessions and invites are gone)");
  } else {
    steps.done("identity", pk + (made ? " (new)" : " (kept)"));
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
  auto context = Context::make(globals, out);
  if (!context) return steps.failed("config", context.error());
  if (auto home = context->home().create(); !home) return steps.failed("home", home.error());
  steps.done("home", context->home().root().string());

  auto identity = make_identity(*context, command.force, steps);
  if (!identity) return steps.failed("identity", identity.error());
  auto process = check_plugins(*context);
  if (!process) return steps.failed("plugins", process.error());
  steps.done("plugins", plugins_text(*context));

  auto server = context->server();
  if (!server) return steps.failed("relay", server.error());
  if (!server->known) {
    steps.skipped("relay", "no server is named yet");
  } else if (command.no_probe) {
    steps.skipped("relay", server->url + " (not asked)");
  } else {
    auto answer = runtime::probe_relay(**process, server->url, kProbeTime);
    if (!answer) return steps.failed("relay", answer.error());
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(answer->took).count();
    steps.done("relay", server->url + " answers in " + std::to_string(ms) + " ms");
  }
  out.result({{"ready", true},
              {"pk", base64url(identity->id().view())},
              {"identity_path", context->home().identity_file().string()},
              {"server_url", server->known ? server->url : ""},
              {"steps", steps.take()}});
  out.remark(server->known ? "Next: agentroom invite create, or agentroom invite accept URL"
                           : "Next: agentroom relay (in another terminal), then agentroom invite create");
  return 0;
}

}  // namespace agentroom::cli

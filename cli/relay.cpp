#include <filesystem>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "config/address.hpp"
#include "config/epoch_file.hpp"
#include "config/relay_secret.hpp"
#include "context.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"
#include "runtime/file_limit.hpp"
#include "runtime/probe.hpp"
#include "runtime/relay_service.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kReachableTime = std::chrono::seconds(5);

/// `--host` and `--port` laid over what is configured.
Result<std::string> listen_address(const RelayCommand& command, const std::string& configured) {
  auto address = *config::parse_listen_address(configured);
  if (command.host) address.host = *command.host;
  if (command.port) address.port = *command.port;
  if (!config::parse_listen_address(address.text())) {
    return fail(ErrorCode::kUsage, "--host must be a name or an IP address, not \"" + printable(*command.host) + "\"",
                "see: agentroom relay --help");
  }
  return address.text();
}

/// What an agent on this machine connects to.
std::string local_url(const std::string& listen, const std::string& scheme, std::uint16_t port) {
  auto address = *config::parse_listen_address(listen);
  const bool local =
      address.host == "127.0.0.1" || address.host == "0.0.0.0" || address.host == "::" || address.host == "::1";
  if (local) address.host = "localhost";
  address.port = port;
  return scheme + "://" + address.text() + "/ws";
}

Result<crypto::RelayIdentity> relay_identity(Context& context) {
  crypto::init();
  SystemRandom random;
  if (auto made = context.home().create(); !made) return pass(made);
  if (auto made = config::make_private_folder(context.home().relay_folder()); !made) return pass(made);
  const config::RelaySettings& settings = context.settings().relay;
  auto secret =
      config::relay_secret(settings, context.home(), context.environment(), std::filesystem::current_path(), random);
  if (!secret) return pass(secret);
  if (!secret->warning.empty()) context.out().warning(secret->warning);
  if (secret->generated) {
    Output& out = context.out();
    out.event("hmac_generated", {{"hmac_secret", secret->text.view()}}, {});
    out.remark("A secret was made for this relay and kept in " + context.home().relay_secret_file().string() +
               ".\nIt gives the relay its identity; to run the same relay elsewhere set it there:\n  HMAC_SECRET=" +
               std::string(secret->text.view()));
  }
  std::optional<std::string_view> previous;
  if (settings.secret_previous) previous = settings.secret_previous->view();
  return crypto::RelayIdentity::from_secret(secret->text.view(), previous);
}

/// Hands what the tunnel says over to the engine thread.
class TunnelReport final : public TunnelEvents {
 public:
  /// `plugin`: progress is told as an event of that name.
  TunnelReport(Output& out, runtime::Process& process, std::string plugin)
      : out_(out), process_(process), plugin_(std::move(plugin)) {}

  void on_progress(const std::string& state, const std::string& detail) override {
    process_.loop().post([this, state, detail] {
      out_.event(plugin_, {{"state", printable(state)}, {"detail", printable(detail)}}, {});
    });
  }
  void on_ready(const std::string& url) override {
    process_.loop().post([this, url] { new_url_ = url; });
  }
  void on_lost(const std::string& reason) override {
    process_.loop().post([this, reason] {
      out_.event("tunnel_lost", {{"reason", printable(reason)}}, "the tunnel is lost: " + printable(reason));
    });
  }

  bool has_news() const { return new_url_.has_value(); }

  /// Outside a turn of the loop: asks whether this very relay answers under the public URL.
  void tell(const RelayId& self) {
    const std::string url = *std::exchange(new_url_, std::nullopt);
    auto answer = runtime::probe_relay(process_, url, kReachableTime);
    const bool reachable = answer && answer->relay == self;
    std::string https = url.substr(url.find("://") + 3);
    https = (url.starts_with("wss://") ? "https://" : "http://") + https.substr(0, https.find('/'));
    out_.event(
        "tunnel", {{"url", url}, {"https", https}, {"reachable", reachable}},
        "public URL  " + out_.styled(Style::kBold, printable(url)) + (reachable ? "" : "  (does not answer yet)"));
  }

 private:
  Output& out_;
  runtime::Process& process_;
  const std::string plugin_;
  std::optional<std::string> new_url_;
};

/// What a SIGHUP did.
void tell_reloaded(Output& out, const Result<void>& result) {
  if (result) {
    out.event("reloaded", {}, "reloaded: new connections use certificates and keys as they are now");
    return;
  }
  const Error& why = result.error();
  const std::string message = printable(why.message);
  out.event("reload_error", {{"error", message}, {"code", code_name(why.code)}, {"hint", printable(why.hint)}},
            "not reloaded, the old certificate stays in use: " + message);
  if (!why.hint.empty()) out.remark(printable(why.hint));
}

int serve(Context& context, runtime::Process& process, const RelayCommand& command, const std::string& listen) {
  Output& out = context.out();
  const std::string lack =
      runtime::what_file_limit_lacks(runtime::raise_file_limit(), context.settings().relay.config.limits.connections);
  if (!lack.empty()) out.warning(lack);
  auto identity = relay_identity(context);
  if (!identity) return out.error(identity.error());
  const RelayId relay_id = identity->pair.pk;
  std::unique_ptr<Tunnel> tunnel;
  if (command.tunnel) {
    auto opened = process.plugins().open_tunnel(context.settings().tunnel.plugin, context.settings().tunnel.config);
    if (!opened) return out.error(opened.error());
    tunnel = std::move(*opened);
  }
  auto relay = runtime::RelayService::open(
      process, {.config = context.settings().relay.config,
                .identity = std::move(*identity),
                .folder = context.home().relay_folder(),
                .store = context.settings().store.plugin,
                .store_config = context.settings().store.config,
                .epoch = std::make_unique<config::EpochFile>(context.home().relay_folder() / "mailbox.epoch",
                                                             base64url(relay_id.view())),
                .listen = listen,
                .version = AGENTROOM_VERSION,
                .metrics = context.settings().relay.answers_metrics(command.tunnel),
                .on_reloaded = [&out](const Result<void>& result) { tell_reloaded(out, result); }});
  if (!relay) return out.error(relay.error());
  const std::uint16_t port = (*relay)->port();
  const std::string url = local_url(listen, (*relay)->scheme(), port);
  out.event("listening", {{"port", port}, {"local_url", url}, {"relay_pk", base64url(relay_id.view())}},
            "relay listens on  " + out.styled(Style::kBold, url));
  out.remark("Ctrl-C stops it. What waits for agents that are away is kept.");

  TunnelReport report(out, process, context.settings().tunnel.plugin);
  if (tunnel) {
    auto address = *config::parse_listen_address(listen);
    address.port = port;
    if (auto opened = tunnel->open({.local_address = address.text(), .health_path = "/health"}, report); !opened) {
      out.event("tunnel_error", {{"error", printable(opened.error().message)}}, {});
      return out.error(opened.error());
    }
  }
  while (process.run_until([&] { return report.has_news() || !out.alive(); }) == runtime::Process::End::kDone &&
         out.alive()) {
    report.tell(relay_id);
  }
  if (tunnel) tunnel->close();
  relay->reset();
  out.event("stopped", {{"port", port}}, "stopped");
  return out.alive() ? 0 : 1;
}

}  // namespace

int run(const RelayCommand& command, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto listen = listen_address(command, context->settings().relay.listen);
  if (!listen) return out.error(listen.error());
  std::vector<std::string> needed{config::kTransport, config::kStore};
  if (command.tunnel) needed.emplace_back(config::kTunnel);
  if (auto plugins = context->need_plugins(needed); !plugins) return out.error(plugins.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  return serve(*context, **process, command, *listen);
}

}  // namespace agentroom::cli

#include "hosted_relay.hpp"

#include <filesystem>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "config/address.hpp"
#include "config/epoch_file.hpp"
#include "config/private_file.hpp"
#include "config/relay_secret.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"
#include "events.hpp"
#include "local_addresses.hpp"
#include "runtime/file_limit.hpp"

namespace agentroom::cli {
namespace {

bool is_loopback(const std::string& host) {
  return host == "127.0.0.1" || host == "::1" || host == "localhost";
}
bool is_every_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

/// A secret that was made just now. What a room says ends up in its log, so the secret itself is told by `relay` alone.
void tell_generated(Context& context, std::string_view secret, bool is_room) {
  Output& out = context.out();
  const std::string file = context.home().relay_secret_file().string();
  boost::json::object members{{"path", file}};
  if (!is_room) members["hmac_secret"] = secret;
  out.event("hmac_generated", std::move(members),
            is_room ? "" : "relay's secret    HMAC_SECRET=" + std::string(secret));
  out.remark("A secret was made for this relay and kept in " + file +
             ".\nIt gives the relay its identity; to run the same relay elsewhere set it there as HMAC_SECRET.");
}

Result<crypto::RelayIdentity> relay_identity(Context& context, bool is_room) {
  crypto::init();
  SystemRandom random;
  if (auto made = context.home().create(); !made) return pass(made);
  if (auto made = config::make_private_folder(context.home().relay_folder()); !made) return pass(made);
  const config::RelaySettings& settings = context.settings().relay;
  auto secret =
      config::relay_secret(settings, context.home(), context.environment(), std::filesystem::current_path(), random);
  if (!secret) return pass(secret);
  if (!secret->warning.empty()) context.out().warning(secret->warning);
  if (secret->generated) tell_generated(context, secret->text.view(), is_room);
  std::optional<std::string_view> previous;
  if (settings.secret_previous) previous = settings.secret_previous->view();
  return crypto::RelayIdentity::from_secret(secret->text.view(), previous);
}

/// What a SIGHUP did.
void tell_reloaded(Output& out, const Result<void>& result) {
  if (result) {
    out.event("reloaded", {}, "reloaded: new connections use certificates and keys as they are now");
    return;
  }
  const Error& why = result.error();
  out.event("reload_error", error_members({}, why),
            "not reloaded, the old certificate stays in use: " + printable(why.message));
  if (!why.hint.empty()) out.remark(printable(why.hint));
}

}  // namespace

Result<std::string> listen_address(const std::optional<std::string>& host, const std::optional<std::uint16_t>& port,
                                   const std::string& configured) {
  auto address = *config::parse_listen_address(configured);
  if (host) address.host = *host;
  if (port) address.port = *port;
  if (!config::parse_listen_address(address.text())) {
    return fail(ErrorCode::kUsage, "--host must be a name or an IP address, not \"" + printable(*host) + "\"",
                "see: agentroom relay --help");
  }
  return address.text();
}

Result<std::unique_ptr<HostedRelay>> HostedRelay::open(Context& context, runtime::Process& process, Options options) {
  Output& out = context.out();
  const std::string lack =
      runtime::what_file_limit_lacks(runtime::raise_file_limit(), options.config.limits.connections);
  if (!lack.empty()) out.warning(lack);
  auto identity = relay_identity(context, options.kind == "room");
  if (!identity) return pass(identity);
  std::unique_ptr<HostedRelay> hosted(new HostedRelay());
  hosted->id_ = identity->pair.pk;
  auto relay = runtime::RelayService::open(
      process, {.config = std::move(options.config),
                .identity = std::move(*identity),
                .folder = context.home().relay_folder(),
                .store = context.settings().store.plugin,
                .store_config = context.settings().store.config,
                .epoch = std::make_unique<config::EpochFile>(context.home().relay_folder() / "mailbox.epoch",
                                                             base64url(hosted->id_.view())),
                .listen = options.listen,
                .version = AGENTROOM_VERSION,
                .metrics = context.settings().relay.answers_metrics(options.tunnel),
                .on_reloaded = [&out](const Result<void>& result) { tell_reloaded(out, result); }});
  if (!relay) return pass(relay);
  hosted->relay_ = std::move(*relay);
  auto address = *config::parse_listen_address(options.listen);
  address.port = hosted->port();
  hosted->address_ = address.text();
  hosted->host_ = address.host;
  if (address.host == "127.0.0.1" || is_every_address(address.host)) address.host = "localhost";
  hosted->local_url_ = hosted->scheme() + "://" + address.text() + "/ws";

  auto sign = RoomSign::put_up(context.home().rooms_folder(), {.port = hosted->port(),
                                                               .process = {},
                                                               .kind = options.kind,
                                                               .local_url = hosted->local_url_,
                                                               .tunnel_url = {},
                                                               .started_at = 0,
                                                               .log = std::move(options.log)});
  if (!sign) return pass(sign);
  hosted->sign_ = std::move(*sign);
  out.event("listening",
            {{"port", hosted->port()}, {"local_url", hosted->local_url_}, {"relay_pk", base64url(hosted->id_.view())}},
            "relay listens on  " + out.styled(Style::kBold, hosted->local_url_));
  return hosted;
}

std::vector<std::string> HostedRelay::lan_urls() const {
  if (is_loopback(host_)) return {};
  std::vector<std::string> urls;
  for (const std::string& host : is_every_address(host_) ? local_addresses() : std::vector<std::string>{host_}) {
    urls.push_back(scheme() + "://" + config::ListenAddress{host, port()}.text() + "/ws");
  }
  return urls;
}

}  // namespace agentroom::cli

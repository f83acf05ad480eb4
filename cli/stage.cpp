#include "stage.hpp"

#include <cstdlib>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "config/address.hpp"
#include "config/private_file.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"
#include "runtime/probe.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kProbeTime = std::chrono::seconds(5);

/// What agents on this machine call a host that a relay listens on. A certificate is for a name.
std::string name_here(const std::string& host, bool certificate) {
  if (host != "127.0.0.1" && host != "0.0.0.0" && host != "::") return host;
  return certificate ? "localhost" : "127.0.0.1";
}

}  // namespace

Result<std::unique_ptr<TemporaryFolder>> TemporaryFolder::make() {
  std::error_code error;
  std::string pattern = (fs::temp_directory_path(error) / "agentroom-demo-XXXXXX").string();
  if (error || ::mkdtemp(pattern.data()) == nullptr) {
    return fail(ErrorCode::kIo, "cannot make a temporary folder", "set TMPDIR to a folder that this user can write to");
  }
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(pattern));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<std::unique_ptr<Stage>> Stage::open(runtime::Process& process, Options options) {
  crypto::init();
  std::unique_ptr<Stage> stage(new Stage(process, std::move(options)));
  if (auto opened = stage->open_relay(); !opened) return pass(opened);
  return stage;
}

Result<void> Stage::open_relay() {
  if (auto made = config::make_private_folder(relay_folder()); !made) return made;
  SystemRandom random;
  std::array<std::byte, 32> secret{};
  random.fill(secret);
  auto identity = crypto::RelayIdentity::from_secret(base64url(secret));
  relay_id_ = identity.pair.pk;
  auto relay = runtime::RelayService::open(process_, {.config = options_.relay,
                                                      .identity = std::move(identity),
                                                      .folder = relay_folder(),
                                                      .store = "sqlite",
                                                      .store_config = {},
                                                      .listen = options_.listen,
                                                      .version = AGENTROOM_VERSION,
                                                      .metrics = options_.metrics});
  if (!relay) return pass(relay);
  relay_ = std::move(*relay);
  auto address = *config::parse_listen_address(options_.listen);
  address.port = relay_->port();
  address_ = address.text();
  const bool certificate = relay_->scheme() == "wss";
  address.host = name_here(address.host, certificate);
  url_ = relay_->scheme() + "://" + address.text() + "/ws";
  if (!certificate) return {};
  // Agents try again for ever.
  auto answer = runtime::probe_relay(process_, url_, kProbeTime, {});
  if (answer) return {};
  return fail(answer.error().code, answer.error().message,
              "a room's own agent connects there: have the certificate also made out to " + address.host +
                  ", and name its authority in [transport.ws] ca_file");
}

Result<std::unique_ptr<Actor>> Stage::cast(const std::string& name, std::unique_ptr<Handler> handler,
                                           std::optional<crypto::Identity> identity) {
  SystemRandom random;
  auto actor = std::make_unique<Actor>();
  actor->name = name;
  actor->home = options_.folder / name;
  actor->identity = identity ? std::move(*identity) : crypto::Identity::generate(random);
  actor->handler = std::move(handler);
  if (auto made = config::make_private_folder(actor->home); !made) return pass(made);
  return actor;
}

Result<void> Stage::enter(Actor& actor, const std::string& url) {
  AgentConfig config;
  config.name = actor.name;
  config.server = url.empty() ? url_ : url;
  config.handle = actor.handler != nullptr;
  auto agent = runtime::AgentService::open(
      process_, {.config = std::move(config),
                 .identity = actor.identity.clone(),
                 .home = actor.home,
                 .lock = {},
                 .store = "sqlite",
                 .store_config = {},
                 .epoch = {},
                 .handler = actor.handler.get(),
                 .on_event = [&actor](const AgentEvent& event) { actor.events.push_back(event); }});
  if (!agent) return pass(agent);
  actor.agent = std::move(*agent);
  const std::size_t before = actor.events.size();
  return wait(actor.name + " to connect", [&actor, before] {
    for (std::size_t i = before; i < actor.events.size(); ++i) {
      if (std::holds_alternative<agent_events::Connected>(actor.events[i])) return true;
    }
    return false;
  });
}

void Stage::leave(Actor& actor) {
  if (!actor.agent) return;
  actor.agent->shut_down();
  actor.agent.reset();
}

Result<void> Stage::wait(const std::string& what, const std::function<bool()>& done) {
  switch (process_.run_until(done, options_.patience)) {
    case runtime::Process::End::kDone:
      return {};
    case runtime::Process::End::kSignal:
      return fail(ErrorCode::kCancelled, "stopped while waiting for " + what);
    case runtime::Process::End::kTimeout:
      break;
  }
  return fail(ErrorCode::kTimeout, "waited in vain for " + what, "see why: repeat it with --log-level debug");
}

}  // namespace agentroom::cli

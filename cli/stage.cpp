#include "stage.hpp"

#include <cstdlib>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "config/private_file.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

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
  auto relay = runtime::RelayService::open(
      process_,
      {.config = {.limits = {}, .publishers = {}, .trust_proxy = options_.trust_proxy, .shared_addresses = {}},
       .identity = std::move(identity),
       .folder = relay_folder(),
       .store = "sqlite",
       .store_config = {},
       .listen = options_.listen,
       .version = AGENTROOM_VERSION});
  if (!relay) return pass(relay);
  relay_ = std::move(*relay);
  url_ = "ws://127.0.0.1:" + std::to_string(relay_->port()) + "/ws";
  return {};
}

Result<std::unique_ptr<Actor>> Stage::cast(const std::string& name, std::unique_ptr<Handler> handler) {
  SystemRandom random;
  auto actor = std::make_unique<Actor>();
  actor->name = name;
  actor->home = options_.folder / name;
  actor->identity = crypto::Identity::generate(random);
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

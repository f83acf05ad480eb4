#include "demo_stage.hpp"

#include <cstdlib>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "config/private_file.hpp"
#include "crypto/primitives.hpp"
#include "crypto/relay_identity.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kSceneTime = std::chrono::seconds(15);

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

Result<std::unique_ptr<DemoStage>> DemoStage::open(Context& context, const fs::path& folder) {
  crypto::init();
  std::unique_ptr<DemoStage> stage(new DemoStage());
  stage->folder_ = folder;
  if (auto needed = context.need_plugins({config::kTransport, config::kStore}); !needed) return pass(needed);
  stage->plugins_ = host::plugin_keys(host::discover_plugins(context.plugin_path()));
  auto process = context.open_process();
  if (!process) return pass(process);
  stage->process_ = std::move(*process);
  if (auto opened = stage->open_relay(); !opened) return pass(opened);
  return stage;
}

Result<void> DemoStage::open_relay() {
  if (auto made = config::make_private_folder(relay_folder()); !made) return made;
  SystemRandom random;
  std::array<std::byte, 32> secret{};
  random.fill(secret);
  auto relay =
      runtime::RelayService::open(*process_, {.config = {},
                                              .identity = crypto::RelayIdentity::from_secret(base64url(secret)),
                                              .folder = relay_folder(),
                                              .store = "sqlite",
                                              .store_config = {},
                                              .listen = "127.0.0.1:0",
                                              .version = AGENTROOM_VERSION});
  if (!relay) return pass(relay);
  relay_ = std::move(*relay);
  url_ = "ws://127.0.0.1:" + std::to_string(relay_->port()) + "/ws";
  return {};
}

Result<std::unique_ptr<Actor>> DemoStage::cast(const std::string& name, const std::string& command) {
  auto configuration =
      config::Configuration::load({{}, {{"handler.exec.command", command, "demo"}}, config::process_environment()});
  const std::vector<std::string> needed{config::kHandler};
  configuration.check_plugins(plugins_, needed);
  if (!configuration.problems().empty()) return std::unexpected(config::to_error(configuration.problems()));
  auto handler = process_->plugins().open_handler("exec", configuration.settings().handler.choice.config);
  if (!handler) return pass(handler);

  SystemRandom random;
  auto actor = std::make_unique<Actor>();
  actor->name = name;
  actor->home = folder_ / name;
  actor->identity = crypto::Identity::generate(random);
  actor->handler = std::move(*handler);
  if (auto made = config::make_private_folder(actor->home); !made) return pass(made);
  return actor;
}

Result<void> DemoStage::enter(Actor& actor) {
  AgentConfig config;
  config.name = actor.name;
  config.server = url_;
  config.handle = true;
  auto agent = runtime::AgentService::open(
      *process_, {.config = std::move(config),
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

void DemoStage::leave(Actor& actor) {
  if (!actor.agent) return;
  actor.agent->shut_down();
  actor.agent.reset();
}

Result<void> DemoStage::wait(const std::string& what, const std::function<bool()>& done) {
  switch (process_->run_until(done, kSceneTime)) {
    case runtime::Process::End::kDone:
      return {};
    case runtime::Process::End::kSignal:
      return fail(ErrorCode::kCancelled, "the demo was stopped");
    case runtime::Process::End::kTimeout:
      break;
  }
  return fail(ErrorCode::kTimeout, "the demo waited in vain for " + what, "see why: agentroom demo --log-level debug");
}

}  // namespace agentroom::cli

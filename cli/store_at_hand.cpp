#include "store_at_hand.hpp"

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "config/epoch_file.hpp"
#include "config/relay_secret.hpp"
#include "crypto/primitives.hpp"
#include "home_access.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

/// The relay's secret as `agentroom relay` finds it, but none is made.
Result<crypto::RelayIdentity> existing_relay(Context& context) {
  SystemRandom random;
  config::RelaySettings& settings = context.settings().relay;
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(context.home().relay_secret_file(), ignored))) settings.require_secret = true;
  auto secret = config::relay_secret(settings, context.home(), context.environment(), fs::current_path(), random);
  if (!secret) return pass(secret);
  crypto::init();
  return crypto::RelayIdentity::from_secret(secret->text.view());
}

Result<runtime::HomeLock> lock_of_agent(Context& context) {
  auto access = access_home(context);
  if (!access) return pass(access);
  if (access->lock) return std::move(*access->lock);
  const std::string pid = std::to_string(access->owner->owner_pid());
  return fail(ErrorCode::kHomeInUse, "the store is in use by pid " + pid,
              "stop that process, repeat the command, and start it again: kill " + pid);
}

Result<runtime::HomeLock> lock_of_relay(Context& context) {
  const fs::path folder = context.home().relay_folder();
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return fail(ErrorCode::kNotFound, "there is no relay in " + context.home().root().string(),
                "name the home of the relay with --home DIR");
  }
  return runtime::HomeLock::acquire(folder, "the relay's folder " + folder.string());
}

}  // namespace

Result<std::unique_ptr<StoreAtHand>> StoreAtHand::take(Context& context, bool relay) {
  if (auto plugins = context.need_plugins({config::kTransport, config::kStore}); !plugins) return pass(plugins);
  if (auto home = context.home().check(); !home) return pass(home);
  std::unique_ptr<StoreAtHand> hand(new StoreAtHand());
  if (relay) {
    auto lock = lock_of_relay(context);
    if (!lock) return pass(lock);
    auto identity = existing_relay(context);
    if (!identity) return pass(identity);
    hand->lock_ = std::move(*lock);
    hand->relay_ = std::move(*identity);
    hand->location_ = context.home().relay_folder() / "mailbox";
    hand->epoch_ = std::make_unique<config::EpochFile>(context.home().relay_folder() / "mailbox.epoch",
                                                       base64url(hand->relay_->pair.pk.view()));
  } else {
    // Before the lock: where there is no agent, none is to appear.
    if (auto identity = context.identity(); !identity) return pass(identity);
    auto lock = lock_of_agent(context);
    if (!lock) return pass(lock);
    auto identity = context.identity();
    if (!identity) return pass(identity);
    hand->lock_ = std::move(*lock);
    hand->location_ = context.home().store_location();
    hand->epoch_ = std::make_unique<config::EpochFile>(context.home().epoch_file(), base64url(identity->id().view()));
    hand->agent_ = std::move(*identity);
  }
  hand->plugin_ = context.settings().store.plugin;
  hand->plugin_config_ = context.settings().store.config;
  auto process = context.open_process();
  if (!process) return pass(process);
  hand->process_ = std::move(*process);
  return hand;
}

Result<void> StoreAtHand::open(StoreAccess access) {
  store_.reset();
  auto store = process_->plugins().open_store(plugin_, plugin_config_, location_, access);
  if (!store) {
    Error& error = store.error();
    if (error.code == ErrorCode::kNotFound && error.hint.empty()) {
      error.hint = "it is made when the " + std::string(name()) + " first runs; or name another home with --home DIR";
    }
    return pass(store);
  }
  store_ = std::move(*store);
  return {};
}

Result<StoreInspection> StoreAtHand::inspect() {
  return relay_ ? inspect_relay_store(*store_, *relay_) : inspect_agent_store(*store_, *agent_);
}

crypto::RecordSealer StoreAtHand::sealer() const {
  return crypto::RecordSealer(relay_ ? relay_->store_key() : agent_->store_key());
}

Result<runtime::EpochState> StoreAtHand::epochs() {
  const auto owner = relay_ ? runtime::EpochOwner::kRelay : runtime::EpochOwner::kAgent;
  return runtime::compare_epochs(*store_, sealer(), *epoch_, owner);
}

Result<void> StoreAtHand::accept(const runtime::EpochState& state) {
  std::optional<Result<void>> accepted;
  runtime::accept_older(*store_, sealer(), process_->random(), *epoch_, state,
                        [&](Result<void> done) { accepted = std::move(done); });
  process_->loop().run_until([&] { return accepted.has_value(); });
  return std::move(*accepted);
}

}  // namespace agentroom::cli

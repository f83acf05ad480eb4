// The store of a home while a command has it to itself.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "agentroom/kept_store.hpp"
#include "agentroom/store_inspection.hpp"
#include "context.hpp"
#include "crypto/relay_identity.hpp"
#include "runtime/epoch_store.hpp"
#include "runtime/home_lock.hpp"

namespace agentroom::cli {

/// The agent's store, or the relay's mailboxes. Nothing is made: a home, an identity or a secret has to be there.
class StoreAtHand {
 public:
  /// Takes the lock of whoever would use it. Errors: kHomeInUse (names the process), kNotFound, kPermission, kCorrupt,
  /// kPlugin, kConfig, kIo.
  static Result<std::unique_ptr<StoreAtHand>> take(Context& context, bool relay);

  /// Opens it, or opens it anew. Errors: of `PluginHost::open_store`.
  Result<void> open(StoreAccess access);
  KeptStore& store() { return *store_; }
  Result<StoreInspection> inspect();

  /// Errors: of `compare_epochs`.
  Result<runtime::EpochState> epochs();
  /// Goes on with an older copy. Errors: kIo.
  Result<void> accept(const runtime::EpochState& state);

  /// "agent" or "relay".
  const char* name() const { return relay_.has_value() ? "relay" : "agent"; }
  const std::filesystem::path& location() const { return location_; }
  const std::string& plugin() const { return plugin_; }

 private:
  StoreAtHand() = default;
  crypto::RecordSealer sealer() const;

  std::unique_ptr<runtime::Process> process_;
  std::optional<runtime::HomeLock> lock_;
  std::optional<crypto::Identity> agent_;
  std::optional<crypto::RelayIdentity> relay_;
  std::filesystem::path location_;
  std::string plugin_;
  std::string plugin_config_;
  std::unique_ptr<OutsideEpoch> epoch_;
  std::unique_ptr<KeptStore> store_;
};

}  // namespace agentroom::cli

// The folder where an identity lives, and the files in it that are no TOML.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agentroom/result.hpp"
#include "config/environment.hpp"
#include "config/private_file.hpp"
#include "config/secret_text.hpp"

namespace agentroom::config {

/// Names the files under a home; touches them only where a method says so. Everything it writes is 0600 in folders of
/// 0700.
class Home {
 public:
  explicit Home(std::filesystem::path root) : root_(std::move(root)) {}

  /// `flag` (--home), then AGENTROOM_HOME, then ~/.config/agentroom; absolute. Nothing is created.
  /// Errors: kUsage (an empty flag, a path too long, no HOME to start from).
  static Result<Home> find(const std::optional<std::string>& flag, const Environment& environment);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path identity_file() const { return root_ / "identity.json"; }
  std::filesystem::path server_url_file() const { return root_ / "server_url"; }
  std::filesystem::path config_file() const { return root_ / "agentroom.toml"; }
  /// What the store's plugin is given; it adds its own suffix.
  std::filesystem::path store_location() const { return root_ / "store"; }
  /// The counter outside the store.
  std::filesystem::path epoch_file() const { return root_ / "store.epoch"; }
  std::filesystem::path relay_folder() const { return root_ / "relay"; }
  std::filesystem::path rooms_folder() const { return root_ / "rooms"; }
  std::filesystem::path bin_folder() const { return root_ / "bin"; }
  std::filesystem::path relay_secret_file() const { return relay_folder() / "secret"; }

  /// Makes the folder when there is none; an existing one that is empty or a home loses its modes beyond 0700.
  /// Errors: kPermission (also: it is open to others and holds other files), kIo.
  Result<void> create() const;
  /// The folder exists, belongs to this user, who can write to it, and is closed to everyone else.
  /// Errors: kNotFound (hint: setup), kPermission (hint: the chmod to run), kIo.
  Result<void> check() const;
  /// `create` where there is nothing yet, `check` where there is something.
  Result<void> ensure() const;

  /// The bytes of identity.json, or nothing when there is none. Errors: kPermission, kIo, kCorrupt (no file, too
  /// large).
  Result<std::optional<SecretText>> identity() const;
  /// Errors: kExists (kFail only), kPermission, kIo.
  Result<void> write_identity(std::string_view json, IfExists if_exists) const;

  /// The URL in `server_url` without white space around it, or nothing. Errors: kPermission, kIo, kConfig (too large).
  Result<std::optional<std::string>> server_url() const;
  Result<void> write_server_url(const std::string& url) const;

 private:
  std::filesystem::path root_;
};

}  // namespace agentroom::config

// Files that only their owner may read.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/bytes.hpp"
#include "agentroom/result.hpp"
#include "config/secret_text.hpp"

namespace agentroom::config {

/// What an errno of a file or folder means to a person.
std::string reason_text(int error);

/// A whole regular file. Errors: kNotFound, kPermission, kIo, kTooLarge (more than `limit` bytes).
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

/// The same for a file that holds a secret: it must belong to this user and be closed to everyone else.
/// Errors: also kPermission, with the command that mends it as the hint.
Result<SecretText> read_private_file(const std::filesystem::path& path, std::size_t limit);

/// A file as it was read, and whose it was then.
struct OwnedFile {
  std::string text;
  uid_t owner = 0;
  mode_t mode = 0;

  /// What stands in it is the word of `user` or of root.
  bool is_trusted_by(uid_t user) const { return owner == user || owner == 0; }
  bool readable_by_others() const { return (mode & 044U) != 0; }
  bool writable_by_others() const { return (mode & 022U) != 0; }
};

/// As `read_file`; owner and mode are those of the very file that was read.
Result<OwnedFile> read_owned_file(const std::filesystem::path& path, std::size_t limit);

enum class IfExists { kReplace, kFail };

/// Writes a file of mode 0600 whole or not at all: a temporary one beside it, fsync, then rename (or link, so that an
/// existing one is never touched), then fsync of the folder. Durable on return.
/// Errors: kExists (kFail only), kPermission, kIo.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, IfExists if_exists);

/// Gives the file `from` the name `to` in the same folder; durable on return, `to` is the one or the other all along.
/// Errors: kExists (kFail only), kPermission, kIo; `from` is still there then.
Result<void> move_in_place(const std::filesystem::path& from, const std::filesystem::path& to, IfExists if_exists);

/// Whether `write_file_atomically` could write it now, as far as a file beside it tells that goes again at once. Waits
/// for no disk. Errors: kPermission, kIo.
Result<void> try_to_write(const std::filesystem::path& path, std::string_view content);

/// Makes what was made, renamed or removed in a folder durable. Errors: kIo.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Makes the folder and its parents with mode 0700; an existing folder is left as it is. Errors: kPermission, kIo.
Result<void> make_private_folder(const std::filesystem::path& folder);

}  // namespace agentroom::config

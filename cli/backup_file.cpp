#include "backup_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/base64url.hpp"
#include "base/random.hpp"
#include "config/private_file.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

/// So that it cannot be guessed, and two backups to one name do not meet.
std::string random_suffix() {
  std::array<std::byte, 9> bytes{};
  SystemRandom().fill(bytes);
  return base64url(bytes);
}

/// A copy among the files that it is made of would be taken for one of them, by a person or by `setup --force`.
Result<void> check_outside(const config::Home& home, const fs::path& file) {
  std::error_code ignored;
  for (const fs::path& folder : {home.root(), home.relay_folder()}) {
    if (!fs::equivalent(file.parent_path(), folder, ignored)) continue;
    return fail(ErrorCode::kUsage, file.string() + " is in the home itself", "choose a place outside of it");
  }
  return {};
}

}  // namespace

BackupFile::BackupFile(fs::path path, bool force)
    : path_(std::move(path)),
      temporary_(path_.parent_path() / ("." + path_.filename().string() + "." + random_suffix())),
      force_(force) {}

BackupFile::BackupFile(BackupFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})), force_(other.force_) {}

BackupFile::~BackupFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<BackupFile> BackupFile::plan(const config::Home& home, const fs::path& path, bool force) {
  if (!path.is_absolute() || !path.has_filename() || path.filename() == "." || path.filename() == "..") {
    return fail(ErrorCode::kUsage, path.string() + " is no name for a file", "give the backup a name of its own");
  }
  if (auto outside = check_outside(home, path); !outside) return pass(outside);
  struct stat status{};
  const bool there = ::stat(path.parent_path().c_str(), &status) == 0;
  if (!there || !S_ISDIR(status.st_mode)) {
    const int error = there ? ENOTDIR : errno;
    return fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                "cannot write " + path.string() + ": " +
                    (error == ENOENT ? "its folder does not exist" : config::reason_text(error)),
                "name a file in a folder that exists");
  }
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) {
      const char* what = S_ISDIR(status.st_mode)   ? "a folder has its name"
                         : S_ISLNK(status.st_mode) ? "it is a symbolic link"
                                                   : "it is no regular file";
      return fail(ErrorCode::kExists, "cannot write " + path.string() + ": " + what, "choose another name");
    }
    if (!force) {
      return fail(ErrorCode::kExists, path.string() + " exists already", "choose another name, or replace it: --force");
    }
  }
  return BackupFile(path, force);
}

Result<std::uint64_t> BackupFile::keep() {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(temporary_, error);
  if (error) return fail(ErrorCode::kIo, "cannot read " + temporary_.string() + ": " + error.message());
  auto moved = config::move_in_place(temporary_, path_, force_ ? config::IfExists::kReplace : config::IfExists::kFail);
  if (!moved) return pass(moved);
  temporary_.clear();
  return bytes;
}

}  // namespace agentroom::cli

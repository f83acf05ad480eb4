// The file of a backup: there whole or not at all, and nothing replaced that was not to be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "agentroom/result.hpp"
#include "config/home.hpp"

namespace agentroom::cli {

class BackupFile {
 public:
  /// `path`: absolute. Errors: kExists (without `force`), kNotFound (its folder), kUsage (no name for a file; a place
  /// in `home`, where it would be taken for one of the files that it is made of, or replace one).
  static Result<BackupFile> plan(const config::Home& home, const std::filesystem::path& path, bool force);
  ~BackupFile();
  BackupFile(BackupFile&& other) noexcept;
  BackupFile& operator=(BackupFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Where the copy is to be written, a name beside it that nothing has.
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Gives the copy its name; durable on return. Its size. Errors: kExists, kPermission, kIo.
  Result<std::uint64_t> keep();

 private:
  BackupFile(std::filesystem::path path, bool force);

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty: kept, or moved away
  bool force_;
};

}  // namespace agentroom::cli

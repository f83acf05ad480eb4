// One owner for a folder: the home of an identity, or a relay's own.
#pragma once

#include <filesystem>
#include <string>

#include "agentroom/result.hpp"

namespace agentroom::runtime {

/// Holds an advisory lock (flock) on `<folder>/lock` (0600) and writes its pid there. The kernel drops the lock with
/// the process, however that ends, so a stale file never blocks anyone; it stays and is empty while nobody has the
/// lock.
class HomeLock {
 public:
  /// `what` names the folder to a person, e.g. "home". Errors: kHomeInUse ("home is in use by pid N"), kIo,
  /// kPermission.
  static Result<HomeLock> acquire(const std::filesystem::path& folder, const std::string& what);

  HomeLock(HomeLock&& other) noexcept;
  HomeLock& operator=(HomeLock&& other) noexcept;
  ~HomeLock();

 private:
  explicit HomeLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace agentroom::runtime

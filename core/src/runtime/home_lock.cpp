#include "runtime/home_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace agentroom::runtime {
namespace {

// Who has the lock writes its pid a moment later.
constexpr int kLooks = 50;
constexpr std::chrono::milliseconds kBetweenLooks{1};

/// The pid in a lock's file, or 0 when there is none or its process is gone.
pid_t holder_of(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, pid);
  const bool alive = pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
  return alive ? pid : 0;
}

std::unexpected<Error> in_use(const std::string& what, pid_t holder) {
  const std::string pid = std::to_string(holder);
  if (holder == 0) {
    return fail(ErrorCode::kHomeInUse, what + " is in use by another process",
                "wait for it to end, or use another home with --home DIR");
  }
  return fail(ErrorCode::kHomeInUse, what + " is in use by pid " + pid,
              "stop that process: kill " + pid + ", or use another home with --home DIR");
}

std::unexpected<Error> system_failure(const std::string& doing, const std::filesystem::path& path, int error) {
  const std::string folder = path.parent_path().string();
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  std::string hint;
  if (denied || error == ENOENT) hint = "the folder " + folder + " must exist and be writable for this user";
  if (error == ENOSPC || error == EDQUOT) hint = "free some space on the file system of " + folder;
  if (error == EFBIG) hint = "raise the limit: ulimit -f unlimited";
  if (error == ELOOP || error == EISDIR) hint = "something else has its name; remove it: rm -r " + path.string();
  return fail(denied ? ErrorCode::kPermission : ErrorCode::kIo,
              "cannot " + doing + " " + path.string() + ": " + std::generic_category().message(error), hint);
}

}  // namespace

Result<HomeLock> HomeLock::acquire(const std::filesystem::path& folder, const std::string& what) {
  const auto path = folder / "lock";
  HomeLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.fd_ < 0) return system_failure("open", path, errno);
  for (int look = 0; ::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0; ++look) {
    const int error = errno;
    const pid_t holder = holder_of(lock.fd_);
    const bool last = holder != 0 || look == kLooks;
    if (last || error != EWOULDBLOCK) {
      ::close(std::exchange(lock.fd_, -1));  // not ours to empty
      if (error != EWOULDBLOCK) return system_failure("lock", path, error);
      return in_use(what, holder);
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 ||
      ::pwrite(lock.fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return system_failure("write", path, errno);
  }
  return lock;
}

HomeLock::HomeLock(HomeLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

HomeLock& HomeLock::operator=(HomeLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

HomeLock::~HomeLock() {
  if (fd_ < 0) return;
  // So that nobody reads this pid while the next holder writes its own.
  [[maybe_unused]] const int emptied = ::ftruncate(fd_, 0);
  ::close(fd_);
}

}  // namespace agentroom::runtime

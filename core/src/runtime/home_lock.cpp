#include "runtime/home_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace agentroom::runtime {
namespace {

std::string read_pid(int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
       ++i) {
    pid += text[static_cast<std::size_t>(i)];
  }
  return pid;
}

}  // namespace

Result<HomeLock> HomeLock::acquire(const std::filesystem::path& folder, const std::string& what) {
  const auto path = folder / "lock";
  HomeLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.fd_ < 0) {
    const int error = errno;
    return fail(error == EACCES || error == EPERM || error == EROFS ? ErrorCode::kPermission : ErrorCode::kIo,
                "cannot open " + path.string() + ": " + std::strerror(error),
                "the folder must exist and be writable for this user");
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(ErrorCode::kIo, "cannot lock " + path.string() + ": " + std::strerror(errno));
    }
    const std::string pid = read_pid(lock.fd_);
    return fail(ErrorCode::kHomeInUse, what + " is in use by pid " + (pid.empty() ? "(unknown)" : pid),
                "wait for that process to end, stop it, or use another home with --home DIR");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 ||
      ::pwrite(lock.fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(ErrorCode::kIo, "cannot write " + path.string() + ": " + std::strerror(errno));
  }
  return lock;
}

HomeLock::HomeLock(HomeLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

HomeLock& HomeLock::operator=(HomeLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

HomeLock::~HomeLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace agentroom::runtime

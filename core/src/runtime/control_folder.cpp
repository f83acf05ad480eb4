#include "runtime/control_folder.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace agentroom::runtime {
namespace {

constexpr const char* kSocket = "control.sock";
constexpr std::size_t kLongestName = sizeof(sockaddr_un::sun_path) - 1;

}  // namespace

Result<ControlFolder> ControlFolder::open(const std::filesystem::path& home) {
  ControlFolder folder;
  folder.fd_ = ::open(home.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder.fd_ < 0) {
    const ErrorCode code = errno == ENOENT   ? ErrorCode::kNotFound
                           : errno == EACCES ? ErrorCode::kPermission
                                             : ErrorCode::kIo;
    return fail(code, "cannot open " + home.string() + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  }
  folder.socket_name_ = (home / kSocket).string();
  if (folder.socket_name_.size() > kLongestName) {
    folder.socket_name_ = "/proc/self/fd/" + std::to_string(folder.fd_) + "/" + kSocket;
  }
  return folder;
}

ControlFolder::ControlFolder(ControlFolder&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), socket_name_(std::move(other.socket_name_)) {}

ControlFolder& ControlFolder::operator=(ControlFolder&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(socket_name_, other.socket_name_);
  return *this;
}

ControlFolder::~ControlFolder() {
  if (fd_ >= 0) ::close(fd_);
}

void ControlFolder::remove_socket() const {
  ::unlinkat(fd_, kSocket, 0);
}

SocketPeer socket_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  return {peer.pid, peer.uid == ::geteuid()};
}

}  // namespace agentroom::runtime

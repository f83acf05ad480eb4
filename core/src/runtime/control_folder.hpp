// Where the owner of a home is spoken to.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "agentroom/result.hpp"

namespace agentroom::runtime {

/// `<home>/control.sock`, under a name that fits into a socket address: these hold 107 bytes, so a longer path is
/// reached through the descriptor of its folder (/proc/self/fd/N/control.sock). Keep it while the name is in use.
class ControlFolder {
 public:
  /// Errors: kNotFound, kPermission, kIo.
  static Result<ControlFolder> open(const std::filesystem::path& home);

  ControlFolder(ControlFolder&& other) noexcept;
  ControlFolder& operator=(ControlFolder&& other) noexcept;
  ~ControlFolder();

  const std::string& socket_name() const { return socket_name_; }
  /// Removes the socket; what does not exist is no error.
  void remove_socket() const;

 private:
  ControlFolder() = default;
  int fd_ = -1;
  std::string socket_name_;
};

/// The process at the other end of a connected Unix socket.
struct SocketPeer {
  pid_t pid = 0;
  bool same_user = false;
};
SocketPeer socket_peer(int fd);

}  // namespace agentroom::runtime

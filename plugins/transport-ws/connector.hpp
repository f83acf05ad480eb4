// From a host and a port to a connected socket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "deadlines.hpp"
#include "loop.hpp"
#include "readiness.hpp"
#include "socket.hpp"

namespace agentroom::ws {

/// Looks the host up with `Loop::look_up`, unless it is numeric or localhost, and tries its addresses one after
/// another. Thread: engine.
class Connector final : public Watcher, public std::enable_shared_from_this<Connector> {
 public:
  struct Outcome {
    std::function<void(Socket)> connected;
    std::function<void(std::string reason)> failed;  ///< for people
  };

  Connector(Loop& loop, std::string host, std::uint16_t port, Outcome outcome);

  /// One of the outcomes comes later, from the loop; none after `cancel`. The whole attempt has no limit of its own.
  void start();
  void cancel();

 private:
  void look_up();
  void try_next();
  void on_writable() override;
  void on_tried(ErrorCode error);
  void fail(const std::string& reason);

  Loop& loop_;
  std::string host_;
  std::uint16_t port_;
  Outcome outcome_;
  std::vector<Tcp::endpoint> left_;  ///< to be tried from the end
  Socket socket_;
  Watch watch_;
  Deadline attempt_;
  bool over_ = false;
};

}  // namespace agentroom::ws

// The owner's side of the control socket.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "agentroom/executor.hpp"
#include "runtime/control_messages.hpp"

namespace agentroom::runtime {

/// A request that came, and the way back to whoever made it. Thread: any.
class ControlExchange {
 public:
  virtual ~ControlExchange() = default;

  /// Queues a reply; kAnswer and kError end the exchange. One who reads too slowly (4 MiB unsent) is cut.
  virtual void reply(const ControlReply& reply) = 0;
  /// Who asked has gone, or was cut: replies reach nobody.
  virtual bool gone() const = 0;
};

/// Listens on `<home>/control.sock` (0600) for commands of the same user, on a thread of its own.
///
///   accept -> [reading] --one line, 10 s--> [asked] --reply kAnswer or kError--> [answered] -> closed
///
/// At most 128 connections; more wait to be accepted.
class ControlServer {
 public:
  struct Handlers {
    /// A request; `working` has been told already. Called on `loop`.
    std::function<void(ControlRequest, std::shared_ptr<ControlExchange>)> on_request;
    /// Who made it has gone before its answer. Called on `loop`.
    std::function<void(const std::shared_ptr<ControlExchange>&)> on_gone;
  };

  /// The caller holds the home's lock: a socket that is there is a dead owner's and is replaced. `loop` outlives the
  /// server. Errors: kPermission, kIo.
  static Result<std::unique_ptr<ControlServer>> open(const std::filesystem::path& home, Executor& loop,
                                                     Handlers handlers);
  /// Takes no more requests, writes out what was replied (at most 1 s), removes the socket. Handlers that are posted
  /// already are dropped.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  class Listener;
  explicit ControlServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace agentroom::runtime

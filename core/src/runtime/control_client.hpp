// A command's side of the control socket.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "agentroom/time.hpp"
#include "runtime/control_messages.hpp"

namespace agentroom::runtime {

/// One request to the owner of a home. Thread: one; its calls block.
class ControlClient {
 public:
  /// Nothing when no owner answers there (no socket, or one that a dead owner left). Errors: kPermission (the socket is
  /// another user's), kIo.
  static Result<std::optional<ControlClient>> connect(const std::filesystem::path& home);

  ControlClient(ControlClient&&) noexcept;
  ControlClient& operator=(ControlClient&&) noexcept;
  ~ControlClient();

  int owner_pid() const;

  /// Once. Errors: kTooLarge, kNetwork (the owner went away).
  Result<void> ask(const ControlRequest& request);
  /// The next reply; nothing when the owner ended the connection. Errors: kTimeout, kInvalid.
  Result<std::optional<ControlReply>> next(std::optional<Duration> timeout = std::nullopt);

 private:
  struct State;
  explicit ControlClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::runtime

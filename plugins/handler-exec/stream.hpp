// One command that is kept and answers message after message.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "agentroom/sdk/handler.hpp"
#include "processes.hpp"

namespace agentroom::handler_exec {

/// The command of stream mode, on a thread of its own:
///
///   [none] --a message--> [running] --it ends, or closes its output-----------------------> [none]
///                             |                                                                ^
///                             +--a message's timeout, a line that is no answer, stop--> [ending] SIGTERM, 2 s later
///                                                                                          SIGKILL to the group
///
/// It is started by the first message and again by the next one after it ended. Whatever it has not answered when it
/// ends fails with the reason. At most as many messages are with it at a time as `ask` is called at a time.
class Stream {
 public:
  struct Options {
    Command command;
    std::chrono::milliseconds timeout{0};  ///< for one message; 0: none
    std::size_t max_reply = 0;             ///< bytes
  };

  /// `guard` outlives it.
  Stream(sdk::Host host, const Guard& guard, Options options);
  /// Ends the command.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Hands a message over and waits for its answer. Thread: worker, several at a time. Errors: AR_TIMEOUT,
  /// AR_CANCELLED, AR_TOO_LARGE, AR_ABORTED (the command answered so, or ended), AR_INVALID (it wrote what is no
  /// answer), AR_IO.
  sdk::Result<sdk::Reply> ask(const sdk::Message& message, const sdk::Cancel& cancel);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace agentroom::handler_exec

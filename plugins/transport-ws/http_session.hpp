// One HTTP connection of a listener: answers plain requests, and turns into a channel.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "deadlines.hpp"
#include "http_codec.hpp"
#include "loop.hpp"
#include "output.hpp"

namespace agentroom::ws {

class Listener;

/// Thread: engine.
///
///   start --> [reading] --request--> [answering] --flushed--> [reading] ... --> [lingering] --> [over]
///                 |
///                 +--upgrade--> [over], its connection is a Channel's
class HttpSession final : public Flushable, public Watcher, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Loop& loop, Listener& listener, Connection connection);

  /// Error: the system has no room to watch one more; it is over then.
  ErrorCode start();
  /// Cuts the connection. The listener has forgotten it, or is told now.
  void drop();
  void flush() override;

 private:
  enum class State : std::uint8_t { kReading, kAnswering, kLingering, kOver };

  void wait_writable();
  void on_readable() override;
  void on_writable() override;
  void parse();
  void serve_request();
  void serve_websocket();
  void upgrade();
  void refuse(unsigned status, std::string_view why, std::string_view upgrade = {});
  void ask_for_tls();
  void answer(const Response& response);
  void next_request();
  void linger();
  void finish_writing();
  void end_by(ErrorCode error);
  void limit_time();

  Loop& loop_;
  Listener& listener_;
  Connection connection_;
  Output out_;
  RequestParser parser_;
  std::vector<std::byte> unparsed_;
  Deadline deadline_;
  State state_ = State::kReading;
  bool write_waits_ = false;
  bool keep_alive_ = false;
  unsigned requests_ = 0;
};

}  // namespace agentroom::ws

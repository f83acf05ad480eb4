// A listening socket and the connections it accepted that are no channels.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "agentroom/sdk/transport.hpp"
#include "channel_table.hpp"
#include "config.hpp"
#include "deadlines.hpp"
#include "loop.hpp"
#include "readiness.hpp"
#include "socket.hpp"
#include "tls_library.hpp"

namespace agentroom::ws {

class HttpSession;

/// Thread: engine.
class Listener : public Watcher, public std::enable_shared_from_this<Listener> {
 public:
  /// `tls` is prepared when it serves.
  Listener(Loop& loop, ChannelTable& channels, const Config& config, TlsLibrary& tls,
           const sdk::ListenOptions& options);
  ~Listener() override;

  /// Binds and listens; the port. Errors: AR_IN_USE, AR_PERMISSION, AR_INVALID, AR_NOT_FOUND, AR_IO.
  sdk::Result<std::uint16_t> open(std::string_view address);
  /// Frees the port and cuts the connections that are no channels.
  void close();

  // For its sessions.
  std::chrono::milliseconds request_timeout() const { return config_.request_timeout; }
  sdk::HttpResponse request(std::string_view method, std::string_view target) const { return request_(method, target); }
  /// `session` becomes a channel.
  std::shared_ptr<Channel> make_channel(const HttpSession& session);
  void forget(const HttpSession& session);

 private:
  void on_readable() override;
  void pause_accepting(ErrorCode error);
  ErrorCode serve(Socket socket);

  Loop& loop_;
  ChannelTable& channels_;
  Config config_;
  TlsLibrary& tls_;
  sdk::ChannelEvents events_;
  sdk::RequestHandler request_;
  std::size_t max_message_;
  Socket socket_;
  Watch watch_;
  Deadline retry_;
  Clock::time_point last_complaint_;

  using Sessions = std::list<std::shared_ptr<HttpSession>>;
  Sessions sessions_;  ///< oldest first
  std::unordered_map<const HttpSession*, Sessions::iterator> places_;
};

}  // namespace agentroom::ws

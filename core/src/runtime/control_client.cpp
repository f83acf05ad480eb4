#include "runtime/control_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "runtime/control_folder.hpp"

namespace agentroom::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr Duration kWriteTime = std::chrono::seconds(10);

}  // namespace

struct ControlClient::State {
  explicit State(ControlFolder folder_) : folder(std::move(folder_)) {}

  /// Runs what was started to its end; false, and cancelled, at the timeout.
  bool run(std::optional<Duration> timeout) {
    io.restart();
    if (timeout) {
      io.run_for(*timeout);
    } else {
      io.run();
    }
    if (io.stopped()) return true;
    error_code ignored;
    socket.cancel(ignored);
    io.run();
    return false;
  }

  ControlFolder folder;
  asio::io_context io{1};
  asio::local::stream_protocol::socket socket{io};
  std::string received;
  SocketPeer peer;
};

ControlClient::ControlClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ControlClient::ControlClient(ControlClient&&) noexcept = default;
ControlClient& ControlClient::operator=(ControlClient&&) noexcept = default;
ControlClient::~ControlClient() = default;

Result<std::optional<ControlClient>> ControlClient::connect(const std::filesystem::path& home) {
  auto folder = ControlFolder::open(home);
  if (!folder && folder.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!folder) return pass(folder);
  auto state = std::make_unique<State>(std::move(*folder));
  error_code error;
  state->socket.connect({state->folder.socket_name()}, error);
  if (error == asio::error::connection_refused || error == boost::system::errc::no_such_file_or_directory) {
    return std::nullopt;
  }
  if (error) {
    const bool denied = error == boost::system::errc::permission_denied;
    return fail(denied ? ErrorCode::kPermission : ErrorCode::kIo,
                "cannot connect to " + (home / "control.sock").string() + ": " + error.message());
  }
  state->peer = socket_peer(state->socket.native_handle());
  if (!state->peer.same_user) {
    return fail(ErrorCode::kPermission, (home / "control.sock").string() + " is served by another user",
                "use a home of your own: --home DIR");
  }
  return ControlClient(std::move(state));
}

int ControlClient::owner_pid() const {
  return state_->peer.pid;
}

Result<void> ControlClient::ask(const ControlRequest& request) {
  const std::string line = to_line(request);
  if (line.size() > kControlRequestBytes) return fail(ErrorCode::kTooLarge, "the request is too large to be sent");
  error_code error;
  asio::async_write(state_->socket, asio::buffer(line), [&error](error_code result, std::size_t) { error = result; });
  if (!state_->run(kWriteTime)) {
    return fail(ErrorCode::kTimeout,
                "pid " + std::to_string(owner_pid()) + ", which serves this home, takes no request");
  }
  if (error) return fail(ErrorCode::kNetwork, "the process that serves this home went away: " + error.message());
  return {};
}

Result<std::optional<ControlReply>> ControlClient::next(std::optional<Duration> timeout) {
  error_code error;
  std::size_t size = 0;
  asio::async_read_until(state_->socket, asio::dynamic_buffer(state_->received, kControlReplyBytes), '\n',
                         [&](error_code result, std::size_t found) {
                           error = result;
                           size = found;
                         });
  if (!state_->run(timeout)) {
    return fail(ErrorCode::kTimeout, "pid " + std::to_string(owner_pid()) + ", which serves this home, does not answer",
                "see what it does, or stop it: kill " + std::to_string(owner_pid()));
  }
  if (error == asio::error::not_found) return fail(ErrorCode::kInvalid, "the answer of this home's owner is too large");
  if (error) return std::nullopt;
  auto reply = parse_control_reply(std::string_view(state_->received).substr(0, size - 1));
  state_->received.erase(0, size);
  if (!reply) return pass(reply);
  return std::move(*reply);
}

}  // namespace agentroom::runtime

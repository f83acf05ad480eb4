// HTTP/1.1 without a socket: the requests of a listener, and their responses.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "output.hpp"

namespace agentroom::ws {

struct UpgradeRequest;

/// One request. The header may have 8 KiB, the body too; the body is read and ignored.
class RequestParser {
 public:
  static constexpr std::size_t kMaxHeader = std::size_t{8} * 1024;
  static constexpr std::size_t kMaxBody = std::size_t{8} * 1024;

  enum class Outcome {
    kMore,  ///< to be called again with what was not consumed and more behind it
    kComplete,
    kRefused  ///< no request that can be answered; `refusal` is the status
  };

  RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  Outcome feed(std::span<const std::byte> input, std::size_t& consumed);
  unsigned refusal() const { return refusal_; }

  // Once complete.
  std::string_view method() const;
  std::string_view target() const;
  bool keep_alive() const;
  bool wants_websocket() const;
  bool offers_subprotocol(std::string_view name) const;
  /// The values of all headers of that name, as one list; of a longer one its last 1,024 bytes, since every proxy adds
  /// what it knows at the end.
  std::string header(std::string_view name) const;
  /// The request itself; the parser has none afterwards.
  std::shared_ptr<UpgradeRequest> take();

 private:
  struct State;
  std::unique_ptr<State> state_;
  unsigned refusal_ = 0;
};

struct Response {
  unsigned status = 500;
  std::string_view content_type;
  std::span<const std::byte> body;
  bool head_only = false;  ///< the answer to HEAD: everything but the body
  bool keep_alive = false;
  std::string_view upgrade{};  ///< the protocols that the resource wants; none when empty
};

void write_response(Output& out, const Response& response);

}  // namespace agentroom::ws

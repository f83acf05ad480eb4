#include "http_codec.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "upgrade_request.hpp"

namespace agentroom::ws {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kMaxValue = 1024;

/// What Beast writes to.
struct OutputStream {
  Output& out;

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorCode& error) {
    error = {};
    std::size_t count = 0;
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const asio::const_buffer buffer = *it;
      out.append(buffer.data(), buffer.size());
      count += buffer.size();
    }
    return count;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    ErrorCode error;
    return write_some(buffers, error);
  }
};

unsigned refusal_of(ErrorCode error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

}  // namespace

struct RequestParser::State {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser() : state_(std::make_unique<State>()) {
  state_->parser.header_limit(kMaxHeader);
  state_->parser.body_limit(kMaxBody);
  state_->parser.eager(true);
}

RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

RequestParser::Outcome RequestParser::feed(std::span<const std::byte> input, std::size_t& consumed) {
  consumed = 0;
  auto& parser = state_->parser;
  while (!parser.is_done()) {
    const auto rest = input.subspan(consumed);
    if (rest.empty()) return Outcome::kMore;
    ErrorCode error;
    const std::size_t taken = parser.put(asio::buffer(rest.data(), rest.size()), error);
    consumed += taken;
    if (error == http::error::need_more) return Outcome::kMore;
    if (error) {
      refusal_ = refusal_of(error);
      return Outcome::kRefused;
    }
  }
  return Outcome::kComplete;
}

std::string_view RequestParser::method() const {
  return state_->parser.get().method_string();
}

std::string_view RequestParser::target() const {
  return state_->parser.get().target();
}

bool RequestParser::keep_alive() const {
  return state_->parser.get().keep_alive();
}

bool RequestParser::wants_websocket() const {
  return beast::websocket::is_upgrade(state_->parser.get());
}

bool RequestParser::offers_subprotocol(std::string_view name) const {
  const auto range = state_->parser.get().equal_range(http::field::sec_websocket_protocol);
  for (auto it = range.first; it != range.second; ++it) {
    if (http::token_list(it->value()).exists(beast::string_view(name.data(), name.size()))) return true;
  }
  return false;
}

std::string RequestParser::header(std::string_view name) const {
  std::string values;
  const auto range = state_->parser.get().equal_range(beast::string_view(name.data(), name.size()));
  for (auto it = range.first; it != range.second; ++it) {
    if (!values.empty()) values += ", ";
    values += std::string_view(it->value());
  }
  if (values.size() > kMaxValue) values.erase(0, values.size() - kMaxValue);
  return values;
}

std::shared_ptr<UpgradeRequest> RequestParser::take() {
  return std::make_shared<UpgradeRequest>(UpgradeRequest{state_->parser.release()});
}

void write_response(Output& out, const Response& response) {
  const std::span<const char> body(reinterpret_cast<const char*>(response.body.data()), response.body.size());
  http::response<http::span_body<const char>> message;
  message.version(11);
  message.result(response.status);
  message.set(http::field::server, "agentroom");
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  if (!response.upgrade.empty()) {
    message.set(http::field::upgrade, response.upgrade);
    message.insert(http::field::connection, "Upgrade");
  }
  message.content_length(body.size());
  message.keep_alive(response.keep_alive);
  message.body() = beast::span<const char>(body.data(), body.size());
  http::response_serializer<http::span_body<const char>> serializer(message);
  OutputStream stream{out};
  ErrorCode error;
  if (response.head_only) {
    http::write_header(stream, serializer, error);
  } else {
    http::write(stream, serializer, error);
  }
}

}  // namespace agentroom::ws

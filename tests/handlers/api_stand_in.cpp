#include "api_stand_in.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <regex>
#include <system_error>

namespace agentroom::handlers {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

Request read_request(int descriptor) {
  Request request;
  std::array<char, 65536> chunk{};
  std::size_t length = std::string::npos;
  std::string all;
  for (;;) {
    if (const auto end = all.find("\r\n\r\n"); request.head.empty() && end != std::string::npos) {
      request.head = all.substr(0, end + 2);
      all.erase(0, end + 4);
      std::smatch match;
      static const std::regex header("\r\ncontent-length: ([0-9]+)\r\n", std::regex::icase);
      length = std::regex_search(request.head, match, header) ? std::stoul(match[1]) : 0;
    }
    if (!request.head.empty() && all.size() >= length) break;
    const ssize_t size = ::recv(descriptor, chunk.data(), chunk.size(), 0);
    if (size <= 0) break;
    all.append(chunk.data(), static_cast<std::size_t>(size));
  }
  request.body = std::move(all);
  return request;
}

}  // namespace

bool ApiStandIn::Connection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t size = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void ApiStandIn::Connection::await_end() const {
  char byte = 0;
  while (::recv(descriptor_, &byte, 1, 0) > 0) {
  }
}

ApiStandIn::ApiStandIn(Behaviour behaviour)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), behaviour_(std::move(behaviour)) {
  check(listener_ >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  check(::bind(listener_, generic, size) == 0 && ::listen(listener_, 8) == 0, "listen");
  check(::getsockname(listener_, generic, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ApiStandIn::~ApiStandIn() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
}

std::vector<Request> ApiStandIn::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void ApiStandIn::serve() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const Request request = read_request(descriptor);
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    behaviour_(request, Connection(descriptor));
    ::close(descriptor);
  }
}

std::string http(std::string_view status, std::string_view body, std::string_view more_headers) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\nConnection: close\r\n" +
         std::string(more_headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string completion(std::string_view text) {
  const boost::json::value answer{
      {"choices",
       boost::json::array{{{"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", "stop"}}}}};
  return http("200 OK", boost::json::serialize(answer));
}

}  // namespace agentroom::handlers

// A server on loopback that stands in for an OpenAI-compatible API: one request a connection.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace agentroom::handlers {

struct Request {
  std::string head;
  std::string body;
};

class ApiStandIn {
 public:
  /// What a connection gets after its request. It may block until the client is gone: send() then tells.
  class Connection {
   public:
    explicit Connection(int descriptor) : descriptor_(descriptor) {}
    /// False once the client is gone.
    bool send(std::string_view bytes) const;
    void await_end() const;

   private:
    int descriptor_;
  };
  using Behaviour = std::function<void(const Request&, const Connection&)>;

  explicit ApiStandIn(Behaviour behaviour);
  ~ApiStandIn();
  ApiStandIn(const ApiStandIn&) = delete;
  ApiStandIn& operator=(const ApiStandIn&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  /// Those that were answered or are being answered.
  std::vector<Request> requests() const;

 private:
  void serve();

  int listener_;
  unsigned port_ = 0;
  Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;  // guarded by mutex_
  std::thread thread_;
};

/// An answer with its length.
std::string http(std::string_view status, std::string_view body, std::string_view more_headers = {});
/// A chat completion whose message is `text`.
std::string completion(std::string_view text);

}  // namespace agentroom::handlers

// An instance of the transport under test, with channels that remember what happened to them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "plugin_under_test.hpp"
#include "suite_arguments.hpp"

namespace agentroom::conformance {

inline constexpr std::uint64_t kMaxMessage = 262'144;

struct Closed {
  std::uint16_t code = 0;
  std::string reason;
  std::string hint{};
};

/// What a channel's owner was told.
struct ChannelRecord {
  bool opened = false;
  std::string address;
  std::string forwarded_for;
  std::string cf_connecting_ip;
  std::vector<std::string> messages;
  int drained = 0;
  std::optional<Closed> closed;
};

/// Thread: that of the test, which plays the engine thread.
class TransportUnderTest {
 public:
  explicit TransportUnderTest(PluginUnderTest& plugin, const std::string& config = SuiteArguments::instance().config())
      : interface_(plugin.transport()) {
    const ar_transport_open_params params{sizeof(ar_transport_open_params), as_abi(config)};
    Error error;
    const ar_status status = interface_.open(plugin.host().abi(), &params, &transport_, &error);
    if (status != AR_OK) throw std::runtime_error("cannot open the transport: " + describe(status, error));
    events_ = {sizeof(ar_channel_events), this, &on_opened, &on_message, &on_drained, &on_closed};
  }

  ~TransportUnderTest() { close(); }
  TransportUnderTest(const TransportUnderTest&) = delete;
  TransportUnderTest& operator=(const TransportUnderTest&) = delete;

  void close() {
    if (transport_ == nullptr) return;
    interface_.close(transport_);
    transport_ = nullptr;
    closed_ = true;
  }

  ar_status try_listen(std::string_view address, ar_listening* out, ar_error* error,
                       std::uint64_t max_message = kMaxMessage) {
    ar_listen_params params{};
    params.struct_size = sizeof params;
    params.address = as_abi(address);
    params.max_message = max_message;
    params.events = &events_;
    params.request = &on_request;
    params.request_ctx = this;
    *out = {};
    out->struct_size = sizeof *out;
    return interface_.listen(transport_, &params, out, error);
  }

  /// The URL under which the listener is found.
  std::string listen(std::uint64_t max_message = kMaxMessage) {
    Error error;
    const ar_status status = try_listen("127.0.0.1:0", &listening_, &error, max_message);
    if (status != AR_OK) throw std::runtime_error("listen: " + describe(status, error));
    return scheme() + "://127.0.0.1:" + std::to_string(port()) + "/ws";
  }
  std::uint16_t port() const { return listening_.port; }
  std::string scheme() const { return std::string(as_text(listening_.scheme)); }
  void stop_listening() { interface_.stop_listening(transport_); }

  ar_status try_connect(std::string_view url, ar_channel* out, ar_error* error, std::uint64_t max_message = kMaxMessage,
                        std::uint64_t timeout_us = 10'000'000) {
    ar_connect_params params{};
    params.struct_size = sizeof params;
    params.url = as_abi(url);
    params.max_message = max_message;
    params.timeout_us = timeout_us;
    params.events = &events_;
    const ar_status status = interface_.connect(transport_, &params, out, error);
    if (status == AR_OK) channels_[*out];
    return status;
  }

  ar_channel connect(std::string_view url, std::uint64_t max_message = kMaxMessage,
                     std::uint64_t timeout_us = 10'000'000) {
    Error error;
    ar_channel channel = 0;
    const ar_status status = try_connect(url, &channel, &error, max_message, timeout_us);
    if (status != AR_OK) throw std::runtime_error("connect: " + describe(status, error));
    return channel;
  }

  std::uint64_t send(ar_channel channel, std::string_view message) {
    ar_buffer* buffer = TestHost::allocate(message.size());
    if (buffer == nullptr) throw std::bad_alloc();
    std::memcpy(buffer->data, message.data(), message.size());
    buffer->size = message.size();
    return interface_.send(transport_, channel, buffer);
  }
  void pause(ar_channel channel) { interface_.pause(transport_, channel); }
  void resume(ar_channel channel) { interface_.resume(transport_, channel); }
  void close_channel(ar_channel channel, std::uint16_t code, std::string_view reason = {}) {
    interface_.close_channel(transport_, channel, code, as_abi(reason));
  }
  /// Thread: any.
  void wake() { interface_.wake(transport_); }

  ar_status reload(ar_error* error) { return interface_.reload(transport_, error); }

  void turn(std::chrono::microseconds timeout = {}) {
    in_turn_ = true;
    turn_thread_ = std::this_thread::get_id();
    interface_.turn(transport_, static_cast<std::uint64_t>(timeout.count()));
    in_turn_ = false;
  }

  /// Every channel that was connected or accepted, ended ones too.
  std::map<ar_channel, ChannelRecord>& channels() { return channels_; }
  ChannelRecord& channel(ar_channel id) { return channels_.at(id); }
  /// Accepted by the listener, in the order of `opened`.
  const std::vector<ar_channel>& accepted() const { return accepted_; }

  /// Called after the record was made, while the transport still calls back.
  std::function<void(ar_channel)> opened_hook;
  std::function<void(ar_channel, ar_mut_bytes)> message_hook;
  std::function<void(ar_channel)> drained_hook;
  std::function<void()> request_hook;
  /// Whether messages are kept in the record; big streams are only counted by the hook.
  bool keep_messages = true;

  /// What broke a promise: an event outside `turn`, on another thread, before `opened`, after `closed` or after
  /// `close`.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  static TransportUnderTest& self_of(void* ctx) { return *static_cast<TransportUnderTest*>(ctx); }

  void judge(std::string_view event, ar_channel id, bool needs_open) {
    const std::string what = std::string(event) + " of channel " + std::to_string(id);
    if (closed_) violations_.push_back(what + " after close");
    if (!in_turn_) violations_.push_back(what + " outside turn");
    if (turn_thread_ != std::this_thread::get_id()) violations_.push_back(what + " on another thread");
    const auto known = channels_.find(id);
    if (id == 0) violations_.push_back(what + ", which names none");
    if (known != channels_.end() && known->second.closed) violations_.push_back(what + " after closed");
    if (needs_open && (known == channels_.end() || !known->second.opened)) {
      violations_.push_back(what + " before opened");
    }
  }

  static void on_opened(void* ctx, ar_channel id, const ar_peer_info* peer) {
    TransportUnderTest& self = self_of(ctx);
    self.judge("opened", id, false);
    const bool connecting = self.channels_.contains(id);
    ChannelRecord& record = self.channels_[id];
    if (record.opened) self.violations_.push_back("opened twice");
    record.opened = true;
    record.address = as_text(peer->address);
    record.forwarded_for = as_text(peer->forwarded_for);
    record.cf_connecting_ip = as_text(peer->cf_connecting_ip);
    if (!connecting) self.accepted_.push_back(id);
    if (self.opened_hook) self.opened_hook(id);
  }

  static void on_message(void* ctx, ar_channel id, ar_mut_bytes message) {
    TransportUnderTest& self = self_of(ctx);
    self.judge("message", id, true);
    if (self.keep_messages) {
      self.channels_[id].messages.emplace_back(reinterpret_cast<const char*>(message.data), message.size);
    }
    if (self.message_hook) self.message_hook(id, message);
    // A host may open a box in place.
    if (message.size > 0) std::memset(message.data, 0xAA, message.size);
  }

  static void on_drained(void* ctx, ar_channel id) {
    TransportUnderTest& self = self_of(ctx);
    self.judge("drained", id, true);
    ++self.channels_[id].drained;
    if (self.drained_hook) self.drained_hook(id);
  }

  static void on_closed(void* ctx, ar_channel id, const ar_close_info* why) {
    TransportUnderTest& self = self_of(ctx);
    self.judge("closed", id, false);
    self.channels_[id].closed = Closed{why->code, std::string(as_text(why->reason)), std::string(as_text(why->hint))};
  }

  static void on_request(void* ctx, const ar_http_request* request, ar_http_response* response) {
    TransportUnderTest& self = self_of(ctx);
    if (!self.in_turn_) self.violations_.emplace_back("request outside turn");
    if (self.request_hook) self.request_hook();
    const std::string_view target = as_text(request->target);
    const std::string_view body = target == "/health" ? R"({"ok":true})" : R"({"ok":false})";
    response->status = target == "/health" ? 200 : 404;
    response->content_type = as_abi("application/json");
    response->body = TestHost::allocate(body.size());
    std::memcpy(response->body->data, body.data(), body.size());
    response->body->size = body.size();
  }

  const ar_transport_interface& interface_;
  ar_transport* transport_ = nullptr;
  ar_channel_events events_{};
  ar_listening listening_{};
  bool in_turn_ = false;
  bool closed_ = false;
  std::thread::id turn_thread_;
  std::map<ar_channel, ChannelRecord> channels_;
  std::vector<ar_channel> accepted_;
  std::vector<std::string> violations_;
};

/// Lets each have turns until `reached` holds; false when the deadline comes first.
inline bool drive(std::initializer_list<TransportUnderTest*> all, const std::function<bool()>& reached,
                  std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    // The last one waits a moment, so that the loop does not spin while bytes are on their way.
    for (TransportUnderTest* each : all) {
      each->turn(each == *(all.end() - 1) ? std::chrono::microseconds(200) : std::chrono::microseconds(0));
    }
  }
  return true;
}

/// The plugin of the command line, one instance that listens and one that connects.
class TransportFact : public testing::Test {
 protected:
  TransportFact() : plugin_(SuiteArguments::instance().plugin()) {
    server_.emplace(plugin_);
    client_.emplace(plugin_);
  }

  void TearDown() override {
    for (auto* each : {&server_, &client_}) {
      if (!*each) continue;
      (*each)->close();
      expect_no_violation(**each);
      each->reset();
    }
  }

  static void expect_no_violation(const TransportUnderTest& transport) {
    for (const std::string& violation : transport.violations()) ADD_FAILURE() << violation;
  }

  bool drive_until(const std::function<bool()>& reached, std::chrono::milliseconds patience = kPatience) {
    return drive({&*server_, &*client_}, reached, patience);
  }

  /// Connects to a listener with that limit and waits for both ends.
  void open_channel(std::uint64_t server_max = kMaxMessage, std::uint64_t client_max = kMaxMessage) {
    url_ = server_->listen(server_max);
    near_ = client_->connect(url_, client_max);
    ASSERT_TRUE(drive_until([&] { return near().opened && !server_->accepted().empty(); }));
    far_ = server_->accepted().front();
  }

  ChannelRecord& near() { return client_->channel(near_); }
  ChannelRecord& far() { return server_->channel(far_); }

  PluginUnderTest plugin_;
  std::optional<TransportUnderTest> server_;
  std::optional<TransportUnderTest> client_;
  std::string url_;
  ar_channel near_ = 0;  ///< the client's end
  ar_channel far_ = 0;   ///< the server's end
};

}  // namespace agentroom::conformance

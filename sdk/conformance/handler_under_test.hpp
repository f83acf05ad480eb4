// A handler of the plugin under test, and what it did with a message.
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "plugin_under_test.hpp"
#include "suite_arguments.hpp"

namespace agentroom::conformance {

/// A message as a host hands it over.
struct Message {
  std::string text;
  std::string from = "mZq1b7L2c8Xn4vRt5yUw6oPa9sDf0gHjKlQeTrYuIo0";
  std::string from_name = "planner";
  std::string self = "Aq2Sw3De4Fr5Gt6Hy7Ju8Ki9Lo0Zx1Cv2Bn3Mm4Qw5E";
  std::string msg_id = "0190b8e2-4c1a-7e6b-9d53-2f8a61c0b7d4";
  std::string conversation_id = "0190b8e2-4c1a-7000-8000-2f8a61c0b7d4";
  std::uint32_t attempt = 1;
};

inline Message text(std::string text) {
  Message message;
  message.text = std::move(text);
  return message;
}

/// From one of several peers: those of one are never handled at the same time.
inline Message text_from(std::size_t peer, std::string words) {
  Message message = text(std::move(words));
  message.from[0] = static_cast<char>('a' + peer);
  return message;
}

/// What came of a call.
struct Answer {
  ar_status status = AR_OK;  ///< returned by `handle`
  int replies = 0;
  int nones = 0;
  int failures = 0;
  int from_other_threads = 0;  ///< calls of the sink that did not come from the thread of `handle`
  std::string text;            ///< of the last reply
  Error error;                 ///< of `handle`, or of the last `fail`

  int calls() const { return replies + nones + failures; }
  bool is_reply() const { return status == AR_OK && replies == 1 && calls() == 1; }
  bool is_none() const { return status == AR_OK && nones == 1 && calls() == 1; }
  /// By the sink, or by the status of a call that left the sink alone.
  bool is_failure() const { return status == AR_OK ? failures == 1 && calls() == 1 : calls() == 0; }
  bool is_cancelled() const { return status == AR_CANCELLED && calls() == 0; }
  /// The status of a failure, whichever way it came.
  ar_status reason() const { return status == AR_OK ? error.status : status; }

  std::string describe() const {
    return "status " + std::to_string(status) + ", " + std::to_string(replies) + " replies, " + std::to_string(nones) +
           " nones, " + std::to_string(failures) + " failures, error " + std::to_string(error.status) + " \"" +
           error.message + "\"";
  }
};

/// Thread: any.
class CancelFlag {
 public:
  CancelFlag() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::runtime_error("no eventfd");
    abi_.struct_size = sizeof abi_;
    abi_.ctx = this;
    abi_.cancelled = [](void* ctx) -> std::int32_t { return static_cast<CancelFlag*>(ctx)->cancelled_ ? 1 : 0; };
    abi_.descriptor = descriptor_;
  }
  ~CancelFlag() { ::close(descriptor_); }
  CancelFlag(const CancelFlag&) = delete;
  CancelFlag& operator=(const CancelFlag&) = delete;

  void cancel() {
    cancelled_ = true;
    const std::uint64_t one = 1;
    if (::write(descriptor_, &one, sizeof one) != static_cast<ssize_t>(sizeof one)) throw std::runtime_error("eventfd");
  }

  const ar_cancel* abi() const { return &abi_; }

 private:
  int descriptor_;
  std::atomic<bool> cancelled_ = false;
  ar_cancel abi_{};
};

class HandlerUnderTest {
 public:
  HandlerUnderTest(PluginUnderTest& plugin, const std::string& config) : interface_(plugin.handler()) {
    Error error;
    const ar_status status = try_open(plugin, config, &handler_, &error);
    if (status != AR_OK) throw std::runtime_error("cannot open the handler: " + describe(status, error));
  }
  ~HandlerUnderTest() { interface_.close(handler_); }
  HandlerUnderTest(const HandlerUnderTest&) = delete;
  HandlerUnderTest& operator=(const HandlerUnderTest&) = delete;

  static ar_status try_open(PluginUnderTest& plugin, const std::string& config, ar_handler** out, ar_error* error) {
    const ar_handler_open_params params{sizeof(ar_handler_open_params), as_abi(config)};
    return plugin.handler().open(plugin.host().abi(), &params, out, error);
  }

  /// Thread: any; each call is one worker's.
  Answer handle(const Message& message) {
    const CancelFlag never;
    return handle(message, never);
  }

  Answer handle(const Message& message, const CancelFlag& cancel) {
    ar_message abi{};
    abi.struct_size = sizeof abi;
    abi.text = as_abi(message.text);
    abi.from = as_abi(message.from);
    abi.from_name = as_abi(message.from_name);
    abi.self = as_abi(message.self);
    abi.msg_id = as_abi(message.msg_id);
    abi.conversation_id = as_abi(message.conversation_id);
    abi.attempt = message.attempt;
    abi.sent_at_ms = 1'700'000'000'000;
    Sink sink;
    sink.thread = std::this_thread::get_id();
    const ar_reply_sink abi_sink{sizeof(ar_reply_sink), &sink, &Sink::reply, &Sink::none, &Sink::fail};
    Error error;
    sink.answer.status = interface_.handle(handler_, &abi, &abi_sink, cancel.abi(), &error);
    if (sink.answer.status != AR_OK) sink.answer.error = error;
    return sink.answer;
  }

 private:
  struct Sink {
    Answer answer;
    std::thread::id thread;

    static Answer& of(void* ctx) {
      Sink& sink = *static_cast<Sink*>(ctx);
      if (sink.thread != std::this_thread::get_id()) ++sink.answer.from_other_threads;
      return sink.answer;
    }
    static void reply(void* ctx, ar_string text) {
      Answer& answer = of(ctx);
      ++answer.replies;
      answer.text = as_text(text);
    }
    static void none(void* ctx) { ++of(ctx).nones; }
    static void fail(void* ctx, const ar_error* error) {
      Answer& answer = of(ctx);
      ++answer.failures;
      if (error != nullptr) static_cast<ar_error&>(answer.error) = *error;
    }
  };

  const ar_handler_interface& interface_;
  ar_handler* handler_ = nullptr;
};

/// The plugin of the command line.
class HandlerFact : public testing::Test {
 protected:
  HandlerFact() : plugin_(SuiteArguments::instance().plugin()) {}

  HandlerUnderTest& open(const std::string& config) {
    handler_.emplace(plugin_, config);
    return *handler_;
  }

  PluginUnderTest plugin_;
  std::optional<HandlerUnderTest> handler_;
};

}  // namespace agentroom::conformance

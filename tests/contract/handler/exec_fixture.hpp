// handler-exec with a command, and a look at the processes that it leaves.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "handler_under_test.hpp"

namespace agentroom::conformance {

class ExecFact : public testing::Test {
 protected:
  ExecFact() : plugin_(HANDLER_EXEC_LIBRARY) {}

  HandlerUnderTest& open(const std::string& config) {
    handler_.emplace(plugin_, config);
    return *handler_;
  }

  /// Runs a line of shell for a message. `more`: further lines of the configuration.
  Answer run(const std::string& shell, const std::string& text = "hello", const std::string& more = "") {
    Message message;
    message.text = text;
    return open("command = '''" + shell + "'''\n" + more).handle(message);
  }

  /// What is wrong with a configuration.
  Error refusal(const std::string& config) {
    ar_handler* handler = nullptr;
    Error error;
    const ar_status status = HandlerUnderTest::try_open(plugin_, config, &handler, &error);
    if (status == AR_OK) plugin_.handler().close(handler);
    EXPECT_EQ(error.status, status);
    return error;
  }

  PluginUnderTest plugin_;
  std::optional<HandlerUnderTest> handler_;
};

/// Neither gone nor a zombie that its new parent has not collected.
inline bool is_running(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return false;
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && line.size() > name_end + 2 && line[name_end + 2] != 'Z';
}

/// True once it has ended; false when it still runs at the deadline.
inline bool ends_soon(pid_t process) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (is_running(process)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A name in the folder for temporary files that no file has, and none has afterwards.
class FreshPath {
 public:
  FreshPath() : path_(testing::TempDir() + "agentroom-exec-XXXXXX") {
    const int file = ::mkstemp(path_.data());
    if (file >= 0) ::close(file);
    std::filesystem::remove(path_);
  }
  ~FreshPath() { std::filesystem::remove_all(path_); }
  FreshPath(const FreshPath&) = delete;
  FreshPath& operator=(const FreshPath&) = delete;

  const std::string& str() const { return path_; }
  bool exists() const { return std::filesystem::exists(path_); }
  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_;
};

}  // namespace agentroom::conformance

// What tests of tunnels share: a folder, variables, a look at events and processes.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tunnel_under_test.hpp"

namespace agentroom::conformance {

namespace fs = std::filesystem;

inline std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A variable of this process, as it was before at the end.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      ::setenv(name_.c_str(), before_->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

class TunnelFolder {
 public:
  TunnelFolder() {
    std::string pattern = (fs::temp_directory_path() / "ar-tunnel-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
  }
  ~TunnelFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TunnelFolder(const TunnelFolder&) = delete;
  TunnelFolder& operator=(const TunnelFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::vector<std::string> states(const TunnelStory& story) {
  std::vector<std::string> all;
  for (const TunnelEvent& event : story) {
    if (event.kind == "progress" && (all.empty() || all.back() != event.text)) all.push_back(event.text);
  }
  return all;
}

inline std::size_t count(const TunnelStory& story, const std::string& kind) {
  std::size_t all = 0;
  for (const TunnelEvent& event : story) all += event.kind == kind ? 1 : 0;
  return all;
}

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
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (is_running(process)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace agentroom::conformance

// Asks whether the relay answers under its public URL.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "curl_handles.hpp"
#include "transfer.hpp"

namespace agentroom::tunnel {

class HealthProbe {
 public:
  /// `ca_file`: PEM; empty: the authorities of the system.
  explicit HealthProbe(std::string ca_file) : ca_file_(std::move(ca_file)) {}

  /// None is under way.
  void begin(const std::string& url);
  bool under_way() const { return transfer_.under_way(); }
  void cancel();

  /// Waits until a descriptor is readable, the request went on or the time is over.
  void wait(std::span<const int> descriptors, std::chrono::milliseconds time) { transfer_.wait(descriptors, time); }

  /// Once it is over: empty when the answer was 200, else why not.
  std::optional<std::string> take();

 private:
  const std::string ca_file_;
  RequestHandle request_;
  std::array<char, CURL_ERROR_SIZE> why_{};
  std::size_t answered_ = 0;
  Transfer transfer_;  // goes before the request does
};

}  // namespace agentroom::tunnel

// The counter outside an agent's store, as a file of the home.
#pragma once

#include <filesystem>
#include <string>

#include "agentroom/outside_epoch.hpp"

namespace agentroom::config {

/// One line, `<key of the agent> <number>`, in a file of mode 0600 that is replaced whole. What another agent noted
/// there counts for nothing.
class EpochFile final : public OutsideEpoch {
 public:
  /// `owner`: without a space.
  EpochFile(std::filesystem::path file, std::string owner) : file_(std::move(file)), owner_(std::move(owner)) {}

  Result<std::optional<std::uint64_t>> noted() override;
  Result<void> prove() override;
  Result<void> note(std::uint64_t epoch) override;

 private:
  const std::filesystem::path file_;
  const std::string owner_;
};

}  // namespace agentroom::config

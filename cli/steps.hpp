// What a command that goes through steps tells of them: `setup`, `doctor`.
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "output.hpp"

namespace agentroom::cli {

/// Of the step `relay`, to who has no relay of its own to look after.
inline constexpr const char* kNoRelayHint = "start one with `agentroom relay`, or name another with --server URL";

/// A line a step for people, `ok       home      /home/me/.config/agentroom`; an array of {step, status, detail, …} for
/// programs. Details may come from outside: they are escaped here.
class Steps {
 public:
  explicit Steps(Output& out) : out_(out) {}

  void done(const std::string& name, const std::string& detail) { add(name, "ok", detail, Style::kGood); }
  void skipped(const std::string& name, const std::string& detail) { add(name, "skipped", detail, Style::kDim); }
  /// With its hint below it.
  void failed(const std::string& name, const Error& error);
  /// For programs alone: people are told by the command's error.
  void failed_at_last(const std::string& name, const Error& error);

  /// More about the step that was told last; `member` stands before it.
  void also(std::string_view member, const std::string& text);
  /// How long the step that is told next took.
  void took(std::int64_t ms) { took_ms_ = ms; }

  boost::json::array take() { return std::move(list_); }

 private:
  void add(const std::string& name, const std::string& status, const std::string& detail, Style style);
  void note(const std::string& name, const std::string& status, const std::string& detail);

  Output& out_;
  boost::json::array list_;
  std::optional<std::int64_t> took_ms_;
};

}  // namespace agentroom::cli

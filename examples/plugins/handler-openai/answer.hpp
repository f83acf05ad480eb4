// An answer of the API as it comes in: server-sent events, or one JSON object where a server does not stream.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace openai {

/// The text of a chat completion, put together from its pieces.
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
class Answer {
 public:
  /// Bytes of an event, or of an object that is no stream.
  static constexpr std::size_t kMaxEvent = std::size_t{1024} * 1024;
  /// Bytes of the longest message of agentroom.
  static constexpr std::size_t kMaxText = 131'072;

  /// What came of a body with status 200. False: nothing more is of use, see `problem`.
  bool take_stream(std::string_view bytes);
  bool take_object(std::string_view bytes);
  /// The body has ended.
  void end_of_object();

  /// All of it is there. Otherwise it broke off.
  bool complete() const { return complete_; }
  const std::string& text() const { return text_; }
  /// The model stopped because of max_tokens.
  bool was_cut() const { return was_cut_; }
  /// Why it is none; a retry does not help.
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  bool take_line(std::string_view line);
  bool take_event();
  bool take_choice(std::string_view json, const char* part);
  bool fail(std::string why);

  std::string line_;  ///< the one that is not whole yet; or the object
  std::string data_;  ///< of the event so far
  bool has_data_ = false;
  bool after_return_ = false;
  std::string text_;
  bool complete_ = false;
  bool was_cut_ = false;
  std::optional<std::string> problem_;
};

}  // namespace openai

#include "answer.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace openai {

using nlohmann::json;

bool Answer::fail(std::string why) {
  problem_ = std::move(why);
  return false;
}

bool Answer::take_stream(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second_of_two = c == '\n' && after_return_;
    after_return_ = c == '\r';
    if (second_of_two) continue;
    if (c == '\n' || c == '\r') {
      if (!take_line(std::exchange(line_, {}))) return false;
    } else if (line_.size() + data_.size() >= kMaxEvent) {
      return fail("the API sent an event that is too long");
    } else {
      line_ += c;
    }
  }
  return true;
}

bool Answer::take_line(std::string_view line) {
  if (line.empty()) return take_event();
  constexpr std::string_view kField = "data:";
  if (!line.starts_with(kField)) return true;  // a comment, or a field that says nothing here
  line.remove_prefix(kField.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += line;
  return true;
}

bool Answer::take_event() {
  const std::string data = std::exchange(data_, {});
  if (!std::exchange(has_data_, false)) return true;
  if (data == "[DONE]") {
    complete_ = true;
    return true;
  }
  return take_choice(data, "delta");
}

bool Answer::take_object(std::string_view bytes) {
  if (line_.size() + bytes.size() > kMaxEvent) return fail("the API sent an answer that is too long");
  line_ += bytes;
  return true;
}

void Answer::end_of_object() {
  // One that broke off is no JSON, and tried again.
  if (json::accept(line_)) complete_ = take_choice(line_, "message");
}

bool Answer::take_choice(std::string_view text, const char* part) {
  const json event = json::parse(text, nullptr, false);
  if (!event.is_object()) return fail("the API answered with what is no answer");
  if (const auto error = event.find("error"); error != event.end() && !error->is_null()) {
    return fail("the API reported an error in place of an answer");
  }
  const auto choices = event.find("choices");
  if (choices == event.end() || !choices->is_array()) return fail("the API answered with what is no answer");
  if (choices->empty()) return true;  // as the counts of tokens have it
  const json& choice = choices->front();
  if (!choice.is_object()) return fail("the API answered with what is no answer");
  const auto piece = choice.find(part);
  if (piece != choice.end() && piece->is_object()) {
    const auto content = piece->find("content");
    if (content != piece->end() && content->is_string()) text_ += content->get_ref<const std::string&>();
  }
  const auto reason = choice.find("finish_reason");
  if (reason != choice.end() && reason->is_string()) {
    complete_ = true;
    was_cut_ = *reason == "length";
  }
  if (text_.size() > kMaxText) return fail("the answer is longer than a message may be; lower max_tokens");
  return true;
}

}  // namespace openai

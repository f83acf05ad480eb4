#include "request_arguments.hpp"

#include <utility>

namespace agentroom::cli {

Result<std::string> text_argument(const boost::json::object& arguments, std::string_view name) {
  const boost::json::value* value = arguments.if_contains({name.data(), name.size()});
  if (value != nullptr && value->is_string()) return std::string(value->as_string());
  return fail(ErrorCode::kInvalid, "the request has no text \"" + std::string(name) + "\"");
}

std::optional<std::string> optional_text(const boost::json::object& arguments, std::string_view name) {
  auto text = text_argument(arguments, name);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

Result<std::int64_t> number_argument(const boost::json::object& arguments, std::string_view name) {
  const boost::json::value* value = arguments.if_contains({name.data(), name.size()});
  if (value != nullptr && value->is_int64()) return value->as_int64();
  return fail(ErrorCode::kInvalid, "the request has no number \"" + std::string(name) + "\"");
}

}  // namespace agentroom::cli

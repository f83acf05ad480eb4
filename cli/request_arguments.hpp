// What a request to an agent says, checked: it may come from any program of this user.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/result.hpp"

namespace agentroom::cli {

/// Errors: kInvalid, when there is none of that name and kind.
Result<std::string> text_argument(const boost::json::object& arguments, std::string_view name);
Result<std::int64_t> number_argument(const boost::json::object& arguments, std::string_view name);
/// Nothing when there is no such text.
std::optional<std::string> optional_text(const boost::json::object& arguments, std::string_view name);

}  // namespace agentroom::cli

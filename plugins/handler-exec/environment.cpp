#include "environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "text.hpp"

namespace agentroom::handler_exec {
namespace {

constexpr std::string_view kFrom = "AGENTROOM_FROM=";
constexpr std::string_view kOwnKey = "AGENTROOM_PK=";
constexpr std::string_view kFromName = "AGENTROOM_FROM_NAME=";
constexpr std::string_view kMessageId = "AGENTROOM_MSG_ID=";
constexpr std::string_view kAttempt = "AGENTROOM_ATTEMPT=";
constexpr std::string_view kSecret = "HMAC_SECRET=";
constexpr std::string_view kPreviousSecret = "OLD_HMAC_SECRET=";  // as docs/operations.md names it
constexpr std::array kLeftOut{kFrom, kOwnKey, kFromName, kMessageId, kAttempt, kSecret, kPreviousSecret};

void remove(std::vector<std::string>& variables, std::string_view name_and_equals) {
  std::erase_if(variables, [&](const std::string& variable) { return variable.starts_with(name_and_equals); });
}

std::string variable(std::string_view name_and_equals, std::string_view value) {
  return std::string(name_and_equals) + without_controls(value);
}

}  // namespace

Environment::Environment(const std::vector<std::string>& more) {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) variables_.emplace_back(*entry);
  for (const std::string& added : more) {
    remove(variables_, std::string_view(added).substr(0, added.find('=') + 1));
    variables_.push_back(added);
  }
  for (const std::string_view name : kLeftOut) remove(variables_, name);
}

std::vector<std::string> Environment::for_message(const sdk::Message& message) const {
  std::vector<std::string> variables = variables_;
  variables.push_back(variable(kFrom, message.from));
  variables.push_back(variable(kOwnKey, message.self));
  variables.push_back(variable(kFromName, message.from_name));
  variables.push_back(variable(kMessageId, message.msg_id));
  variables.push_back(variable(kAttempt, std::to_string(message.attempt)));
  return variables;
}

}  // namespace agentroom::handler_exec

// The environment of a command: that of the process, what is configured, and what is known of the message.
#pragma once

#include <string>
#include <vector>

#include "agentroom/sdk/handler.hpp"

namespace agentroom::handler_exec {

class Environment {
 public:
  /// Takes the environment of the process as it is now, without the secrets, present and previous, of a relay that runs
  /// in the same process: a command acts on the words of a peer and has no use for them. `more`: "NAME=value",
  /// replacing.
  explicit Environment(const std::vector<std::string>& more);

  /// For a command that answers many messages.
  const std::vector<std::string>& for_all_messages() const { return variables_; }

  /// With AGENTROOM_FROM (the peer's key), AGENTROOM_PK (the own key), AGENTROOM_FROM_NAME, AGENTROOM_MSG_ID and
  /// AGENTROOM_ATTEMPT.
  std::vector<std::string> for_message(const sdk::Message& message) const;

 private:
  std::vector<std::string> variables_;
};

}  // namespace agentroom::handler_exec

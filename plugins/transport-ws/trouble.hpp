// What went wrong on a connection, in words.
#pragma once

#include <string>

namespace agentroom::ws {

/// For people, one line each; parts of it come from the peer.
struct Trouble {
  std::string reason;
  std::string hint{};  ///< what to do about it; may be empty
};

}  // namespace agentroom::ws

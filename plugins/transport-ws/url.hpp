// Where a client connects to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::ws {

struct Url {
  bool secure = false;
  std::string host;  ///< a name or a numeric address, without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query, as they stand in the request
  std::string host_header;
};

/// Takes "ws://host[:port][/path][?query]" and the same with wss. Errors: AR_INVALID (malformed), AR_UNSUPPORTED
/// (scheme).
sdk::Result<Url> parse_url(std::string_view text);

}  // namespace agentroom::ws

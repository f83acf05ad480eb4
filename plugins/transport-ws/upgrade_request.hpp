// An HTTP request as Beast has it, for the two files that include Beast.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace agentroom::ws {

struct UpgradeRequest {
  boost::beast::http::request<boost::beast::http::string_body> message;
};

}  // namespace agentroom::ws

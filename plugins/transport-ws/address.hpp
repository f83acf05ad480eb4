// Addresses of sockets as text.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"
#include "socket.hpp"

namespace agentroom::ws {

/// "127.0.0.1:8787", "[::1]:0", "localhost:8787". A name is looked up at once, which may wait for a name server.
/// Errors: AR_INVALID (malformed), AR_NOT_FOUND (unknown name).
sdk::Result<Tcp::endpoint> parse_listen_address(boost::asio::io_context& io, std::string_view text);

/// Numeric, without port; an IPv4 address inside an IPv6 one stands for itself.
std::string numeric_address(const boost::asio::ip::address& address);

}  // namespace agentroom::ws

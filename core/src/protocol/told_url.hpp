// Which URLs of a relay one side takes from the other (protocol section 5).
#pragma once

#include <string_view>

namespace agentroom::protocol {

/// A bare server URL whose path ends in `/ws`: what is dialled for a peer is then a relay's path and nothing else of
/// the peer's choice.
bool is_told_url(std::string_view url);

/// The host of a server URL is this machine or an address that its network card gives itself: `localhost`, 127.0.0.0/8,
/// 0.0.0.0/8, 169.254.0.0/16, ::1, ::, fe80::/10, an IPv4 address of these within IPv6; and whatever a resolver may
/// read as one of them.
bool leads_here(std::string_view url);

}  // namespace agentroom::protocol

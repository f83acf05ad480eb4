#include "local_listener.hpp"

#include <algorithm>

namespace agentroom::tunnel {

sdk::Result<LocalListener> local_listener(std::string_view address, std::string_view scheme) {
  const std::size_t colon = address.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit) || colon == 0) {
    return sdk::fail(AR_INVALID, "the relay's address is \"" + std::string(address) + "\"; expected host:port");
  }
  std::string host(address.substr(0, colon));
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]" || host == "::") host = "[::1]";
  if (host.find(':') != std::string::npos && !host.starts_with('[')) host = "[" + host + "]";
  return LocalListener{std::move(host), std::string(port), scheme == "wss"};
}

}  // namespace agentroom::tunnel

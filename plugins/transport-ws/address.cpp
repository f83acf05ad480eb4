#include "address.hpp"

#include <charconv>
#include <optional>

namespace agentroom::ws {

namespace {

using sdk::fail;

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

sdk::Result<Tcp::endpoint> parse_listen_address(boost::asio::io_context& io, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string_view::npos ? std::nullopt : port_number(text.substr(colon + 1));
  if (!port || colon == 0) {
    return fail(AR_INVALID, "\"" + std::string(text) + "\" is no address to listen on",
                "Expected host:port, for example 127.0.0.1:8787 or [::1]:8787.");
  }
  std::string host(text.substr(0, colon));
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return fail(AR_INVALID, "\"" + std::string(text) + "\" is no address to listen on",
                "An IPv6 address stands in brackets: [::1]:8787.");
  }
  ErrorCode error;
  if (const auto address = boost::asio::ip::make_address(host, error); !error) return Tcp::endpoint(address, *port);

  Tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(*port), Tcp::resolver::passive, error);
  if (error || found.empty())
    return fail(AR_NOT_FOUND, "no such host: " + host, "name an address of this machine, such as 127.0.0.1");
  // Where a name has several addresses, the IPv4 one is the one that other programs of this machine try too.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

std::string numeric_address(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace agentroom::ws

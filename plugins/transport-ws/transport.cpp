#include "transport.hpp"

#include <algorithm>
#include <utility>

#include "channel.hpp"
#include "url.hpp"

namespace agentroom::ws {

sdk::Result<std::unique_ptr<WsTransport>> WsTransport::open(sdk::Host host, const sdk::TransportOptions& options) {
  const auto config = parse_config(options.config);
  if (!config) return config.error();
  return std::make_unique<WsTransport>(host, *config);
}

WsTransport::WsTransport(sdk::Host host, const Config& config) : config_(config), tls_(config.tls, host), loop_(host) {}

// The sockets end here without a word to the host: watchers and posted actions, which own what is left, are destroyed
// with the loop.
WsTransport::~WsTransport() {
  stop_listening();
  channels_.clear();
}

sdk::Result<sdk::Listening> WsTransport::listen(const sdk::ListenOptions& options) {
  if (tls_.serves()) {
    const auto tls = tls_.get();
    if (!tls) return tls.error();
    if (auto ready = (*tls)->prepare_server(); !ready) return ready.error();
  }
  auto listener = std::make_shared<Listener>(loop_, channels_, config_, tls_, options);
  const auto port = listener->open(options.address);
  if (!port) return port.error();
  listeners_.push_back(std::move(listener));
  return sdk::Listening{*port, tls_.serves() ? "wss" : "ws"};
}

void WsTransport::stop_listening() {
  for (const auto& listener : listeners_) listener->close();
  listeners_.clear();
}

sdk::Result<ar_channel> WsTransport::connect(const sdk::ConnectOptions& options) {
  auto url = parse_url(options.url);
  if (!url) return url.error();
  std::unique_ptr<TlsSession> session;
  if (url->secure) {
    const auto tls = tls_.get();
    if (!tls) return tls.error();
    if (auto ready = (*tls)->prepare_client(); !ready) return ready.error();
    session = (*tls)->connect(loop_.pool(), url->host);
  }
  const auto channel = std::make_shared<Channel>(
      loop_, channels_, Channel::Options{options.events, static_cast<std::size_t>(options.max_message)});
  channel->connect(std::move(*url), std::move(session), options.timeout);
  return channel->id();
}

std::uint64_t WsTransport::send(ar_channel channel, sdk::Buffer message) {
  Channel* found = channels_.find(channel);
  return found == nullptr ? 0 : found->send(message.bytes());
}

void WsTransport::pause(ar_channel channel) {
  if (Channel* found = channels_.find(channel)) found->pause();
}

void WsTransport::resume(ar_channel channel) {
  if (Channel* found = channels_.find(channel)) found->resume();
}

void WsTransport::close_channel(ar_channel channel, std::uint16_t code, std::string_view reason) {
  if (Channel* found = channels_.find(channel)) found->close(code, reason);
}

void WsTransport::turn(sdk::Microseconds timeout) {
  loop_.turn(timeout);
}

void WsTransport::wake() {
  loop_.wake();
}

sdk::Status WsTransport::reload() {
  return tls_.loaded() == nullptr ? sdk::Status() : tls_.loaded()->reload();
}

}  // namespace agentroom::ws

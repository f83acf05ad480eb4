// The public URLs of a relay in this process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/tunnel.hpp"
#include "context.hpp"
#include "event_stream.hpp"

namespace agentroom::cli {

/// The same for a relay behind the tunnel that is configured: what cloudflared forwards comes from this machine, and
/// Cloudflare says in a header where it is from. Other programs may pass on a header that a stranger made up:
/// this machine's address then stands for many, and no limit by address holds for it.
RelayConfig behind_tunnel(Context& context, RelayConfig config);

/// One tunnel, or two of which one stands by, kept open by the tunnel plugin:
///
///   opening -> up (URL) -> lost -> up (the same URL, or another) ...
///
/// The first that is up is in use. When it is lost and the other is up, that one is in use from then on, and the lost
/// one stands by once it is back. Events, each with `standby`: that of the plugin's name {state, detail, bytes, total},
/// `tunnel` {url, https, reachable; where it is not, error, code and hint}, `tunnel_moved` {url}, `tunnel_lost` {url,
/// reason}, `tunnel_error` {error, code, hint, final}. Thread: the engine's.
class Tunnels {
 public:
  struct Options {
    std::string address;  ///< host:port of the listener
    std::string scheme;   ///< of URLs that reach it: "ws" or "wss"
    RelayId relay;        ///< who has to answer under a public URL
    bool standby = false;
  };

  /// Loads the plugin and starts to open. All outlive it. Errors: kPlugin, kConfig, kIo.
  static Result<std::unique_ptr<Tunnels>> open(Context& context, runtime::Process& process, EventStream& stream,
                                               const Options& options);
  ~Tunnels();
  Tunnels(const Tunnels&) = delete;
  Tunnels& operator=(const Tunnels&) = delete;

  /// Something happened that `take_news` has not told yet.
  bool has_news() const { return !news_.empty(); }
  /// Tells it; runs the loop while it asks whether the relay answers under a new URL. True when `urls` changed.
  bool take_news();

  /// Why no tunnel will ever be up, once that is so; else null.
  const Error* failure() const;
  /// The one in use first; empty while none is up.
  std::vector<std::string> urls() const;

 private:
  class One;
  /// What a tunnel said, to be told in that order.
  struct News {
    enum Kind : std::uint8_t { kStep, kAddress, kOther };
    One* of = nullptr;
    Kind kind = kOther;
    std::function<void()> tell;
  };

  Tunnels(runtime::Process& process, EventStream& stream, const Options& options);
  void add(News news);
  void take_address(One& one, const TunnelAddress& address);
  void choose();

  runtime::Process& process_;
  EventStream& stream_;
  const RelayId relay_;
  std::vector<std::unique_ptr<One>> all_;
  std::deque<News> news_;
  One* in_use_ = nullptr;
};

}  // namespace agentroom::cli

// The relay of this home in this process: what `relay` and `room open` have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context.hpp"
#include "event_stream.hpp"
#include "room_records.hpp"
#include "runtime/relay_service.hpp"

namespace agentroom::cli {

/// Where a relay is to listen: `--host` and `--port` laid over what is configured.
/// Errors: kUsage (a host that is none).
Result<std::string> listen_address(const std::optional<std::string>& host, const std::optional<std::uint16_t>& port,
                                   const std::string& configured);

class HostedRelay {
 public:
  struct Options {
    std::string kind;    ///< "relay" or "room"
    std::string listen;  ///< of `listen_address`
    RelayConfig config;
    bool tunnel = false;  ///< a tunnel leads to it
    std::string log;      ///< where a detached process writes; else empty
  };

  /// Finds or makes the relay's secret, reads its mailboxes, listens, tells `listening`, and puts up its record.
  /// `process` outlives it. Errors: kHomeInUse, kPlugin, kCorrupt, kInUse (the port), kConfig, kPermission, kIo.
  static Result<std::unique_ptr<HostedRelay>> open(Context& context, runtime::Process& process, Options options);
  /// Its record is there until the mailboxes are put away: until then nothing else can listen.
  ~HostedRelay();
  HostedRelay(const HostedRelay&) = delete;
  HostedRelay& operator=(const HostedRelay&) = delete;

  /// From now on what a SIGHUP did is told there. `stream` outlives it.
  void tell_reloads_to(EventStream& stream) { stream_ = &stream; }

  const RelayId& id() const { return id_; }
  std::uint16_t port() const { return relay_->port(); }
  const std::string& scheme() const { return relay_->scheme(); }
  /// host:port, with the port that was picked.
  const std::string& address() const { return address_; }
  /// What an agent on this machine connects to.
  const std::string& local_url() const { return local_url_; }
  /// What agents on the same network connect to, when it listens there; else empty.
  std::vector<std::string> lan_urls() const;
  RoomSign& sign() { return *sign_; }

 private:
  explicit HostedRelay(Output& out) : out_(out) {}
  void tell_reloaded(const Result<void>& result);

  Output& out_;
  EventStream* stream_ = nullptr;
  RelayId id_;
  std::string address_;
  std::string host_;
  std::string local_url_;
  std::unique_ptr<runtime::RelayService> relay_;
  std::unique_ptr<RoomSign> sign_;
};

}  // namespace agentroom::cli

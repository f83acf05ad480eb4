// What differs between the programs that make tunnels.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "command_process.hpp"
#include "stop_signal.hpp"

namespace agentroom::tunnel {

/// What a line of a program's output tells.
struct Sighting {
  std::optional<std::string> url;   ///< the public URL, as printed
  bool connected = false;           ///< the way from there to here is open
  std::optional<std::string> over;  ///< it runs on, but to no use; why
};

/// Thread: the supervisor's.
class Program {
 public:
  virtual ~Program() = default;

  /// For messages: "cloudflared".
  virtual std::string name() const = 0;

  /// What to run; called before each start. May take long, and then watches `stop`. Errors: AR_NETWORK and AR_TIMEOUT
  /// are worth another try, AR_CANCELLED tells that it was stopped, any other is for good.
  virtual sdk::Result<process::Command> prepare(const sdk::TunnelEvents& events, const StopSignal& stop) = 0;

  virtual Sighting look(std::string_view line) const = 0;

  /// The public URL when it is known without the program's word.
  virtual std::optional<std::string> known_url() const { return std::nullopt; }

  /// The program tells when it is connected: until then a URL is not asked for.
  virtual bool tells_when_connected() const { return false; }

  /// The first URL of a run is the only one: another is nothing that the program says.
  virtual bool tells_one_url() const { return false; }

  /// The line must not be in a log.
  virtual bool is_secret(std::string_view /*line*/) const { return false; }
};

}  // namespace agentroom::tunnel

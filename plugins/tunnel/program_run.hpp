// One run of a tunnel's program, from its start to its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "health_probe.hpp"
#include "lines.hpp"
#include "program.hpp"
#include "public_url.hpp"
#include "settings.hpp"

namespace agentroom::tunnel {

///   [starting] --it told its URL, and is connected--> [checking] --the URL answers, or takes too long--> [ready]
///       |                                                 |                                                |
///       +--no URL in time                                 |                                                |
///       +------------------ it ends, is of no use any more, or is to stop --> SIGTERM, later SIGKILL --> over
///
/// Thread: the one that started the process.
class ProgramRun {
 public:
  struct Surroundings {
    sdk::Host host;
    const sdk::TunnelEvents& events;
    const StopSignal& stop;
    const Settings& settings;
    std::string health_path;
  };

  struct End {
    bool stopped = false;    ///< because it was told to
    bool was_ready = false;  ///< a URL was told
    std::string reason;
  };

  ProgramRun(const Program& program, process::CommandProcess process, const Surroundings& around);

  End run();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_over();
  /// Strangers reach the relay: what they ask for may stand in the program's output.
  bool is_public() const;
  void check();
  void wait();
  void read(process::Descriptor& output, Lines& lines);
  void read_all();
  void on_line(std::string_view line);
  void on_url(const std::string& printed);
  void on_answer(const std::string& trouble);
  void tell(bool reachable);
  End end();
  std::string how_it_ended(const process::ExitStatus& exit) const;
  Clock::time_point next_step() const;

  const Program& program_;
  process::CommandProcess process_;
  const Surroundings around_;
  HealthProbe probe_;
  Lines output_;
  Lines errors_;
  std::string last_line_;  ///< of those before it was public
  std::string over_;       ///< why it is of no use any more

  const Clock::time_point url_deadline_;
  std::string printed_;           ///< as the program told it
  std::optional<PublicUrl> url_;  ///< what it means
  Clock::time_point url_at_{};    ///< when it was told
  std::string later_;             ///< one that came too soon after it
  std::size_t no_urls_ = 0;       ///< what was told as a URL and is none; one warning, then a count
  bool connected_ = false;
  Clock::time_point next_check_{};
  Clock::time_point reachable_deadline_{};
  std::chrono::milliseconds pause_{};  ///< between two looks at a URL that does not answer
  int failures_ = 0;                   ///< in a row
  bool told_ = false;                  ///< this URL
  bool told_reachable_ = false;
  bool ever_told_ = false;
};

}  // namespace agentroom::tunnel

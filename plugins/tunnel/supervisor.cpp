#include "supervisor.hpp"

#include <chrono>
#include <utility>

#include "backoff.hpp"
#include "program_run.hpp"
#include "signal_mask.hpp"
#include "transfer.hpp"

namespace agentroom::tunnel {
namespace {

/// A tunnel that was ready for so long did not fail at its start.
constexpr std::chrono::seconds kLongEnough{60};

bool worth_another_try(const sdk::Error& error, bool ever_ran) {
  if (error.status == AR_CORRUPT) return false;
  return ever_ran || error.status == AR_NETWORK || error.status == AR_TIMEOUT;
}

std::string in_seconds(std::chrono::milliseconds pause) {
  const auto tenths = (pause.count() + 99) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

sdk::Result<std::unique_ptr<Supervisor>> Supervisor::start(sdk::Host host, const sdk::TunnelEvents& events,
                                                           std::unique_ptr<Program> program, Settings settings,
                                                           std::string health_path) {
  init_curl();
  auto guard = process::Guard::start();
  if (!guard) return guard.error();
  return std::unique_ptr<Supervisor>(
      new Supervisor(host, events, std::move(program), std::move(settings), std::move(health_path), std::move(*guard)));
}

Supervisor::Supervisor(sdk::Host host, const sdk::TunnelEvents& events, std::unique_ptr<Program> program,
                       Settings settings, std::string health_path, std::unique_ptr<process::Guard> guard)
    : host_(host),
      events_(events),
      program_(std::move(program)),
      settings_(std::move(settings)),
      health_path_(std::move(health_path)),
      guard_(std::move(guard)) {
  // Signals are the host's; and a peer that closes a TLS connection must not end the process by SIGPIPE.
  const process::AllSignalsBlocked blocked;
  thread_ = std::thread([this] {
    if (sdk::guarded_void(host_, "tunnel", [this] { run(); })) return;
    events_.failed(sdk::fail(AR_INTERNAL, "the tunnel met an error that it did not expect; the log has it"), true);
  });
}

Supervisor::~Supervisor() {
  stop_.request();
  thread_.join();
}

void Supervisor::run() {
  Backoff backoff(settings_.pace.restart_delay);
  while (once()) {
    if (std::exchange(ran_well_, false)) backoff.reset();
    const auto pause = backoff.next();
    events_.progress({"waiting", "again in " + in_seconds(pause)});
    if (!stop_.sleep(pause)) return;
  }
}

/// True when it is worth another try.
bool Supervisor::once() {
  if (stop_.requested()) return false;
  auto command = program_->prepare(events_, stop_);
  if (stop_.requested()) return false;
  if (!command) {
    const bool again = worth_another_try(command.error(), ever_ran_);
    events_.failed(command.error(), !again);
    return again;
  }
  auto process = process::CommandProcess::start(*command, *guard_);
  if (!process) {
    const bool again = ever_ran_ || process.error().status == AR_IN_USE;
    events_.failed(process.error(), !again);
    return again;
  }
  ever_ran_ = true;
  const auto began = std::chrono::steady_clock::now();
  ProgramRun run(*program_, std::move(*process), {host_, events_, stop_, settings_, health_path_});
  const ProgramRun::End end = run.run();
  if (end.stopped) return false;
  ran_well_ = end.was_ready && std::chrono::steady_clock::now() - began > kLongEnough;
  if (end.was_ready) {
    events_.lost(end.reason);
  } else {
    events_.failed(sdk::fail(AR_NETWORK, end.reason), false);
  }
  return true;
}

}  // namespace agentroom::tunnel

#include "runtime/process.hpp"

#include "runtime/log.hpp"

namespace agentroom::runtime {
namespace {

LogLevel from_plugin(host::LogLevel level) {
  switch (level) {
    case host::LogLevel::kDebug:
      return LogLevel::kDebug;
    case host::LogLevel::kInfo:
      return LogLevel::kInfo;
    case host::LogLevel::kWarn:
      return LogLevel::kWarn;
    case host::LogLevel::kError:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

}  // namespace

Process::Process(const ProcessOptions& options)
    : loop_(clock_),
      plugins_(options.plugin_path, loop_, [](host::LogLevel level, std::string_view plugin, std::string_view text) {
        log(from_plugin(level), plugin, text);
      }) {}

Result<std::unique_ptr<Process>> Process::open(const ProcessOptions& options) {
  std::unique_ptr<Process> process(new Process(options));
  auto transport = process->plugins_.open_transport(options.transport, options.transport_config);
  if (!transport) return pass(transport);
  process->transport_ = std::move(*transport);
  process->loop_.drive(process->transport_.get());
  if (!options.signals) return process;
  Process* const self = process.get();
  process->signals_ =
      std::make_unique<Signals>(Signals::Calls{.on_stop =
                                                   [self](int signal) {
                                                     self->stop_signal_ = signal;
                                                     self->loop_.post([] {});  // ends the turn that waits
                                                   },
                                               .on_hangup =
                                                   [self] {
                                                     return self->takes_hangup_ && self->loop_.post([self] {
                                                       if (self->hangup_) self->hangup_();
                                                     });
                                                   }});
  return process;
}

Process::~Process() {
  signals_.reset();
  loop_.close();
  loop_.drive(nullptr);
}

void Process::on_hangup(std::function<void()> hook) {
  hangup_ = std::move(hook);
  takes_hangup_ = static_cast<bool>(hangup_);
}

Process::End Process::run_until(const std::function<bool()>& done, std::optional<Duration> timeout) {
  bool finished = false;
  const bool ended = loop_.run_until(
      [&] {
        finished = done();
        return finished || stop_signal_ != 0;
      },
      timeout);
  if (finished) return End::kDone;
  return ended ? End::kSignal : End::kTimeout;
}

}  // namespace agentroom::runtime

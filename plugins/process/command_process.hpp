// One run of a command: a process group with pipes for its three standard streams.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "agentroom/sdk/result.hpp"
#include "descriptor.hpp"
#include "guard.hpp"

namespace agentroom::process {

struct Command {
  std::vector<std::string> argv;
  std::vector<std::string> env;  ///< the whole environment
  std::string cwd;               ///< empty: as it is
};

struct ExitStatus {
  enum class Kind : std::uint8_t { kExited, kSignalled, kUnknown };
  Kind kind = Kind::kUnknown;
  int number = 0;  ///< exit code or signal
};

/// Thread: the one that started it, which has to live as long as the process does: the kernel ends the command with it.
class CommandProcess {
 public:
  /// Errors: AR_IO, saying why the program does not start; AR_IN_USE when it may in a moment.
  static sdk::Result<CommandProcess> start(const Command& command, const Guard& guard);

  /// Ends what is left of the group.
  ~CommandProcess();
  CommandProcess(CommandProcess&& other) noexcept;
  CommandProcess& operator=(CommandProcess&&) = delete;
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  Descriptor& input() { return input_; }    ///< nonblocking; what is written here the command reads
  Descriptor& output() { return output_; }  ///< nonblocking
  Descriptor& errors() { return errors_; }  ///< nonblocking

  /// Readable once the command itself has ended; invalid where the system has no such descriptor.
  const Descriptor& end() const { return end_; }

  /// The command itself has ended; others of its group may run on.
  bool has_ended() const;

  /// To the whole group.
  void send_signal(int signal) const;

  /// Kills what is left of the group and says how the command ended. Once, after `has_ended`.
  ExitStatus reap();

 private:
  CommandProcess(pid_t process, const Guard& guard) : process_(process), guard_(&guard) {}

  pid_t process_;
  const Guard* guard_;
  Descriptor end_;
  Descriptor input_;
  Descriptor output_;
  Descriptor errors_;
};

}  // namespace agentroom::process

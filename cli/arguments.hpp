// What was asked for on the command line, as plain values.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agentroom/result.hpp"

namespace agentroom::cli {

/// Options of every command, before or after its name.
struct GlobalOptions {
  std::optional<std::string> config;
  std::optional<std::string> home;
  std::optional<std::string> server;
  std::optional<std::string> log_level;
  std::optional<std::string> log_format;
  bool trust_relay = false;
  bool json = false;
  bool quiet = false;
};

struct SetupCommand {
  bool no_probe = false;
  bool force = false;
};
struct WhoamiCommand {};
struct RelayCommand {
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  bool tunnel = false;
};
struct InviteCreateCommand {
  std::optional<std::int64_t> ttl_ms;
};
struct InviteAcceptCommand {
  std::string url;
  std::int64_t wait_s = 10;
};
struct InviteListCommand {};
struct InviteRevokeCommand {
  std::string id;
};
struct SendCommand {
  std::string peer;
  std::string text;  ///< "-": read it from stdin
};
struct ListenCommand {};
struct ServeCommand {
  std::optional<std::string> on_message;
  std::optional<std::int64_t> handler_timeout_s;
  bool invite = false;
  std::optional<std::string> seed;
  std::optional<std::string> to;
  std::optional<std::uint64_t> max_turns;  ///< `--once` is 1
};
struct RoomOpenCommand {
  ServeCommand serve;
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  bool no_tunnel = false;
  bool detach = false;
};
struct RoomStatusCommand {};
struct RoomStopCommand {
  std::optional<std::uint16_t> port;
  bool all = false;
};
struct DoctorCommand {
  bool room = false;
  bool no_tunnel = false;
  std::optional<std::string> on_message;
};
struct PeersCommand {};
struct PeersRenameCommand {
  std::string peer;
  std::string name;
};
struct PeersRemoveCommand {
  std::string peer;
};
struct PeersVerifyCommand {
  std::string peer;
};
struct PluginListCommand {};
struct PluginInfoCommand {
  std::string name;
};
struct PluginCheckCommand {
  std::string name;
  std::vector<std::string> when;  ///< "echo=FILE"
  std::vector<std::string> only;
  std::vector<std::string> without;
};
struct PluginNewCommand {
  std::string kind;
  std::string name;
  std::string language = "cpp";
};
struct ConfigCheckCommand {};
struct ConfigShowCommand {};
struct StoreCheckCommand {
  bool relay = false;
  bool accept_rollback = false;
};
struct StoreBackupCommand {
  std::string file;
  bool relay = false;
  bool force = false;
};
struct StoreCompactCommand {
  bool relay = false;
};
struct DemoCommand {};
struct CompletionCommand {
  std::string shell;  ///< one of `shells()`
};
struct VersionCommand {};

using Command =
    std::variant<SetupCommand, WhoamiCommand, RelayCommand, RoomOpenCommand, RoomStatusCommand, RoomStopCommand,
                 InviteCreateCommand, InviteAcceptCommand, InviteListCommand, InviteRevokeCommand, SendCommand,
                 ListenCommand, ServeCommand, PeersCommand, PeersRenameCommand, PeersRemoveCommand, PeersVerifyCommand,
                 PluginListCommand, PluginInfoCommand, PluginCheckCommand, PluginNewCommand, ConfigCheckCommand,
                 ConfigShowCommand, StoreCheckCommand, StoreBackupCommand, StoreCompactCommand, DoctorCommand,
                 DemoCommand, CompletionCommand, VersionCommand>;

/// bash, zsh and fish.
const std::vector<std::string>& shells();

struct Invocation {
  GlobalOptions globals;
  Command command;
};

/// No command is to be run.
struct Stop {
  std::string help;            ///< for stdout, with exit code 0; or empty, and then
  std::optional<Error> error;  ///< of code kUsage
  bool json = false;           ///< `--json` was among the arguments
  bool quiet = false;
};

/// `arguments`: without the program's name. After `--` everything is text; before it a text that equals the name of a
/// command is still a text.
std::expected<Invocation, Stop> parse_arguments(std::vector<std::string> arguments);

}  // namespace agentroom::cli

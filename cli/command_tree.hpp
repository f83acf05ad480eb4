// The commands and their options, as CLI11 knows them. Private to this layer.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arguments.hpp"

namespace agentroom::cli {

/// The tree of commands, and what a parse chose in it.
class CommandTree {
 public:
  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& app() { return app_; }
  const CLI::App& app() const { return app_; }

  /// What a value must be, of an option that takes one of a few words; empty for all others.
  const std::vector<std::string>& choices(const CLI::Option& option) const;

  /// After `app().parse`: what is wrong with a value, when something is.
  const std::optional<std::string>& problem() const { return problem_; }
  /// After a parse without a problem.
  Invocation invocation() const;
  /// The arguments that may be any text at all.
  std::vector<std::string*> texts();

 private:
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& description, const std::string& lines);
  void finish(CLI::App& command, const std::string& lines);
  /// The command to be run when `command` is the one that was chosen.
  template <class T>
  void runs(CLI::App& command, T& arguments);

  void add_identity();
  void add_relay();
  void add_invite();
  void add_messages();
  void add_serve();
  void add_room();
  void add_room_open(CLI::App& command);
  static void add_listen_options(CLI::App& command, std::optional<std::string>& host,
                                 std::optional<std::uint16_t>& port);
  /// What `serve` and `room open` both take.
  void add_serve_options(CLI::App& command, ServeCommand& arguments);
  void add_peers();
  void add_store();
  void add_inspection();
  void read_ttl(const std::string& text);
  /// Takes one of the known values; another is a problem, told as what `command` does not know.
  void read_choice(std::string& out, const std::string& value, const std::vector<std::string>& known,
                   const std::string& command_and_what);

  GlobalOptions globals_;
  SetupCommand setup_;
  WhoamiCommand whoami_;
  RelayCommand relay_;
  RoomOpenCommand room_open_;
  RoomStatusCommand room_status_;
  RoomStopCommand room_stop_;
  InviteCreateCommand invite_create_;
  InviteAcceptCommand invite_accept_;
  InviteListCommand invite_list_;
  InviteRevokeCommand invite_revoke_;
  SendCommand send_;
  ListenCommand listen_;
  ServeCommand serve_;
  PeersCommand peers_;
  PeersRenameCommand peers_rename_;
  PeersRemoveCommand peers_remove_;
  PeersVerifyCommand peers_verify_;
  PluginListCommand plugin_list_;
  PluginInfoCommand plugin_info_;
  PluginCheckCommand plugin_check_;
  PluginNewCommand plugin_new_;
  ConfigCheckCommand config_check_;
  ConfigShowCommand config_show_;
  StoreCheckCommand store_check_;
  StoreBackupCommand store_backup_;
  StoreCompactCommand store_compact_;
  DoctorCommand doctor_;
  DemoCommand demo_;
  CompletionCommand completion_;
  VersionCommand version_;

  std::function<Command()> command_;
  std::optional<std::string> problem_;
  std::map<const CLI::Option*, std::vector<std::string>> choices_;
  CLI::App app_{"", "agentroom"};
};

}  // namespace agentroom::cli

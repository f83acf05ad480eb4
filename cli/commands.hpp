// The commands; each has a file of its name. What they return is the exit code.
#pragma once

#include "arguments.hpp"
#include "output.hpp"

namespace agentroom::cli {

int run(const SetupCommand& command, const GlobalOptions& globals, Output& out);
int run(const WhoamiCommand& command, const GlobalOptions& globals, Output& out);
int run(const RelayCommand& command, const GlobalOptions& globals, Output& out);
int run(const RoomOpenCommand& command, const GlobalOptions& globals, Output& out);
int run(const RoomStatusCommand& command, const GlobalOptions& globals, Output& out);
int run(const RoomStopCommand& command, const GlobalOptions& globals, Output& out);
int run(const InviteCreateCommand& command, const GlobalOptions& globals, Output& out);
int run(const InviteAcceptCommand& command, const GlobalOptions& globals, Output& out);
int run(const InviteListCommand& command, const GlobalOptions& globals, Output& out);
int run(const InviteRevokeCommand& command, const GlobalOptions& globals, Output& out);
int run(const SendCommand& command, const GlobalOptions& globals, Output& out);
int run(const ListenCommand& command, const GlobalOptions& globals, Output& out);
int run(const ServeCommand& command, const GlobalOptions& globals, Output& out);
int run(const PeersCommand& command, const GlobalOptions& globals, Output& out);
int run(const PeersRenameCommand& command, const GlobalOptions& globals, Output& out);
int run(const PeersRemoveCommand& command, const GlobalOptions& globals, Output& out);
int run(const PeersVerifyCommand& command, const GlobalOptions& globals, Output& out);
int run(const PluginListCommand& command, const GlobalOptions& globals, Output& out);
int run(const PluginInfoCommand& command, const GlobalOptions& globals, Output& out);
int run(const PluginCheckCommand& command, const GlobalOptions& globals, Output& out);
int run(const PluginNewCommand& command, const GlobalOptions& globals, Output& out);
int run(const ConfigCheckCommand& command, const GlobalOptions& globals, Output& out);
int run(const ConfigShowCommand& command, const GlobalOptions& globals, Output& out);
int run(const StoreCheckCommand& command, const GlobalOptions& globals, Output& out);
int run(const StoreBackupCommand& command, const GlobalOptions& globals, Output& out);
int run(const StoreCompactCommand& command, const GlobalOptions& globals, Output& out);
int run(const DoctorCommand& command, const GlobalOptions& globals, Output& out);
int run(const DemoCommand& command, const GlobalOptions& globals, Output& out);
int run(const CompletionCommand& command, const GlobalOptions& globals, Output& out);
int run(const VersionCommand& command, const GlobalOptions& globals, Output& out);

}  // namespace agentroom::cli

#include "ask.hpp"
#include "backup_file.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "home_access.hpp"
#include "store_at_hand.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using boost::json::object;

constexpr Duration kBackupTime = std::chrono::hours(1);
constexpr int kAttempts = 3;

/// By this process, while nobody uses the store.
Result<object> copy_alone(const config::Home& home, StoreAtHand& hand, const fs::path& path, bool force) {
  auto file = BackupFile::plan(home, path, force);
  if (!file) return pass(file);
  if (auto opened = hand.open(StoreAccess::kReadOnly); !opened) return pass(opened);
  if (auto made = hand.store().back_up(file->temporary().string(), {}); !made) return pass(made);
  auto bytes = file->keep();
  if (!bytes) return pass(bytes);
  return object{{"file", path.string()}, {"bytes", *bytes}};
}

Result<object> back_up(Context& context, const StoreBackupCommand& command, const fs::path& path) {
  for (int attempt = 0;; ++attempt) {
    if (auto home = context.home().check(); !home) return pass(home);
    if (!command.relay) {
      if (auto identity = context.identity(); !identity) return pass(identity);
      auto owner = runtime::ControlClient::connect(context.home().root());
      if (!owner) return pass(owner);
      if (*owner) {
        const bool in_text = is_utf8(path.string());
        if (!in_text) return fail(ErrorCode::kInvalid, "the name of the file is not UTF-8", "choose another name");
        AskOptions options;
        options.more_time = kBackupTime;
        options.waiting = "copying the store";
        return ask_agent(context, {"store.backup", {{"path", path.string()}, {"force", command.force}}},
                         std::move(options));
      }
    }
    auto hand = StoreAtHand::take(context, command.relay);
    // An owner may have come in between; then it is asked.
    const bool came_between = !hand && hand.error().code == ErrorCode::kHomeInUse && !command.relay;
    if (came_between && attempt < kAttempts) continue;
    if (!hand) return pass(hand);
    return copy_alone(context.home(), **hand, path, command.force);
  }
}

}  // namespace

int run(const StoreBackupCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  std::error_code error;
  const fs::path path = fs::absolute(command.file, error).lexically_normal();
  if (command.file.empty() || error) {
    return out.error({ErrorCode::kUsage, "FILE names no file", "see: agentroom store backup --help"});
  }
  auto made = back_up(*context, command, path);
  if (!made) return out.error(made.error());
  object result{{"ok", true}, {"store", command.relay ? "relay" : "agent"}};
  result.insert(made->begin(), made->end());
  out.result(result);
  out.line("wrote " + printable(path.string()));
  out.remark(command.relay ? "It opens with the relay's secret alone: keep that too, in another place."
                           : "It opens with identity.json alone: keep that too, in another place.");
  return 0;
}

}  // namespace agentroom::cli

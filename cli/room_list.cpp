// room status, room stop.
#include <sys/types.h>

#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"
#include "events.hpp"
#include "room_records.hpp"
#include "spinner.hpp"

namespace agentroom::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// A room drains its relay within 5 s and its handlers within 6.
constexpr std::chrono::seconds kStopTime{20};

object members_of(const RunningRoom& room) {
  const RoomRecord& record = room.record;
  object members{{"port", record.port},
                 {"pid", record.process.pid},
                 {"kind", record.kind},
                 {"local_url", record.local_url},
                 {"tunnel_url", record.tunnel_url},
                 {"uptime_s", std::max<std::int64_t>(0, (unix_ms() - record.started_at) / 1000)},
                 {"log", record.log}};
  return room.process ? members : error_members(std::move(members), room.process.error());
}

void show_table(Output& out, const std::vector<RunningRoom>& rooms) {
  std::vector<std::vector<std::string>> rows{{"PORT", "PID", "KIND", "STARTED", "URL"}};
  for (const RunningRoom& room : rooms) {
    const RoomRecord& record = room.record;
    rows.push_back({out.styled(Style::kBold, std::to_string(record.port)), std::to_string(record.process.pid),
                    printable(record.kind), relative_text(record.started_at, unix_ms()),
                    printable(record.tunnel_url.empty() ? record.local_url : record.tunnel_url)});
  }
  out.line(table_text(rows));
}

/// Which of those that run are meant.
Result<std::vector<RunningRoom>> choose(std::vector<RunningRoom> rooms, const RoomStopCommand& command) {
  if (command.port) {
    std::erase_if(rooms, [&](const RunningRoom& room) { return room.record.port != *command.port; });
    if (rooms.empty()) {
      return fail(ErrorCode::kNotFound, "nothing of this home runs on port " + std::to_string(*command.port),
                  "see what does: agentroom room status");
    }
  } else if (!command.all && rooms.size() > 1) {
    return fail(ErrorCode::kUsage, std::to_string(rooms.size()) + " rooms and relays run in this home",
                "name one with --port N, or stop them all with --all");
  }
  return rooms;
}

Result<void> stop(RunningRoom& room) {
  const std::string pid = std::to_string(room.record.process.pid);
  if (!room.process) return pass(room.process);
  auto asked = room.process->ask_to_end();
  if (!asked && asked.error().code == ErrorCode::kNotFound) return {};
  if (!asked) return asked;
  if (room.process->wait(kStopTime)) return {};
  return fail(ErrorCode::kTimeout, "pid " + pid + " does not end, though it was asked to",
              "end it at once: kill -9 " + pid);
}

}  // namespace

int run(const RoomStatusCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  auto rooms = running_rooms(context->home().rooms_folder());
  if (!rooms) return out.error(rooms.error());
  array list;
  for (const RunningRoom& room : *rooms) list.push_back(members_of(room));
  out.result({{"rooms", std::move(list)}});
  if (rooms->empty()) {
    out.remark("Nothing runs in this home. To open a room: agentroom room open --on-message COMMAND");
  } else {
    show_table(out, *rooms);
    for (const RunningRoom& room : *rooms) {
      if (!room.process) out.warning(room.process.error().message);
    }
  }
  return 0;
}

int run(const RoomStopCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  auto rooms = running_rooms(context->home().rooms_folder());
  if (!rooms) return out.error(rooms.error());
  auto chosen = choose(std::move(*rooms), command);
  if (!chosen) return out.error(chosen.error());
  array stopped;
  for (RunningRoom& room : *chosen) {
    const std::string name = room.record.kind + " on port " + std::to_string(room.record.port);
    const Spinner spinner(out, "waiting for the " + printable(name) + " to end");
    if (auto ended = stop(room); !ended) return out.error(ended.error());
    stopped.push_back({{"port", room.record.port}, {"pid", room.record.process.pid}, {"kind", room.record.kind}});
    out.line("stopped the " + printable(name));
  }
  // What was killed before it could do so itself.
  if (auto healed = running_rooms(context->home().rooms_folder()); !healed) return out.error(healed.error());
  if (stopped.empty()) out.remark("Nothing runs in this home.");
  out.result({{"stopped", std::move(stopped)}});
  return 0;
}

}  // namespace agentroom::cli

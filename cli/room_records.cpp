#include "room_records.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <limits>

#include "config/private_file.hpp"
#include "output.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using boost::json::object;

constexpr std::size_t kLargestRecord = 65'536;

/// Whoever removes a record that is stale must not remove the one that a new room is just writing under its name.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) return;
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

fs::path record_file(const fs::path& folder, std::uint16_t port) {
  return folder / (std::to_string(port) + ".json");
}

std::string to_json(const RoomRecord& record) {
  return boost::json::serialize(object{{"port", record.port},
                                       {"pid", record.process.pid},
                                       {"start", record.process.start},
                                       {"boot", record.process.boot},
                                       {"kind", record.kind},
                                       {"local_url", record.local_url},
                                       {"tunnel_url", record.tunnel_url},
                                       {"started_at", record.started_at},
                                       {"log", record.log}}) +
         "\n";
}

/// Nothing when it is none.
std::optional<RoomRecord> from_json(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  const object& members = value.as_object();
  bool whole = true;
  const auto string = [&](const char* name) -> std::string {
    const auto* member = members.if_contains(name);
    whole = whole && member != nullptr && member->is_string();
    return whole ? std::string(member->as_string()) : std::string();
  };
  const auto number = [&](const char* name, std::int64_t most) -> std::int64_t {
    const auto* member = members.if_contains(name);
    boost::system::error_code wrong;
    const auto read = member == nullptr ? 0 : member->to_number<std::int64_t>(wrong);
    whole = whole && member != nullptr && !wrong && read >= 0 && read <= most;
    return whole ? read : 0;
  };
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  RoomRecord record;
  record.port = static_cast<std::uint16_t>(number("port", std::numeric_limits<std::uint16_t>::max()));
  record.process = {.pid = static_cast<pid_t>(number("pid", std::numeric_limits<pid_t>::max())),
                    .start = static_cast<std::uint64_t>(number("start", kAny)),
                    .boot = string("boot")};
  record.kind = string("kind");
  record.local_url = string("local_url");
  record.tunnel_url = string("tunnel_url");
  record.started_at = number("started_at", kAny);
  record.log = string("log");
  return whole ? std::optional(std::move(record)) : std::nullopt;
}

std::optional<RunningRoom> find_room(const fs::path& file, std::string_view text) {
  auto record = from_json(text);
  if (!record || record_file(file.parent_path(), record->port) != file) return std::nullopt;
  auto process = RunningProcess::find(record->process);
  if (!process) return RunningRoom{std::move(*record), pass(process)};
  if (!*process) return std::nullopt;
  return RunningRoom{std::move(*record), std::move(**process)};
}

}  // namespace

Result<std::unique_ptr<RoomSign>> RoomSign::put_up(fs::path folder, RoomRecord record) {
  if (auto made = config::make_private_folder(folder); !made) return pass(made);
  auto mark = mark_of_this_process();
  if (!mark) return pass(mark);
  record.process = std::move(*mark);
  record.started_at = unix_ms();
  std::unique_ptr<RoomSign> sign(new RoomSign(std::move(folder), std::move(record)));
  if (auto written = sign->write(); !written) return pass(written);
  return sign;
}

RoomSign::~RoomSign() {
  const FolderLock lock(folder_);
  std::error_code ignored;
  fs::remove(record_file(folder_, record_.port), ignored);
}

Result<void> RoomSign::set_tunnel(const std::string& url) {
  record_.tunnel_url = url;
  return write();
}

Result<void> RoomSign::write() const {
  const FolderLock lock(folder_);
  return config::write_file_atomically(record_file(folder_, record_.port), to_json(record_),
                                       config::IfExists::kReplace);
}

Result<std::vector<RunningRoom>> running_rooms(const fs::path& folder) {
  const FolderLock lock(folder);
  std::vector<RunningRoom> rooms;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == ".json") files.push_back(file->path());
  }
  if (error == std::errc::no_such_file_or_directory) return rooms;
  if (error) {
    return fail(ErrorCode::kIo, "cannot read " + folder.string() + ": " + config::reason_text(error.value()),
                "give this user the right to read it: chmod u+rwx " + folder.string());
  }
  for (const fs::path& file : files) {
    const auto text = config::read_file(file, kLargestRecord);
    if (!text && text.error().code != ErrorCode::kTooLarge) continue;  // what cannot be read now may be good
    if (auto room = text ? find_room(file, *text) : std::nullopt) {
      rooms.push_back(std::move(*room));
    } else {
      fs::remove(file, error);
    }
  }
  std::ranges::sort(rooms, {}, [](const RunningRoom& room) { return room.record.port; });
  return rooms;
}

}  // namespace agentroom::cli

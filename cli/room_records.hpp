// What runs in a home, as files under <home>/rooms: one a relay or room, named by its port.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agentroom/result.hpp"
#include "running_process.hpp"

namespace agentroom::cli {

struct RoomRecord {
  std::uint16_t port = 0;
  ProcessMark process;
  std::string kind;  ///< "room" or "relay"
  std::string local_url;
  std::string tunnel_url;       ///< empty while there is none
  std::int64_t started_at = 0;  ///< Unix ms
  std::string log;              ///< where a detached one writes; else empty
};

/// The record of this process while it runs. What it leaves behind when it is killed heals with the next
/// `running_rooms`.
class RoomSign {
 public:
  /// `folder` is made when there is none. `process` and `started_at` are filled in. Errors: kIo, kPermission.
  static Result<std::unique_ptr<RoomSign>> put_up(std::filesystem::path folder, RoomRecord record);
  ~RoomSign();
  RoomSign(const RoomSign&) = delete;
  RoomSign& operator=(const RoomSign&) = delete;

  /// Errors: kIo, kPermission.
  Result<void> set_tunnel(const std::string& url);

 private:
  RoomSign(std::filesystem::path folder, RoomRecord record) : folder_(std::move(folder)), record_(std::move(record)) {}
  Result<void> write() const;

  std::filesystem::path folder_;
  RoomRecord record_;
};

/// A record whose process runs, or may run.
struct RunningRoom {
  RoomRecord record;
  Result<RunningProcess> process;  ///< or why that cannot be told
};

/// By port. Removes the records of processes that have ended, and files of that folder that are no records.
/// Errors: kIo, kPermission.
Result<std::vector<RunningRoom>> running_rooms(const std::filesystem::path& folder);

}  // namespace agentroom::cli

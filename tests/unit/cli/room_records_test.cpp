#include "room_records.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>

#include "few_descriptors.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

class RoomRecords : public testing::Test {
 protected:
  RoomRecords() {
    std::string pattern = (fs::temp_directory_path() / "ar-rooms-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~RoomRecords() override { fs::remove_all(root_); }

  fs::path folder() const { return root_ / "rooms"; }

  std::unique_ptr<RoomSign> put_up(std::uint16_t port) const {
    auto sign = RoomSign::put_up(folder(), {.port = port,
                                            .process = {},
                                            .kind = "room",
                                            .local_url = "ws://localhost:1/ws",
                                            .tunnel_url = {},
                                            .started_at = 0,
                                            .log = {}});
    EXPECT_TRUE(sign);
    return std::move(*sign);
  }
  std::vector<RoomRecord> records() const {
    std::vector<RoomRecord> found;
    auto rooms = running_rooms(folder());
    EXPECT_TRUE(rooms);
    for (RunningRoom& room : *rooms) found.push_back(std::move(room.record));
    return found;
  }
  fs::path write(const std::string& name, const std::string& text) const {
    fs::create_directories(folder());
    std::ofstream(folder() / name) << text;
    return folder() / name;
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder() / name).rdbuf();
    return text.str();
  }

  fs::path root_;
};

TEST_F(RoomRecords, AreThereWhileTheirProcessRunsThem) {
  EXPECT_TRUE(records().empty()) << "there is no folder yet";
  {
    const auto second = put_up(9000);
    const auto first = put_up(8787);
    const auto found = records();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].port, 8787);
    EXPECT_EQ(found[1].port, 9000);
    EXPECT_EQ(found[0].process, *mark_of_this_process());
    EXPECT_EQ(found[0].kind, "room");
    EXPECT_GT(found[0].started_at, 0);
    struct stat status{};
    ASSERT_EQ(::stat((folder() / "8787.json").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(folder().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
  }
  EXPECT_TRUE(records().empty());
  EXPECT_TRUE(fs::is_empty(folder()));
}

TEST_F(RoomRecords, TellWhereTheTunnelLeads) {
  const auto sign = put_up(8787);
  ASSERT_TRUE(sign->set_tunnel("wss://name.example/ws"));
  EXPECT_EQ(records().at(0).tunnel_url, "wss://name.example/ws");
  ASSERT_TRUE(sign->set_tunnel(""));
  EXPECT_EQ(records().at(0).tunnel_url, "");
}

TEST_F(RoomRecords, OfProcessesThatAreGoneAreRemoved) {
  const auto sign = put_up(8787);
  std::string text = content("8787.json");
  const std::string start = "\"start\":" + std::to_string(mark_of_this_process()->start);
  ASSERT_NE(text.find(start), std::string::npos);
  text.replace(text.find(start), start.size(), "\"start\":1");
  write("8787.json", text);
  EXPECT_TRUE(records().empty());
  EXPECT_FALSE(fs::exists(folder() / "8787.json"));
}

TEST_F(RoomRecords, OfProcessesOfWhichTheSystemDoesNotTellStay) {
  const auto sign = put_up(8787);
  // For the folder's lock, and for the process or a file.
  std::optional<FewDescriptors> few(2);
  const auto rooms = running_rooms(folder());
  few.reset();
  ASSERT_TRUE(rooms);
  ASSERT_EQ(rooms->size(), 1U);
  EXPECT_FALSE(rooms->front().process);
  EXPECT_EQ(rooms->front().record.port, 8787);
  EXPECT_EQ(records().size(), 1U) << "it is there still";
}

TEST_F(RoomRecords, ThatAreNoneAreRemoved) {
  const auto sign = put_up(8787);
  const std::string good = content("8787.json");
  write("1.json", "");
  write("2.json", good.substr(0, good.size() / 2));
  write("3.json", good);  // of another port
  write("4.json", "[]");
  write("5.json", R"({"port":5})");
  write("6.json", std::string(70'000, ' '));
  std::string huge = good;
  const std::string pid = "\"pid\":" + std::to_string(::getpid());
  huge.replace(huge.find(pid), pid.size(), "\"pid\":" + std::to_string((1LL << 32) + ::getpid()));
  write("8787.json", huge);
  write("room.log", "what a room said");
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder()), {}), 1) << "only the log stays";
}

TEST_F(RoomRecords, ThatCannotBeReadNowStay) {
  const auto sign = put_up(8787);
  const std::string good = content("8787.json");
  fs::remove(folder() / "8787.json");
  fs::create_directory(folder() / "8787.json");
  EXPECT_TRUE(records().empty());
  EXPECT_TRUE(fs::exists(folder() / "8787.json"));
}

}  // namespace
}  // namespace agentroom::cli

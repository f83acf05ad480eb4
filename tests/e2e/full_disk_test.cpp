// Disks that are full, and have room again: what was acknowledged is kept, what cannot be is said.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "open_room.hpp"
#include "small_disk.hpp"

namespace agentroom::e2e {
namespace {

constexpr std::size_t kDiskKib = 2'048;
/// Of one text: a few fill what SQLite still had of the disk.
constexpr std::size_t kTextBytes = 20'000;
constexpr int kMost = 200;
/// In which the disk gives its room away.
constexpr std::size_t kPage = 4'096;

/// The status line of `GET /health`.
std::string health(unsigned port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const std::string request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  std::string answer(4096, '\0');
  ssize_t size = -1;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    size = ::recv(fd, answer.data(), answer.size(), MSG_WAITALL);
  }
  ::close(fd);
  answer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return answer.substr(0, answer.find('\r'));
}

bool comes_true(const std::function<bool()>& fact) {
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between two looks
  }
  return true;
}

std::string numbered(int n) {
  return "number " + std::to_string(n) + " " + std::string(kTextBytes, '.');
}

/// One of three homes lies on a small disk; Bob has a session with Alice, who is away.
class FullDiskTest : public testing::Test {
 protected:
  /// Ends what a failed test left.
  ~FullDiskTest() override {
    if (fs::exists(alice.path() / "rooms")) alice.run({"room", "stop", "--all"});
  }
  void begin(const Home& on_the_disk) {
    disk = std::make_unique<SmallDisk>(on_the_disk.path(), kDiskKib);
    relay = std::make_unique<Relay>(host);
    const auto created = alice.run({"invite", "create", "--server", relay->url(), "--json"});
    ASSERT_EQ(created.code, 0) << created.out << created.err;
    const auto accepted = bob.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
    ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    peer = text(accepted.json(), "peer_pk");
    stop(*serve());
  }
  std::unique_ptr<Child> serve() {
    const auto config = alice.write("serve.toml", "[handler]\nplugin = \"echo\"\n");
    auto child = alice.start({"--config", config.string(), "serve", "--server", relay->url(), "--json"});
    await(*child, "serving");
    return child;
  }
  Ended send(const std::string& what) const { return bob.run({"send", peer, "-", "--json"}, what); }
  static void stop(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  }
  void expect_told(const Ended& refused) const {
    EXPECT_EQ(refused.code, 1) << refused.out;
    EXPECT_EQ(text(refused.json(), "code"), "io") << refused.out;
    EXPECT_NE(text(refused.json(), "error").find(bob.path().string()), std::string::npos) << refused.out;
    EXPECT_NE(text(refused.json(), "hint").find("free some space"), std::string::npos) << refused.out;
  }
  /// All that was acknowledged is received, once and in order, and nothing else before `last`. The events until then.
  static std::vector<boost::json::object> expect_received(Child& server, std::vector<std::string> acknowledged,
                                                          const std::string& last) {
    acknowledged.push_back(last);
    std::vector<boost::json::object> events;
    std::set<std::string> ids;
    std::vector<std::string> received;
    while (received.empty() || received.back() != last) {
      const auto line = server.read_line();
      if (!line) break;
      events.push_back(boost::json::parse(*line).as_object());
      if (type_of(events.back()) != "received") continue;
      // What was told before the store failed may be told again by the engine that is made then.
      if (ids.insert(text(events.back(), "msg_id")).second) received.push_back(text(events.back(), "text"));
    }
    EXPECT_EQ(received, acknowledged);
    return events;
  }
  static std::string type_of(const boost::json::object& event) { return text(event, "type"); }
  static bool has(const std::vector<boost::json::object>& events, const std::string& type) {
    return std::ranges::find(events, type, type_of) != events.end();
  }

  Home host;
  Home alice;
  Home bob;
  std::unique_ptr<SmallDisk> disk;
  std::unique_ptr<Relay> relay;
  std::string peer;
};

TEST_F(FullDiskTest, OfARelayIsToldByItsHealthAndSendersKeepTheirMessages) {
  begin(host);
  EXPECT_EQ(health(relay->port), "HTTP/1.1 200 OK");
  disk->fill();
  std::vector<std::string> acknowledged;
  bool refused = false;
  for (int n = 0; n < kMost && !refused; ++n) {
    acknowledged.push_back(numbered(n));
    const auto sent = send(acknowledged.back());
    const std::string status = text(sent.json(), "status");
    refused = status == "pending";
    if (!refused) continue;
    EXPECT_EQ(sent.code, 3) << sent.out;
    EXPECT_NE(text(sent.json(), "reason").find("recipient queue full"), std::string::npos) << sent.out;
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(health(relay->port), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(relay->child->errors().find("full"), std::string::npos) << relay->child->errors();

  disk->make_room();
  EXPECT_TRUE(comes_true([&] { return health(relay->port) == "HTTP/1.1 200 OK"; }));
  auto server = serve();
  EXPECT_EQ(send("the last").code, 0);
  expect_received(*server, acknowledged, "the last");
  stop(*relay->child);
}

TEST_F(FullDiskTest, OfAServerIsToldAndItGoesOnWhenThereIsRoom) {
  begin(alice);
  auto server = serve();
  const std::string self = text(bob.run({"whoami", "--json"}).json(), "pk");
  disk->fill();
  std::vector<std::string> acknowledged;
  for (int n = 0; n < kMost; ++n) {
    acknowledged.push_back(numbered(n));
    const auto sent = send(acknowledged.back());
    EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
    if (text(sent.json(), "status") == "queued") break;  // Alice receipts no more
  }
  const auto beside = alice.run({"send", self, "from beside", "--json"});
  EXPECT_EQ(beside.code, 1) << beside.out;
  EXPECT_EQ(text(beside.json(), "code"), "io") << beside.out;
  EXPECT_FALSE(text(beside.json(), "hint").empty()) << beside.out;
  EXPECT_EQ(send("still full").code, 0);
  acknowledged.push_back("still full");

  disk->make_room();
  EXPECT_EQ(send("the last").code, 0);
  const auto events = expect_received(*server, acknowledged, "the last");
  const auto told = std::ranges::find(events, "store_error", type_of);
  ASSERT_NE(told, events.end());
  EXPECT_NE(text(*told, "error").find("store.db"), std::string::npos) << *told;
  EXPECT_NE(text(*told, "hint").find("free some space"), std::string::npos) << *told;

  acknowledged.emplace_back("the last");
  auto listener = bob.start({"listen", "--json"});
  for (const std::string& each : acknowledged) EXPECT_EQ(text(await(*listener, "message"), "text"), each);
  EXPECT_EQ(send("one more").code, 0);
  EXPECT_EQ(text(await(*listener, "message"), "text"), "one more") << "nothing was answered twice";
  stop(*server);
}

/// Of all lines that are JSON. One that was cut is none, and is not told of here.
std::vector<boost::json::object> events_in(const fs::path& file) {
  std::vector<boost::json::object> events;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    if (!error && value.is_object()) events.push_back(value.as_object());
  }
  return events;
}

/// It ends within a line, and where a page of the disk does.
bool is_cut(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return !text.view().empty() && text.view().size() % kPage == 0 && !text.view().ends_with('\n');
}

TEST_F(FullDiskTest, OfADetachedRoomWhoseLogIsOnItEndsNothing) {
  disk = std::make_unique<SmallDisk>(alice.path(), kDiskKib);
  const auto opened =
      alice.run({"room", "open", "--on-message", "cut -c1-20", "--no-tunnel", "--port", "0", "--detach", "--json"});
  ASSERT_EQ(opened.code, 0) << opened.out << opened.err;
  const auto accepted = bob.run({"invite", "accept", text(opened.json(), "url"), "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  peer = text(accepted.json(), "peer_pk");
  const auto rooms = rooms_of(alice);
  ASSERT_EQ(rooms.size(), 1U);
  const fs::path log = text(rooms[0].as_object(), "log");
  // All that Bob sends goes through it: the relay lets one address connect only so often.
  auto listener = bob.start({"listen", "--json"});
  await(*listener, "listening");
  const auto await_answer = [&](const std::string& answer) {
    std::string answered;
    while (answered != answer && !HasFailure()) answered = text(await(*listener, "message"), "text");
  };
  // The files of the stores become as large as a few more messages need.
  for (int n = 0; n < 10; ++n) EXPECT_EQ(send(numbered(n)).code, 0);
  EXPECT_EQ(send("before").code, 0);
  await_answer("before");
  disk->fill();
  // Of the log's last page no more than ten bytes are left.
  const auto left = kPage - fs::file_size(log) % kPage;
  if (left > 11) std::ofstream(log, std::ios::app) << std::string(left - 11, ' ') << '\n';
  const auto lacks = [&] { return is_cut(log) || has(events_in(log), "events_dropped"); };
  Ended sent;
  for (int n = 0; n < kMost && !lacks(); ++n) sent = send(numbered(n));
  ASSERT_TRUE(lacks()) << sent.out << fs::file_size(log);
  disk->make_room();
  send("the last");
  await_answer("the last");
  EXPECT_TRUE(has(events_in(log), "events_dropped"));
  EXPECT_EQ(rooms_of(alice).at(0).at("pid"), rooms[0].at("pid"));
  EXPECT_EQ(alice.run({"room", "stop"}).code, 0);
}

TEST_F(FullDiskTest, AServerWhoseStoreCannotBeOpenedAgainAnswersItsCommandsAndWaits) {
  begin(alice);
  auto server = serve();
  const std::string self = text(bob.run({"whoami", "--json"}).json(), "pk");
  const fs::path store = alice.path() / "store.db";
  fs::rename(store, alice.path() / "away");
  fs::create_directory(store);
  disk->fill();
  EXPECT_EQ(send(numbered(0)).code, 0);
  await(*server, "store_error");
  ASSERT_TRUE(comes_true([&] { return server->errors().find("store.db") != std::string::npos; }))
      << "a new engine was made all the same";
  const auto beside = alice.run({"send", self, "from beside", "--json"});
  EXPECT_EQ(beside.code, 1) << beside.out;
  EXPECT_NE(text(beside.json(), "error").find("store.db"), std::string::npos) << beside.out;

  disk->make_room();
  fs::remove(store);
  fs::rename(alice.path() / "away", store);
  EXPECT_EQ(send("the last").code, 0);
  expect_received(*server, {numbered(0)}, "the last");
  stop(*server);
}

TEST_F(FullDiskTest, OfASenderIsToldAndWhatWasAcknowledgedArrives) {
  begin(bob);
  std::vector<std::string> acknowledged;
  // Without room for the lock, for the store beside it, for a text.
  for (const std::size_t spare : {0U, 4'096U, 16'384U}) {
    disk->make_room();
    disk->fill(spare);
    Ended sent;
    for (int n = 0; n < kMost && sent.code != 1; ++n) {
      sent = send(numbered(n));
      if (sent.code == 0) acknowledged.push_back(numbered(n));
    }
    expect_told(sent);
  }

  disk->make_room();
  EXPECT_EQ(send("the last").code, 0);
  auto server = serve();
  expect_received(*server, acknowledged, "the last");
}

TEST_F(FullDiskTest, WithoutRoomForTheCounterOfTheStoreLetsNoAgentStart) {
  begin(bob);
  disk->fill(4'096);  // for the lock
  const auto refused = bob.run({"peers", "--json"});
  expect_told(refused);
  EXPECT_NE(text(refused.json(), "error").find("store.epoch"), std::string::npos) << refused.out;
  disk->make_room();
  EXPECT_EQ(bob.run({"peers", "--json"}).code, 0);
}

TEST_F(FullDiskTest, ThatIsReadOnlyIsToldAndHarmsNothing) {
  begin(bob);
  disk->read_only(true);
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"send", peer, "hi", "--json"}, {"peers", "--json"}, {"listen", "--json"}}) {
    const auto ended = bob.run(command);
    EXPECT_EQ(ended.code, 1) << ended.out;
    EXPECT_NE(text(ended.json(), "error").find("read-only"), std::string::npos) << ended.out;
    EXPECT_FALSE(text(ended.json(), "hint").empty()) << ended.out;
  }
  EXPECT_EQ(bob.run({"whoami", "--json"}).code, 0);
  disk->read_only(false);
  EXPECT_EQ(send("the last").code, 0);
  auto server = serve();
  expect_received(*server, {}, "the last");
}

}  // namespace
}  // namespace agentroom::e2e

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "runtime/control_client.hpp"
#include "runtime/control_server.hpp"

namespace agentroom::runtime {
namespace {

namespace fs = std::filesystem;
constexpr auto kDeadline = std::chrono::seconds(20);

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "agentroom-control-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path = pattern;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

/// Tasks run where the test runs them.
class FakeLoop final : public Executor {
 public:
  bool post(Task task) override {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
    return true;
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(posted_.wait_for(lock, kDeadline, [this] { return !tasks_.empty(); }));
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
  void run_all() {
    while (!tasks_.empty()) run_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

ControlReply progress(boost::json::object members) {
  return {.kind = ControlReply::Kind::kProgress, .members = std::move(members), .error = {}};
}
ControlReply answer(boost::json::object members) {
  return {.kind = ControlReply::Kind::kAnswer, .members = std::move(members), .error = {}};
}

class ControlSocket : public testing::Test {
 protected:
  void serve(const fs::path& home) {
    auto opened = ControlServer::open(home, loop,
                                      {.on_request =
                                           [this](ControlRequest request, std::shared_ptr<ControlExchange> exchange) {
                                             requests.push_back(std::move(request));
                                             exchanges.push_back(std::move(exchange));
                                           },
                                       .on_gone = [this](const std::shared_ptr<ControlExchange>&) { ++gone; }});
    ASSERT_TRUE(opened) << opened.error().message;
    server = std::move(*opened);
  }
  ControlClient connect(const fs::path& home) {
    auto client = ControlClient::connect(home);
    EXPECT_TRUE(client) << client.error().message;
    EXPECT_TRUE(client->has_value());
    return std::move(**client);
  }

  Folder folder;
  FakeLoop loop;
  std::vector<ControlRequest> requests;
  std::vector<std::shared_ptr<ControlExchange>> exchanges;
  int gone = 0;
  std::unique_ptr<ControlServer> server;
};

TEST_F(ControlSocket, CarriesARequestItsProgressAndItsAnswer) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  EXPECT_EQ(client.owner_pid(), ::getpid());
  ASSERT_TRUE(client.ask({"send", {{"text", "line\nbreak"}}}));
  auto working = client.next(kDeadline);
  ASSERT_TRUE(working && *working);
  EXPECT_EQ((*working)->kind, ControlReply::Kind::kWorking);
  loop.run_one();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].name, "send");
  EXPECT_EQ(requests[0].arguments.at("text").as_string(), "line\nbreak");

  exchanges[0]->reply(progress({{"n", 1}}));
  exchanges[0]->reply(answer({{"n", 2}}));
  auto first = client.next(kDeadline);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->kind, ControlReply::Kind::kProgress);
  auto last = client.next(kDeadline);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->kind, ControlReply::Kind::kAnswer);
  EXPECT_EQ((*last)->members.at("n").as_int64(), 2);
  auto end = client.next(kDeadline);
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  server.reset();
  loop.run_all();
  EXPECT_EQ(gone, 0) << "an answered exchange does not end early";
}

TEST_F(ControlSocket, PassesAnErrorOnWithItsCodeAndHint) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  ASSERT_TRUE(client.ask({"send", {}}));
  ASSERT_TRUE(client.next(kDeadline));
  loop.run_one();
  exchanges[0]->reply({.kind = ControlReply::Kind::kError,
                       .members = {},
                       .error = {ErrorCode::kNoSession, "no session with bob", "agentroom peers"}});
  auto reply = client.next(kDeadline);
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->error.code, ErrorCode::kNoSession);
  EXPECT_EQ((*reply)->error.message, "no session with bob");
  EXPECT_EQ((*reply)->error.hint, "agentroom peers");
}

TEST_F(ControlSocket, IsForItsUserAloneAndGoesWithItsServer) {
  serve(folder.path);
  struct stat info{};
  ASSERT_EQ(::stat((folder.path / "control.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  server.reset();
  EXPECT_FALSE(fs::exists(folder.path / "control.sock"));
  auto nobody = ControlClient::connect(folder.path);
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
}

TEST_F(ControlSocket, OfADeadOwnerIsNobodysAndIsReplaced) {
  {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder.path / "control.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }
  auto nobody = ControlClient::connect(folder.path);
  ASSERT_TRUE(nobody) << nobody.error().message;
  EXPECT_FALSE(*nobody);
  serve(folder.path);
  connect(folder.path);
}

TEST_F(ControlSocket, WorksInAFolderWhosePathIsLongerThanASocketAddress) {
  fs::path home = folder.path;
  while (home.string().size() < 300) home /= "a-folder-with-a-rather-long-name";
  fs::create_directories(home);
  serve(home);
  EXPECT_TRUE(fs::is_socket(home / "control.sock"));
  ControlClient client = connect(home);
  ASSERT_TRUE(client.ask({"peers", {}}));
  auto working = client.next(kDeadline);
  EXPECT_TRUE(working && *working);
}

TEST_F(ControlSocket, TellsWhenTheOneWhoAskedHasGone) {
  serve(folder.path);
  {
    ControlClient client = connect(folder.path);
    ASSERT_TRUE(client.ask({"events", {}}));
    ASSERT_TRUE(client.next(kDeadline));
    loop.run_one();
    EXPECT_FALSE(exchanges[0]->gone());
  }
  loop.run_one();
  EXPECT_EQ(gone, 1);
  EXPECT_TRUE(exchanges[0]->gone());
  exchanges[0]->reply(answer({}));  // reaches nobody, harms nobody
}

TEST_F(ControlSocket, CutsAReaderThatFallsBehind) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  ASSERT_TRUE(client.ask({"events", {}}));
  ASSERT_TRUE(client.next(kDeadline));
  loop.run_one();
  const std::string text(100'000, 'x');
  for (int i = 0; i < 200 && !exchanges[0]->gone(); ++i) exchanges[0]->reply(progress({{"text", text}}));
  EXPECT_TRUE(exchanges[0]->gone());
}

TEST_F(ControlSocket, CarriesAnAnswerLargerThanWhatMayWaitForASlowReader) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  ASSERT_TRUE(client.ask({"peers", {}}));
  ASSERT_TRUE(client.next(kDeadline));
  loop.run_one();
  exchanges[0]->reply(answer({{"text", std::string(8'000'000, 'x')}}));
  auto reply = client.next(kDeadline);
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->members.at("text").as_string().size(), 8'000'000U);
}

TEST_F(ControlSocket, RefusesWhatIsNoRequest) {
  serve(folder.path);
  for (const std::string& line : {std::string("hello\n"), std::string("{}\n"), std::string("[1]\n"),
                                  std::string("{\"agentroom_control\":2,\"request\":\"send\"}\n"),
                                  std::string("{\"agentroom_control\":1,\"request\":\"\"}\n"),
                                  std::string("{\"agentroom_control\":1,\"request\":\"send\",\"arguments\":[]}\n"),
                                  std::string(100, '[') + "\n"}) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder.path / "control.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(fd, line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
    std::string received;
    char block[4096];
    for (ssize_t n = 0; (n = ::recv(fd, block, sizeof block, 0)) > 0;)
      received.append(block, static_cast<std::size_t>(n));
    ::close(fd);
    ASSERT_TRUE(received.ends_with("\n")) << line;
    received.pop_back();
    auto reply = parse_control_reply(received);
    ASSERT_TRUE(reply) << received;
    EXPECT_EQ(reply->kind, ControlReply::Kind::kError) << line;
  }
  EXPECT_TRUE(requests.empty());
}

TEST_F(ControlSocket, ServesMoreConnectionsThanItHoldsAtATime) {
  serve(folder.path);
  std::vector<ControlClient> clients;
  for (int i = 0; i < 150; ++i) {
    clients.push_back(connect(folder.path));
    ASSERT_TRUE(clients.back().ask({"n" + std::to_string(i), {}}));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    loop.run_one();
    exchanges.back()->reply(answer({}));
  }
  EXPECT_EQ(requests.size(), clients.size());
}

TEST_F(ControlSocket, TellsARequestThatWasNeverBegunSo) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  ASSERT_TRUE(client.ask({"send", {}}));
  auto working = client.next(kDeadline);
  ASSERT_TRUE(working && *working);
  server.reset();  // the loop never ran what was posted
  auto reply = client.next(kDeadline);
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->kind, ControlReply::Kind::kError);
  EXPECT_EQ((*reply)->error.code, ErrorCode::kAborted);
  loop.run_all();
  EXPECT_TRUE(requests.empty());
}

TEST_F(ControlSocket, EndsExchangesThatAreOpenWhenItEnds) {
  serve(folder.path);
  ControlClient client = connect(folder.path);
  ASSERT_TRUE(client.ask({"events", {}}));
  ASSERT_TRUE(client.next(kDeadline));
  loop.run_one();
  exchanges[0]->reply(progress({{"last", "words"}}));
  server.reset();
  auto last = client.next(kDeadline);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->members.at("last").as_string(), "words");
  auto end = client.next(kDeadline);
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  exchanges[0]->reply(answer({}));
}

}  // namespace
}  // namespace agentroom::runtime

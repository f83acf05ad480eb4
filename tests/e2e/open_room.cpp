#include "open_room.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>

#include "base/base64url.hpp"

namespace agentroom::e2e {
namespace {

/// The inode of the socket that listens on a port of 127.0.0.1, as /proc/net/tcp has it; empty when none does.
std::string listening_socket(unsigned port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    std::string field;
    std::string inode;
    fields >> slot >> local >> remote >> state >> field >> field >> field >> field >> field >> inode;
    constexpr int kHexadecimal = 16;
    constexpr const char* kListens = "0A";
    if (state == kListens && std::stoul(local.substr(local.find(':') + 1), nullptr, kHexadecimal) == port) {
      return "socket:[" + inode + "]";
    }
  }
  return {};
}

bool has_open(pid_t pid, const std::string& file) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    std::error_code ignored;
    if (fs::read_symlink(entry.path(), ignored).string() == file) return true;
  }
  return false;
}

bool is_of(const boost::json::object& event, const std::string& type) {
  const auto* found = event.if_contains("type");
  return found != nullptr && found->is_string() && found->as_string() == type;
}

}  // namespace

std::optional<boost::json::object> Events::read(std::chrono::milliseconds deadline) {
  const auto line = child_.read_line(deadline);
  if (!line) return std::nullopt;
  boost::system::error_code error;
  auto value = boost::json::parse(*line, error);
  if (!error && value.is_object()) return std::move(value.as_object());
  ADD_FAILURE() << "not a JSON object: " << *line;
  return std::nullopt;
}

boost::json::object Events::take(const std::string& type, const Wanted& wanted) {
  const auto fits = [&](const boost::json::object& event) { return is_of(event, type) && (!wanted || wanted(event)); };
  if (const auto event = std::ranges::find_if(waiting_, fits); event != waiting_.end()) {
    auto found = std::move(*event);
    waiting_.erase(event);
    return found;
  }
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < until) {
    auto event = read(std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    if (!event) break;
    if (fits(*event)) return std::move(*event);
    waiting_.push_back(std::move(*event));
  }
  std::string seen;
  for (const auto& event : waiting_) seen += boost::json::serialize(event) + "\n";
  ADD_FAILURE() << "no event '" << type << "' came; not taken were:\n" << seen << "stderr was:\n" << child_.errors();
  return {};
}

boost::json::object Events::next() {
  if (waiting_.empty()) return read(kDeadline).value_or(boost::json::object());
  auto event = std::move(waiting_.front());
  waiting_.pop_front();
  return event;
}

bool Events::has(const std::string& type) {
  while (auto event = read(std::chrono::milliseconds(0))) waiting_.push_back(std::move(*event));
  return std::ranges::any_of(waiting_, [&](const auto& event) { return is_of(event, type); });
}

std::string invite_text(const std::string& url) {
  const auto bytes = from_base64url(url.substr(url.rfind('/') + 1));
  if (!bytes) {
    ADD_FAILURE() << "no invite: " << url;
    return {};
  }
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

bool ends(pid_t pid) {
  const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (descriptor < 0) return errno == ESRCH;
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  const auto deadline = std::chrono::duration_cast<std::chrono::milliseconds>(kDeadline).count();
  const int ready = ::poll(&ended, 1, static_cast<int>(deadline));
  ::close(descriptor);
  EXPECT_EQ(ready, 1) << "pid " << pid << " goes on";
  return ready == 1;
}

StandIn::StandIn(Home& home) : records_(home.desk() / "standins") {
  fs::create_directory(records_);
  home.environment["LC_STANDIN_RECORD"] = records_.string();
}

std::string StandIn::program() {
  return CLOUDFLARED_STANDIN;
}

std::string StandIn::toml(const std::string& more) {
  return "[tunnel]\nplugin = \"cloudflared\"\n" + more +
         "\n[tunnel.cloudflared]\nbinary = \"" CLOUDFLARED_STANDIN
         "\"\npublic_url_pattern = '\\|\\s+(http://127\\.0\\.0\\.1:\\d+)\\s+\\|'\nrestart_delay = \"20ms\"\n"
         "check_interval = \"50ms\"\n";
}

std::vector<pid_t> StandIn::started() const {
  std::vector<pid_t> all;
  for (const auto& entry : fs::directory_iterator(records_)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) all.push_back(std::stoi(name));
  }
  return all;
}

pid_t StandIn::behind(const std::string& url) const {
  unsigned port = 0;
  const std::string digits = url.substr(url.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const std::string socket = listening_socket(port);
  for (const pid_t pid : started()) {
    if (!socket.empty() && has_open(pid, socket)) return pid;
  }
  ADD_FAILURE() << "no stand-in listens for " << url;
  return 0;
}

bool StandIn::kill(const std::string& url) const {
  const pid_t pid = behind(url);
  return pid > 0 && ::kill(pid, SIGKILL) == 0;  // 0 would be this test and all beside it
}

bool StandIn::all_end() const {
  bool all = true;
  for (const pid_t pid : started()) all = ends(pid) && all;
  return all;
}

OpenRoom::OpenRoom(const Home& home, const std::string& toml, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
      "--config", home.write("room.toml", toml).string(), "--json", "room", "open", "--on-message", "cat", "--port",
      "0"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  child_ = home.start(arguments);
  events_ = std::make_unique<Events>(*child_);
}

boost::json::array rooms_of(const Home& home) {
  const auto status = home.run({"room", "status", "--json"});
  EXPECT_EQ(status.code, 0) << status.out << status.err;
  const auto result = status.json();
  const auto* rooms = result.if_contains("rooms");
  if (rooms != nullptr && rooms->is_array()) return rooms->as_array();
  ADD_FAILURE() << "no rooms: " << status.out;
  return {};
}

}  // namespace agentroom::e2e

#include "stage.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>

#include "certificates/authority.hpp"

namespace agentroom::docs {
namespace {

namespace fs = std::filesystem;

/// Stands in for curl -s http://HOST:PORT/PATH on machines that do not have it.
constexpr const char* kCurl = R"(#!/bin/bash
url=${2#http://}
host=${url%%/*}
exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${url#*/}" "$host" >&3
sed '1,/^\r$/d' <&3
)";

constexpr const char* kHandler = "#!/bin/sh\ncase $(cat) in\n  *green*) echo 'Yes: 412 tests passed.' ;;\nesac\n";

const test::Authority& authority() {
  static const test::Authority one;
  return one;
}

void write_executable(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
  fs::permissions(file, fs::perms::owner_all);
}

/// Makes what is missing of a folder's path, for its user alone.
void make_folder(const fs::path& folder) {
  if (folder.empty() || fs::exists(folder)) return;
  make_folder(folder.parent_path());
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::owner_all);
}

/// relay, serve, listen or room, when that is what a line runs and does not come back from.
std::string streaming_kind(const std::string& command) {
  static const std::regex line(
      "^([A-Z_]+=\\S+ )*agentroom( --?\\S+( [^-\\s]\\S*)?)*? (relay|serve|listen|(room open|host))( .*)?$");
  std::smatch match;
  if (!std::regex_match(command, match, line)) return "";
  return match[5].matched ? "room" : match[4].str();
}

/// What the last line is that such a command prints before it waits.
std::regex ready_line(const std::string& kind, const std::string& command) {
  if (kind == "relay") return std::regex("relay listens on +(\\S+)|.*\"local_url\":\"([^\"]+)\".*");
  if (kind == "room" || command.find("--invite") != std::string::npos) return std::regex(".*agentroom://invite/.*");
  return std::regex(".*(== (serving|listening) as|\"type\":\"(serving|listening)\").*");
}

std::string in_shell_quotes(const fs::path& path) {
  return "'" + path.string() + "'";
}

}  // namespace

std::string replaced_all(std::string text, std::span<const Substitution> rules) {
  for (const Substitution& rule : rules) {
    text = std::regex_replace(text, std::regex(std::string(rule.pattern)), std::string(rule.replacement));
  }
  return text;
}

Stage::Stage(Before before, const fs::path& examples) : examples_(examples) {
  fs::create_directory(folder_.path() / "bin");
  write_executable(folder_.path() / "bin" / "curl", kCurl);
  test::write_text(folder_.path() / "ca.pem", authority().certificate());
  if (before == Before::kNothing) return;
  type("relay", "agentroom relay");
  for (const char* who : {"alice", "bob"}) {
    write({"toml",
           who,
           "~/.config/agentroom/agentroom.toml",
           {},
           0,
           {"server = \"" + relay_url_ + "\"", std::string("name = \"") + who + "\""}});
  }
  if (before == Before::kSession) meet();
}

void Stage::meet() {
  type("alice", "agentroom serve --invite --on-message 'cat >/dev/null'");
  type("bob", "agentroom invite accept '" + invite_ + "'");
  stop(machine("alice"), machine("alice").running.back());
}

Stage::~Stage() {
  for (auto& [name, on] : machines_) {
    if (name == "relay") continue;
    while (!on.running.empty()) stop(on, on.running.back());
  }
  while (!machine("relay").running.empty()) stop(machine("relay"), machine("relay").running.back());
}

Stage::Machine& Stage::machine(const std::string& where) {
  const auto [found, fresh] = machines_.try_emplace(where.empty() ? "alice" : where);
  Machine& on = found->second;
  if (!fresh) return on;
  on.user = folder_.path() / found->first;
  on.desk = examples_.empty() ? on.user : on.user / "examples";
  fs::create_directory(on.user);
  if (examples_.empty()) {
    write_executable(on.desk / "brain.sh", kHandler);
  } else {
    fs::copy(examples_, on.desk, fs::copy_options::recursive);
  }
  authority().issue().write(on.desk);
  test::write_text(on.desk / "ca.pem", authority().certificate());
  return on;
}

void Stage::write(const Block& file) {
  Machine& on = machine(file.where);
  const bool at_home = file.file.starts_with("~/");
  const fs::path path = at_home ? on.user / file.file.substr(2) : on.desk / file.file;
  make_folder(path.parent_path());
  write_executable(path, replaced(file.text(), file.where));
  fs::permissions(path,
                  path.extension() == ".sh" ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write);
  // What such a file names beside itself.
  if (at_home) test::write_text(path.parent_path() / "ca.pem", authority().certificate());
}

void Stage::type(const Block& commands) {
  static const std::regex prompt("^([a-z]+)\\$ (.*)$");
  for (std::size_t i = 0; i < commands.lines.size(); ++i) {
    const std::string& line = commands.lines[i];
    SCOPED_TRACE("line " + std::to_string(commands.line + 1 + i) + ": " + line);
    std::smatch match;
    if (commands.language != "console") {
      if (!line.empty() && !line.starts_with("#")) type(commands.where, line);
    } else if (std::regex_match(line, match, prompt)) {
      type(match[1], match[2]);
    } else if (!line.empty()) {
      machine(commands.where).shown.push_back({line, commands.line + 1 + i});
    }
  }
}

void Stage::type(const std::string& where, const std::string& command) {
  Machine& on = machine(where);
  const std::string line = replaced(command, where);
  if (const std::string kind = streaming_kind(line); !kind.empty()) return leave_running(on, kind, line);
  run(on, line);
}

std::unique_ptr<e2e::Child> Stage::start(Machine& on, const std::string& command) {
  const std::string setting = "PATH=" + in_shell_quotes(folder_.path() / "bin") + ":" +
                              in_shell_quotes(fs::path(AGENTROOM_BINARY).parent_path()) + ":$PATH\n";
  const e2e::Environment environment{{"HOME", on.user.string()},
                                     {"SSL_CERT_FILE", (folder_.path() / "ca.pem").string()}};
  const fs::path errors = folder_.path() / (on.user.filename().string() + "." + std::to_string(++on.commands));
  return std::make_unique<e2e::Child>("/bin/bash", std::vector<std::string>{"-c", setting + command}, environment,
                                      errors, on.desk);
}

std::string Stage::run(Machine& on, const std::string& command) {
  auto child = start(on, command);
  child->close_input();
  const std::string out = child->read_all();
  const int code = child->wait();
  EXPECT_EQ(code, 0) << command << "\n" << out << child->errors();
  see(on, out + child->errors());
  return out;
}

void Stage::leave_running(Machine& on, const std::string& kind, const std::string& command) {
  for (auto it = on.running.begin(); it != on.running.end(); ++it) {
    if (it->kind == kind) {
      stop(on, *it);
      break;
    }
  }
  std::string line =
      std::regex_replace(command, std::regex("agentroom "), "exec agentroom ", std::regex_constants::format_first_only);
  if (kind == "relay") {
    if (line.find("--host ") == std::string::npos) line += " --host 127.0.0.1";
    line += " --port " + relay_port_;
  }
  if (kind == "room") line += " --port 0";
  on.running.push_back({kind, start(on, line)});
  const std::regex ready = ready_line(kind, line);
  std::smatch match;
  const auto until = std::chrono::steady_clock::now() + e2e::kDeadline;
  for (std::string text; std::chrono::steady_clock::now() < until && read_line(on, on.running.back(), text);) {
    if (!std::regex_match(text, match, ready)) continue;
    if (kind != "relay") return;
    relay_url_ = match[1].matched ? match[1] : match[2];
    relay_port_ = std::regex_replace(relay_url_, std::regex(".*:([0-9]+)/.*"), "$1");
    return;
  }
  ADD_FAILURE() << "was not ready in time: " << line << "\n" << on.seen << on.running.back().child->errors();
}

bool Stage::read_line(Machine& on, Running& from, std::string& line) {
  const auto next = from.child->read_line();
  if (!next) return false;
  line = *next;
  see(on, line + "\n");
  return true;
}

void Stage::see(Machine& on, const std::string& text) {
  on.seen += text;
  static const std::regex invite("agentroom://invite/[A-Za-z0-9_-]+");
  std::smatch match;
  if (std::regex_search(text, match, invite)) invite_ = match.str();
}

void Stage::stop(Machine& on, Running& what) {
  what.child->signal(SIGTERM);
  see(on, what.child->read_all());
  EXPECT_EQ(what.child->wait(), 0) << what.kind << " did not end well\n" << on.seen << what.child->errors();
  see(on, what.child->errors());
  on.running.remove_if([&](const Running& each) { return &each == &what; });
}

bool Stage::has_seen(const Machine& on, const std::string& line) const {
  const std::string wanted = replaced_all(line, variations());
  std::istringstream lines(on.seen);
  for (std::string each; std::getline(lines, each);) {
    if (replaced_all(each, variations()) == wanted) return true;
  }
  return false;
}

void Stage::await_transcripts() {
  for (auto& [name, on] : machines_) {
    for (const Span& shown : on.shown) {
      while (!has_seen(on, shown.text)) {
        std::string line;
        bool more = false;
        for (Running& running : on.running) more = more || read_line(on, running, line);
        if (more) continue;
        ADD_FAILURE() << "line " << shown.line << ": nothing like this was printed: " << shown.text << "\n" << on.seen;
        break;
      }
    }
    on.shown.clear();
  }
}

std::string Stage::replaced(const std::string& text, const std::string& where) {
  std::string all = replaced_all(text, substitutions());
  const auto put = [&](const std::string& name, auto&& value) {
    for (std::size_t at = all.find(name); at != std::string::npos; at = all.find(name)) {
      all.replace(at, name.size(), value());
    }
  };
  // Where no relay runs a URL is only written down.
  put("RELAY_URL", [&] { return relay_url_.empty() ? std::string("ws://localhost:1/ws") : relay_url_; });
  put("RELAY_PORT", [&] { return relay_port_; });
  put("INVITE", [&] { return invite_; });
  put("PEER_KEY", [&] { return peer_of(where); });
  return all;
}

std::string Stage::peer_of(const std::string& where) {
  boost::system::error_code error;
  const auto answer = boost::json::parse(run(machine(where), "agentroom peers --json"), error);
  if (!error && answer.is_object() && answer.at("peers").as_array().size() == 1) {
    return std::string(answer.at("peers").at(0).at("pk").as_string());
  }
  ADD_FAILURE() << where << " should have one peer";
  return "nobody";
}

}  // namespace agentroom::docs

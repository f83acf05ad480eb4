// A room that is open, and the stand-in for cloudflared behind it.
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "room.hpp"

namespace agentroom::e2e {

/// The events of a streaming command, to be waited for in any order.
class Events {
 public:
  using Wanted = std::function<bool(const boost::json::object&)>;

  explicit Events(Child& child) : child_(child) {}

  /// Takes the first of that type that fits and was not taken yet; a failed test and an empty object at the deadline or
  /// the end.
  boost::json::object take(const std::string& type, const Wanted& wanted = {});
  /// The next one that was not taken yet, whatever it is; an empty object at the deadline or the end.
  boost::json::object next();
  /// One of that type came and was not taken yet; does not wait.
  bool has(const std::string& type);

 private:
  std::optional<boost::json::object> read(std::chrono::milliseconds deadline);

  Child& child_;
  std::deque<boost::json::object> waiting_;
};

/// The text of an invite without its encoding.
std::string invite_text(const std::string& url);

/// True once the process has ended; false, and a failed test, at the deadline.
bool ends(pid_t pid);

/// Lets `home` open tunnels through the stand-in for cloudflared, which tests/contract/tunnel describes.
class StandIn {
 public:
  explicit StandIn(Home& home);

  static std::string program();
  /// [tunnel] for agentroom.toml; `more` stands in [tunnel].
  static std::string toml(const std::string& more = {});
  /// All that were started.
  std::vector<pid_t> started() const;
  /// The one behind the public URL; 0, and a failed test, when there is none.
  pid_t behind(const std::string& url) const;
  /// Kills that one; false, and a failed test, when there is none.
  bool kill(const std::string& url) const;
  /// None that was started is left.
  bool all_end() const;

 private:
  fs::path records_;
};

/// `room open` with a handler and a port of the system's choice.
class OpenRoom {
 public:
  /// `toml`: of a configuration file beside the home; `more`: arguments.
  OpenRoom(const Home& home, const std::string& toml, const std::vector<std::string>& more = {});

  Child& child() { return *child_; }
  Events& events() { return *events_; }
  /// Its next invite.
  std::string invite() { return text(events_->take("invite"), "url"); }

 private:
  std::unique_ptr<Child> child_;
  std::unique_ptr<Events> events_;
};

/// `room status --json` of that home.
boost::json::array rooms_of(const Home& home);

}  // namespace agentroom::e2e

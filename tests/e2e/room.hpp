// The pieces of an end-to-end test: homes, commands run in them, events read from them.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "child.hpp"

namespace agentroom::e2e {

namespace fs = std::filesystem;

/// What a command that ended left behind.
struct Ended {
  int code = -1;
  std::string out;
  std::string err;

  /// The last line of stdout as JSON; an empty object, and a failed test, when it is none.
  boost::json::object json() const;
};

/// A folder that goes with the test. Its path is short: a Unix socket has to fit.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  /// It stays after the test.
  void keep() { kept_ = true; }

 private:
  fs::path path_;
  bool kept_ = false;
};

/// One identity's home, and the commands that its owner runs.
class Home {
 public:
  Home();

  fs::path path() const { return folder_.path() / "home"; }
  /// A place for files of the test beside the home; commands run in it.
  const fs::path& desk() const { return folder_.path(); }
  fs::path write(const std::string& name, const std::string& text) const;
  void keep() { folder_.keep(); }

  /// Runs `agentroom ARGUMENTS` with this home to its end.
  Ended run(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  std::unique_ptr<Child> start(const std::vector<std::string>& arguments) const;

  Environment environment;

 private:
  Folder folder_;
  mutable int runs_ = 0;
};

/// Reads JSON lines until one of that type comes; a failed test and an empty object at the deadline or the end.
boost::json::object await(Child& child, const std::string& type);

/// What a file holds; nothing where there is none.
std::string contents(const fs::path& path);

/// A relay in a process of its own.
struct Relay {
  /// `home` outlives it. Port 0: the system picks.
  explicit Relay(const Home& home, unsigned port = 0, const std::vector<std::string>& more = {});
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port) + "/ws"; }

  std::unique_ptr<Child> child;
  unsigned port = 0;
};

/// Text of a member, or "" and a failed test when there is none.
std::string text(const boost::json::object& object, const char* member);

}  // namespace agentroom::e2e

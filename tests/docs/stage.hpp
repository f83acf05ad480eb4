// Where the commands of a section are typed: a relay's machine, Alice's and Bob's, each an empty user's home.
#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "child.hpp"
#include "document.hpp"
#include "room.hpp"
#include "rules.hpp"

namespace agentroom::docs {

class Stage {
 public:
  /// `examples`: is copied to every machine, and is where the commands are typed; empty: they are typed in the user's
  /// home.
  Stage(Before before, const std::filesystem::path& examples = {});
  /// Fails the test when something that runs does not end well.
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// A file that the document shows. `~/` is the user's home, else it lies where the commands are typed.
  void write(const Block& file);
  /// Types the commands of a block. What does not end by itself is left running once it is ready; a later one of the
  /// same kind on the same machine ends it.
  void type(const Block& commands);
  void type(const std::string& where, const std::string& command);
  /// What `where` saw so far on its terminal.
  const std::string& seen(const std::string& where) { return machine(where).seen; }
  /// Waits for every line that the blocks showed as output and that was not printed yet; each must come.
  void await_transcripts();

 private:
  struct Running {
    std::string kind;  ///< relay, serve, listen
    std::unique_ptr<e2e::Child> child;
  };
  struct Machine {
    std::filesystem::path user;  ///< HOME
    std::filesystem::path desk;  ///< the working directory
    std::list<Running> running;
    std::string seen;
    std::vector<Span> shown;  ///< lines of output in the documents
    int commands = 0;         ///< typed so far
  };

  Machine& machine(const std::string& where);
  std::unique_ptr<e2e::Child> start(Machine& on, const std::string& command);
  std::string run(Machine& on, const std::string& command);
  void leave_running(Machine& on, const std::string& kind, const std::string& command);
  bool read_line(Machine& on, Running& from, std::string& line);
  void see(Machine& on, const std::string& text);
  void stop(Machine& on, Running& what);
  bool has_seen(const Machine& on, const std::string& line) const;
  std::string replaced(const std::string& text, const std::string& where);
  std::string peer_of(const std::string& where);
  void meet();

  e2e::Folder folder_;
  std::filesystem::path examples_;
  std::map<std::string, Machine> machines_;
  std::string relay_url_;  ///< once one runs
  std::string relay_port_ = "0";
  std::string invite_;
};

/// `text` with each pattern of `rules` replaced.
std::string replaced_all(std::string text, std::span<const Substitution> rules);

}  // namespace agentroom::docs

// The commands and options of the built program, as its --help tells them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace agentroom::docs {

struct CommandHelp {
  std::set<std::string> commands;
  std::map<std::string, bool> options;  ///< with their dashes; true: takes a value
};

class Help {
 public:
  Help();

  /// What is wrong with `agentroom WORD...` as far as commands and options go; empty when nothing is. A word that is no
  /// command and begins with a capital, or …, stands for any.
  std::string what_is_wrong_with(const std::vector<std::string>& words) const;
  /// Of any command.
  bool has_option(const std::string& name) const;

 private:
  void read(const std::string& path);

  std::map<std::string, CommandHelp> all_;  ///< by path: "", "invite create"
};

}  // namespace agentroom::docs

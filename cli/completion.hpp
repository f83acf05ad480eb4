// Scripts that complete commands and options in a shell, written from the tree of commands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace agentroom::cli {

/// What a shell can offer for a value.
enum class ValueKind : std::uint8_t { kText, kFile, kFolder, kChoice };

struct CompletedValue {
  std::string name;  ///< "FILE"
  ValueKind kind = ValueKind::kText;
  std::vector<std::string> choices;  ///< of kChoice
};

struct CompletedOption {
  std::vector<std::string> names;  ///< "-q", "--quiet"
  std::string description;
  bool takes_value = false;
  CompletedValue value;
};

struct CompletedCommand {
  std::string path;  ///< "invite create"; empty: `agentroom` itself
  std::string description;
  std::vector<CompletedOption> options;
  std::vector<CompletedValue> arguments;
  std::vector<CompletedCommand> commands;

  /// The last word of `path`.
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// All commands, as the command line knows them.
CompletedCommand completed_commands();

// The scripts hold nothing but words of the tree, each quoted for its shell: what a person typed is compared, never
// evaluated, and no program runs. Names of peers are not offered: they are of the peers' choosing, and reading them
// takes the home's lock.
std::string bash_completion(const CompletedCommand& root);
std::string zsh_completion(const CompletedCommand& root);
std::string fish_completion(const CompletedCommand& root);

/// `root` and all below it, each before those below it.
std::vector<const CompletedCommand*> all_of(const CompletedCommand& root);

/// `'text'` as every POSIX shell reads it.
std::string shell_quoted(const std::string& text);

}  // namespace agentroom::cli

#include "completion.hpp"

#include <set>

namespace agentroom::cli {
namespace {

constexpr const char* kBegin = R"(# fish completion for agentroom. To be read by fish:
#   agentroom completion fish > ~/.config/fish/completions/agentroom.fish

# Whether the words so far name the command $argv[1] and give it $argv[2] arguments (any number without $argv[2]).
function __agentroom_at
    set -l at ''
    set -l arguments 0
    set -l value 0
    for word in (commandline -opc)[2..-1]
        if test $value -eq 1
            set value 0
            continue
        end
        switch "$at:$word"
            case '*:--'
                return 1
)";

constexpr const char* kAfterWords = R"(            case '*:-*'
            case '*'
                set arguments (math $arguments + 1)
        end
    end
    test "$at" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test $arguments -eq $argv[2]
end

complete -c agentroom -f
)";

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string value_of(const CompletedValue& value) {
  switch (value.kind) {
    case ValueKind::kText:
      return "";
    case ValueKind::kFile:
      return " -F";
    case ValueKind::kFolder:
      return " -a '(__fish_complete_directories)'";
    case ValueKind::kChoice: {
      std::string all;
      for (const std::string& choice : value.choices) all += (all.empty() ? "" : " ") + choice;
      return " -a " + fish_quoted(all);
    }
  }
  return "";
}

/// `-n '__agentroom_at "invite create"'`
std::string condition(const CompletedCommand& command, const std::string& more = {}) {
  return " -n " + fish_quoted("__agentroom_at \"" + command.path + "\"" + more);
}

std::string option_line(const std::string& where, const CompletedOption& option) {
  std::string out = "complete -c agentroom" + where;
  for (const std::string& name : option.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value) out += (option.value.kind == ValueKind::kFile ? " -r" : " -x") + value_of(option.value);
  return out + " -d " + fish_quoted(option.description) + "\n";
}

std::string case_line(const std::string& patterns, const std::string& action) {
  return "            case " + patterns + "\n                " + action + "\n";
}

}  // namespace

std::string fish_completion(const CompletedCommand& root) {
  std::string script = kBegin;
  std::set<std::vector<std::string>> globals;
  for (const CompletedOption& option : root.options) globals.insert(option.names);
  const auto all = all_of(root);

  std::set<std::string> seen;
  for (const CompletedCommand* command : all) {
    for (const CompletedOption& option : command->options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) {
        const std::string at = globals.contains(option.names) ? "*" : command->path;
        if (seen.insert(at + ":" + name).second) script += case_line(fish_quoted(at + ":" + name), "set value 1");
      }
    }
  }
  for (const CompletedCommand* command : all) {
    for (const CompletedCommand& inner : command->commands) {
      script += case_line(fish_quoted(command->path + ":" + inner.name()), "set at " + fish_quoted(inner.path));
    }
  }
  script += kAfterWords;

  for (const CompletedOption& option : root.options) script += option_line("", option);
  for (const CompletedCommand* command : all) {
    std::string lines;
    for (const CompletedCommand& inner : command->commands) {
      lines += "complete -c agentroom" + condition(*command, " 0") + " -a " + inner.name() + " -d " +
               fish_quoted(inner.description) + "\n";
    }
    for (const CompletedOption& option : command->options) {
      if (!globals.contains(option.names)) lines += option_line(condition(*command), option);
    }
    for (std::size_t i = 0; i < command->arguments.size(); ++i) {
      const CompletedValue& value = command->arguments[i];
      if (value.kind == ValueKind::kText) continue;
      lines += "complete -c agentroom" + condition(*command, " " + std::to_string(i)) + value_of(value) + "\n";
    }
    if (!lines.empty()) script += "\n" + lines;
  }
  return script;
}

}  // namespace agentroom::cli

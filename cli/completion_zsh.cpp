#include "completion.hpp"

#include <set>

namespace agentroom::cli {
namespace {

constexpr const char* kBegin = R"(#compdef agentroom
# zsh completion for agentroom. To be put into a folder of $fpath:
#   agentroom completion zsh > ~/.zfunc/_agentroom

)";

constexpr const char* kEnd = R"(
if [[ $funcstack[1] == _agentroom ]]; then
  _agentroom "$@"
elif (( $+functions[compdef] )); then
  compdef _agentroom agentroom
fi
)";

/// What `_arguments` and `_describe` would read as their own signs.
std::string escaped(const std::string& text, const std::string& signs) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || signs.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string function_of(const CompletedCommand& command) {
  std::string name = "_agentroom";
  if (!command.path.empty()) name += "_" + command.path;
  for (char& c : name) {
    if (c == ' ' || c == '-') c = '_';
  }
  return name;
}

/// `:FILE:_files`
std::string value_of(const CompletedValue& value) {
  std::string out = ":" + escaped(value.name, ":") + ":";
  switch (value.kind) {
    case ValueKind::kText:
      return out + " ";
    case ValueKind::kFile:
      return out + "_files";
    case ValueKind::kFolder:
      return out + "_files -/";
    case ValueKind::kChoice:
      out += "(";
      for (const std::string& choice : value.choices) out += (choice == value.choices.front() ? "" : " ") + choice;
      return out + ")";
  }
  return out;
}

std::string argument(const std::string& specification) {
  return " \\\n    " + shell_quoted(specification);
}

/// What `_arguments` is told of an option, one for each of its names.
std::vector<std::string> specifications(const CompletedOption& option) {
  std::vector<std::string> all;
  for (const std::string& name : option.names) {
    all.push_back(name + (option.takes_value && name.starts_with("--") ? "=" : "") + "[" +
                  escaped(option.description, "[]") + "]" + (option.takes_value ? value_of(option.value) : ""));
  }
  return all;
}

std::string function(const CompletedCommand& command, const std::set<std::vector<std::string>>& globals) {
  std::string out = function_of(command) + "() {\n";
  const bool inner = !command.commands.empty();
  if (command.path.empty()) {
    out += "  local -a globals=(";
    for (const CompletedOption& option : command.options) {
      for (const std::string& each : specifications(option)) out += "\n    " + shell_quoted(each);
    }
    out += "\n  )\n";
  }
  if (inner) out += "  local curcontext=$curcontext state line ret=1\n  typeset -A opt_args\n";
  out += inner ? "  _arguments -C -S $globals" : "  _arguments -S $globals";
  for (const CompletedOption& option : command.options) {
    if (globals.contains(option.names)) continue;
    for (const std::string& each : specifications(option)) out += argument(each);
  }
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    out += argument(std::to_string(i + 1) + value_of(command.arguments[i]));
  }
  if (!inner) return out + "\n}\n\n";

  out += argument("1: :->command") + argument("*:: :->rest") + " && ret=0\n";
  out += "  case $state in\n    command)\n      local -a commands=(";
  for (const CompletedCommand& each : command.commands) {
    out += "\n        " + shell_quoted(each.name() + ":" + escaped(each.description, ":"));
  }
  out +=
      "\n      )\n      _describe -t commands command commands && ret=0\n      ;;\n    rest)\n      case $line[1] in\n";
  for (const CompletedCommand& each : command.commands) {
    out += "        " + each.name() + ") " + function_of(each) + " && ret=0 ;;\n";
  }
  return out + "      esac\n      ;;\n  esac\n  return ret\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CompletedCommand& root) {
  std::string script = kBegin;
  std::set<std::vector<std::string>> globals;
  for (const CompletedOption& option : root.options) globals.insert(option.names);
  const auto all = all_of(root);
  for (auto command = all.rbegin(); command != all.rend(); ++command) script += function(**command, globals);
  script.pop_back();
  return script + kEnd;
}

}  // namespace agentroom::cli

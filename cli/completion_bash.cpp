#include "completion.hpp"

namespace agentroom::cli {
namespace {

// Everything before the cursor is read once: options with their values are skipped, names of commands are followed.
// `=` is a word of its own where COMP_WORDBREAKS says so, and part of the option where not.
constexpr const char* kBegin = R"(# bash completion for agentroom. To be read by bash:
#   agentroom completion bash > ~/.local/share/bash-completion/completions/agentroom

_agentroom() {
  local cur=${COMP_WORDS[COMP_CWORD]} at='' option='' prefix='' i word
  local what=options words=''
  local -i arguments=0
  COMPREPLY=()
@  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      [[ $word == '=' ]] || option=''
      continue
    fi
    case "$at:$word" in
      *:--) return 0 ;;
)";

constexpr const char* kAfterWords = R"(      *:-?*) ;;
      *) arguments+=1 ;;
    esac
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -z $option && $cur == --*=* ]]; then
    option=${cur%%=*}
    prefix=$option=
    cur=${cur#*=}
  fi

  case "$at:$option" in
)";

constexpr const char* kEnd = R"(  esac
  if [[ -z $option && ($cur == -* || $what == options) ]]; then
    what=words words=$options
  fi
  case "$what" in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -P "$prefix" -- "$cur") ;;
    files | folders)
      compopt -o filenames 2>/dev/null
      word=-f
      [[ $what == folders ]] && word=-d
      mapfile -t COMPREPLY < <(compgen $word -P "$prefix" -- "$cur")
      ;;
  esac
}

complete -F _agentroom agentroom
)";

std::string line(const std::string& pattern, const std::string& action) {
  return pattern + ") " + action + " ;;\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return shell_quoted(all);
}

/// Sets what is offered for a value.
std::string offer(const CompletedValue& value) {
  switch (value.kind) {
    case ValueKind::kText:
      return "what=''";
    case ValueKind::kFile:
      return "what=files";
    case ValueKind::kFolder:
      return "what=folders";
    case ValueKind::kChoice:
      return "what=words words=" + joined(value.choices);
  }
  return {};
}

bool is_global(const CompletedCommand& root, const CompletedOption& option) {
  for (const CompletedOption& global : root.options) {
    if (global.names == option.names) return true;
  }
  return false;
}

/// `at:--name`, one for each name.
std::string pattern_of(const std::string& at, const CompletedOption& option) {
  std::string pattern;
  for (const std::string& name : option.names) pattern += (pattern.empty() ? "" : "|") + at + ":" + name;
  return pattern;
}

/// Each option with a value and the pattern that means it, once for the global ones.
template <class See>
void for_each_value(const CompletedCommand& root, const See& see) {
  for (const CompletedOption& option : root.options) {
    if (option.takes_value) see(pattern_of("*", option), option);
  }
  for (const CompletedCommand* command : all_of(root)) {
    for (const CompletedOption& option : command->options) {
      if (option.takes_value && !is_global(root, option)) see(pattern_of(shell_quoted(command->path), option), option);
    }
  }
}

std::vector<std::string> names_of(const std::vector<CompletedOption>& options) {
  std::vector<std::string> names;
  for (const CompletedOption& option : options) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

/// What is offered where no option waits for its value: options, and words for the next argument.
std::string offers(const CompletedCommand& root, const CompletedCommand& command) {
  std::string out;
  std::vector<CompletedOption> own = command.options;
  std::erase_if(own, [&](const CompletedOption& option) { return is_global(root, option); });
  if (!own.empty()) out += "      options+=\" \"" + joined(names_of(own)) + "\n";
  if (command.commands.empty() && command.arguments.empty()) return out;
  out += "      what=''\n";
  std::vector<CompletedValue> arguments = command.arguments;
  if (!command.commands.empty()) {
    CompletedValue names{"COMMAND", ValueKind::kChoice, {}};
    for (const CompletedCommand& inner : command.commands) names.choices.push_back(inner.name());
    arguments.insert(arguments.begin(), names);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].kind == ValueKind::kText) continue;
    out += "      ((arguments == " + std::to_string(i) + ")) && " + offer(arguments[i]) + "\n";
  }
  return out;
}

}  // namespace

std::string bash_completion(const CompletedCommand& root) {
  std::string script = kBegin;
  script.replace(script.find('@'), 1, "  local options=" + joined(names_of(root.options)) + "\n");
  for_each_value(root, [&](const std::string& pattern, const CompletedOption&) {
    script += "      " + line(pattern, "option=$word");
  });
  for (const CompletedCommand* command : all_of(root)) {
    for (const CompletedCommand& inner : command->commands) {
      script += "      " + line(shell_quoted(command->path) + ":" + inner.name(), "at=" + shell_quoted(inner.path));
    }
  }
  script += kAfterWords;
  for_each_value(root, [&](const std::string& pattern, const CompletedOption& option) {
    script += "    " + line(pattern, offer(option.value));
  });
  for (const CompletedCommand* command : all_of(root)) {
    const std::string all = offers(root, *command);
    if (!all.empty()) script += "    " + shell_quoted(command->path) + ":)\n" + all + "      ;;\n";
  }
  return script + kEnd;
}

}  // namespace agentroom::cli

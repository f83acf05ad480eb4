#include "completion.hpp"

#include "command_tree.hpp"
#include "commands.hpp"

namespace agentroom::cli {
namespace {

CompletedValue value_of(const CommandTree& tree, const CLI::Option& option, const std::string& type) {
  if (const auto& choices = tree.choices(option); !choices.empty()) return {type, ValueKind::kChoice, choices};
  if (type == "FILE") return {type, ValueKind::kFile, {}};
  if (type == "DIR") return {type, ValueKind::kFolder, {}};
  return {type, ValueKind::kText, {}};
}

CompletedOption option_of(const CommandTree& tree, const CLI::Option& option) {
  CompletedOption completed;
  for (const std::string& name : option.get_snames()) completed.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) completed.names.push_back("--" + name);
  completed.description = option.get_description();
  completed.takes_value = option.get_items_expected_max() > 0;
  if (completed.takes_value) {
    const std::string type = option.get_type_name();  // with what its checks say of themselves after a colon
    completed.value = value_of(tree, option, type.substr(0, type.find(':')));
  }
  return completed;
}

CompletedCommand command_of(const CommandTree& tree, const CLI::App& app, const std::string& path) {
  CompletedCommand command{path, app.get_description(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // in no help
    if (option->get_positional()) {
      command.arguments.push_back(value_of(tree, *option, option->get_name()));
    } else {
      command.options.push_back(option_of(tree, *option));
    }
  }
  for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(command_of(tree, *inner, (path.empty() ? "" : path + " ") + inner->get_name()));
  }
  return command;
}

void append_all(const CompletedCommand& command, std::vector<const CompletedCommand*>& all) {
  all.push_back(&command);
  for (const CompletedCommand& inner : command.commands) append_all(inner, all);
}

}  // namespace

CompletedCommand completed_commands() {
  const CommandTree tree;
  return command_of(tree, tree.app(), {});
}

std::vector<const CompletedCommand*> all_of(const CompletedCommand& root) {
  std::vector<const CompletedCommand*> all;
  append_all(root, all);
  return all;
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\'";
    out += c;
  }
  return out + "'";
}

int run(const CompletionCommand& command, const GlobalOptions& /*globals*/, Output& out) {
  const CompletedCommand root = completed_commands();
  const std::string script = command.shell == "zsh"    ? zsh_completion(root)
                             : command.shell == "fish" ? fish_completion(root)
                                                       : bash_completion(root);
  out.result({{"ok", true}, {"shell", command.shell}, {"script", script}});
  out.line(script.substr(0, script.size() - 1));
  return 0;
}

}  // namespace agentroom::cli

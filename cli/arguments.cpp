#include "arguments.hpp"

#include <algorithm>

#include "command_tree.hpp"
#include "config/nearest.hpp"

namespace agentroom::cli {
namespace {

// CLI11 takes a lone "++" for the end of a command. It is a text here, so it travels under a name that nobody types.
constexpr const char* kPlusPlus = "\x01++";

/// One parse, and its words for what is wrong.
class Parser {
 public:
  std::expected<Invocation, Stop> parse(std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    try {
      tree_.app().parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
      return std::unexpected(Stop{tree_.app().help(), {}});
    } catch (const CLI::ParseError& error) {
      return std::unexpected(Stop{{}, usage_error(error)});
    }
    if (tree_.problem()) return std::unexpected(Stop{{}, Error{ErrorCode::kUsage, *tree_.problem(), hint()}});
    for (std::string* text : tree_.texts()) {
      if (*text == kPlusPlus) *text = "++";
    }
    return tree_.invocation();
  }

 private:
  /// From the root to the command that was named.
  std::vector<const CLI::App*> chosen() const {
    std::vector<const CLI::App*> path{&tree_.app()};
    while (!path.back()->get_subcommands().empty()) path.push_back(path.back()->get_subcommands().front());
    return path;
  }

  std::string chosen_name() const {
    std::string name = "agentroom";
    for (const CLI::App* command : chosen()) {
      if (command != &tree_.app()) name += " " + command->get_name();
    }
    return name;
  }

  std::string hint() const { return "see: " + chosen_name() + " --help"; }

  Error usage_error(const CLI::ParseError& error) const {
    const CLI::App& command = *chosen().back();
    std::vector<std::string> names;
    for (const CLI::App* known : command.get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(known->get_name());
    std::vector<std::string> rest = command.remaining();
    std::erase(rest, "--");
    if (!names.empty() && !rest.empty() && !rest.front().starts_with("-")) {
      return {ErrorCode::kUsage,
              chosen_name() + " knows no command `" + rest.front() + "`" + config::suggestion(rest.front(), names),
              hint()};
    }
    if (!names.empty() && rest.empty() && command.get_require_subcommand_min() > 0) {
      return {ErrorCode::kUsage, "no command was given to " + chosen_name(), hint()};
    }
    const auto option = std::ranges::find_if(rest, [](const std::string& text) { return text.starts_with("-"); });
    const bool is_send = chosen_name() == "agentroom send";
    if (option != rest.end()) {
      const std::string near = nearest_option(command, option->substr(0, option->find('=')));
      return {
          ErrorCode::kUsage,
          chosen_name() + " knows no option `" + *option + "`" + (near.empty() ? "" : "; did you mean `" + near + "`?"),
          is_send ? "a text that begins with - goes after --: agentroom send PEER -- TEXT" : hint()};
    }
    if (!rest.empty()) {
      return {ErrorCode::kUsage, chosen_name() + " does not expect `" + rest.front() + "`",
              is_send ? "a text of several words goes in quotes: agentroom send PEER 'is it done?'" : hint()};
    }
    const std::string what = error.what();
    if (error.get_name() == "ArgumentMismatch" && what.starts_with("--")) {
      return {ErrorCode::kUsage, what.substr(0, what.find(':')) + " needs a value", hint()};
    }
    return {ErrorCode::kUsage, error.get_name() == "RequiredError" ? chosen_name() + ": " + what : what, hint()};
  }

  static std::string nearest_option(const CLI::App& command, const std::string& given) {
    std::vector<std::string> names;
    for (const CLI::Option* known : command.get_options()) {
      for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    }
    return config::nearest(given, names);
  }

  CommandTree tree_;
};

/// CLI11 takes "--option=" for an option whose value comes next.
void give_empty_values(std::vector<std::string>& arguments) {
  const auto end = std::ranges::find(arguments, "--");
  std::vector<std::string> out;
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    const bool is_empty_value = at < end && at->starts_with("--") && at->size() > 3 && at->find('=') == at->size() - 1;
    out.push_back(is_empty_value ? at->substr(0, at->size() - 1) : *at);
    if (is_empty_value) out.emplace_back();
  }
  arguments = std::move(out);
}

}  // namespace

std::expected<Invocation, Stop> parse_arguments(std::vector<std::string> arguments) {
  bool json = false;
  bool quiet = false;
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    json = json || argument == "--json";
    quiet = quiet || argument == "-q" || argument == "--quiet";
    if (argument == "-h") argument = "--help";
  }
  if (!arguments.empty() && arguments.front() == "--version") arguments.front() = "version";
  for (std::string& argument : arguments) {
    if (argument == "++") argument = kPlusPlus;
  }
  give_empty_values(arguments);
  Parser parser;
  auto invocation = parser.parse(std::move(arguments));
  if (!invocation) {
    invocation.error().json = json;
    invocation.error().quiet = quiet;
  }
  return invocation;
}

}  // namespace agentroom::cli

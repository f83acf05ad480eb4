#include "help.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

#include "room.hpp"

namespace agentroom::docs {

Help::Help() {
  read({});
}

void Help::read(const std::string& path) {
  static const std::regex command("^  ([a-z]+) {2,}\\S.*");
  static const std::regex option("^  (-[a-z],)?(--[a-z-]+|-[a-z])( [A-Z]+(:.*| .*|))?");
  static const e2e::Home home;
  std::istringstream words(path);
  std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
  arguments.emplace_back("--help");
  const auto told = home.run(arguments);
  EXPECT_EQ(told.code, 0) << path << told.err;

  CommandHelp& help = all_[path];
  std::istringstream lines(told.out);
  std::string part;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!line.empty() && line.front() != ' ') part = line;
    if (part == "Commands:" && std::regex_match(line, match, command)) {
      help.commands.insert(match[1]);
    } else if (part.ends_with("ptions:") && std::regex_search(line, match, option)) {
      help.options[match[2]] = match[3].matched;
      if (match[1].matched) help.options[match.str(1).substr(0, 2)] = match[3].matched;
    }
  }
  const auto commands = help.commands;
  for (const std::string& each : commands) read(path.empty() ? each : path + " " + each);
}

std::string Help::what_is_wrong_with(const std::vector<std::string>& words) const {
  std::string path;
  std::vector<std::string> options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--" || word == "…") break;
    const CommandHelp& help = all_.at(path);
    if (word.starts_with("-") && word.size() > 1) {
      options.push_back(word.substr(0, word.find('=')));
      const auto known = help.options.find(options.back());
      if (known != help.options.end() && known->second && word.find('=') == std::string::npos) ++i;
      continue;
    }
    if (help.commands.empty()) continue;  // an argument
    // `invite create|accept` names several.
    std::istringstream alternatives(word);
    std::string last;
    for (std::string each; std::getline(alternatives, each, '|'); last = each) {
      if (!help.commands.contains(each)) {
        const bool stands_for_any = std::isupper(static_cast<unsigned char>(each.front())) != 0;
        if (!stands_for_any) return "there is no command agentroom " + path + (path.empty() ? "" : " ") + each;
        const auto wrong = std::ranges::find_if(options, [&](const auto& option) { return !has_option(option); });
        return wrong == options.end() ? "" : "no command has an option " + *wrong;
      }
    }
    path += (path.empty() ? "" : " ") + last;
  }
  for (const std::string& option : options) {
    if (!all_.at(path).options.contains(option)) return "agentroom " + path + " has no option " + option;
  }
  return {};
}

bool Help::has_option(const std::string& name) const {
  return std::ranges::any_of(all_, [&](const auto& each) { return each.second.options.contains(name); });
}

}  // namespace agentroom::docs

#include "mistake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <sstream>

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string with_paths(const std::string& text, const Home& home) {
  return replaced(replaced(text, "{home}", home.path().string()), "{desk}", home.desk().string());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Told {
  std::string message;
  std::string hint;
};

Told told_to_people(const Ended& ended) {
  Told told;
  const auto lines = lines_of(ended.err);
  EXPECT_LE(lines.size(), 2U) << "one line and a hint: " << ended.err;
  if (!lines.empty()) {
    EXPECT_THAT(lines[0], StartsWith("error: "));
    told.message = lines[0].substr(std::min<std::size_t>(7, lines[0].size()));
  }
  if (lines.size() > 1) {
    EXPECT_THAT(lines[1], StartsWith("  "));
    told.hint = lines[1].substr(std::min<std::size_t>(2, lines[1].size()));
  }
  return told;
}

Told told_to_programs(const Ended& ended, const std::string& code) {
  EXPECT_EQ(ended.err, "") << "with --json stderr is for logs";
  EXPECT_EQ(lines_of(ended.out).size(), 1U) << ended.out;
  const auto object = ended.json();
  const auto* ok = object.if_contains("ok");
  EXPECT_TRUE(ok != nullptr && ok->is_bool() && !ok->as_bool()) << ended.out;
  EXPECT_EQ(text(object, "code"), code) << ended.out;
  return {text(object, "error"), text(object, "hint")};
}

void expect_words(const Mistake& mistake, const Told& told, const Home& home) {
  for (const std::string& words : mistake.words) EXPECT_THAT(told.message, HasSubstr(with_paths(words, home)));
  EXPECT_THAT(told.hint, HasSubstr(with_paths(mistake.hint, home)));
  EXPECT_NE(told.hint, "") << "no way on is named";
  EXPECT_EQ(told.message.find('\n'), std::string::npos);
}

/// So that what a test has closed can be removed.
void open_again(const fs::path& folder) {
  std::error_code ignored;
  for (auto at = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, ignored);
       at != fs::recursive_directory_iterator(); at.increment(ignored)) {
    if (at->is_symlink(ignored) || !at->is_directory(ignored)) continue;
    fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  }
}

/// One form in a home of its own.
Told run_form(const Mistake& mistake, bool json) {
  SCOPED_TRACE(json ? "for programs" : "for people");
  Home home;
  for (const auto& [name, value] : mistake.environment) {
    if (value.empty()) {
      home.environment.erase(name);
    } else {
      home.environment[name] = with_paths(value, home);
    }
  }
  if (mistake.prepare) mistake.prepare(home);
  std::vector<std::string> arguments;
  if (json) arguments.emplace_back("--json");
  for (const std::string& argument : mistake.arguments) arguments.push_back(with_paths(argument, home));
  const Ended ended = run_confined(home, arguments, mistake.input, mistake.limits);
  EXPECT_EQ(ended.code, mistake.exit) << ended.out << ended.err;
  if (!json) {
    EXPECT_EQ(ended.out, "");
  }
  for (const std::string& secret : mistake.secrets) EXPECT_THAT(ended.out + ended.err, Not(HasSubstr(secret)));
  open_again(home.desk());
  const Told told = json ? told_to_programs(ended, mistake.code) : told_to_people(ended);
  expect_words(mistake, told, home);
  const std::string folder = home.desk().string();
  return {replaced(told.message, folder, "{desk}"), replaced(told.hint, folder, "{desk}")};
}

}  // namespace

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << "agentroom";
  for (const std::string& argument : mistake.arguments) *out << ' ' << argument.substr(0, 80);
}

Ended run_confined(const Home& home, const std::vector<std::string>& arguments, const std::string& input,
                   const std::vector<std::string>& limits) {
  std::vector<std::string> all = limits;
  all.emplace_back(AGENTROOM_BINARY);
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Folder errors;
  Child child(CONFINED_BINARY, all, home.environment, errors.path() / "stderr", home.desk());
  if (!input.empty()) child.write(input);
  child.close_input();
  Ended ended;
  ended.out = child.read_all();
  ended.code = child.wait();
  ended.err = child.errors();
  return ended;
}

void expect_told(const Mistake& mistake) {
  const Told people = run_form(mistake, false);
  const Told programs = run_form(mistake, true);
  EXPECT_EQ(people.message, programs.message);
  EXPECT_EQ(people.hint, programs.hint);
}

}  // namespace agentroom::e2e

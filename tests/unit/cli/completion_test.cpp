#include "completion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "arguments.hpp"
#include "base/text.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

class CompletionScript : public testing::Test {
 protected:
  CompletionScript() {
    std::string name = (fs::temp_directory_path() / "completion.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::create_directory(folder_ / "desk");
    write("bash", bash_completion(root));
    write("zsh", zsh_completion(root));
    write("fish", fish_completion(root));
  }
  ~CompletionScript() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  fs::path script(const std::string& shell) const { return folder_ / shell; }
  fs::path desk() const { return folder_ / "desk"; }

  /// The lines that a shell's command prints; it runs at the desk.
  std::vector<std::string> lines_of(const std::string& command) const {
    const std::string whole = "cd " + shell_quoted(desk().string()) + " && " + command + " 2>&1";
    FILE* pipe = ::popen(whole.c_str(), "r");
    std::string text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << text;
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  /// What bash offers for the last of `words`, as its line editor asks for it.
  std::vector<std::string> bash_offers(const std::vector<std::string>& words) const {
    std::string all;
    for (const std::string& word : words) all += " " + shell_quoted(word);
    write("drive", "source " + shell_quoted(script("bash").string()) + "\nCOMP_WORDS=(agentroom" + all +
                       ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_agentroom\n"
                       "[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    return lines_of("bash --norc " + shell_quoted(script("drive").string()));
  }

  std::vector<std::string> fish_offers(const std::string& line) const {
    write("drive", "source " + script("fish").string() + "\ncomplete -C '" + line + "'\n");
    std::vector<std::string> words;
    for (const std::string& offer : lines_of("fish --no-config " + shell_quoted(script("drive").string()))) {
      words.push_back(offer.substr(0, offer.find('\t')));
    }
    return words;
  }

  static bool installed(const std::string& shell) {
    return std::system(("command -v " + shell + " >/dev/null").c_str()) == 0;
  }

  const CompletedCommand root = completed_commands();

 private:
  fs::path folder_;
};

TEST_F(CompletionScript, KnowsEveryCommandAndOptionThatHelpShows) {
  std::vector<std::string> paths;
  for (const CompletedCommand* command : all_of(root)) {
    paths.push_back(command->path);
    std::vector<std::string> words;
    std::istringstream in(command->path);
    for (std::string word; in >> word;) words.push_back(word);
    words.emplace_back("--help");
    const std::string help = parse_arguments(words).error().help;

    std::vector<std::string> known;
    for (const CompletedOption& option : command->options)
      known.insert(known.end(), option.names.begin(), option.names.end());
    const std::regex name("(?:^|\n| )(--[a-z-]+|-[a-z])[ ,]");
    const std::string listed = help.substr(0, help.find("Example:"));
    for (std::sregex_iterator at(listed.begin(), listed.end(), name), end; at != end; ++at) {
      EXPECT_THAT(known, Contains((*at)[1].str())) << command->path;
    }
    for (const std::string& each : known) EXPECT_THAT(listed, HasSubstr(each)) << command->path;
    for (const CompletedCommand& inner : command->commands) EXPECT_THAT(listed, HasSubstr("\n  " + inner.name() + " "));
  }
  EXPECT_THAT(paths, IsSupersetOf({"",
                                   "setup",
                                   "whoami",
                                   "relay",
                                   "invite create",
                                   "invite accept",
                                   "send",
                                   "listen",
                                   "serve",
                                   "peers rename",
                                   "peers remove",
                                   "peers verify",
                                   "plugin list",
                                   "plugin info",
                                   "plugin check",
                                   "plugin new",
                                   "config check",
                                   "config show",
                                   "store check",
                                   "store backup",
                                   "store compact",
                                   "demo",
                                   "version",
                                   "completion"}));
}

TEST_F(CompletionScript, HasEveryCommandAndOptionInEachScript) {
  for (const auto& text : {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_EQ(printable(text, true), text) << "nothing that a terminal obeys";
    for (const CompletedCommand* command : all_of(root)) {
      EXPECT_THAT(text, HasSubstr(command->name()));
      for (const CompletedOption& option : command->options) {
        EXPECT_THAT(text, HasSubstr(option.names.back().substr(option.names.back().find_first_not_of('-'))));
      }
    }
  }
}

TEST_F(CompletionScript, DescribesEachCommandAndOptionWhereTheShellShowsIt) {
  // Without what either shell escapes a quote, a bracket or a colon with.
  const auto plain = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '\\' || c == '\''; });
    return text;
  };
  for (const auto& text : {plain(zsh_completion(root)), plain(fish_completion(root))}) {
    for (const CompletedCommand* command : all_of(root)) {
      EXPECT_TRUE(command == &root || text.find(plain(command->description)) != std::string::npos) << command->path;
      for (const CompletedOption& option : command->options) EXPECT_THAT(text, HasSubstr(plain(option.description)));
    }
  }
}

TEST_F(CompletionScript, IsGoodSyntaxForItsShell) {
  lines_of("bash -n " + script("bash").string());
  for (const std::string shell : {"zsh", "fish"}) {
    if (!installed(shell)) GTEST_SKIP() << shell << " is not installed";
    EXPECT_THAT(lines_of(shell + " -n " + script(shell).string()), IsEmpty());
  }
}

TEST_F(CompletionScript, InBashOffersCommandsWhereACommandStands) {
  EXPECT_THAT(bash_offers({""}), IsSupersetOf({"setup", "send", "serve", "peers", "completion"}));
  EXPECT_THAT(bash_offers({"se"}), UnorderedElementsAre("setup", "send", "serve"));
  EXPECT_THAT(bash_offers({"invite", ""}), UnorderedElementsAre("create", "accept", "list", "revoke"));
  EXPECT_THAT(bash_offers({"--json", "--home", "send", "peers", "re"}), UnorderedElementsAre("rename", "remove"))
      << "options and their values are no commands";
  EXPECT_THAT(bash_offers({"send", ""}), IsEmpty()) << "a peer";
  EXPECT_THAT(bash_offers({"send", "invite", ""}), IsEmpty()) << "a peer that is named like a command";
  EXPECT_THAT(bash_offers({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(bash_offers({"completion", "bash", ""}), IsEmpty());
}

TEST_F(CompletionScript, InBashOffersTheOptionsOfTheCommandAndTheGlobalOnes) {
  EXPECT_THAT(bash_offers({"serve", "--ha"}), ElementsAre("--handler-timeout"));
  EXPECT_THAT(bash_offers({"serve", "-"}), IsSupersetOf({"--on-message", "--json", "-q", "--config"}));
  EXPECT_THAT(bash_offers({"listen", ""}), Contains("--server")) << "nothing else can stand there";
  EXPECT_THAT(bash_offers({"listen", "--on"}), IsEmpty());
  EXPECT_THAT(bash_offers({"send", "alice", "--", "--js"}), IsEmpty()) << "after -- everything is text";
}

TEST_F(CompletionScript, InBashOffersValues) {
  fs::create_directory(desk() / "folder");
  std::ofstream(desk() / "file.toml") << "";
  EXPECT_THAT(bash_offers({"--log-level", ""}), ElementsAre("debug", "info", "warn", "error", "off"));
  EXPECT_THAT(bash_offers({"serve", "--log-format", "="}), ElementsAre("text", "json")) << "= as a word of its own";
  EXPECT_THAT(bash_offers({"--log-format", "=", "j"}), ElementsAre("json"));
  EXPECT_THAT(bash_offers({"--log-format=j"}), ElementsAre("--log-format=json")) << "= within the word";
  EXPECT_THAT(bash_offers({"--config", ""}), UnorderedElementsAre("folder", "file.toml"));
  EXPECT_THAT(bash_offers({"--home", "f"}), ElementsAre("folder"));
  EXPECT_THAT(bash_offers({"--server", ""}), IsEmpty());
  EXPECT_THAT(bash_offers({"--server", "ws://x", "wh"}), ElementsAre("whoami"));
}

TEST_F(CompletionScript, InBashRunsNothingThatIsTypedOrLiesAround) {
  const std::string hostile = "a$(touch pwned)`touch pwned`; touch pwned #";
  std::ofstream(desk() / hostile) << "";
  EXPECT_THAT(bash_offers({"--config", "a"}), ElementsAre(hostile));
  for (const std::string word :
       {"$(touch pwned)", "`touch pwned`", "a$(touch pwned)", "*", "--config=$(touch pwned)"}) {
    bash_offers({word});
    bash_offers({word, ""});
    bash_offers({"--config", word});
    bash_offers({"send", word, word});
    bash_offers({"--log-level", word});
  }
  EXPECT_FALSE(fs::exists(desk() / "pwned"));
}

TEST_F(CompletionScript, InFishOffersWhatFitsTheCommand) {
  if (!installed("fish")) GTEST_SKIP() << "fish is not installed";
  EXPECT_THAT(fish_offers("agentroom se"), UnorderedElementsAre("setup", "send", "serve"));
  EXPECT_THAT(fish_offers("agentroom --home send peers re"), UnorderedElementsAre("rename", "remove"));
  EXPECT_THAT(fish_offers("agentroom serve --ha"), ElementsAre("--handler-timeout"));
  EXPECT_THAT(fish_offers("agentroom listen --on"), IsEmpty());
  EXPECT_THAT(fish_offers("agentroom --log-level "), UnorderedElementsAre("debug", "info", "warn", "error", "off"));
  EXPECT_THAT(fish_offers("agentroom completion "), UnorderedElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(fish_offers("agentroom send alice "), IsEmpty());
}

TEST(ShellQuoted, IsOneWordWhateverItHolds) {
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted(""), "''");
}

}  // namespace
}  // namespace agentroom::cli

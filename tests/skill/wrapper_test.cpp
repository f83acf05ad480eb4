// The plugin's bin/agentroom finds the installed program, or says how to get it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "room.hpp"

namespace agentroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kWrapper = fs::path(SOURCE_ROOT) / "bin" / "agentroom";

/// A machine whose system folders are the test's, with the wrapper on its PATH as Claude Code puts it there.
class Wrapper : public testing::Test {
 protected:
  Wrapper() {
    for (const char* name : {"plugin", "other", "usr-local-bin", "usr-bin"}) fs::create_directory(at(name));
    std::ostringstream read;
    read << std::ifstream(kWrapper).rdbuf();
    std::string script = read.str();
    const std::string system = ":/usr/local/bin:/usr/bin\n";
    const auto found = script.find(system);
    EXPECT_NE(found, std::string::npos);
    script.replace(found, system.size(), ":" + at("usr-local-bin").string() + ":" + at("usr-bin").string() + "\n");
    write(at("plugin") / "agentroom", script);
    path = at("plugin").string();
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }

  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_all);
  }
  /// A program that tells its name, its arguments and its input.
  void install(const fs::path& file) const {
    write(file, "#!/bin/sh\nprintf '[%s]' '" + file.string() + "' \"$@\"\ncat\nexit 7\n");
  }

  e2e::Ended run(const std::vector<std::string>& arguments = {}, const std::string& input = {}) {
    e2e::Environment all = environment;
    all.insert({"HOME", at("home").string()});
    std::vector<std::string> command{"PATH=" + path + ":/bin", (at("plugin") / "agentroom").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    e2e::Child child("/usr/bin/env", command, all, at("errors"), folder_.path());
    child.write(input);
    child.close_input();
    e2e::Ended ended;
    ended.out = child.read_all();
    ended.code = child.wait();
    ended.err = child.errors();
    return ended;
  }
  void expect_runs(const fs::path& file) {
    const auto ended = run({"send", "two words", "", "--json", "$(id)\n*"}, "the input");
    EXPECT_EQ(ended.out, "[" + file.string() + "][send][two words][][--json][$(id)\n*]the input") << ended.err;
    EXPECT_EQ(ended.code, 7);
  }

  std::string path;
  e2e::Environment environment;

 private:
  e2e::Folder folder_;
};

TEST_F(Wrapper, RunsTheProgramBehindItselfOnThePath) {
  install(at("other") / "agentroom");
  path += "::.:relative:" + at("nowhere").string() + ":" + at("other").string();
  expect_runs(at("other") / "agentroom");
}

TEST_F(Wrapper, RunsTheOneInTheUsersFolder) {
  install(at("home") / ".local" / "bin" / "agentroom");
  install(at("usr-local-bin") / "agentroom");
  expect_runs(at("home") / ".local" / "bin" / "agentroom");
}

TEST_F(Wrapper, RunsTheOneOfTheSystem) {
  install(at("usr-bin") / "agentroom");
  expect_runs(at("usr-bin") / "agentroom");
  install(at("usr-local-bin") / "agentroom");
  expect_runs(at("usr-local-bin") / "agentroom");
}

TEST_F(Wrapper, RunsTheOneThatIsNamed) {
  install(at("home") / ".local" / "bin" / "agentroom");
  install(at("other") / "built here");
  environment["AGENTROOM_BIN"] = (at("other") / "built here").string();
  expect_runs(at("other") / "built here");
}

TEST_F(Wrapper, DoesNotReplaceTheOneThatIsNamed) {
  install(at("home") / ".local" / "bin" / "agentroom");
  for (const fs::path& named : {at("nowhere"), at("other"), at("plugin") / "agentroom"}) {
    environment["AGENTROOM_BIN"] = named.string();
    const auto ended = run();
    EXPECT_EQ(ended.code, 127);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr("AGENTROOM_BIN names no program that could be run: " + named.string()));
  }
}

TEST_F(Wrapper, NeverCallsItselfOrACopy) {
  fs::copy(at("plugin") / "agentroom", at("other") / "agentroom");
  fs::copy(kWrapper, at("usr-bin") / "agentroom");
  fs::create_symlink(at("plugin") / "agentroom", at("usr-local-bin") / "agentroom");
  fs::create_directories(at("home") / ".local" / "bin" / "agentroom");
  path += ":" + at("other").string();
  const auto ended = run({"setup"});
  EXPECT_EQ(ended.code, 127);
  EXPECT_EQ(ended.out, "");
}

TEST_F(Wrapper, SaysHowToGetTheProgram) {
  const auto ended = run({"setup", "--json"});
  EXPECT_EQ(ended.code, 127);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("not installed"));
  EXPECT_THAT(ended.err, HasSubstr("./quickstart\n"));
  EXPECT_THAT(ended.err, HasSubstr("cmake --install build/quickstart --prefix ~/.local\n"));
  EXPECT_TRUE(fs::exists(fs::path(SOURCE_ROOT) / "quickstart"));
}

}  // namespace
}  // namespace agentroom

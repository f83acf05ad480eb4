#include "home_state.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace agentroom::e2e {

Prepare with(void (*first)(const Home&), const Prepare& then) {
  return [=](Home& home) {
    first(home);
    then(home);
  };
}

Mistake in_home(const char* name, std::vector<std::string> arguments, const char* code, std::string words,
                std::string hint, Prepare prepare, int exit) {
  return {name, std::move(arguments), exit, code, {std::move(words)}, std::move(hint), std::move(prepare)};
}

void set_mode(const fs::path& path, unsigned mode) {
  fs::permissions(path, static_cast<fs::perms>(mode));
}

void write_private(const fs::path& file, const std::string& content) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  set_mode(file, 0600);
}

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

void make_home(Home& home, unsigned mode) {
  fs::create_directory(home.path());
  set_mode(home.path(), mode);
}

void set_up(const Home& home) {
  const Ended ended = home.run({"setup", "--no-probe", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
}

/// A home whose store holds records of its identity.
void fill_store(const Home& home) {
  set_up(home);
  const Home host;
  const Relay relay(host);
  const Ended ended = home.run({"invite", "create", "--server", relay.url(), "--json"});
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
}

}  // namespace agentroom::e2e

// A mistake of a user, and what has to be said of it: once for people and once for programs.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "room.hpp"

namespace agentroom::e2e {

/// What a user did, in a fresh home each time. In texts {home} stands for the home and {desk} for the folder that the
/// command runs in.
struct Mistake {
  const char* name;                    ///< letters and digits: part of the test's name
  std::vector<std::string> arguments;  ///< without --json
  int exit;
  std::string code;                ///< the stable `code`
  std::vector<std::string> words;  ///< all in the message
  std::string hint;                ///< in the hint
  std::function<void(Home&)> prepare{};
  Environment environment{};           ///< beside HOME and AGENTROOM_HOME; an empty value takes a variable away
  std::string input{};                 ///< for stdin
  std::vector<std::string> limits{};   ///< more for `confined`
  std::vector<std::string> secrets{};  ///< shown nowhere
};

void PrintTo(const Mistake& mistake, std::ostream* out);

/// Runs `agentroom` without privileges over files, as an ordinary user does.
Ended run_confined(const Home& home, const std::vector<std::string>& arguments, const std::string& input = {},
                   const std::vector<std::string>& limits = {});

/// Fails the test unless both forms tell the mistake: the exit code; for people nothing but "error: ..." in one line
/// and a hint below it, on stderr; for programs nothing but one JSON object, on stdout. Both with the same words.
void expect_told(const Mistake& mistake);

}  // namespace agentroom::e2e

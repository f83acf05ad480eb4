// What differs between a document's reader and this test: all of it stands in the tables of rules.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentroom::docs {

/// A command line that is not run here.
struct NotRun {
  std::string_view document;
  std::string_view line;
  std::string_view reason;
};
std::span<const NotRun> not_run();

/// A file of examples/plugins: tests/examples types what its README shows and checks the configuration there.
bool is_of_a_plugin(std::string_view document);

/// What is there before a section begins. A section that is not listed begins with nothing.
enum class Before {
  kNothing,
  kNamedHomes,  ///< a relay runs; alice and bob have told their names and the relay's URL in agentroom.toml
  kSession,     ///< the same, and they have met
};
struct Beginning {
  std::string_view document;
  std::string_view section;
  Before before;
};
std::span<const Beginning> beginnings();
Before before(std::string_view document, std::string_view section);

/// A regular expression of the documents, and what stands in its place here. In a replacement RELAY_URL, RELAY_PORT,
/// INVITE and PEER_KEY are what this run has.
struct Substitution {
  std::string_view pattern;
  std::string_view replacement;
};
std::span<const Substitution> substitutions();

/// What differs from run to run in what commands print, and what is written for it before two lines are compared.
std::span<const Substitution> variations();

/// The beginning of a ```toml block that is no configuration, and which test has it instead.
struct OtherToml {
  std::string_view document;
  std::string_view begins;
  std::string_view tested_by;
};
std::span<const OtherToml> other_toml();

}  // namespace agentroom::docs

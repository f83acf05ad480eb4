// Every command line that a document shows does what the document says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "document.hpp"
#include "rules.hpp"
#include "stage.hpp"

namespace agentroom::docs {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = SOURCE_ROOT;

bool holds_commands(const Block& block) {
  return block.file.empty() && (block.language == "sh" || block.language == "console");
}

std::vector<std::string> with_commands() {
  std::vector<std::string> names;
  for (const std::string& name : document_names(kRoot)) {
    if (is_of_a_plugin(name)) continue;
    if (std::ranges::any_of(read_document(kRoot, name).blocks, holds_commands)) names.push_back(name);
  }
  return names;
}

/// Lines of `block` that are not listed as not run.
Block to_be_run(const Block& block, const std::string& document) {
  Block rest = block;
  for (std::string& line : rest.lines) {
    const bool listed = std::ranges::any_of(
        not_run(), [&](const NotRun& each) { return each.document == document && each.line == line; });
    if (listed) line.clear();
  }
  return rest;
}

class Commands : public testing::TestWithParam<std::string> {};

TEST_P(Commands, DoWhatTheyAreShownToDo) {
  const Document document = read_document(kRoot, GetParam());
  const bool is_example = document.name.starts_with("examples/");
  std::optional<Stage> stage;
  std::optional<std::string> section;
  for (const Block& block : document.blocks) {
    if (section != block.section) {
      if (stage) stage->await_transcripts();
      stage.reset();
      section = block.section;
      SCOPED_TRACE(document.name + ", before section \"" + *section + "\"");
      stage.emplace(before(document.name, *section), is_example ? kRoot / "examples" : fs::path());
    }
    SCOPED_TRACE(document.name);
    if (!block.file.empty()) {
      stage->write(block);
    } else if (holds_commands(block)) {
      stage->type(to_be_run(block, document.name));
    }
  }
  if (stage) stage->await_transcripts();
}

INSTANTIATE_TEST_SUITE_P(In, Commands, testing::ValuesIn(with_commands()), [](const auto& each) {
  return std::regex_replace(each.param, std::regex("[^A-Za-z0-9]"), "_");
});

TEST(Documents, HideNoCommandWhereItIsNotRun) {
  static const std::regex command("^(\\S*\\$ +)?agentroom( .*)?$");
  for (const std::string& name : document_names(kRoot)) {
    for (const Block& block : read_document(kRoot, name).blocks) {
      if (holds_commands(block)) continue;
      for (const std::string& line : block.lines) {
        EXPECT_FALSE(std::regex_match(line, command)) << name << ": `" << line << "` stands in a block that is not sh";
      }
    }
  }
}

TEST(Rules, AreAllOfUse) {
  std::string all;
  std::set<std::pair<std::string, std::string>> sections;
  for (const std::string& name : document_names(kRoot)) {
    const Document document = read_document(kRoot, name);
    all += read_text(kRoot / name);
    for (const Block& block : document.blocks) sections.emplace(name, block.section);
    for (const NotRun& each : not_run()) {
      if (each.document != name) continue;
      const bool shown = std::ranges::any_of(document.blocks, [&](const Block& block) {
        return holds_commands(block) && std::ranges::find(block.lines, each.line) != block.lines.end();
      });
      EXPECT_TRUE(shown) << name << " does not show: " << each.line;
    }
  }
  for (const NotRun& each : not_run()) EXPECT_TRUE(fs::exists(kRoot / each.document)) << each.document;
  for (const Beginning& each : beginnings()) {
    EXPECT_TRUE(sections.contains({std::string(each.document), std::string(each.section)}))
        << each.document << " has no commands in a section " << each.section;
  }
  for (const Substitution& each : substitutions()) {
    EXPECT_TRUE(std::regex_search(all, std::regex(std::string(each.pattern)))) << each.pattern;
  }
}

TEST(Operations, NamesEveryMetricOfTheRelayAndNoOther) {
  Stage stage(Before::kNamedHomes);
  stage.type("relay", "curl -s http://localhost:8787/metrics");
  const auto names_in = [](const std::string& text, const std::regex& name) {
    std::set<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) names.insert((*it)[1]);
    return names;
  };
  const std::string page = stage.seen("relay");
  const std::string document = read_text(kRoot / "docs/operations.md");
  const auto served = names_in(page, std::regex("# TYPE (agentroom_relay_\\S+) "));
  EXPECT_FALSE(served.empty());
  EXPECT_EQ(names_in(document, std::regex("`(agentroom_relay_\\w+)`")), served);
  // A plugin's figure is there once it has something to report.
  const auto documented = names_in(document, std::regex("`(agentroom_plugin_\\w+)`"));
  for (const std::string& name : names_in(page, std::regex("# TYPE (agentroom_plugin_\\S+) "))) {
    EXPECT_TRUE(documented.contains(name)) << name;
  }
}

}  // namespace
}  // namespace agentroom::docs

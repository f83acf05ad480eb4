// What documents name exists: commands, options, keys, files, headings.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <sstream>

#include "certificates/authority.hpp"
#include "document.hpp"
#include "help.hpp"
#include "room.hpp"
#include "rules.hpp"

namespace agentroom::docs {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = SOURCE_ROOT;

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

TEST(Documents, NameOnlyCommandsAndOptionsThatExist) {
  const Help help;
  static const std::regex service("^ExecStart=\\S*/agentroom (.*)$");
  const auto check = [&](const std::string& words, const std::string& where) {
    EXPECT_EQ(help.what_is_wrong_with(split(words)), "") << where;
  };
  for (const std::string& name : document_names(kRoot)) {
    const Document document = read_document(kRoot, name);
    for (const Span& span : document.code) {
      const std::string where = name + ":" + std::to_string(span.line) + ": `" + span.text + "`";
      if (span.text.starts_with("agentroom ")) check(span.text.substr(10), where);
      if (const std::string first = span.text.substr(0, span.text.find_first_of(" =")); first.starts_with("--")) {
        const bool others = name == "CONTRIBUTING.md";  // has those of ./check
        EXPECT_TRUE(help.has_option(first) || others) << where;
      }
    }
    for (const Block& block : document.blocks) {
      for (const std::string& line : block.lines) {
        std::smatch match;
        if (std::regex_match(line, match, service)) check(match[1], name + ": " + line);
      }
    }
  }
  std::istringstream unit(read_text(kRoot / "packaging/agentroom-relay.service.in"));
  std::smatch match;
  for (std::string line; std::getline(unit, line);) {
    if (std::regex_match(line, match, service)) check(match[1], "packaging: " + line);
  }
}

TEST(Documents, NameOnlyVariablesThatExist) {
  std::string sources;
  for (const char* folder : {"core/src", "cli", "plugins"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.path().extension() == ".cpp") sources += read_text(entry.path());
    }
  }
  static const std::regex variable("AGENTROOM_[A-Z_]+");
  for (const std::string name : {"README.md", "docs/operations.md", "docs/security.md"}) {
    for (const Span& span : read_document(kRoot, name).code) {
      if (!std::regex_match(span.text, variable)) continue;
      EXPECT_NE(sources.find("\"" + span.text), std::string::npos) << name << ":" << span.line << ": " << span.text;
    }
  }
}

TEST(Documents, LinkOnlyToWhatExists) {
  for (const std::string& name : document_names(kRoot)) {
    for (const Span& link : read_document(kRoot, name).links) {
      if (link.text.find("://") != std::string::npos) continue;
      const std::string file = link.text.substr(0, link.text.find('#'));
      const fs::path target = file.empty() ? fs::path(name) : (fs::path(name).parent_path() / file).lexically_normal();
      const std::string where = name + ":" + std::to_string(link.line) + ": " + link.text;
      ASSERT_TRUE(fs::exists(kRoot / target)) << where;
      if (link.text.find('#') == std::string::npos) continue;
      const auto anchors = read_document(kRoot, target.string()).anchors;
      const std::string anchor = link.text.substr(link.text.find('#') + 1);
      EXPECT_NE(std::ranges::find(anchors, anchor), anchors.end()) << where;
    }
  }
}

TEST(Documents, ShowOnlyConfigurationsThatAreRight) {
  e2e::Home home;
  home.environment["HMAC_SECRET"] = std::string(32, 'x');
  home.environment["OLD_HMAC_SECRET"] = std::string(32, 'y');
  const test::Authority authority;
  authority.issue().write(home.desk());
  test::write_text(home.desk() / "ca.pem", authority.certificate());
  int checked = 0;
  for (const std::string& name : document_names(kRoot)) {
    if (is_of_a_plugin(name)) continue;
    const auto check = [&](const std::string& toml, std::size_t line) {
      const fs::path file = home.write("agentroom.toml", toml);
      fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
      const auto ended = home.run({"--config", file.string(), "config", "check"});
      EXPECT_EQ(ended.code, 0) << name << ":" << line << "\n" << ended.out << ended.err;
      EXPECT_EQ(ended.err, "") << name << ":" << line << ": a warning is not for an example";
      ++checked;
    };
    if (name.ends_with(".toml")) check(read_text(kRoot / name), 1);
    for (const Block& block : read_document(kRoot, name).blocks) {
      const bool other = std::ranges::any_of(other_toml(), [&](const OtherToml& each) {
        return each.document == name && block.text().starts_with(each.begins);
      });
      if (block.language == "toml" && !other) check(block.text(), block.line);
    }
  }
  EXPECT_GT(checked, 5);
}

TEST(Documents, NameOnlyTestsThatExist) {
  std::string tests;
  for (const char* folder : {"tests", "sdk/conformance"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.path().extension() == ".cpp") tests += read_text(entry.path());
    }
  }
  static const std::regex name("([A-Z]\\w+)\\.(\\*|[A-Z]\\w+)");
  int named = 0;
  for (const std::string& document : document_names(kRoot)) {
    for (const Span& span : read_document(kRoot, document).code) {
      std::smatch match;
      if (!std::regex_match(span.text, match, name)) continue;
      ++named;
      const std::string test = match[2] == "*" ? "" : match[2].str() + ")";
      const bool exists = std::ranges::any_of(std::array{"TEST(", "TEST_F(", "TEST_P("}, [&](const char* kind) {
        return tests.find(kind + match[1].str() + ", " + test) != std::string::npos;
      });
      EXPECT_TRUE(exists) << document << ":" << span.line << ": " << span.text;
    }
  }
  EXPECT_GT(named, 20);
}

TEST(Manifests, ThatDocumentsShowAreRead) {
  for (const OtherToml& each : other_toml()) {
    std::string manifest;
    for (const Block& block : read_document(kRoot, std::string(each.document)).blocks) {
      if (block.language == "toml" && block.text().starts_with(each.begins)) manifest = block.text();
    }
    std::smatch id;
    ASSERT_TRUE(std::regex_search(manifest, id, std::regex("id = \"([a-z-]+)\""))) << each.begins;
    e2e::Home home;
    home.write(id.str(1) + ".toml", manifest);
    home.write(id.str(1) + ".so", "");
    home.environment["AGENTROOM_PLUGIN_PATH"] = home.desk().string();
    const auto listed = home.run({"plugin", "list"});
    EXPECT_NE(listed.out.find(id.str(1) + " "), std::string::npos) << listed.out << listed.err;
    EXPECT_EQ(listed.out.find(id.str(1) + ".toml:"), std::string::npos) << listed.out;
  }
}

}  // namespace
}  // namespace agentroom::docs

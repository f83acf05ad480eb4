// What Claude Code reads of the plugin has the fields that its references name, and says the same everywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace agentroom {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::IsSubsetOf;

const fs::path kRoot = SOURCE_ROOT;
const fs::path kSkill = kRoot / "skills" / "agentroom" / "SKILL.md";
/// Lower case, digits and single hyphens, none at an end; at most 64.
const std::regex kName("(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*");

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

json::object read_object(const std::string& name) {
  return json::parse(read_text(kRoot / ".claude-plugin" / name)).as_object();
}

std::set<std::string> keys(const json::object& object) {
  std::set<std::string> all;
  for (const auto& member : object) all.emplace(member.key());
  return all;
}

std::string text(const json::object& object, const char* member) {
  const json::value* found = object.if_contains(member);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// Members of the front matter of the skill, a folded value on one line.
std::map<std::string, std::string> front_matter() {
  std::map<std::string, std::string> members;
  std::istringstream in(read_text(kSkill));
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "---");
  std::string last;
  static const std::regex member("([a-z-]+): *(.*)");
  for (std::smatch match; std::getline(in, line) && line != "---";) {
    if (std::regex_match(line, match, member)) {
      last = match[1];
      members[last] = match[2] == ">-" ? "" : match[2].str();
    } else {
      EXPECT_TRUE(line.starts_with("  ")) << line;
      members[last] += (members[last].empty() ? "" : " ") + line.substr(2);
    }
  }
  EXPECT_EQ(line, "---") << "it ends";
  return members;
}

TEST(Plugin, HasAManifestOfKnownFields) {
  const json::object plugin = read_object("plugin.json");
  const std::set<std::string> known{"$schema", "name",     "displayName", "version", "description",
                                    "author",  "homepage", "repository",  "license", "keywords"};
  EXPECT_THAT(keys(plugin), IsSubsetOf(known));
  EXPECT_TRUE(std::regex_match(text(plugin, "name"), kName));
  EXPECT_EQ(text(plugin, "version"), AGENTROOM_VERSION) << "it is released with the program";
  EXPECT_NE(text(plugin, "description"), "");
  EXPECT_EQ(text(plugin, "license"), "MIT");
  EXPECT_TRUE(read_text(kRoot / "LICENSE").starts_with("MIT License"));
  EXPECT_THAT(keys(plugin.at("author").as_object()), IsSubsetOf(std::set<std::string>{"name", "email", "url"}));
  EXPECT_NE(text(plugin.at("author").as_object(), "name"), "");
  for (const json::value& keyword : plugin.at("keywords").as_array()) EXPECT_TRUE(keyword.is_string());
}

TEST(Plugin, IsTheOneOfItsMarketplace) {
  const json::object market = read_object("marketplace.json");
  const std::set<std::string> known{"$schema", "name", "description", "version", "owner", "metadata", "plugins"};
  EXPECT_THAT(keys(market), IsSubsetOf(known));
  EXPECT_TRUE(std::regex_match(text(market, "name"), kName));
  EXPECT_NE(text(market.at("owner").as_object(), "name"), "");
  ASSERT_EQ(market.at("plugins").as_array().size(), 1U);
  const json::object entry = market.at("plugins").at(0).as_object();
  const std::set<std::string> known_of_entry{"name",       "source",  "description", "version",  "author", "homepage",
                                             "repository", "license", "keywords",    "category", "tags"};
  EXPECT_THAT(keys(entry), IsSubsetOf(known_of_entry));
  const json::object plugin = read_object("plugin.json");
  EXPECT_EQ(text(entry, "name"), text(plugin, "name"));
  EXPECT_EQ(text(entry, "description"), text(plugin, "description"));
  EXPECT_FALSE(entry.contains("version")) << "the plugin's own stands in its manifest";
  const std::string source = text(entry, "source");
  EXPECT_TRUE(source.starts_with("./") && source.find("..") == std::string::npos) << source;
  EXPECT_TRUE(
      fs::equivalent(kRoot / source / ".claude-plugin" / "plugin.json", kRoot / ".claude-plugin" / "plugin.json"));
}

TEST(Plugin, KeepsNothingButManifestsBesideThem) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(kRoot / ".claude-plugin")) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"marketplace.json", "plugin.json"}));
}

TEST(Skill, HasAFrontMatterOfKnownFields) {
  const auto members = front_matter();
  for (const auto& [name, value] : members) {
    EXPECT_TRUE((std::set<std::string>{"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
                    .contains(name))
        << name;
  }
  EXPECT_EQ(members.at("name"), kSkill.parent_path().filename());
  EXPECT_TRUE(std::regex_match(members.at("name"), kName));
}

TEST(Skill, SaysWhatItIsForAndWhenToUseIt) {
  const std::string description = front_matter().at("description");
  EXPECT_GT(description.size(), 100U);
  EXPECT_LE(description.size(), 1024U);
  EXPECT_EQ(description.find_first_of("<>"), std::string::npos);
  EXPECT_NE(description.find("Use when"), std::string::npos);
  for (const char* trigger : {"agentroom", "agent chat", "agent message", "room", "send to agent", "invite agent",
                              "accept invite", "listen"}) {
    EXPECT_NE(description.find(trigger), std::string::npos) << trigger;
  }
}

TEST(Skill, IsShortEnoughToBeRead) {
  const std::string skill = read_text(kSkill);
  EXPECT_LT(std::ranges::count(skill, '\n'), 500);
}

/// The errors that a user meets, in the words of the program: each has its next step.
TEST(Skill, KnowsEveryErrorAndExitCode) {
  const std::string skill = read_text(kSkill);
  const std::string table = skill.substr(skill.find("## When something fails"));
  for (const char* error : {"HMAC_SECRET missing", "invite expired", "invite already used", "invite revoked",
                            "no session with", "ACK timeout", "relay identity changed", "recipient queue full",
                            "no longer accepts messages from you", "home is in use by pid"}) {
    EXPECT_NE(table.find(error), std::string::npos) << error;
  }
  for (const char* code : {"| 0 |", "| 1 |", "| 2 |", "| 3 |", "| 4 |"}) EXPECT_NE(table.find(code), std::string::npos);
}

}  // namespace
}  // namespace agentroom

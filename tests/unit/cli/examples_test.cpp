// The example configurations are right, and the one with every key tells the defaults.
#include <gtest/gtest.h>

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "config/load.hpp"
#include "config/quotes.hpp"
#include "host/discovery.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

std::vector<config::PluginKeys> installed() {
  return host::plugin_keys(host::discover_plugins({fs::path(AGENTROOM_BUILT_PLUGINS)}));
}

config::Configuration load(const std::optional<fs::path>& file) {
  auto environment = [](const std::string&) -> std::optional<std::string> { return std::string(32, 'x'); };
  auto configuration = config::Configuration::load({file, {}, environment});
  const std::vector<std::string> needed{config::kTransport, config::kStore};
  configuration.check_plugins(installed(), needed);
  return configuration;
}

class Example : public testing::TestWithParam<const char*> {};

TEST_P(Example, HasNoProblem) {
  const auto configuration = load(fs::path(AGENTROOM_EXAMPLES) / GetParam());
  for (const auto& problem : configuration.problems()) ADD_FAILURE() << problem.text();
}

INSTANTIATE_TEST_SUITE_P(All, Example, testing::Values("agentroom.toml", "relay.toml", "serve.toml"),
                         [](const auto& each) {
                           return std::regex_replace(std::string(each.param), std::regex("\\..*"), "");
                         });

/// One value as the file spells it.
std::string toml_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return config::in_quotes(*text);
  std::ostringstream out;
  if (const toml::array* items = node.as_array()) {
    out << "[";
    for (const toml::node& item : *items) out << (&item == &items->front() ? "" : ", ") << toml_text(item);
    out << "]";
  } else {
    node.visit([&](const auto& value) { out << value; });
  }
  return out.str();
}

using Values = std::map<std::string, std::string>;  // "transport.ws.max_requests" -> "1024"

void add_values(const toml::table& table, const std::string& path, Values& values) {
  for (const auto& [key, node] : table) {
    const std::string name = path + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      add_values(*inner, name + ".", values);
    } else {
      values[name] = toml_text(node);
    }
  }
}

class TheExampleWithEveryKey : public testing::Test {
 protected:
  TheExampleWithEveryKey() {
    std::ifstream file(fs::path(AGENTROOM_EXAMPLES) / "agentroom.toml");
    std::ostringstream text;
    text << file.rdbuf();
    add_values(toml::parse(text.str()), "", given);
    const auto all = std::regex_replace(text.str(), std::regex("(^|\n)# ([a-z0-9_]+ = )"), "$1$2");
    add_values(toml::parse(all), "", given_or_commented);

    const auto defaults = load({});
    for (const auto& value : defaults.effective()) {
      const bool of_a_plugin = std::ranges::count(value.key, '.') == 2 && !value.key.starts_with("relay.limits.");
      if (!of_a_plugin) known[value.key] = value.value == "(not set)" ? "" : value.value;
    }
    std::size_t plugins = 0;
    for (const auto& plugin : installed()) {
      if (plugin.plugin == "loopback") continue;  // for programs that run all parties in one process
      ++plugins;
      for (const auto& key : plugin.keys) {
        const std::string name = plugin.kind + "." + plugin.plugin + "." + key.name;
        known[name] = key.default_text;
        if (key.required) required.insert(name);
      }
    }
    EXPECT_GE(plugins, 6U) << "the plugins are not there";
  }

  Values given;
  Values given_or_commented;
  Values known;  // with their defaults, empty: none
  std::set<std::string> required;
};

TEST_F(TheExampleWithEveryKey, HasAllThatTheCodeKnows) {
  for (const auto& [key, value] : known) EXPECT_TRUE(given_or_commented.contains(key)) << key << " is missing";
}

TEST_F(TheExampleWithEveryKey, HasNoneThatTheCodeDoesNotKnow) {
  for (const auto& [key, value] : given_or_commented) EXPECT_TRUE(known.contains(key)) << key << " is unknown";
}

TEST_F(TheExampleWithEveryKey, TellsEachDefault) {
  for (const auto& [key, standard] : known) {
    const bool has_default = !standard.empty() && standard != "\"\"";
    if (given.contains(key)) {
      EXPECT_TRUE(given[key] == standard || required.contains(key))
          << key << " is " << standard << " by default, the example says " << given[key];
    } else {
      EXPECT_FALSE(has_default) << key << " has a default, but is commented out";
    }
  }
}

}  // namespace
}  // namespace agentroom::cli

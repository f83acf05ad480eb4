// The example configurations are right, and the one with every key tells the defaults.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "config/load.hpp"
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

TEST(TheExampleWithEveryKey, TellsEachDefault) {
  const auto example = load(fs::path(AGENTROOM_EXAMPLES) / "agentroom.toml");
  const auto defaults = load({});
  for (const auto& value : defaults.effective()) {
    if (value.key == "handler.exec.command") continue;  // has none
    for (const auto& told : example.effective()) {
      if (told.key != value.key) continue;
      const std::string plain = std::regex_replace(told.value, std::regex("^\"|\"$"), "");
      EXPECT_TRUE(told.value == value.value || plain == value.value || told.origin.name.empty())
          << value.key << " is " << value.value << " by default, the example says " << told.value;
    }
  }
}

TEST(TheExampleWithEveryKey, NamesEveryKeyOfTheFileAndOfEveryPlugin) {
  std::ifstream file(fs::path(AGENTROOM_EXAMPLES) / "agentroom.toml");
  std::ostringstream text;
  text << file.rdbuf();
  const auto names = [&](const std::string& key) {
    const std::string name = key.substr(key.rfind('.') + 1);
    return std::regex_search(text.str(), std::regex("(^|\n)(# )?" + name + " = "));
  };
  const auto defaults = load({});
  for (const auto& value : defaults.effective()) EXPECT_TRUE(names(value.key)) << value.key;
  for (const auto& plugin : installed()) {
    if (plugin.plugin == "loopback") continue;  // for programs that run all parties in one process
    EXPECT_NE(text.str().find("[" + plugin.kind + "." + plugin.plugin + "]"), std::string::npos) << plugin.plugin;
    for (const auto& key : plugin.keys) EXPECT_TRUE(names(key.name)) << plugin.plugin << "." << key.name;
  }
}

}  // namespace
}  // namespace agentroom::cli

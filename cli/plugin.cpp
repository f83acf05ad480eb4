#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"

namespace agentroom::cli {
namespace {

std::string kinds_text(const host::Manifest& manifest) {
  std::string kinds;
  for (const host::PluginKind kind : manifest.kinds)
    kinds += (kinds.empty() ? "" : ",") + std::string(host::kind_name(kind));
  return kinds;
}

boost::json::object members(const host::FoundPlugin& found) {
  const host::Manifest& m = found.manifest;
  boost::json::array kinds;
  for (const host::PluginKind kind : m.kinds) kinds.emplace_back(host::kind_name(kind));
  boost::json::array keys;
  for (const host::ConfigKey& key : m.config) {
    keys.push_back({{"name", key.key.name},
                    {"default", key.key.default_text},
                    {"required", key.key.required},
                    {"description", key.description}});
  }
  return {{"id", m.id},
          {"kinds", std::move(kinds)},
          {"version", m.version},
          {"abi", std::to_string(m.abi_major) + "." + std::to_string(m.abi_minor)},
          {"description", m.description},
          {"library", m.library.string()},
          {"shadowed", found.shadowed},
          {"config", std::move(keys)}};
}

}  // namespace

int run(const PluginListCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  const auto path = context->plugin_path();
  const auto discovery = host::discover_plugins(path);

  boost::json::array plugins;
  std::vector<std::vector<std::string>> rows{{"PLUGIN", "KIND", "VERSION", "WHAT IT DOES"}};
  for (const host::FoundPlugin& found : discovery.plugins) {
    plugins.push_back(members(found));
    const std::string note = found.shadowed ? " (another of this id comes first)" : "";
    rows.push_back({out.styled(Style::kBold, found.manifest.id), kinds_text(found.manifest), found.manifest.version,
                    found.manifest.description + note});
  }
  boost::json::array problems;
  for (const host::PluginProblem& problem : discovery.problems) {
    problems.push_back({{"file", problem.file.string()}, {"error", printable(problem.error.message)}});
  }
  boost::json::array folders;
  for (const auto& folder : path) folders.emplace_back(folder.string());
  out.result({{"plugins", std::move(plugins)}, {"problems", std::move(problems)}, {"path", std::move(folders)}});

  if (rows.size() > 1) out.line(table_text(rows));
  for (const host::PluginProblem& problem : discovery.problems) {
    out.line(out.styled(Style::kBad, "broken: ") + printable(problem.error.message));
  }
  out.remark("looked for in:");
  for (const auto& folder : path) out.remark("  " + printable(folder.string()));
  return 0;
}

int run(const PluginInfoCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  const auto path = context->plugin_path();
  for (const host::FoundPlugin& found : host::discover_plugins(path).plugins) {
    if (found.manifest.id != command.name) continue;
    out.result(members(found));
    out.line(table_text({{"id", found.manifest.id}, {"library", printable(found.manifest.library.string())}}));
    return 0;
  }
  return out.error({ErrorCode::kPlugin, "there is no plugin `" + printable(command.name) + "`",
                    "see what is installed: agentroom plugin list"});
}

}  // namespace agentroom::cli

#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"
#include "plugin_members.hpp"

namespace agentroom::cli {
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

}  // namespace agentroom::cli

#include <algorithm>

#include "base/text.hpp"
#include "commands.hpp"
#include "config/nearest.hpp"
#include "context.hpp"
#include "plugin_members.hpp"
#include "plugin_trial.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHint = "see what is installed: agentroom plugin list";

bool answers_to(const host::Manifest& manifest, const std::string& name) {
  return std::ranges::any_of(manifest.kinds, [&](host::PluginKind kind) { return manifest.short_name(kind) == name; });
}

std::string folders_text(const std::vector<fs::path>& path) {
  std::string text;
  for (const fs::path& folder : path) text += (text.empty() ? "" : ", ") + folder.string();
  return text.empty() ? "nowhere: the search path is empty" : text;
}

std::unexpected<Error> not_found(const host::Discovery& discovery, const std::vector<fs::path>& path,
                                 const std::string& name) {
  std::vector<std::string> known;
  for (const host::FoundPlugin& found : discovery.plugins) {
    if (!found.shadowed) known.push_back(found.manifest.id);
  }
  // Of "sqlit" the nearest is "sqlite", which is told by its id.
  std::string near = config::nearest(name, known);
  for (const host::FoundPlugin& found : discovery.plugins) {
    for (const host::PluginKind kind : found.manifest.kinds) {
      const std::vector<std::string> one{found.manifest.short_name(kind)};
      if (near.empty() && !config::nearest(name, one).empty()) near = found.manifest.id;
    }
  }
  return fail(ErrorCode::kPlugin,
              "there is no plugin `" + printable(name) + "`" +
                  (near.empty() ? config::suggestion(name, known) : "; did you mean `" + near + "`?") +
                  "; looked for in " + folders_text(path),
              kHint);
}

/// By id, by the name within a kind, or by the path of the library.
Result<host::FoundPlugin> find(const std::vector<fs::path>& path, const std::string& name) {
  if (name.find('/') != std::string::npos) {
    auto manifest = host::read_manifest(fs::path(name).replace_extension(".toml"));
    if (!manifest) return pass(manifest);
    return host::FoundPlugin{std::move(*manifest), false};
  }
  auto discovery = host::discover_plugins(path);
  std::vector<host::FoundPlugin> found;
  for (host::FoundPlugin& each : discovery.plugins) {
    if (each.shadowed) continue;
    if (each.manifest.id == name) return std::move(each);
    if (answers_to(each.manifest, name)) found.push_back(each);
  }
  for (host::PluginProblem& problem : discovery.problems) {
    const std::string id = problem.file.stem().string();
    if (found.empty() && (id == name || id.ends_with("-" + name))) return std::unexpected(std::move(problem.error));
  }
  if (found.empty()) return not_found(discovery, path, name);
  if (found.size() == 1) return std::move(found.front());
  std::string candidates;
  for (const host::FoundPlugin& each : found) candidates += (candidates.empty() ? "" : ", ") + each.manifest.id;
  return fail(ErrorCode::kAmbiguous, "`" + name + "` fits several plugins: " + candidates,
              "give the whole name: agentroom plugin info " + found.front().manifest.id);
}

std::string described(const host::ConfigKey& key) {
  const std::string bounds = bounds_text(key.key);
  return key.description + (bounds.empty() || key.description.empty() ? "" : " ") + bounds;
}

void tell(const host::Manifest& m, const Result<host::LoadedInfo>& loaded, Output& out) {
  out.line(out.styled(Style::kBold, m.id) + " " + m.version);
  out.line(table_text({{m.description}}));
  out.line();
  std::string loads = out.styled(Style::kGood, "yes");
  if (!loaded) loads = out.styled(Style::kBad, "no") + ": " + printable(loaded.error().message);
  out.line(table_text({{"kind", kinds_text(m)},
                       {"abi", std::to_string(m.abi_major) + "." + std::to_string(m.abi_minor)},
                       {"library", printable(m.library.string())},
                       {"manifest", printable(m.file.string())},
                       {"loads", loads}}));
  for (const host::PluginKind kind : m.kinds) {
    out.line();
    out.line(out.styled(Style::kBold, "[" + std::string(host::kind_name(kind)) + "." + m.short_name(kind) + "]") +
             (m.config.empty() ? " takes no keys" : ""));
  }
  if (m.config.empty()) return;
  std::vector<std::vector<std::string>> rows{{"KEY", "TYPE", "DEFAULT", "WHAT IT IS"}};
  for (const host::ConfigKey& key : m.config) {
    const std::string standard = key.key.required ? "(required)" : key.key.default_text;
    rows.push_back(
        {key.key.name, std::string(host::type_name(key.key.type)), standard.empty() ? "-" : standard, described(key)});
  }
  out.line(table_text(rows));
}

}  // namespace

int run(const PluginInfoCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto found = find(context->plugin_path(), command.name);
  if (!found) return out.error(found.error());
  const auto loaded = try_to_load(found->manifest);
  boost::json::object object{{"ok", true}};
  for (auto& [name, value] : members(*found)) object[name] = std::move(value);
  object["loads"] = loaded.has_value();
  object["error"] = loaded ? boost::json::value(nullptr) : boost::json::value(loaded.error().message);
  out.result(object);
  tell(found->manifest, loaded, out);
  if (!loaded && !loaded.error().hint.empty()) out.remark(printable(loaded.error().hint));
  return 0;
}

}  // namespace agentroom::cli

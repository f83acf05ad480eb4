#include "plugin_lookup.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/nearest.hpp"

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

fs::path manifest_of(const fs::path& library) {
  return fs::path(library).replace_extension(".toml");
}

/// What is named in place of a library, more often than not: a folder, or a file alone.
Result<void> check_path(const fs::path& library) {
  std::error_code ignored;
  if (fs::is_directory(library, ignored)) {
    return fail(ErrorCode::kPlugin, printable(library.string()) + " is a folder",
                "name the plugin's library in it: FOLDER/NAME.so");
  }
  if (fs::exists(manifest_of(library), ignored)) return {};
  if (!fs::exists(library, ignored))
    return fail(ErrorCode::kPlugin, "there is no file " + printable(library.string()), kHint);
  return fail(ErrorCode::kPlugin,
              printable(library.string()) + " has no manifest beside it: " + printable(manifest_of(library).string()),
              "docs/plugin-abi.md tells what stands in it");
}

}  // namespace

Result<host::FoundPlugin> find_plugin(const std::vector<fs::path>& path, const std::string& name) {
  if (name.find('/') != std::string::npos || name.ends_with(".so")) {
    if (auto there = check_path(name); !there) return pass(there);
    auto manifest = host::read_manifest(manifest_of(name));
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
              "give the whole name, such as " + found.front().manifest.id);
}

}  // namespace agentroom::cli

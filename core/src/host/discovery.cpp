#include "host/discovery.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "config/nearest.hpp"
#include "host/plugin_id.hpp"

namespace agentroom::host {

namespace fs = std::filesystem;

namespace {

constexpr const char* kListHint = "`agentroom plugin list` shows what is installed and where it is looked for";

void add_folder(std::vector<fs::path>& path, const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code failed;
  fs::path absolute = fs::absolute(folder, failed).lexically_normal();
  if (failed) return;
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // drops the slash at the end
  if (std::ranges::find(path, absolute) == path.end()) path.push_back(std::move(absolute));
}

std::string folder_list(const std::vector<fs::path>& search_path) {
  if (search_path.empty()) return "nowhere: the search path is empty";
  std::string list;
  for (const fs::path& folder : search_path) {
    std::error_code failed;
    list += (list.empty() ? "" : ", ") + folder.string();
    if (!fs::is_directory(folder, failed)) list += " (no such folder)";
  }
  return list;
}

bool is_there(const fs::path& file) {
  std::error_code failed;
  return fs::exists(file, failed);
}

Error missing_library(const Manifest& manifest) {
  return {ErrorCode::kPlugin,
          "plugin " + manifest.id + ": the library " + manifest.library.string() + " named by " +
              manifest.file.string() + " does not exist",
          "put the library beside its manifest, or correct `library` there"};
}

Error missing_manifest(const fs::path& library, const fs::path& manifest) {
  return {ErrorCode::kPlugin, "the library " + library.string() + " has no manifest: expected " + manifest.string(),
          "put the manifest of the plugin beside its library"};
}

/// Files of a folder by name; what cannot be listed is a problem, what does not exist is nothing.
std::vector<fs::path> files_in(const fs::path& folder, Discovery& discovery) {
  std::vector<fs::path> files;
  std::error_code failed;
  if (!fs::exists(folder, failed) && !failed) return files;
  fs::directory_iterator entry(folder, failed);
  for (const fs::directory_iterator end; !failed && entry != end; entry.increment(failed)) {
    files.push_back(entry->path());
  }
  if (failed) {
    discovery.problems.push_back(
        {folder, {ErrorCode::kPlugin, "cannot list the folder " + folder.string() + ": " + failed.message(), {}}});
  }
  std::ranges::sort(files);
  return files;
}

/// A folder may hold other files too: the executable's own does.
bool has_kind_prefix(const fs::path& file) {
  const std::string stem = file.stem().string();
  const std::size_t dash = stem.find('-');
  return dash != std::string::npos && kind_from_name(std::string_view(stem).substr(0, dash)).has_value();
}

fs::path with_extension(fs::path file, const char* extension) {
  file.replace_extension(extension);
  return file;
}

bool looks_like_manifest(const fs::path& file) {
  return file.extension() == ".toml" && (has_kind_prefix(file) || is_there(with_extension(file, ".so")));
}

bool is_library_without_manifest(const fs::path& file) {
  return file.extension() == ".so" && has_kind_prefix(file) && !is_there(with_extension(file, ".toml"));
}

/// The manifest of a library given by path.
Result<Manifest> manifest_beside(const fs::path& given, PluginKind kind) {
  const fs::path library = fs::absolute(given).lexically_normal();
  const fs::path manifest_file = with_extension(library, ".toml");
  if (!is_there(library)) {
    return fail(ErrorCode::kPlugin, "the plugin library " + library.string() + " does not exist", kListHint);
  }
  if (!is_there(manifest_file)) return std::unexpected(missing_manifest(library, manifest_file));
  auto manifest = read_manifest(manifest_file);
  if (!manifest) return manifest;
  if (manifest->library != library) {
    return fail(ErrorCode::kPlugin,
                manifest_file.string() + " describes " + manifest->library.string() + ", not " + library.string());
  }
  if (!manifest->has(kind)) {
    return fail(ErrorCode::kPlugin, library.string() + " is no " + std::string(kind_name(kind)) + " plugin", kListHint);
  }
  return manifest;
}

std::vector<std::string> known_names(const std::vector<fs::path>& search_path, PluginKind kind) {
  std::vector<std::string> names;
  for (const FoundPlugin& found : discover_plugins(search_path).plugins) {
    if (!found.shadowed && found.manifest.has(kind)) names.push_back(found.manifest.short_name(kind));
  }
  return names;
}

Error not_found(const std::vector<fs::path>& search_path, PluginKind kind, std::string_view name,
                const std::vector<std::string>& ids) {
  std::string message = "there is no " + std::string(kind_name(kind)) + " plugin `" + printable(name) + "`";
  const std::vector<std::string> known = known_names(search_path, kind);
  if (!known.empty()) message += config::suggestion(name, known);
  message += "; expected " + ids.front() + ".toml";
  if (ids.size() > 1) message += " or " + ids.back() + ".toml";
  message += " in " + folder_list(search_path);
  return {ErrorCode::kPlugin, std::move(message), kListHint};
}

}  // namespace

std::vector<fs::path> search_path_from(const SearchPathSources& sources) {
  std::vector<fs::path> path;
  for (const fs::path& folder : sources.configured) add_folder(path, folder);
  std::string_view rest = sources.environment;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    add_folder(path, fs::path(rest.substr(0, colon)));
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  if (!sources.executable_folder.empty()) {
    add_folder(path, sources.executable_folder);
    add_folder(path, sources.executable_folder / "../lib/agentroom/plugins");
  }
  add_folder(path, sources.install_folder);
  return path;
}

std::vector<fs::path> plugin_search_path(const std::vector<fs::path>& configured) {
  const char* environment = std::getenv("AGENTROOM_PLUGIN_PATH");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  return search_path_from(SearchPathSources{configured, environment == nullptr ? "" : environment,
                                            failed ? fs::path() : executable.parent_path(),
                                            AGENTROOM_INSTALLED_PLUGINS});
}

Discovery discover_plugins(const std::vector<fs::path>& search_path) {
  Discovery discovery;
  std::set<std::string, std::less<>> seen;
  for (const fs::path& folder : search_path) {
    for (const fs::path& file : files_in(folder, discovery)) {
      if (is_library_without_manifest(file)) {
        discovery.problems.push_back({file, missing_manifest(file, with_extension(file, ".toml"))});
      }
      if (!looks_like_manifest(file)) continue;
      auto manifest = read_manifest(file);
      const bool first = seen.insert(file.stem().string()).second;
      if (!manifest) {
        discovery.problems.push_back({file, std::move(manifest.error())});
      } else if (!is_there(manifest->library)) {
        discovery.problems.push_back({file, missing_library(*manifest)});
      } else {
        discovery.plugins.push_back({std::move(*manifest), !first});
      }
    }
  }
  return discovery;
}

std::vector<config::PluginKeys> plugin_keys(const Discovery& discovery) {
  std::vector<config::PluginKeys> all;
  for (const FoundPlugin& found : discovery.plugins) {
    if (found.shadowed) continue;
    for (config::PluginKeys& keys : plugin_keys(found.manifest)) all.push_back(std::move(keys));
  }
  return all;
}

Result<Manifest> find_plugin(const std::vector<fs::path>& search_path, PluginKind kind, std::string_view name) {
  if (name.find('/') != std::string_view::npos) return manifest_beside(fs::path(name), kind);
  const std::string kind_text(kind_name(kind));
  if (!is_plugin_id(name)) {
    return fail(ErrorCode::kPlugin,
                "a " + kind_text + " plugin cannot be named `" + printable(name) +
                    "`: expected 1 to 64 of a-z, 0-9 and -, or the path of a library",
                kListHint);
  }
  std::vector<std::string> ids = {kind_text + '-' + std::string(name), std::string(name)};
  if (name.starts_with(kind_text + '-')) std::ranges::reverse(ids);

  for (const fs::path& folder : search_path) {
    for (const std::string& id : ids) {
      const fs::path file = folder / (id + ".toml");
      if (!is_there(file)) {
        const fs::path library = folder / (id + ".so");
        if (is_there(library)) return std::unexpected(missing_manifest(library, file));
        continue;
      }
      auto manifest = read_manifest(file);
      if (!manifest) return manifest;
      if (!manifest->has(kind)) continue;
      if (!is_there(manifest->library)) return std::unexpected(missing_library(*manifest));
      return manifest;
    }
  }
  return std::unexpected(not_found(search_path, kind, name, ids));
}

}  // namespace agentroom::host

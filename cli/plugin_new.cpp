#include <algorithm>
#include <fstream>

#include "base/text.hpp"
#include "commands.hpp"
#include "config/nearest.hpp"
#include "config/private_file.hpp"
#include "context.hpp"
#include "host/plugin_id.hpp"
#include "installed_files.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestTemplate = std::size_t{1024} * 1024;

/// What stands in for the name of the plugin in a template.
struct Names {
  std::string id;          ///< "store-lmdb"
  std::string name;        ///< "lmdb"
  std::string identifier;  ///< "store_lmdb"

  std::string in(std::string text) const {
    for (const auto& [placeholder, value] :
         {std::pair("@ID@", &id), std::pair("@NAME@", &name), std::pair("@IDENTIFIER@", &identifier)}) {
      const std::string_view wanted = placeholder;
      for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + value->size())) {
        text.replace(at, wanted.size(), *value);
      }
    }
    return text;
  }
};

Result<Names> names_of(const PluginNewCommand& command) {
  const std::string prefix = command.kind + "-";
  Names names;
  names.name = command.name.starts_with(prefix) ? command.name.substr(prefix.size()) : command.name;
  names.id = prefix + names.name;
  names.identifier = names.id;
  std::ranges::replace(names.identifier, '-', '_');
  if (names.name.empty() || names.name.starts_with('-') || !host::is_plugin_id(names.id)) {
    return fail(ErrorCode::kUsage,
                "a plugin cannot be named `" + printable(command.name) +
                    "`: expected a-z, 0-9 and - behind the first, with " + prefix + " at most 64 of them",
                "see: agentroom plugin new --help");
  }
  return names;
}

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

Result<fs::path> template_of(const PluginNewCommand& command) {
  auto templates = installed_file(AGENTROOM_DATADIR "/agentroom/templates");
  if (!templates) return templates;
  const std::vector<std::string> languages = folders_in(*templates / command.kind);
  if (std::ranges::find(languages, command.language) == languages.end()) {
    std::string known;
    for (const std::string& language : languages) known += (known.empty() ? "" : ", ") + language;
    return fail(ErrorCode::kNotFound,
                "there is no " + command.kind + " to begin with in " + command.language + ", only in " + known,
                "choose one with --lang");
  }
  return *templates / command.kind / command.language;
}

Result<void> write_file(const fs::path& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail(ErrorCode::kIo, "cannot write " + file.string());
}

/// The files that were made, relative to the folder.
Result<std::vector<std::string>> fill(const fs::path& folder, const fs::path& from, const Names& names) {
  std::vector<std::string> files;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(from, failed)) {
    const fs::path name = names.in(fs::relative(entry.path(), from).string());
    if (entry.is_directory()) {
      fs::create_directory(folder / name, failed);
      continue;
    }
    const auto text = config::read_file(entry.path(), kLargestTemplate);
    if (!text) return std::unexpected(text.error());
    if (auto written = write_file(folder / name, names.in(*text)); !written) return pass(written);
    files.push_back(name.string());
  }
  if (failed) return fail(ErrorCode::kIo, "cannot copy " + from.string() + ": " + failed.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

int run(const PluginNewCommand& command, const GlobalOptions& /*globals*/, Output& out) {
  const auto names = names_of(command);
  if (!names) return out.error(names.error());
  const auto from = template_of(command);
  if (!from) return out.error(from.error());
  const fs::path folder = fs::absolute(command.name);
  std::error_code failed;
  if (!fs::create_directory(folder, failed)) {
    if (failed && !fs::exists(fs::symlink_status(folder))) {
      return out.error({ErrorCode::kIo, "cannot make " + folder.string() + ": " + failed.message(), {}});
    }
    return out.error({ErrorCode::kExists, folder.string() + " is there already", "choose another name"});
  }
  const auto files = fill(folder, *from, *names);
  if (!files) {
    fs::remove_all(folder, failed);
    return out.error(files.error());
  }
  boost::json::array list;
  for (const std::string& file : *files) list.emplace_back(file);
  out.result({{"ok", true},
              {"id", names->id},
              {"kind", command.kind},
              {"lang", command.language},
              {"folder", folder.string()},
              {"files", std::move(list)}});
  out.line(out.styled(Style::kBold, names->id) + ", a " + command.kind + ", is in " + printable(folder.string()) + "/");
  for (const std::string& file : *files) out.line("  " + file);
  out.line();
  out.line("Build it, and hold it to the promises of a " + command.kind + ":");
  out.line("  cmake -S " + command.name + " -B " + command.name + "/build && cmake --build " + command.name + "/build");
  out.line("  ctest --test-dir " + command.name + "/build --output-on-failure");
  return 0;
}

}  // namespace agentroom::cli

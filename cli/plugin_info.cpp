#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"
#include "plugin_lookup.hpp"
#include "plugin_members.hpp"
#include "plugin_trial.hpp"

namespace agentroom::cli {
namespace {

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
  auto found = find_plugin(context->plugin_path(), command.name);
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

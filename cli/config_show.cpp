#include <algorithm>
#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "config/quotes.hpp"
#include "config/relay_secret.hpp"
#include "config_problems.hpp"
#include "context.hpp"

namespace agentroom::cli {
namespace {

constexpr std::size_t kWidestAligned = 44;  // longer lines push their own origin to the right, nobody else's

/// TOML of one value is JSON too; what has no value is null, a secret the text "(set)".
boost::json::value native(const std::string& toml) {
  if (toml == "(not set)") return nullptr;
  boost::system::error_code failed;
  boost::json::value value = boost::json::parse(toml, failed);
  return failed ? boost::json::value(toml) : value;
}

/// What stands in front of `[relay] secret`: the variable, then the file in the working directory; and what stands
/// behind it: the one that the relay keeps.
std::optional<std::string> other_secret(const Context& context, bool configured) {
  config::RelaySettings none;
  none.require_secret = true;  // so that none is made here
  SystemRandom random;
  if (config::non_empty(context.environment(), "HMAC_SECRET")) return "HMAC_SECRET";
  if (config::relay_secret(none, context.home(), context.environment(), ".", random)) return ".env";
  std::error_code ignored;
  const auto& kept = context.home().relay_secret_file();
  if (!configured && std::filesystem::exists(kept, ignored)) return kept.string();
  return std::nullopt;
}

std::string home_origin(const Context& context) {
  if (context.globals().home) return "--home";
  return config::non_empty(context.environment(), "AGENTROOM_HOME") ? "AGENTROOM_HOME" : "default";
}

/// The values as they count, what the environment and the home say included.
Result<std::vector<config::EffectiveValue>> values_of(Context& context) {
  auto server = context.server();
  if (!server) return pass(server);
  std::vector<config::EffectiveValue> values{
      {"home", config::in_quotes(context.home().root().string()), {home_origin(context)}, {}}};
  for (config::EffectiveValue value : context.configuration().effective()) {
    if (value.key == "server") {
      value.value = config::in_quotes(server->url);
      if (server->origin != "configuration") value.origin = {server->origin == "default" ? "" : server->origin};
    } else if (value.key == "relay.secret") {
      if (const auto origin = other_secret(context, !value.origin.name.empty())) {
        value.value = "(set)";
        value.origin = {*origin};
      }
    }
    values.push_back(std::move(value));
  }
  return values;
}

std::string table_of(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

/// [transport.ws] after [transport], wherever it was read.
void sort_by_table(std::vector<config::EffectiveValue>& values) {
  std::vector<std::string> kinds;
  const auto place = [&](const config::EffectiveValue& value) {
    const std::string table = table_of(value.key);
    const std::string kind = table.substr(0, table.find('.'));
    const auto found = std::ranges::find(kinds, kind);
    return std::pair(found - kinds.begin(), table.size() > kind.size());
  };
  for (const config::EffectiveValue& value : values) {
    const std::string table = table_of(value.key);
    const std::string kind = table.substr(0, table.find('.'));
    if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
  }
  std::ranges::stable_sort(values, {}, place);
}

std::string origin_text(const config::EffectiveValue& value) {
  std::string text = value.origin.text();
  // A file is named whole at the top.
  if (value.origin.line > 0) {
    text = std::filesystem::path(value.origin.name).filename().string() + ":" + std::to_string(value.origin.line);
  }
  for (const std::string& name : value.variables) text += (&name == &value.variables.front() ? " with " : ", ") + name;
  return printable(text);
}

/// As TOML, so that it can be copied into a file, each line with where its value came from.
void tell(const std::vector<config::EffectiveValue>& values, const std::optional<std::filesystem::path>& file,
          Output& out) {
  std::vector<std::pair<std::string, const config::EffectiveValue*>> lines;
  std::size_t width = 0;
  for (const config::EffectiveValue& value : values) {
    const std::string name = value.key.substr(value.key.rfind('.') + 1);
    const bool is_setting = value.key != "home" && !value.hidden && !value.value.starts_with("(");
    lines.emplace_back((is_setting ? "" : "# ") + name + " = " + value.value, &value);
    if (const std::size_t columns = columns_of(lines.back().first); columns <= kWidestAligned)
      width = std::max(width, columns);
  }
  out.line(out.styled(Style::kDim, "# " + (file ? "file: " + printable(file->string()) : "no file")));
  std::string table;
  for (const auto& [line, value] : lines) {
    if (table_of(value->key) != table) {
      table = table_of(value->key);
      out.line();
      out.line(out.styled(Style::kBold, "[" + table + "]"));
    }
    const std::size_t columns = columns_of(line);
    const std::string gap(columns < width ? width - columns : 0, ' ');
    out.line(line + gap + "  " + out.styled(Style::kDim, "# " + origin_text(*value)));
  }
}

}  // namespace

int run(const ConfigShowCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  const config::Problems problems = check_all(*context);
  if (!problems.empty()) return out.error(config::to_error(problems));
  auto values = values_of(*context);
  if (!values) return out.error(values.error());
  sort_by_table(*values);

  const auto file = file_of(*context);
  boost::json::object members;
  for (const config::EffectiveValue& value : *values) {
    boost::json::object member{{"value", native(value.value)}, {"origin", value.origin.text()}};
    if (!value.variables.empty()) member["variables"] = boost::json::value_from(value.variables);
    members[value.key] = std::move(member);
  }
  out.result({{"ok", true},
              {"file", file ? boost::json::value(file->string()) : boost::json::value(nullptr)},
              {"values", std::move(members)}});
  tell(*values, file, out);
  return 0;
}

}  // namespace agentroom::cli

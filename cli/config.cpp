#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"

namespace agentroom::cli {
namespace {

/// The configuration with the tables of all plugins checked, and what is wrong with it.
config::Problems check(Context& context) {
  const auto found = host::discover_plugins(context.plugin_path());
  auto keys = host::plugin_keys(found);
  const config::Settings& s = context.settings();
  config::Problems more;
  const auto add_by_path = [&](const std::string& name, host::PluginKind kind) {
    if (name.find('/') == std::string::npos) return;
    auto manifest = host::find_plugin({}, kind, name);
    if (!manifest) {
      more.push_back(
          {{std::string(host::kind_name(kind)) + ".plugin"}, manifest.error().message, manifest.error().hint});
      return;
    }
    for (auto& each : host::plugin_keys(*manifest)) keys.push_back(std::move(each));
  };
  add_by_path(s.transport.plugin, host::PluginKind::kTransport);
  add_by_path(s.store.plugin, host::PluginKind::kStore);
  add_by_path(s.handler.choice.plugin, host::PluginKind::kHandler);
  add_by_path(s.tunnel.plugin, host::PluginKind::kTunnel);
  // A handler is needed by `serve` alone, which may name it by a flag: without one the configuration is still right.
  std::vector<std::string> needed{config::kTransport, config::kStore};
  if (s.handler.named) needed.emplace_back(config::kHandler);
  context.configuration().check_plugins(keys, needed);
  config::Problems all = context.configuration().problems();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

boost::json::object members(const config::Problem& problem) {
  return {{"file", problem.where.name},
          {"line", problem.where.line},
          {"column", problem.where.column},
          {"error", printable(problem.message)},
          {"hint", printable(problem.hint)}};
}

}  // namespace

int run(const ConfigCheckCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  const config::Problems problems = check(*context);
  if (problems.empty()) {
    out.result({{"ok", true}, {"problems", boost::json::array()}});
    out.line(out.styled(Style::kGood, "ok"));
    return 0;
  }
  const Error error = config::to_error(problems);
  boost::json::array list;
  for (const config::Problem& problem : problems) list.push_back(members(problem));
  if (out.json()) {
    out.result({{"ok", false},
                {"error", printable(problems.front().text())},
                {"code", code_name(error.code)},
                {"hint", printable(problems.front().hint)},
                {"problems", std::move(list)}});
    return exit_code(error.code);
  }
  for (const config::Problem& problem : problems) {
    const Error one{error.code, problem.text(), problem.hint};
    out.error(one);
  }
  return exit_code(error.code);
}

int run(const ConfigShowCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  const config::Problems problems = check(*context);
  if (!problems.empty()) return out.error(config::to_error(problems));
  auto server = context->server();
  if (!server) return out.error(server.error());

  boost::json::object values;
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& key, const std::string& value, const std::string& origin) {
    values[key] = {{"value", value}, {"origin", origin}};
    rows.push_back({out.styled(Style::kBold, key), value, out.styled(Style::kDim, printable(origin))});
  };
  add("home", "\"" + printable(context->home().root().string()) + "\"",
      globals.home ? "--home" : "environment or default");
  for (const config::EffectiveValue& value : context->configuration().effective()) {
    if (value.key == "server") {
      const std::string origin = server->origin == "configuration" ? value.origin.text() : server->origin;
      add("server", "\"" + printable(server->url) + "\"", origin);
    } else {
      add(value.key, value.value, value.origin.text());
    }
  }
  out.result({{"ok", true}, {"values", std::move(values)}});
  out.line(table_text(rows));
  return 0;
}

}  // namespace agentroom::cli

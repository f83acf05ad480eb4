#include "options.hpp"

#include <algorithm>
#include <utility>

#include "placeholders.hpp"

namespace agentroom::tunnel_exec {
namespace {

sdk::Result<std::vector<std::string>> read_command(const tunnel::Keys& keys) {
  if (keys.is_array("command")) {
    auto arguments = keys.texts("command");
    if (!arguments) return arguments;
    if (!arguments->empty() && !arguments->front().empty()) return arguments;
  } else {
    auto line = keys.text("command");
    if (!line) return line.error();
    if (*line && has_placeholder(**line)) {
      return sdk::fail(AR_INVALID, "command is a line for the shell, in which {host}, {port} and {url} mean nothing",
                       "Write \"$AGENTROOM_LOCAL_PORT\", or make command an array of a program and its arguments.");
    }
    if (*line) return std::vector<std::string>{"/bin/sh", "-c", **line};
  }
  return sdk::fail(AR_INVALID, "command must name the program that makes the tunnel",
                   R"(For example: command = ["bore", "local", "{port}", "--to", "bore.pub"])");
}

}  // namespace

sdk::Result<Options> parse_options(std::string_view config) {
  const auto keys = tunnel::Keys::parse(config);
  if (!keys) return keys.error();
  auto settings = keys->common();
  if (!settings) return settings.error();
  auto argv = read_command(*keys);
  if (!argv) return argv.error();
  auto env = keys->texts("env");
  if (!env) return env.error();
  const auto is_assignment = [](const std::string& text) { return text.find('=', 1) != std::string::npos; };
  if (!std::all_of(env->begin(), env->end(), is_assignment)) {
    return sdk::fail(AR_INVALID, R"(env must be an array of texts "NAME=value")");
  }
  auto cwd = keys->text("cwd");
  if (!cwd) return cwd.error();
  auto expression = keys->text("url_pattern");
  if (!expression) return expression.error();
  auto form = keys->text("public_url");
  if (!form) return form.error();
  auto pattern = tunnel::UrlPattern::make("url_pattern", expression->value_or(""), form->value_or(""));
  if (!pattern) return pattern.error();
  return Options{std::move(*settings), std::move(*argv),  !keys->is_array("command"),
                 std::move(*env),      cwd->value_or(""), std::move(*pattern)};
}

}  // namespace agentroom::tunnel_exec

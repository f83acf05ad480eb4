#include "base/text.hpp"
#include "commands.hpp"
#include "config_problems.hpp"
#include "context.hpp"

namespace agentroom::cli {
namespace {

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
  const config::Problems problems = check_all(*context);
  if (problems.empty()) {
    const auto file = file_of(*context);
    out.result({{"ok", true},
                {"file", file ? boost::json::value(file->string()) : boost::json::value(nullptr)},
                {"problems", boost::json::array()}});
    out.line(out.styled(Style::kGood, "ok") + (file ? ": " + printable(file->string()) : ": no file, all defaults"));
    return 0;
  }
  const Error error = config::to_error(problems);
  boost::json::array list;
  for (const config::Problem& problem : problems) list.push_back(members(problem));
  if (out.json()) {
    out.result({{"ok", false},
                {"error", printable(problems.front().text())},
                {"code", code_name(error.code)},
                {"hint", printable(error.hint)},
                {"problems", std::move(list)}});
    return exit_code(error.code);
  }
  for (const config::Problem& problem : problems) {
    const Error one{error.code, problem.text(), problem.hint};
    out.error(one);
  }
  return exit_code(error.code);
}

}  // namespace agentroom::cli

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"
#include "commands.hpp"
#include "config/nearest.hpp"
#include "config/private_file.hpp"
#include "config_problems.hpp"
#include "conformance.hpp"
#include "context.hpp"
#include "plugin_lookup.hpp"
#include "plugin_members.hpp"
#include "plugin_trial.hpp"
#include "runtime/signals.hpp"
#include "stage.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using host::PluginKind;

/// The ways to behave that a configuration may bring about.
std::vector<std::string> behaviours(PluginKind kind) {
  switch (kind) {
    case PluginKind::kHandler:
      return {"echo", "none", "fail", "endless", "timeout"};
    case PluginKind::kStore:
      return {"full"};
    case PluginKind::kTunnel:
      return {"lossy", "stuck", "failing", "hopeless"};
    case PluginKind::kTransport:
      return {};
  }
  return {};
}

/// The table of the plugin in a configuration, checked against its manifest. Without a file: the defaults.
Result<std::string> table_in(const std::optional<fs::path>& file, const host::Manifest& manifest, PluginKind kind,
                             const host::Discovery& others) {
  const std::string kind_text(host::kind_name(kind));
  config::Input input{.file = file, .overrides = {}, .environment = config::process_environment()};
  input.overrides.push_back({kind_text + ".plugin", manifest.id, "agentroom plugin check"});
  auto configuration = config::Configuration::load(std::move(input));
  auto keys = host::plugin_keys(manifest);
  for (const host::FoundPlugin& other : others.plugins) {
    if (other.shadowed || other.manifest.id == manifest.id) continue;
    for (auto& more : host::plugin_keys(other.manifest)) keys.push_back(std::move(more));
  }
  configuration.check_plugins(keys, std::vector{kind_text});
  if (!configuration.problems().empty()) return std::unexpected(config::to_error(configuration.problems()));
  const config::Settings& settings = configuration.settings();
  switch (kind) {
    case PluginKind::kHandler:
      return settings.handler.choice.config;
    case PluginKind::kStore:
      return settings.store.config;
    case PluginKind::kTunnel:
      return settings.tunnel.choice.config;
    case PluginKind::kTransport:
      return settings.transport.config;
  }
  return std::string();
}

struct Checked {
  PluginKind kind;
  Promise promise;
  Outcome outcome;
};

bool is_failure(Verdict verdict) {
  return verdict != Verdict::kKept && verdict != Verdict::kLeftOut;
}

std::string time_text(std::chrono::milliseconds took) {
  return std::to_string(took.count()) + " ms";
}

/// One plugin on its way through the promises of its kinds.
class PluginCheck {
 public:
  PluginCheck(const PluginCheckCommand& command, Context& context, host::Manifest manifest)
      : command_(command), context_(context), out_(context.out()), manifest_(std::move(manifest)) {}

  Result<void> run() {
    if (auto understood = read_when(); !understood) return understood;
    if (auto loaded = try_to_load(manifest_); !loaded) return pass(loaded);
    auto folder = TemporaryFolder::make();
    if (!folder) return pass(folder);
    const auto others = host::discover_plugins(context_.plugin_path());
    for (const PluginKind kind : manifest_.kinds) {
      if (auto done = check_kind(kind, others, (*folder)->path()); !done) return done;
    }
    return {};
  }

  int tell() {
    const auto count = [&](auto&& wanted) {
      return static_cast<std::size_t>(
          std::ranges::count_if(checked_, [&](const Checked& each) { return wanted(each.outcome.verdict); }));
    };
    const std::size_t kept = count([](Verdict verdict) { return verdict == Verdict::kKept; });
    const std::size_t broken = count(is_failure);
    const std::size_t left_out = checked_.size() - kept - broken;
    const std::string summary = std::to_string(kept) + " kept, " + std::to_string(broken) + " broken, " +
                                std::to_string(left_out) + " left out";
    boost::json::array promises;
    for (const Checked& each : checked_) promises.push_back(members_of(each));
    boost::json::object object{{"ok", broken == 0}};
    if (broken > 0) {
      object["error"] =
          manifest_.id + " breaks " + std::to_string(broken) + " of " + std::to_string(kept + broken) + " promises";
      object["code"] = code_name(ErrorCode::kPlugin);
      object["hint"] = "docs/plugin-abi.md tells what a plugin promises";
    }
    for (auto& [name, value] : members(host::FoundPlugin{manifest_, false})) {
      if (name == "id" || name == "version" || name == "kinds" || name == "library") object[name] = std::move(value);
    }
    object["promises"] = std::move(promises);
    object["kept"] = kept;
    object["broken"] = broken;
    object["left_out"] = left_out;
    out_.result(object);
    out_.line();
    out_.line(out_.styled(Style::kBold, manifest_.id) + ": " +
              out_.styled(broken == 0 ? Style::kGood : Style::kBad, summary));
    return broken == 0 ? 0 : exit_code(ErrorCode::kPlugin);
  }

 private:
  static boost::json::object members_of(const Checked& each) {
    const std::string& said = each.outcome.said;
    return {{"kind", host::kind_name(each.kind)},
            {"promise", each.promise.full_name()},
            {"verdict", verdict_name(each.outcome.verdict)},
            {"ms", each.outcome.took.count()},
            {"said", said.empty() ? boost::json::value(nullptr) : boost::json::value(printable(said, true))}};
  }

  Result<void> read_when() {
    std::vector<std::string> known;
    for (const PluginKind kind : manifest_.kinds) {
      for (std::string& behaviour : behaviours(kind)) known.push_back(std::move(behaviour));
    }
    for (const std::string& given : command_.when) {
      const std::size_t equals = given.find('=');
      const std::string name = given.substr(0, equals);
      if (equals == std::string::npos || equals + 1 == given.size()) {
        return fail(ErrorCode::kUsage, "--when takes BEHAVIOUR=FILE, not \"" + printable(given) + "\"",
                    "see: agentroom plugin check --help");
      }
      if (std::ranges::find(known, name) == known.end()) {
        std::string all;
        for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
        return fail(ErrorCode::kUsage,
                    "a " + kinds_text(manifest_) + " has no behaviour `" + printable(name) + "`" +
                        config::suggestion(name, known),
                    all.empty() ? "" : "expected one of " + all);
      }
      when_[name] = given.substr(equals + 1);
    }
    return {};
  }

  /// What the suite is started with. The tables go by way of files: they may hold secrets.
  Result<std::vector<std::string>> arguments(PluginKind kind, const host::Discovery& others, const fs::path& folder) {
    std::vector<std::string> all{"--plugin=" + manifest_.library.string()};
    const auto add = [&](const std::string& name, const std::optional<fs::path>& file) -> Result<void> {
      auto table = table_in(file, manifest_, kind, others);
      if (!table) return pass(table);
      const fs::path copy = folder / (name + ".toml");
      all.push_back("--" + name + "=@" + copy.string());
      return config::write_file_atomically(copy, *table, config::IfExists::kReplace);
    };
    if (manifest_.config.empty()) all.emplace_back("--keyless=1");
    if (auto added = add("config", file_of(context_)); !added) return pass(added);
    for (const std::string& behaviour : behaviours(kind)) {
      const auto file = when_.find(behaviour);
      if (file == when_.end()) continue;
      if (auto added = add("when-" + behaviour, file->second); !added) return pass(added);
    }
    return all;
  }

  static bool names(const std::vector<std::string>& given, const Promise& promise) {
    return std::ranges::any_of(
        given, [&](const std::string& name) { return name == promise.group || name == promise.full_name(); });
  }

  Result<std::vector<Promise>> chosen(ConformanceSuite& suite) const {
    auto all = suite.promises();
    if (!all) return all;
    std::vector<std::string> known;
    for (const Promise& promise : *all) {
      if (known.empty() || known.back() != promise.group) known.push_back(promise.group);
    }
    const bool one_kind = manifest_.kinds.size() == 1;
    for (const auto* given : {&command_.only, &command_.without}) {
      for (const std::string& name : *given) {
        if (!one_kind || std::ranges::any_of(*all, [&](const Promise& each) { return names({name}, each); })) continue;
        std::string groups;
        for (const std::string& group : known) groups += (groups.empty() ? "" : ", ") + group;
        return fail(ErrorCode::kUsage,
                    "there is no promise `" + printable(name) + "`" + config::suggestion(name, known),
                    "the groups are " + groups);
      }
    }
    std::erase_if(*all, [&](const Promise& promise) {
      return (!command_.only.empty() && !names(command_.only, promise)) || names(command_.without, promise);
    });
    return all;
  }

  Result<void> check_kind(PluginKind kind, const host::Discovery& others, const fs::path& folder) {
    auto program = ConformanceSuite::find(kind);
    if (!program) return pass(program);
    auto with = arguments(kind, others, folder);
    if (!with) return pass(with);
    const fs::path runs = folder / host::kind_name(kind);
    if (auto made = config::make_private_folder(runs); !made) return made;
    ConformanceSuite suite(*program, runs);
    const runtime::Signals signals({[&](int) { suite.stop(); }, {}});
    const auto promises = chosen(suite);
    if (!promises) return std::unexpected(promises.error());

    out_.line(out_.styled(Style::kBold, manifest_.id) + " " + manifest_.version + " as a " +
              std::string(host::kind_name(kind)));
    std::vector<Checked> group;
    for (std::size_t i = 0; i < promises->size(); ++i) {
      const Promise& promise = (*promises)[i];
      out_.progress(std::to_string(i + 1) + " of " + std::to_string(promises->size()) + ": " + words_of(promise.name));
      auto outcome = suite.check(promise, *with);
      if (!outcome) return pass(outcome);
      group.push_back({kind, promise, std::move(*outcome)});
      if (i + 1 < promises->size() && (*promises)[i + 1].group == promise.group) continue;
      out_.progress({});
      tell_group(group);
      std::ranges::move(group, std::back_inserter(checked_));
      group.clear();
    }
    return {};
  }

  void tell_group(const std::vector<Checked>& group) {
    if (out_.json()) return;
    out_.line();
    out_.line(out_.styled(Style::kBold, group.front().promise.group));
    std::vector<std::vector<std::string>> rows;
    for (const Checked& each : group) {
      const Verdict verdict = each.outcome.verdict;
      const Style style = is_failure(verdict) ? Style::kBad : verdict == Verdict::kKept ? Style::kGood : Style::kNotice;
      const std::string word = verdict == Verdict::kLeftOut ? "left out" : std::string(verdict_name(verdict));
      rows.push_back({"  " + out_.styled(style, word), time_text(each.outcome.took), words_of(each.promise.name)});
    }
    out_.line(table_text(rows));
    std::string reason;  // that of several is told once
    for (const Checked& each : group) {
      if (each.outcome.said.empty() || each.outcome.said == reason) continue;
      reason = each.outcome.said;
      const bool failed = is_failure(each.outcome.verdict);
      out_.line();
      out_.line("  " + out_.styled(failed ? Style::kBad : Style::kNotice, failed ? each.promise.name : "left out") +
                ":");
      std::string_view rest = reason;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        out_.line("    " + printable(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }

  const PluginCheckCommand& command_;
  Context& context_;
  Output& out_;
  const host::Manifest manifest_;
  std::map<std::string, fs::path, std::less<>> when_;
  std::vector<Checked> checked_;
};

}  // namespace

int run(const PluginCheckCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make_unchecked(globals, out);
  if (!context) return out.error(context.error());
  auto found = find_plugin(context->plugin_path(), command.name);
  if (!found) return out.error(found.error());
  PluginCheck check(command, *context, std::move(found->manifest));
  if (auto done = check.run(); !done) return out.error(done.error());
  return check.tell();
}

}  // namespace agentroom::cli

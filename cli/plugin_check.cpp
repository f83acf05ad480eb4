#include <algorithm>
#include <map>
#include <memory>

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
    for (const PluginKind kind : manifest_.kinds) {
      if (auto added = add_kind(kind, (*folder)->path()); !added) return added;
    }
    if (auto chosen = choose(); !chosen) return chosen;
    const runtime::Signals signals({[this](int) {
      for (OfKind& each : kinds_) each.suite->stop();
    }});
    const auto others = host::discover_plugins(context_.plugin_path());
    for (OfKind& each : kinds_) {
      auto with = arguments(each.kind, others, (*folder)->path());
      if (!with) return pass(with);
      each.arguments = std::move(*with);
    }
    for (OfKind& each : kinds_) {
      if (auto done = check(each); !done) return done;
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
  struct OfKind {
    PluginKind kind;
    std::unique_ptr<ConformanceSuite> suite;
    std::vector<Promise> promises;
    std::vector<std::string> arguments;
  };

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

  Result<void> add_kind(PluginKind kind, const fs::path& folder) {
    auto program = ConformanceSuite::find(kind);
    if (!program) return pass(program);
    const fs::path runs = folder / host::kind_name(kind);
    if (auto made = config::make_private_folder(runs); !made) return made;
    auto suite = std::make_unique<ConformanceSuite>(*program, runs);
    auto promises = suite->promises();
    if (!promises) return pass(promises);
    kinds_.push_back({.kind = kind, .suite = std::move(suite), .promises = std::move(*promises), .arguments = {}});
    return {};
  }

  /// Leaves the promises that were asked for.
  Result<void> choose() {
    std::vector<std::string> groups;
    std::vector<std::string> known;
    for (const OfKind& each : kinds_) {
      for (const Promise& promise : each.promises) {
        if (groups.empty() || groups.back() != promise.group) groups.push_back(promise.group);
        known.push_back(promise.full_name());
      }
    }
    known.insert(known.end(), groups.begin(), groups.end());
    std::string all;
    for (const std::string& group : groups) all += (all.empty() ? "" : ", ") + group;
    for (const auto* given : {&command_.only, &command_.without}) {
      for (const std::string& name : *given) {
        if (std::ranges::find(known, name) != known.end()) continue;
        return fail(ErrorCode::kUsage,
                    "there is no promise `" + printable(name) + "`" + config::suggestion(name, groups),
                    "the groups are " + all);
      }
    }
    std::size_t left = 0;
    for (OfKind& each : kinds_) {
      std::erase_if(each.promises, [&](const Promise& promise) {
        return (!command_.only.empty() && !names(command_.only, promise)) || names(command_.without, promise);
      });
      left += each.promises.size();
    }
    if (left == 0) return fail(ErrorCode::kUsage, "no promise is left to check", "the groups are " + all);
    return {};
  }

  Result<void> check(OfKind& of) {
    out_.line(out_.styled(Style::kBold, manifest_.id) + " " + manifest_.version + " as a " +
              std::string(host::kind_name(of.kind)));
    std::vector<Checked> group;
    for (std::size_t i = 0; i < of.promises.size(); ++i) {
      const Promise& promise = of.promises[i];
      out_.progress(std::to_string(i + 1) + " of " + std::to_string(of.promises.size()) + ": " +
                    words_of(promise.name));
      auto outcome = of.suite->check(promise, of.arguments);
      if (!outcome) return pass(outcome);
      group.push_back({of.kind, promise, std::move(*outcome)});
      if (i + 1 < of.promises.size() && of.promises[i + 1].group == promise.group) continue;
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
  std::vector<OfKind> kinds_;
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

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "commands.hpp"
#include "store_at_hand.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;
using Kind = runtime::EpochState::Kind;

std::string size_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.1f %s" : "%.0f %s", value, kUnits.at(unit));
  return text.data();
}

std::string_view state_name(Kind kind) {
  switch (kind) {
    case Kind::kNew:
      return "new";
    case Kind::kCurrent:
      return "current";
    case Kind::kRolledBack:
      return "rolled_back";
    case Kind::kEmpty:
      return "empty";
    case Kind::kUnnoted:
      return "unnoted";
  }
  return "new";
}

std::string state_text(const runtime::EpochState& state) {
  const std::string noted = std::to_string(state.noted.value_or(0));
  switch (state.kind) {
    case Kind::kNew:
      return "nothing counted yet";
    case Kind::kCurrent:
      return std::to_string(state.store) + ": no older copy";
    case Kind::kRolledBack:
      return std::to_string(state.store) + ", and " + noted + " was noted: an older copy";
    case Kind::kEmpty:
      return "none, and " + noted + " was noted: another store was in use here";
    case Kind::kUnnoted:
      return std::to_string(state.store) + ", and none was noted here: it cannot be told whether it is an older copy";
  }
  return {};
}

/// What a check found.
struct Findings {
  StoreSize size;
  StoreInspection records;
  runtime::EpochState epochs;
  bool refused = false;  ///< since it is an older copy
};

Result<Findings> examine(StoreAtHand& hand) {
  Findings found;
  if (auto opened = hand.open(StoreAccess::kReadOnly); !opened) return pass(opened);
  if (auto whole = hand.store().check(); !whole) return pass(whole);
  auto size = hand.store().size();
  if (!size) return pass(size);
  found.size = *size;
  auto records = hand.inspect();
  if (!records) return pass(records);
  found.records = std::move(*records);
  auto epochs = hand.epochs();
  if (!epochs) return pass(epochs);
  found.epochs = *epochs;
  // A relay goes on with an older copy.
  found.refused = std::string_view(hand.name()) == "agent" && epochs->kind == Kind::kRolledBack;
  return found;
}

object members(const StoreAtHand& hand, const Findings& found) {
  object records;
  for (const auto& kind : found.records.kinds) {
    std::string name = kind.name;
    std::ranges::replace(name, ' ', '_');
    records[name] = kind.records;
  }
  object result{{"ok", true},
                {"store", hand.name()},
                {"location", hand.location().string()},
                {"plugin", hand.plugin()},
                {"bytes", found.size.bytes},
                {"unused_bytes", found.size.unused_bytes},
                {"records", std::move(records)}};
  const auto& noted = found.epochs.noted;
  result["counter"] = {{"store", found.epochs.store},
                       {"noted", noted ? boost::json::value(*noted) : boost::json::value(nullptr)},
                       {"state", state_name(found.epochs.kind)}};
  return result;
}

void tell(const StoreAtHand& hand, const Findings& found, Output& out) {
  std::vector<std::vector<std::string>> about{
      {std::string(hand.name()) + " store", printable(hand.location().string()) + " (" + hand.plugin() + ")"},
      {"size", size_text(found.size.bytes) + ", " + size_text(found.size.unused_bytes) + " of it unused"}};
  about.push_back({"counter", state_text(found.epochs)});
  out.line(table_text(about));
  out.line();
  std::vector<std::vector<std::string>> rows{{"RECORDS", "COUNT", "SIZE"}};
  for (const auto& kind : found.records.kinds) {
    rows.push_back({kind.name, std::to_string(kind.records), size_text(kind.bytes)});
  }
  out.line(table_text(rows));
}

/// Why the store is not sound, if it is not.
std::optional<Error> verdict(const Findings& found) {
  if (found.records.problem_count > 0) {
    std::string text = "the store is damaged: " + found.records.problems.front();
    if (found.records.problem_count > 1) {
      text += " (and " + std::to_string(found.records.problem_count - 1) + " more)";
    }
    return Error{ErrorCode::kCorrupt, text, "it was left as it is; restore a backup, or move it away to begin anew"};
  }
  if (found.refused) return runtime::older_copy(found.epochs);
  return std::nullopt;
}

int refuse(const StoreAtHand& hand, const Findings& found, const Error& why, Output& out) {
  if (!out.json()) {
    for (const std::string& problem : found.records.problems) out.line(printable(problem));
    return out.error(why);
  }
  object result = members(hand, found);
  result["ok"] = false;
  result["error"] = printable(why.message);
  result["code"] = code_name(why.code);
  result["hint"] = printable(why.hint);
  boost::json::array problems;
  for (const std::string& problem : found.records.problems) problems.emplace_back(printable(problem));
  result["problems"] = std::move(problems);
  out.result(result);
  return exit_code(why.code);
}

/// Goes on with an older copy, and looks at it again.
Result<Findings> accept(StoreAtHand& hand, const runtime::EpochState& state, Output& out) {
  if (auto opened = hand.open(StoreAccess::kReadWrite); !opened) return pass(opened);
  if (auto accepted = hand.accept(state); !accepted) return pass(accepted);
  out.remark(
      "This copy is the store from now on. A session that went on without it is out of step:\n"
      "both sides are told at the next message, and a new invite between them renews it.");
  return examine(hand);
}

}  // namespace

int run(const StoreCheckCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto hand = StoreAtHand::take(*context, command.relay);
  if (!hand) return out.error(hand.error());
  auto found = examine(**hand);
  if (!found) return out.error(found.error());
  auto why = verdict(*found);
  const bool older = found->refused || found->epochs.kind == Kind::kUnnoted;
  if (command.accept_rollback && found->records.problem_count == 0 && older) {
    found = accept(**hand, found->epochs, out);
    if (!found) return out.error(found.error());
    why = verdict(*found);
  } else if (command.accept_rollback && !why) {
    out.remark("There was nothing to accept: the store is no older copy.");
  }
  if (why) return refuse(**hand, *found, *why, out);
  out.result(members(**hand, *found));
  tell(**hand, *found, out);
  out.line();
  out.line(out.styled(Style::kGood, "whole") + ": every page was read, and every record opens and fits the others");
  return 0;
}

int run(const StoreCompactCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto hand = StoreAtHand::take(*context, command.relay);
  if (!hand) return out.error(hand.error());
  // Where there is none, none is to appear.
  Result<void> opened = (*hand)->open(StoreAccess::kReadOnly);
  if (opened) opened = (*hand)->open(StoreAccess::kReadWrite);
  if (!opened) return out.error(opened.error());
  const auto before = (*hand)->store().size();
  if (!before) return out.error(before.error());
  if (auto done = (*hand)->store().compact(); !done) return out.error(done.error());
  const auto after = (*hand)->store().size();
  if (!after) return out.error(after.error());
  out.result({{"ok", true},
              {"store", (*hand)->name()},
              {"location", (*hand)->location().string()},
              {"bytes_before", before->bytes},
              {"bytes_after", after->bytes}});
  out.line("compacted the " + std::string((*hand)->name()) + " store: " + size_text(before->bytes) + " before, " +
           size_text(after->bytes) + " now");
  return 0;
}

}  // namespace agentroom::cli

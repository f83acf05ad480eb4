#include "agent/journal.hpp"

#include <utility>

#include "agent/records.hpp"

namespace agentroom::agent {
namespace {

constexpr std::uint32_t kSchema = 1;
/// Long enough to ride on the next message's commit, short enough that a kill seldom leaves rows to send again.
constexpr Duration kLater = std::chrono::milliseconds(250);

constexpr const char* kForeignHint =
    "put back the identity.json that the store was made with; or start anew, without its sessions: `agentroom setup "
    "--force`";

}  // namespace

Journal::Journal(Store& store, crypto::StoreKey key, Random& random, OnFailed on_failed)
    : store_(store),
      sealer_(std::move(key)),
      random_(random),
      on_failed_(std::move(on_failed)),
      alive_(std::make_shared<Journal*>(this)) {}

Journal::~Journal() {
  for (auto& [key, staged] : staged_) {
    if (auto* value = std::get_if<Bytes>(&staged)) wipe(*value);
  }
}

Result<void> Journal::open(const AgentId& self) {
  self_ = self;
  const Bytes key = record_prefix(RecordKind::kMeta);
  auto sealed = store_.get(key);
  if (!sealed) return pass(sealed);
  if (!*sealed) {
    bool empty = true;
    auto scanned = store_.scan({}, {}, 1, [&](ByteView, ByteView) { return empty = false; });
    if (!scanned) return scanned;
    if (!empty) return fail(ErrorCode::kCorrupt, "the store does not hold an agent's records", kForeignHint);
    needs_meta_ = true;
    return {};
  }
  auto value = sealer_.open(key, **sealed);
  if (!value) return fail(ErrorCode::kCorrupt, "the store does not open with this identity", kForeignHint);
  auto meta = decode_meta(*value);
  if (!meta) return pass(meta);
  if (meta->agent != self) return fail(ErrorCode::kCorrupt, "the store belongs to another identity", kForeignHint);
  if (meta->schema != kSchema) {
    return fail(ErrorCode::kCorrupt,
                "the store has schema " + std::to_string(meta->schema) + "; this version reads schema " +
                    std::to_string(kSchema),
                "use the version of agentroom that wrote it");
  }
  return {};
}

Result<std::optional<Bytes>> Journal::read(ByteView key) {
  auto sealed = store_.get(key);
  if (!sealed || !*sealed) return sealed;
  auto value = sealer_.open(key, **sealed);
  if (!value) return pass(value);
  return std::optional<Bytes>(std::move(*value));
}

Result<void> Journal::read_all(RecordKind kind, const Visitor& visit) {
  return read_some(kind, {}, 0, visit);
}

Result<void> Journal::read_some(RecordKind kind, ByteView after, std::size_t limit, const Visitor& visit) {
  Result<void> visited;
  auto scanned = store_.scan(record_prefix(kind), after, limit, [&](ByteView key, ByteView sealed) {
    auto value = sealer_.open(key, sealed);
    if (!value) {
      visited = pass(value);
      return false;
    }
    visited = visit(key, *value);
    wipe(*value);
    return visited.has_value();
  });
  return scanned ? visited : scanned;
}

void Journal::put(Bytes key, Bytes value) {
  if (failed_) return wipe(value);
  Staged& staged = staged_[std::move(key)];
  if (auto* older = std::get_if<Bytes>(&staged)) wipe(*older);
  staged = std::move(value);
}

void Journal::put_encoded(Bytes key, Encode encode) {
  if (failed_) return;
  Staged& staged = staged_[std::move(key)];
  if (auto* older = std::get_if<Bytes>(&staged)) wipe(*older);
  staged = std::move(encode);
}

void Journal::remove(Bytes key) {
  if (failed_) return;
  Staged& staged = staged_[std::move(key)];
  if (auto* older = std::get_if<Bytes>(&staged)) wipe(*older);
  staged = std::monostate{};
}

void Journal::remove_later(Bytes key, const Now& now) {
  if (failed_) return;
  if (later_.empty()) later_due_ = now.steady + kLater;
  later_.push_back(std::move(key));
}

void Journal::then(Effect effect) {
  if (!failed_) wait(std::move(effect));
}

void Journal::finally(Outcome outcome) {
  if (failed_) return outcome(fail(ErrorCode::kAborted, "the store failed before"));
  wait(std::move(outcome));
}

void Journal::wait(Waiting waiting) {
  if (!staged_.empty()) {
    effects_.push_back(std::move(waiting));
  } else if (!submitted_.empty()) {
    submitted_.back().push_back(std::move(waiting));
  } else {
    ready_.push_back(std::move(waiting));
  }
}

void Journal::run_ready() {
  while (!ready_.empty() && !failed_) {
    std::vector<Waiting> ready = std::exchange(ready_, {});
    for (Waiting& waiting : ready) {
      if (failed_) {
        if (auto* outcome = std::get_if<Outcome>(&waiting)) {
          (*outcome)(fail(ErrorCode::kAborted, "the store failed before"));
        }
      } else if (auto* effect = std::get_if<Effect>(&waiting)) {
        (*effect)();
      } else {
        std::get<Outcome>(waiting)({});
      }
    }
  }
}

Bytes Journal::seal(ByteView key, Staged& staged) {
  Bytes value = std::holds_alternative<Bytes>(staged) ? std::move(std::get<Bytes>(staged)) : std::get<Encode>(staged)();
  Bytes sealed = sealer_.seal(key, value, random_);
  wipe(value);
  return sealed;
}

void Journal::commit(const Now& now, bool all) {
  if (failed_) return;
  const bool later_too = !later_.empty() && (all || !staged_.empty() || now.steady >= later_due_);
  if (staged_.empty() && !later_too) return;
  if (std::exchange(needs_meta_, false)) put(record_prefix(RecordKind::kMeta), encode(MetaRecord{kSchema, self_}));
  for (Bytes& key : std::exchange(later_, {})) staged_[std::move(key)] = std::monostate{};
  StoreBatch batch;
  batch.reserve(staged_.size());
  for (auto& [key, staged] : staged_) {
    if (std::holds_alternative<std::monostate>(staged)) {
      batch.push_back({StoreOp::Kind::kDelete, key, {}});
    } else {
      batch.push_back({StoreOp::Kind::kPut, key, seal(key, staged)});
    }
  }
  staged_.clear();
  submitted_.push_back(std::exchange(effects_, {}));
  store_.commit(std::move(batch), [journal = std::weak_ptr(alive_)](Result<void> result) {
    if (auto alive = journal.lock()) (*alive)->completed(std::move(result));
  });
}

void Journal::completed(Result<void> result) {
  if (failed_) return;
  if (!result) return end(result.error());
  std::vector<Waiting> effects = std::exchange(submitted_.front(), {});
  submitted_.pop_front();
  effects.insert(effects.begin(), std::make_move_iterator(ready_.begin()), std::make_move_iterator(ready_.end()));
  ready_ = std::move(effects);
  run_ready();
}

void Journal::end(const Error& why) {
  if (std::exchange(failed_, true)) return;
  for (auto& [key, staged] : staged_) {
    if (auto* value = std::get_if<Bytes>(&staged)) wipe(*value);
  }
  staged_.clear();
  later_.clear();
  std::vector<Waiting> waiting = std::exchange(ready_, {});
  const auto take = [&](std::vector<Waiting>& more) {
    waiting.insert(waiting.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (auto& effects : submitted_) take(effects);
  take(effects_);
  submitted_.clear();
  effects_.clear();
  on_failed_(why);
  for (Waiting& each : waiting) {
    if (auto* outcome = std::get_if<Outcome>(&each)) (*outcome)(std::unexpected(why));
  }
}

std::optional<Duration> Journal::deadline() const {
  if (failed_) return std::nullopt;
  if (!ready_.empty()) return Duration{};
  if (later_.empty()) return std::nullopt;
  return later_due_;
}

bool Journal::quiet() const {
  return failed_ || (staged_.empty() && later_.empty() && submitted_.empty() && ready_.empty());
}

}  // namespace agentroom::agent

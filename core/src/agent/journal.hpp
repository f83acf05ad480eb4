// The agent's store as a pipeline: changes gather, one commit a turn carries them, effects wait for it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "agent/record_keys.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "agentroom/store.hpp"
#include "agentroom/time.hpp"
#include "crypto/sealed_record.hpp"

namespace agentroom::agent {

/// Seals what is written and opens what is read.
///
///   put, remove, then ... -> [staged] --commit()--> [submitted] --durable--> effects, in order
///                                                        \--failed--> dead: no effect ever runs again
///
/// State in memory may run ahead of what is durable; an effect (a frame, a receipt, a handler call, an event) never
/// does.
class Journal {
 public:
  /// Runs once everything staged before it is durable; destroyed without having run when the store fails.
  using Effect = std::move_only_function<void()>;
  /// The same, and told of a failure too.
  using Outcome = std::move_only_function<void(Result<void>)>;
  /// Makes a record's value at the time of the commit, so that a record that changes often in a turn is encoded once.
  using Encode = std::move_only_function<Bytes()>;
  using OnFailed = std::move_only_function<void(const Error&)>;

  Journal(Store& store, crypto::StoreKey key, Random& random, OnFailed on_failed);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Recognises a store that is damaged, foreign or of another version. Errors: kCorrupt, kIo.
  Result<void> open(const AgentId& self);

  /// Committed values, opened. A failure at run time must be handed to `end`.
  Result<std::optional<Bytes>> read(ByteView key);
  using Visitor = std::function<Result<void>(ByteView key, ByteView value)>;
  /// All records of a kind, in key order; the value is wiped after each call.
  Result<void> read_all(RecordKind kind, const Visitor& visit);
  /// Up to `limit` committed records after `after`.
  Result<void> read_some(RecordKind kind, ByteView after, std::size_t limit, const Visitor& visit);

  const crypto::RecordSealer& sealer() const { return sealer_; }

  /// `value` is wiped once sealed.
  void put(Bytes key, Bytes value);
  void put_encoded(Bytes key, Encode encode);
  void remove(Bytes key);
  /// Removes with the next commit that happens anyway, or after a while: for records that would only be repeated
  /// harmlessly after a crash.
  void remove_later(Bytes key, const Now& now);

  void then(Effect effect);
  void finally(Outcome outcome);

  /// Runs the effects that wait for nothing. They may stage more.
  void run_ready();
  bool has_ready() const { return !ready_.empty(); }
  /// Hands what is staged to the store. `all` takes along what `remove_later` left.
  void commit(const Now& now, bool all);
  std::optional<Duration> deadline() const;

  /// Nothing staged, under way or waiting.
  bool quiet() const;
  bool failed() const { return failed_; }
  /// Ends this journal: outcomes are told, nothing is written any more.
  void end(const Error& why);

 private:
  using Waiting = std::variant<Effect, Outcome>;
  using Staged = std::variant<std::monostate, Bytes, Encode>;  ///< monostate: to be removed

  void wait(Waiting waiting);
  void completed(Result<void> result);
  Bytes seal(ByteView key, Staged& staged);

  Store& store_;
  crypto::RecordSealer sealer_;
  Random& random_;
  OnFailed on_failed_;
  AgentId self_;
  bool needs_meta_ = false;
  bool failed_ = false;
  std::map<Bytes, Staged> staged_;  ///< by key, so that a batch names each key once
  std::vector<Waiting> effects_;    ///< of what is staged
  std::vector<Bytes> later_;
  Duration later_due_{};
  std::deque<std::vector<Waiting>> submitted_;  ///< one entry a commit, in the store's order
  std::vector<Waiting> ready_;
  std::shared_ptr<Journal*> alive_;  ///< completions find the journal gone after its end
};

}  // namespace agentroom::agent

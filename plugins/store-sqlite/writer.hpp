// Writes a group of batches as one durable transaction.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "agentroom/sdk/host.hpp"
#include "connection.hpp"
#include "group.hpp"

namespace agentroom::store_sqlite {

enum class Outcome : std::uint8_t { kWritten, kConflict };

/// What became of a group. Without `error` there is an outcome for each batch, and the transaction is durable. With it
/// nothing was written, and the outcomes are those of the leading batches that conflicted with what was stored before.
struct GroupResult {
  std::vector<Outcome> outcomes;
  std::optional<Error> error;
};

/// Thread: one at a time.
class Writer {
 public:
  static Result<std::unique_ptr<Writer>> make(sdk::Host host, Connection connection);

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  GroupResult write(const Group& group);

  /// Writes durably what is there already. After a failure this shows that the disk takes writes again, and overwrites
  /// what the failed transaction may have left in the log behind the last good one.
  Status prove_writable();

  /// Folds the log into the file once it is long. Called after the group was completed, so that only what comes next
  /// waits for it. A failure is told to the log: nothing is lost, the log grows until a later one works.
  void checkpoint_if_due();
  /// The log is to begin anew as soon as nobody reads it. Thread: any.
  bool log_is_long() const { return log_is_long_; }

 private:
  struct Statements {
    Statement begin, commit, rollback, put, remove, present;
  };

  Writer(sdk::Host host, Connection connection) : host_(host), connection_(std::move(connection)) {}

  Result<bool> conflicts(const Group& group, std::span<const Group::Op> ops);
  Status apply(const Group& group, std::span<const Group::Op> ops);
  Status apply_all(const Group& group, std::vector<Outcome>& outcomes);
  void abandon_transaction();
  Error failure(int code) const;

  sdk::Host host_;
  Connection connection_;
  Statements statements_;
  std::atomic<bool> log_is_long_ = false;
  int log_pages_ = 0;
  int checkpoint_at_ = kCheckpointPages;
  bool checkpoint_failed_ = false;

  /// 32 MiB of log. Fewer make more of the slow transactions, more make opening after a crash slow.
  static constexpr int kCheckpointPages = 4'000;
  static constexpr int kCheckpointAgainPages = 250;
};

}  // namespace agentroom::store_sqlite

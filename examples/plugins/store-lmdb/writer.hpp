// Writes batches that wait as one durable transaction.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/sdk/store.hpp"
#include "environment.hpp"

namespace store_lmdb {

struct Op {
  std::uint32_t kind = AR_STORE_PUT;
  std::string key;
  std::string value;
};

struct Batch {
  std::vector<Op> ops;
  sdk::Completion done;
};

/// What became of a group. Without `error` there is an outcome for each batch (false: it conflicted), and the
/// transaction is durable. With it nothing was written, and the outcomes are those of the leading batches that
/// conflicted with what was stored before.
struct GroupResult {
  std::vector<bool> outcomes;
  std::optional<Error> error;
};

GroupResult write_group(const Environment& environment, const std::deque<Batch>& group);

/// Writes durably beside the records, to see whether the disk takes writes: MDB_SUCCESS, or LMDB's code.
int prove_writable(const Environment& environment);

Error write_failure(const Environment& environment, int code);

}  // namespace store_lmdb

#include "writer.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "records.hpp"

namespace store_lmdb {
namespace {

/// MDB_KEYEXIST when a put-if-absent of the batch finds its key, by what is stored or by what the batch does before it:
/// so nothing has to be undone.
int find_conflict(const Records& records, const Batch& batch) {
  if (std::ranges::none_of(batch.ops, [](const Op& op) { return op.kind == AR_STORE_PUT_IF_ABSENT; }))
    return MDB_SUCCESS;
  std::map<std::string_view, bool> present_by_batch;
  for (const Op& op : batch.ops) {
    if (op.kind == AR_STORE_PUT_IF_ABSENT) {
      const auto found = present_by_batch.find(op.key);
      bool present = found != present_by_batch.end() && found->second;
      if (found == present_by_batch.end()) {
        ByteView value;
        const int code = records.get(sdk::bytes_of(op.key), value);
        if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return code;
        present = code == MDB_SUCCESS;
      }
      if (present) return MDB_KEYEXIST;
    }
    present_by_batch[op.key] = op.kind != AR_STORE_DELETE;
  }
  return MDB_SUCCESS;
}

int apply(Records& records, const Batch& batch) {
  for (const Op& op : batch.ops) {
    const int code = op.kind == AR_STORE_DELETE ? records.erase(sdk::bytes_of(op.key))
                                                : records.put(sdk::bytes_of(op.key), sdk::bytes_of(op.value));
    if (code != MDB_SUCCESS) return code;
  }
  return MDB_SUCCESS;
}

/// Commit syncs the pages first and then what makes them the current ones.
int write_all(const Environment& environment, const std::deque<Batch>& group, std::vector<bool>& outcomes) {
  Transaction transaction;
  int code = transaction.begin(environment, false);
  if (code != MDB_SUCCESS) return code;
  Records records(transaction.raw(), environment.records());
  for (const Batch& batch : group) {
    code = find_conflict(records, batch);
    const bool conflict = code == MDB_KEYEXIST;
    if (!conflict && code == MDB_SUCCESS) code = apply(records, batch);
    if (!conflict && code != MDB_SUCCESS) return code;
    outcomes.push_back(!conflict);
  }
  return transaction.commit();
}

}  // namespace

Error write_failure(const Environment& environment, int code) {
  Error error = environment.failure(code, "write to");
  error.status = AR_IO;
  return error;
}

GroupResult write_group(const Environment& environment, const std::deque<Batch>& group) {
  GroupResult result;
  result.outcomes.reserve(group.size());
  const int code = write_all(environment, group, result.outcomes);
  if (code == MDB_SUCCESS) return result;
  result.error = write_failure(environment, code);
  // A conflict that was found after a batch that is now undone is none that anybody may rely on.
  result.outcomes.erase(std::find(result.outcomes.begin(), result.outcomes.end(), true), result.outcomes.end());
  return result;
}

int prove_writable(const Environment& environment) {
  Transaction transaction;
  MDB_dbi names = 0;
  std::string text = "proof";
  MDB_val record{text.size(), text.data()};
  int code = transaction.begin(environment, false);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(transaction.raw(), nullptr, 0, &names);
  if (code == MDB_SUCCESS) code = mdb_put(transaction.raw(), names, &record, &record, 0);
  return code == MDB_SUCCESS ? transaction.commit() : code;
}

}  // namespace store_lmdb

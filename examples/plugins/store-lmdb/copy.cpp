#include "copy.hpp"

#include <unistd.h>

#include <cstddef>
#include <memory>

namespace store_lmdb {
namespace {

/// Of one transaction of the copy, which is kept in memory until it ends.
constexpr std::size_t kTransactionBytes = std::size_t{16} * 1024 * 1024;
constexpr std::size_t kRecordsBetweenLooks = 64;

struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

Error cancelled() {
  return fail(AR_CANCELLED, "the copy was stopped before it was done");
}

/// Goes on from where `cursor` stands; `code` is the one that it got there with.
Status copy_some(const Environment& from, MDB_cursor* cursor, const Environment& to, MDB_val& key, MDB_val& value,
                 int& code, const std::function<bool()>& given_up) {
  Transaction writing;
  if (const int begun = writing.begin(to, false); begun != MDB_SUCCESS) return to.failure(begun, "write");
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; code == MDB_SUCCESS && bytes < kTransactionBytes; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    if (count++ % kRecordsBetweenLooks == 0 && given_up()) return cancelled();
    const int put = mdb_put(writing.raw(), to.records(), &key, &value, MDB_APPEND);
    if (put == MDB_KEYEXIST) return from.failure(MDB_CORRUPTED, "read");  // not in order
    if (put != MDB_SUCCESS) return to.failure(put, "write");
    bytes += key.mv_size + value.mv_size;
  }
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) return from.failure(code, "read");
  const int committed = writing.commit();
  return committed == MDB_SUCCESS ? Status() : Status(to.failure(committed, "write"));
}

Status copy_all(const Environment& from, const Environment& to, const std::function<bool()>& given_up) {
  Transaction reading;
  MDB_cursor* opened = nullptr;
  int code = reading.begin(from, true);
  if (code == MDB_SUCCESS) code = mdb_cursor_open(reading.raw(), from.records(), &opened);
  if (code != MDB_SUCCESS) return from.failure(code, "read");
  const std::unique_ptr<MDB_cursor, CloseCursor> cursor(opened);
  MDB_val key{};
  MDB_val value{};
  code = mdb_cursor_get(opened, &key, &value, MDB_FIRST);
  while (code != MDB_NOTFOUND) {
    if (Status done = copy_some(from, opened, to, key, value, code, given_up); !done) return done;
  }
  code = mdb_env_sync(to.raw(), 1);
  return code == MDB_SUCCESS ? Status() : Status(to.failure(code, "write"));
}

}  // namespace

Status copy_records(const Environment& from, const std::string& to, const std::function<bool()>& given_up) {
  if (given_up()) return cancelled();
  if (Status made = make_private_file(to); !made) return made;
  Status done;
  {
    const auto copy = Environment::fill(to, from.map_size());
    done = copy ? copy_all(from, **copy, given_up) : Status(copy.error());
  }
  if (!done) ::unlink(to.c_str());
  return done;
}

}  // namespace store_lmdb

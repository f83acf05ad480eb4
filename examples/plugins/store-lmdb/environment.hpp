// One LMDB file: opened, checked to be a store, closed; and its transactions.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"
#include "files.hpp"

namespace store_lmdb {

enum class Access : std::uint8_t {
  kWrite,
  kRead,  ///< nothing is made or changed, no lock file either
  kFill,  ///< to write a copy that nobody else knows of: durable with `sync` alone, and without a lock
};

class Environment {
 public:
  /// A file that is there. Errors: AR_CORRUPT (damaged or foreign, and left as it is), AR_UNSUPPORTED (a newer version
  /// wrote it), AR_IN_USE, AR_PERMISSION, AR_IO.
  static Result<std::unique_ptr<Environment>> open(const std::string& path, Access access, std::uint64_t map_size);

  /// Makes an empty store in the empty file `path`, to be filled.
  static Result<std::unique_ptr<Environment>> fill(const std::string& path, std::uint64_t map_size);

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  MDB_env* raw() const { return env_; }
  MDB_dbi records() const { return records_; }
  const std::string& path() const { return path_; }
  std::uint64_t map_size() const;
  std::uint64_t file_size() const;
  std::uint64_t page_size() const;

  /// Whether LMDB reads all of it. Errors: AR_CORRUPT, AR_IO.
  Status check() const;

  /// What LMDB says in words for people. `doing` completes "cannot ...": "write to", "read".
  Error failure(int code, const std::string& doing) const;

 private:
  Environment(std::string path, Access access) : path_(std::move(path)), access_(access) {}

  Status open_file(std::uint64_t map_size);
  Status open_records();
  Status make_records();
  Status find_records_of_others();
  std::uint64_t bytes_of_pages() const;
  Status cover_all_pages();
  Status check_cut(std::uint64_t size) const;

  const std::string path_;
  const Access access_;
  Descriptor locked_;
  MDB_env* env_ = nullptr;
  MDB_dbi records_ = 0;
  bool whole_ = false;
};

/// Aborted at the end of its scope unless it was committed.
class Transaction {
 public:
  Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }

  /// MDB_SUCCESS or LMDB's code, as the other methods.
  int begin(const Environment& environment, bool read_only) {
    return mdb_txn_begin(environment.raw(), nullptr, read_only ? MDB_RDONLY : 0U, &txn_);
  }
  int commit() {
    MDB_txn* const ended = txn_;
    txn_ = nullptr;
    return mdb_txn_commit(ended);
  }
  /// Ends a read and keeps what a next one needs.
  void rest() { mdb_txn_reset(txn_); }
  int renew() { return mdb_txn_renew(txn_); }

  MDB_txn* raw() const { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

}  // namespace store_lmdb

// The ordered map of a store within one database of LMDB, whose keys have at most 511 bytes where a store's have 1,024.
//
// Keys are kept as a tree of nodes, each with a number; that of the root is 0. A key of LMDB is the number of a node (8
// bytes, the highest first) and up to 503 bytes of a store's key:
//
//     fewer than 503   the record of a key that ends here
//     503              the number of the node with what follows in all keys that begin so far
//
// So the order is that of the whole keys, and a store's own keys, which are short, are all in the root.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "agentroom/sdk/view.hpp"

namespace store_lmdb {

using agentroom::sdk::ByteView;

/// Codes are LMDB's. Valid as long as the transaction.
class Records {
 public:
  Records(MDB_txn* txn, MDB_dbi database) : txn_(txn), database_(database) {}

  /// MDB_SUCCESS and the value, which is valid until the transaction ends or writes; MDB_NOTFOUND.
  int get(ByteView key, ByteView& value) const;

  int put(ByteView key, ByteView value);

  /// An absent key is no error.
  int erase(ByteView key);

  /// Calls `visit` for each record whose key begins with `prefix` and is greater than `after` (empty: from the first),
  /// in order, until it returns false.
  int scan(ByteView prefix, ByteView after, const std::function<bool(ByteView key, ByteView value)>& visit) const;

  /// MDB_CORRUPTED when the tree is not whole. Reads every byte.
  int check() const;

 private:
  MDB_txn* txn_;
  MDB_dbi database_;
};

/// How many pages of the file hold nothing.
int count_free_pages(MDB_txn* txn, std::uint64_t& out);

}  // namespace store_lmdb

// Reads what is committed, on a connection of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "agentroom/sdk/store.hpp"
#include "connection.hpp"

namespace agentroom::store_sqlite {

/// Calls of `get` that follow one another read one snapshot, until something was committed or is about to be: SQLite
/// drops the pages it has read with each snapshot that it begins. While the log is long none is held, so that it can be
/// folded into the file and begin anew. Thread: one at a time.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> make(Connection connection);

  /// `commits`: how many transactions were committed, before any completion of theirs; nothing: no snapshot is held.
  Result<bool> get(ByteView key, std::optional<std::uint64_t> commits, const sdk::Visitor& visit);
  Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit);
  /// Ends the snapshot of `get`.
  void let_go();

 private:
  explicit Reader(Connection connection) : connection_(std::move(connection)) {}

  Error failure(int code) const;

  Connection connection_;
  Statement begin_;
  Statement end_;
  Statement get_;
  Statement scan_;
  std::optional<std::uint64_t> held_;  ///< the commits that the snapshot shows
};

}  // namespace agentroom::store_sqlite

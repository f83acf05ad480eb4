// Reads what is committed, on a connection of its own.
#pragma once

#include <memory>

#include "agentroom/sdk/store.hpp"
#include "connection.hpp"

namespace agentroom::store_sqlite {

/// Each call reads one snapshot and lets it go before it returns, so the log can always be folded into the file.
/// Thread: one at a time.
class Reader {
 public:
  static Result<std::unique_ptr<Reader>> make(Connection connection);

  Result<bool> get(ByteView key, const sdk::Visitor& visit);
  Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit);

 private:
  explicit Reader(Connection connection) : connection_(std::move(connection)) {}

  Error failure(int code) const;

  Connection connection_;
  Statement get_;
  Statement scan_;
};

}  // namespace agentroom::store_sqlite

#include "reader.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "agentroom/abi/store.h"

namespace agentroom::store_sqlite {
namespace {

using Key = std::vector<std::byte>;

constexpr std::byte kLast{0xff};

/// The first key that does not come before what is looked for.
Key lower_bound(ByteView prefix, ByteView after) {
  if (after.empty() || std::lexicographical_compare(after.begin(), after.end(), prefix.begin(), prefix.end())) {
    return {prefix.begin(), prefix.end()};
  }
  Key next(after.begin(), after.end());
  next.push_back(std::byte{0});
  return next;
}

/// The first key behind all that begin with `prefix`.
Key upper_bound(ByteView prefix) {
  Key bound(prefix.begin(), prefix.end());
  while (!bound.empty() && bound.back() == kLast) bound.pop_back();
  if (bound.empty()) return Key(AR_STORE_MAX_KEY + 1, kLast);
  bound.back() = static_cast<std::byte>(std::to_integer<unsigned>(bound.back()) + 1U);
  return bound;
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::make(Connection connection) {
  std::unique_ptr<Reader> reader(new Reader(std::move(connection)));
  const std::pair<Statement Reader::*, std::string_view> all[] = {
      {&Reader::begin_, "BEGIN"},
      {&Reader::end_, "COMMIT"},
      {&Reader::get_, "SELECT value FROM record WHERE key = ?1"},
      {&Reader::scan_, "SELECT key, value FROM record WHERE key >= ?1 AND key < ?2 ORDER BY key"},
  };
  for (const auto& [member, sql] : all) {
    auto statement = reader->connection_.prepare(sql);
    if (!statement) return statement.error();
    (*reader).*member = std::move(*statement);
  }
  return reader;
}

void Reader::let_go() {
  if (std::exchange(held_, std::nullopt)) end_.run();
}

Error Reader::failure(int code) const {
  Error error = connection_.failure(code, "read");
  if (error.status != AR_CORRUPT) error.status = AR_IO;
  return error;
}

Result<bool> Reader::get(ByteView key, std::optional<std::uint64_t> commits, const sdk::Visitor& visit) {
  if (held_ != commits) let_go();
  if (!held_ && commits) {
    if (const int code = begin_.run(); code != SQLITE_DONE) return failure(code);
    held_ = commits;
  }
  const Run run(get_);
  get_.bind(1, key);
  const int code = get_.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return failure(code);
  visit(key, get_.bytes(0));
  return true;
}

Status Reader::scan(ByteView prefix, ByteView after, std::uint64_t limit, const sdk::Visitor& visit) {
  let_go();
  const Key from = lower_bound(prefix, after);
  const Key to = upper_bound(prefix);
  const Run run(scan_);
  scan_.bind(1, from);
  scan_.bind(2, to);
  for (std::uint64_t visited = 0; limit == 0 || visited < limit; ++visited) {
    const int code = scan_.step();
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return failure(code);
    if (!visit(scan_.bytes(0), scan_.bytes(1))) return {};
  }
  return {};
}

}  // namespace agentroom::store_sqlite

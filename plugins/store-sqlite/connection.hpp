// One SQLite connection and its prepared statements, closed and finalised by themselves.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"
#include "agentroom/sdk/view.hpp"

namespace agentroom::store_sqlite {

using sdk::ByteView;
using sdk::Error;
using sdk::fail;
using sdk::Result;
using sdk::Status;

/// A prepared statement. Bound bytes are not copied: they have to stay until `reset`.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  void bind(int index, ByteView bytes) {
    // SQLite takes a NULL address for SQL's NULL, so an empty value needs an address too.
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
  }

  void bind_text(int index, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  /// SQLITE_ROW, SQLITE_DONE or the extended code of an error.
  int step() { return sqlite3_step(statement_.get()); }

  /// Valid until the next step or reset.
  ByteView bytes(int index) {
    const void* data = sqlite3_column_blob(statement_.get(), index);
    const int size = sqlite3_column_bytes(statement_.get(), index);
    return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
  }

  std::string_view text(int index) {
    const unsigned char* data = sqlite3_column_text(statement_.get(), index);
    const int size = sqlite3_column_bytes(statement_.get(), index);
    return data == nullptr ? std::string_view()
                           : std::string_view(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  }

  std::int64_t number(int index) { return sqlite3_column_int64(statement_.get(), index); }

  /// Ends the run, and with it the read transaction that it held outside of a transaction of its own.
  void reset() { sqlite3_reset(statement_.get()); }

  /// Steps once and resets: for a statement without rows.
  int run() {
    const int code = step();
    reset();
    return code;
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of a scope, whatever happened in it.
class Run {
 public:
  explicit Run(Statement& statement) : statement_(statement) {}
  ~Run() { statement_.reset(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  Statement& statement_;
};

/// Used by one thread at a time. Statements have to go before their connection.
class Connection {
 public:
  /// An existing file.
  static Result<Connection> open(const std::string& path);

  Status execute(const char* sql, std::string_view doing);
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> query_number(std::string_view sql);

  /// The last error of the connection in words for people. `doing` completes "cannot ...": "write to", "open".
  Error failure(int code, std::string_view doing) const { return failure(code, doing, path_); }
  /// The same about another file that the connection worked on.
  Error failure(int code, std::string_view doing, const std::string& path) const;

  sqlite3* raw() const { return database_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };

  Connection(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

}  // namespace agentroom::store_sqlite

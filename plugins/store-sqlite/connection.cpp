#include "connection.hpp"

#include <cerrno>
#include <system_error>

namespace agentroom::store_sqlite {
namespace {

/// Keeps the locks for the process and the index of the log in memory: another process is refused when it opens, and a
/// transaction needs no system call for a lock. Connections of one process share it.
constexpr const char* kVfs = "unix-excl";

/// The errno of the last system call that failed on the file or its log; 0 when none did.
int last_errno(sqlite3* database) {
  int error = 0;
  sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
  sqlite3_file* log = nullptr;
  const int found = sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  int of_log = 0;
  if (found == SQLITE_OK && log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
  }
  return of_log != 0 ? of_log : error;
}

bool is_full(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT;
}

bool is_read_only(int code, int system_error) {
  return (code & 0xff) == SQLITE_READONLY || system_error == EROFS || system_error == EACCES || system_error == EPERM;
}

}  // namespace

Result<Connection> Connection::open(const std::string& path) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, kVfs);
  Connection connection(database, path);
  if (database == nullptr) return fail(AR_INTERNAL, "no memory to open " + path);
  if (code != SQLITE_OK) return connection.failure(code, "open");
  return connection;
}

Status Connection::execute(const char* sql, std::string_view doing) {
  const int code = sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code, doing);
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(raw(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return failure(code, "read");
  return Statement(statement);
}

Result<std::int64_t> Connection::query_number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const int code = statement->step();
  if (code != SQLITE_ROW) return failure(code, "read");
  return statement->number(0);
}

Error Connection::failure(int code, std::string_view doing, const std::string& path) const {
  const int primary = code & 0xff;
  int system_error = sqlite3_system_errno(raw());
  // The errno of the moment may be that of what came after the failure.
  if (primary == SQLITE_IOERR && last_errno(raw()) != 0) system_error = last_errno(raw());
  const std::string what = "cannot " + std::string(doing) + " " + path + ": ";
  const std::string folder = path.substr(0, path.rfind('/'));
  switch (primary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {AR_CORRUPT, what + "the file is damaged (" + sqlite3_errmsg(raw()) + ")", ""};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {AR_IN_USE, what + "another process uses it", "stop that process; see which it is: fuser " + path};
    case SQLITE_NOMEM:
      return {AR_IO, what + "no memory is left", "stop something else, then repeat the command"};
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
      return {AR_INTERNAL, what + sqlite3_errmsg(raw()), ""};
    default:
      break;
  }
  if (is_full(code, system_error)) {
    return {AR_IO, what + "the disk is full",
            "free some space on the file system of " + folder + ", then repeat the command"};
  }
  if (system_error == EFBIG) {
    return {AR_IO, what + "this process may not write such large files", "raise the limit: ulimit -f unlimited"};
  }
  if (is_read_only(code, system_error)) {
    return {AR_IO, what + "the file or its folder is read-only",
            "give this user the right to write to " + folder + " and the files in it"};
  }
  std::string why = sqlite3_errstr(code);
  if (system_error != 0) why += ", " + std::generic_category().message(system_error);
  return {AR_IO, what + why, "check the disk and the permissions of " + folder};
}

}  // namespace agentroom::store_sqlite

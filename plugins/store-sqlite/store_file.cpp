#include "store_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "files.hpp"

namespace agentroom::store_sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x6167726d;  // "agrm"
constexpr std::int64_t kSchemaVersion = 1;

// Records of half a kilobyte and more share a page of 8 KiB with enough others that appending splits few pages: a third
// more rows a second than with 4 KiB, and no more with 16 KiB.
constexpr const char* kSchema =
    "PRAGMA journal_mode=MEMORY;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA page_size=8192;"
    "BEGIN;"
    "PRAGMA application_id=0x6167726d;"
    "PRAGMA user_version=1;"
    "CREATE TABLE record (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "COMMIT;"
    "PRAGMA journal_mode=WAL;";

/// Up to this size a quick check walks every page: at most some hundred milliseconds from the page cache.
constexpr std::int64_t kQuickCheckBytes = 256LL * 1024 * 1024;

/// A way on that loses nothing: the file is kept, with the log that belongs to it.
std::string move_away(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return "it was left as it is; restore a copy, or start with an empty store: cd " + folder +
         " && mkdir damaged && mv " + path.substr(slash + 1) + "* damaged/";
}

std::uint32_t big_endian(const unsigned char* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
         static_cast<std::uint32_t>(bytes[2]) << 8U | static_cast<std::uint32_t>(bytes[3]);
}

/// What can be told of a file that is not opened.
Status check_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return system_failure("open", path, errno);
  if (!S_ISREG(status.st_mode)) return fail(AR_CORRUPT, path + " is no regular file", move_away(path));
  if ((status.st_mode & 077U) != 0) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777U));
    return fail(AR_PERMISSION, path + " is open to other users (mode " + mode.data() + ", expected 0600)",
                "run: chmod 600 " + path);
  }
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) return system_failure("open", path, errno);
  return {};
}

/// What can be told from the first bytes, before SQLite makes anything of them. They are read through SQLite's own
/// descriptor: closing one of ours would drop the locks that another connection of this process has on the file
/// (https://www.sqlite.org/howtocorrupt.html section 2.2).
Status check_header(const Connection& connection) {
  constexpr std::size_t kHeaderBytes = 100;  // https://www.sqlite.org/fileformat2.html section 1.3
  constexpr std::size_t kPageSizeAt = 16;
  constexpr std::size_t kApplicationIdAt = 68;
  const std::string& path = connection.path();
  sqlite3_file* file = nullptr;
  int code = sqlite3_file_control(connection.raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code != SQLITE_OK) return connection.failure(code, "open");
  sqlite3_int64 size = 0;
  code = file->pMethods->xFileSize(file, &size);
  if (code != SQLITE_OK) return connection.failure(code, "read");
  std::array<unsigned char, kHeaderBytes> header{};
  if (size < static_cast<sqlite3_int64>(header.size())) {
    return fail(AR_CORRUPT, path + " is damaged: it is cut to " + std::to_string(size) + " bytes", move_away(path));
  }
  code = file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0);
  if (code != SQLITE_OK) return connection.failure(code, "read");
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return fail(AR_CORRUPT, path + " is no store of agentroom: it is no SQLite database", move_away(path));
  }
  if (big_endian(&header[kApplicationIdAt]) != kApplicationId) {
    return fail(AR_CORRUPT, path + " is no store of agentroom: it is the SQLite database of another program",
                move_away(path));
  }
  // SQLite takes what is missing of the last page for zeros. With a log that is right: it holds the page again.
  const std::int64_t page_size = big_endian(&header[kPageSizeAt]) >> 16U;
  if (!has_content(path + "-wal") && page_size != 0 && size % page_size != 0) {
    return fail(AR_CORRUPT, path + " is damaged: its last page is cut", move_away(path));
  }
  return {};
}

/// A connection that has looked at the header and at nothing else.
Result<Connection> open_known(const std::string& path) {
  if (Status known = check_file(path); !known) return known.error();
  auto connection = Connection::open(path);
  if (!connection) return connection;
  if (Status known = check_header(*connection); !known) return known.error();
  return connection;
}

Status write_schema(const std::string& path) {
  if (Status made = make_private_file(path); !made) return made;
  auto connection = Connection::open(path);
  if (!connection) return connection.error();
  return connection->execute(kSchema, "create");
}

Status missing_beside_its_log(const std::string& path) {
  const std::string log = path + "-wal";
  if (!has_content(log)) return {};
  return fail(AR_CORRUPT, path + " is missing, but " + log + ", which holds its last changes, is there",
              "put " + path + " back; or, to start with an empty store: mv " + log + " " + log + ".damaged");
}

/// Under another name first, so that a crash leaves no half-made store and an empty file is known to have been cut.
Status create(const std::string& path) {
  if (Status free = missing_beside_its_log(path); !free) return free;
  ::unlink((path + "-wal").c_str());
  const std::string unfinished = path + ".new";
  remove_database(unfinished);
  Status made = write_schema(unfinished);
  if (made) made = make_durable_name(unfinished, path);
  if (!made) remove_database(unfinished);
  return made;
}

Status check_schema(Connection& connection) {
  const auto version = connection.query_number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > kSchemaVersion) {
    return fail(AR_UNSUPPORTED,
                connection.path() + " was written by a newer agentroom: its schema is " + std::to_string(*version) +
                    ", this one knows " + std::to_string(kSchemaVersion),
                "install the newer version again, or use another home with --home DIR");
  }
  const auto table = connection.query_number(
      "SELECT count(*) FROM pragma_table_info('record') WHERE (name, pk) IN (VALUES ('key', 1), ('value', 0))");
  if (!table) return table.error();
  if (*version != kSchemaVersion || *table != 2) {
    return fail(AR_CORRUPT, connection.path() + " is damaged: its schema is not the one of a store",
                move_away(connection.path()));
  }
  return {};
}

}  // namespace

Status check_pages(Connection& connection, IntegrityCheck check) {
  if (check == IntegrityCheck::kOff) return {};
  if (check == IntegrityCheck::kQuick) {
    const auto size = connection.query_number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    if (!size) return size.error();
    if (*size > kQuickCheckBytes) return {};
  }
  auto statement =
      connection.prepare(check == IntegrityCheck::kFull ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)");
  if (!statement) return statement.error();
  const int code = statement->step();
  if (code != SQLITE_ROW) return connection.failure(code, "check");
  std::string finding(statement->text(0));
  if (finding == "ok") return {};
  // "*** in database main ***" stands above what was found.
  if (const std::size_t end = finding.find('\n'); end != std::string::npos) finding.erase(0, end + 1);
  return fail(AR_CORRUPT, connection.path() + " is damaged: " + finding, move_away(connection.path()));
}

namespace {

/// A check that fails must not fold the write-ahead log into a damaged file when it closes the connection.
Status set_checkpoint_on_close(Connection& connection, bool on) {
  const int code = sqlite3_db_config(connection.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
  return code == SQLITE_OK ? Status() : Status(connection.failure(code, "open"));
}

/// Leaves the connection so that its end changes nothing.
Status check_as_it_is(Connection& connection, IntegrityCheck check) {
  if (Status done = set_checkpoint_on_close(connection, false); !done) return done;
  if (Status done = connection.execute("PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF", "open"); !done)
    return done;
  if (Status done = check_schema(connection); !done) return done;
  return check_pages(connection, check);
}

Status check_for_writing(Connection& connection, IntegrityCheck check) {
  if (Status done = check_as_it_is(connection, check); !done) return done;
  if (sqlite3_db_readonly(connection.raw(), "main") != 0) return connection.failure(SQLITE_READONLY, "write to");
  return set_checkpoint_on_close(connection, true);
}

Error with_place_to_move(Error error, const std::string& path) {
  if (error.status == AR_CORRUPT && error.hint.empty()) error.hint = move_away(path);
  return error;
}

}  // namespace

Result<Connection> open_for_writing(const std::string& path, IntegrityCheck check) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return system_failure("open", path, errno);
    if (::lstat(path.c_str(), &status) == 0) {
      return fail(AR_IO, path + " is a symbolic link to nothing",
                  "put back what it names, or remove it to start with an empty store: rm " + path);
    }
    if (Status created = create(path); !created) return created.error();
  }
  auto connection = open_known(path);
  if (!connection) return connection;
  if (Status checked = check_for_writing(*connection, check); !checked)
    return with_place_to_move(checked.error(), path);
  // The writer decides itself when to fold the log into the file. Values are sealed, so nothing has to be overwritten.
  Status ready = connection->execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=OFF",
      "open");
  if (!ready) return ready.error();
  return connection;
}

Result<Connection> open_for_inspection(const std::string& path, IntegrityCheck check) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0 && errno == ENOENT) {
    if (Status alone = missing_beside_its_log(path); !alone) return alone.error();
    return fail(AR_NOT_FOUND, "there is no store at " + path);
  }
  auto connection = open_known(path);
  if (!connection) return connection;
  if (Status checked = check_as_it_is(*connection, check); !checked) {
    return with_place_to_move(checked.error(), path);
  }
  return connection;
}

Result<Connection> open_for_reading(const std::string& path) {
  auto connection = Connection::open(path);
  if (!connection) return connection;
  Status ready =
      connection->execute("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", "open");
  if (!ready) return ready.error();
  return connection;
}

}  // namespace agentroom::store_sqlite

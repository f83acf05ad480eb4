#include "upkeep.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "files.hpp"
#include "store_file.hpp"

namespace agentroom::store_sqlite {
namespace {

/// Instructions of SQLite's machine between two looks at whether the copy is still wanted: some hundred records.
constexpr int kInstructionsBetweenLooks = 1'000;

std::uint64_t size_of_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// What was written there, on the disk before its name is given away.
Status sync(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::fdatasync(file.get()) != 0) return system_failure("write", path, errno);
  return {};
}

/// VACUUM INTO reads one moment, lets others go on, and leaves out what was deleted.
Status copy(Connection& connection, const std::string& to, const sdk::GivenUp& given_up) {
  auto statement = connection.prepare("VACUUM INTO ?1");
  if (!statement) return statement.error();
  statement->bind_text(1, to);
  sqlite3_progress_handler(
      connection.raw(), kInstructionsBetweenLooks,
      [](void* asked) -> int { return (*static_cast<const sdk::GivenUp*>(asked))() ? 1 : 0; },
      const_cast<sdk::GivenUp*>(&given_up));
  const int code = statement->step();
  if (code == SQLITE_DONE) return {};
  if ((code & 0xff) == SQLITE_INTERRUPT) return fail(AR_CANCELLED, "the backup was stopped before it was done");
  Error error = connection.failure(code, "copy");
  // It is the copy that does not fit or cannot be written, unless the pages of the file are wrong.
  if (error.status == AR_IO) error = connection.failure(code, "write", to);
  return error;
}

}  // namespace

Status Upkeep::check() const {
  auto connection = open_for_inspection(path_, IntegrityCheck::kFull);
  return connection ? Status() : Status(connection.error());
}

Result<sdk::StoreSize> Upkeep::size() const {
  auto connection = open_for_inspection(path_, IntegrityCheck::kOff);
  if (!connection) return connection.error();
  const auto unused =
      connection->query_number("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size");
  if (!unused) return unused.error();
  return sdk::StoreSize{.bytes = size_of_file(path_) + size_of_file(path_ + "-wal"),
                        .unused_bytes = static_cast<std::uint64_t>(*unused)};
}

// VACUUM goes through the log as any transaction does: a crash leaves the file as it was. The log is emptied behind it,
// since it holds pages of before.
Status Upkeep::compact() const {
  auto connection = open_for_inspection(path_, IntegrityCheck::kOff);
  if (!connection) return connection.error();
  Status done =
      connection->execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=OFF", "compact");
  if (done) done = connection->execute("VACUUM", "compact");
  if (!done) {
    if (done.error().status == AR_IO) {
      return fail(AR_IO, done.error().message,
                  done.error().hint +
                      "; it needs twice the store's size there, and once in the folder for temporary "
                      "files (SQLITE_TMPDIR)");
    }
    return done;
  }
  const auto busy = connection->query_number("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy) return busy.error();
  if (*busy != 0) return fail(AR_IN_USE, "cannot compact " + path_ + ": it is being read", "repeat the command");
  return {};
}

Status Upkeep::backup(const std::string& to, const sdk::GivenUp& given_up) const {
  if (given_up()) return fail(AR_CANCELLED, "the backup was stopped before it began");
  auto connection = open_for_inspection(path_, IntegrityCheck::kOff);
  if (!connection) return connection.error();
  // SQLite would make it for everybody to read.
  if (Status made = make_private_file(to); !made) return made;
  Status done = copy(*connection, to, given_up);
  if (done) done = sync(to);
  if (!done) remove_database(to);
  return done;
}

}  // namespace agentroom::store_sqlite

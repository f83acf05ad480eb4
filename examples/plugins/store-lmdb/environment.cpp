#include "environment.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "records.hpp"

namespace store_lmdb {
namespace {

/// The name of the database within the file says whose it is, and of which version.
constexpr std::string_view kFamily = "agentroom.store/";
constexpr const char* kRecords = "agentroom.store/1";

/// LMDB as it is usually built. Records.hpp cuts keys to it.
constexpr int kMaxKey = 511;

std::string move_away(const std::string& path) {
  return "it was left as it is; restore a copy, or start with an empty store: mv " + path + " " + path + ".damaged";
}

std::string lock_file(const std::string& path) {
  return path + "-lock";
}

}  // namespace

Environment::~Environment() {
  if (env_ != nullptr && access_ == Access::kWrite && whole_ && file_size() < bytes_of_pages()) {
    static_cast<void>(::ftruncate(locked_.get(), static_cast<off_t>(bytes_of_pages())) == 0);  // see cover_all_pages
  }
  if (env_ != nullptr) mdb_env_close(env_);
  // Nobody else has it open.
  if (access_ == Access::kWrite && locked_.valid()) ::unlink(lock_file(path_).c_str());
}

Result<std::unique_ptr<Environment>> Environment::open(const std::string& path, Access access, std::uint64_t map_size) {
  std::unique_ptr<Environment> environment(new Environment(path, access));
  auto locked = open_locked(path, access == Access::kRead);
  if (!locked) return locked.error();
  environment->locked_ = std::move(*locked);
  if (environment->file_size() == 0) {
    return fail(AR_CORRUPT, path + " is damaged: it is empty", move_away(path));  // LMDB would make a new one of it
  }
  // One that a killed process left has its locks in it.
  if (access == Access::kWrite) ::unlink(lock_file(path).c_str());
  if (Status opened = environment->open_file(map_size); !opened) return opened.error();
  environment->whole_ = true;
  return environment;
}

Result<std::unique_ptr<Environment>> Environment::fill(const std::string& path, std::uint64_t map_size) {
  std::unique_ptr<Environment> environment(new Environment(path, Access::kFill));
  if (Status made = environment->open_file(map_size); !made) return made.error();
  return environment;
}

Status Environment::open_file(std::uint64_t map_size) {
  int code = mdb_env_create(&env_);
  if (code != MDB_SUCCESS) return failure(code, "open");
  if (mdb_env_get_maxkeysize(env_) < kMaxKey) {
    return fail(AR_UNSUPPORTED, "this LMDB was built for shorter keys", "use one with MDB_MAXKEYSIZE of at least 511");
  }
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  mdb_env_set_mapsize(env_, (map_size + page - 1) / page * page);
  mdb_env_set_maxdbs(env_, 1);
  // A transaction belongs to its object, not to its thread.
  unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
  if (access_ == Access::kRead) flags |= MDB_RDONLY | MDB_NOLOCK;
  if (access_ == Access::kFill) flags |= MDB_NOSYNC | MDB_NOLOCK;
  code = mdb_env_open(env_, path_.c_str(), flags, 0600);
  if (code == MDB_INVALID || code == MDB_VERSION_MISMATCH) {
    return fail(AR_CORRUPT, path_ + " is no store of agentroom: it is no LMDB file of this version", move_away(path_));
  }
  if (code != MDB_SUCCESS) return failure(code, "open");
  return access_ == Access::kFill ? make_records() : cover_all_pages();
}

std::uint64_t Environment::bytes_of_pages() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return (static_cast<std::uint64_t>(info.me_last_pgno) + 1) * page_size();
}

/// Pages that LMDB took and gave back in one transaction were never written. When they are the last ones, and the
/// process was killed, the file is shorter than its pages. So is one that was cut, and reading there would end the
/// process: it is made as long as it has to be, and looked through for pages that were needed.
Status Environment::cover_all_pages() {
  const std::uint64_t size = file_size();
  if (size >= bytes_of_pages()) return open_records();
  if (access_ == Access::kRead) {
    return fail(AR_IO, path_ + " was not closed in order, or is cut", "open it once for writing: start what uses it");
  }
  if (::ftruncate(locked_.get(), static_cast<off_t>(bytes_of_pages())) != 0) {
    return system_failure("write to", path_, errno);
  }
  Status whole = open_records();
  if (whole) whole = check();
  if (whole) whole = check_cut(size);
  // It is left as it was.
  if (!whole && ::ftruncate(locked_.get(), static_cast<off_t>(size)) != 0) return system_failure("cut", path_, errno);
  return whole;
}

/// A large value has pages of its own, which LMDB takes as they are. The first begins with its number and has the value
/// behind a header of 16 bytes (MDB_page of lmdb's mdb.c).
Status Environment::check_cut(std::uint64_t size) const {
  constexpr std::size_t kHeader = 16;
  Transaction transaction;
  int code = transaction.begin(*this, true);
  bool whole = true;
  if (code == MDB_SUCCESS) {
    code = Records(transaction.raw(), records_).scan({}, {}, [&](ByteView /*key*/, ByteView value) {
      if (value.size() < page_size()) return true;
      std::size_t page = 0;
      std::memcpy(&page, value.data() - kHeader, sizeof page);
      whole = page > 1 && page * page_size() + kHeader + value.size() <= size;
      return whole;
    });
  }
  if (code != MDB_SUCCESS) return failure(code, "read");
  return whole ? Status() : Status(fail(AR_CORRUPT, path_ + " is damaged: its end is cut off", move_away(path_)));
}

Status Environment::check() const {
  Transaction transaction;
  int code = transaction.begin(*this, true);
  if (code == MDB_SUCCESS) code = Records(transaction.raw(), records_).check();
  if (code == MDB_SUCCESS) {
    std::uint64_t free_pages = 0;
    code = count_free_pages(transaction.raw(), free_pages);
  }
  return code == MDB_SUCCESS ? Status() : Status(failure(code, "read"));
}

Status Environment::open_records() {
  Transaction transaction;
  int code = transaction.begin(*this, true);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(transaction.raw(), kRecords, 0, &records_);
  if (code == MDB_SUCCESS) code = transaction.commit();  // the handle lasts only then
  if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE) return find_records_of_others();
  return code == MDB_SUCCESS ? Status() : Status(failure(code, "read"));
}

Status Environment::find_records_of_others() {
  Transaction transaction;
  MDB_dbi names = 0;
  MDB_cursor* cursor = nullptr;
  int code = transaction.begin(*this, true);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(transaction.raw(), nullptr, 0, &names);
  if (code == MDB_SUCCESS) code = mdb_cursor_open(transaction.raw(), names, &cursor);
  if (code != MDB_SUCCESS) return failure(code, "read");
  MDB_val key{kFamily.size(), const_cast<char*>(kFamily.data())};
  MDB_val value{};
  code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  const bool newer =
      code == MDB_SUCCESS && std::string_view(static_cast<const char*>(key.mv_data), key.mv_size).starts_with(kFamily);
  mdb_cursor_close(cursor);
  if (newer)
    return fail(AR_UNSUPPORTED, path_ + " was written by a newer store-lmdb", "install the newer version again");
  return fail(AR_CORRUPT, path_ + " is no store of agentroom: it is the LMDB file of another program",
              move_away(path_));
}

Status Environment::make_records() {
  Transaction transaction;
  int code = transaction.begin(*this, false);
  if (code == MDB_SUCCESS) code = mdb_dbi_open(transaction.raw(), kRecords, MDB_CREATE, &records_);
  if (code == MDB_SUCCESS) code = transaction.commit();
  return code == MDB_SUCCESS ? Status() : Status(failure(code, "write to"));
}

std::uint64_t Environment::page_size() const {
  MDB_stat stat{};
  mdb_env_stat(env_, &stat);
  return stat.ms_psize;
}

std::uint64_t Environment::map_size() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_mapsize;
}

std::uint64_t Environment::file_size() const {
  struct stat status{};
  return ::stat(path_.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Error Environment::failure(int code, const std::string& doing) const {
  const std::string what = "cannot " + doing + " " + path_ + ": ";
  switch (code) {
    case MDB_MAP_FULL:
      return {AR_IO, what + "it is as large as it may become", "raise map_size in [store.lmdb]"};
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_BAD_VALSIZE:
      return {AR_CORRUPT, what + "the file is damaged (" + mdb_strerror(code) + ")", move_away(path_)};
    case MDB_PANIC:
      return {AR_IO, what + "a write has failed before", "free some space, or see whether the disk is broken"};
    default:
      break;
  }
  if (code > 0) return system_failure(doing, path_, code);
  return {AR_IO, what + mdb_strerror(code), ""};
}

}  // namespace store_lmdb

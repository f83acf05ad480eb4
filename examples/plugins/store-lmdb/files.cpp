#include "files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace store_lmdb {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status check_private(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return fail(AR_CORRUPT, path + " is no regular file", "move it away");
  if ((status.st_mode & 077U) == 0) return {};
  return fail(AR_PERMISSION, path + " is open to other users", "run: chmod 600 " + path);
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error system_failure(const std::string& doing, const std::string& path, int error) {
  const std::string what = "cannot " + doing + " " + path + ": ";
  const std::string folder = folder_of(path);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return {AR_IO, what + "the disk is full", "free some space on the file system of " + folder};
    case EFBIG:
      return {AR_IO, what + "this process may not write such large files", "raise the limit: ulimit -f unlimited"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {AR_PERMISSION, what + std::generic_category().message(error),
              "give this user the right to write to " + folder + " and the files in it"};
    case EIO:
      return {AR_IO, what + std::generic_category().message(error),
              "see whether the disk is full or broken, and whether a limit on files (ulimit -f) is reached"};
    default:
      return {AR_IO, what + std::generic_category().message(error), "see what is there: ls -l " + folder};
  }
}

Status make_private_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.valid()) return {};
  if (errno == EEXIST) return fail(AR_CONFLICT, "cannot create " + path + ": there is such a file already");
  Error error = system_failure("create", path, errno);
  error.status = AR_IO;
  return error;
}

Result<Descriptor> open_locked(const std::string& path, bool read_only) {
  Descriptor file(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return system_failure("open", path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_failure("open", path, errno);
  if (Status private_file = check_private(path, status); !private_file) return private_file.error();
  if (::flock(file.get(), (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_failure("lock", path, errno);
    return fail(AR_IN_USE, path + " is used by another process", "see which it is: fuser " + path);
  }
  // Whoever compacted it in between put another file into its place.
  struct stat named{};
  if (::stat(path.c_str(), &named) != 0 || named.st_ino != status.st_ino || named.st_dev != status.st_dev) {
    return fail(AR_IN_USE, path + " was replaced while it was opened", "repeat the command");
  }
  return file;
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = folder_of(path);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return system_failure("write", folder, errno);
  return {};
}

Status rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("create", to, errno);
  return sync_folder_of(to);
}

}  // namespace store_lmdb

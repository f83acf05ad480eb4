#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace agentroom::store_sqlite {

using sdk::Error;
using sdk::fail;
using sdk::Status;

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Error system_failure(const std::string& doing, const std::string& path, int error) {
  const std::string folder = folder_of(path);
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) {
    hint = "free some space on the file system of " + folder + ", then repeat the command";
  } else if (error == EACCES || error == EPERM || error == EROFS) {
    hint = "give this user the right to write to " + folder + " and the files in it";
  } else if (error == EFBIG) {
    hint = "raise the limit: ulimit -f unlimited";
  } else {
    hint = "check the disk and what " + path + " is: ls -l " + folder;
  }
  const std::string why =
      error == ENOSPC || error == EDQUOT ? "the disk is full" : std::generic_category().message(error);
  return fail(AR_IO, "cannot " + doing + " " + path + ": " + why, hint);
}

bool has_content(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && status.st_size > 0;
}

Status make_private_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.valid()) return {};
  if (errno == EEXIST) return fail(AR_CONFLICT, "cannot create " + path + ": there is such a file already");
  return system_failure("create", path, errno);
}

Status make_durable_name(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("create", to, errno);
  const std::string folder = folder_of(to);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return system_failure("create", to, errno);
  return {};
}

void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-journal"}) ::unlink((path + suffix).c_str());
}

}  // namespace agentroom::store_sqlite

#include "config/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

ErrorCode code_of(int error) {
  switch (error) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case EEXIST:
      return ErrorCode::kExists;
    default:
      return ErrorCode::kIo;
  }
}

std::unexpected<Error> cannot_read(const fs::path& path, int error) {
  const bool denied = error == EACCES || error == EPERM;
  return fail(code_of(error), "cannot read " + path.string() + ": " + reason_text(error),
              denied ? "give this user the right to read it: chmod u+r " + path.string() : "");
}

std::unexpected<Error> cannot_write(const std::string& doing, const fs::path& path, int error) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) {
    hint = "free some space on the file system of " + folder.string() + ", then repeat the command";
  } else if (error == EFBIG) {
    hint = "raise the limit: ulimit -f unlimited";
  } else if (error == EROFS) {
    hint = "use another home with --home DIR";
  } else if (error == EACCES || error == EPERM) {
    hint = "give this user the right to write to " + folder.string() + ", or use another home with --home DIR";
  }
  return fail(code_of(error), "cannot " + doing + " " + path.string() + ": " + reason_text(error), hint);
}

Result<void> read_all(int fd, const fs::path& path, std::size_t limit, std::string& out) {
  // Reserved at once: a growing string would leave copies of a secret behind.
  out.resize(limit + 1);
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t n = ::read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_read(path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > limit)
    return fail(ErrorCode::kTooLarge, path.string() + " is larger than " + std::to_string(limit) + " bytes");
  out.resize(size);
  return {};
}

Result<OwnedFile> read_checked(const fs::path& path, std::size_t limit, bool is_private) {
  // Non-blocking, so that a FIFO in its place does not hang the command.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return cannot_read(path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return cannot_read(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kIo, "cannot read " + path.string() + ": it is " +
                                    (S_ISDIR(status.st_mode) ? "a folder" : "no regular file"));
  }
  if (is_private && status.st_uid != ::geteuid()) {
    return fail(ErrorCode::kPermission, path.string() + " holds a secret and belongs to another user",
                "run as that user, or use another home with --home DIR");
  }
  if (is_private && (status.st_mode & 077U) != 0) {
    return fail(ErrorCode::kPermission, path.string() + " holds a secret and is open to others",
                "run: chmod 600 " + path.string());
  }
  std::string text;
  if (auto read = read_all(file.get(), path, limit, text); !read) {
    wipe(text);
    return pass(read);
  }
  return OwnedFile{std::move(text), status.st_uid, status.st_mode};
}

Result<void> write_all(int fd, const fs::path& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot_write("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> make_durable(int fd, const fs::path& path) {
  if (::fsync(fd) != 0) return cannot_write("write", path, errno);
  return {};
}

/// Where a file is written before it has its name.
std::string temporary_name(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  return (folder / ("." + path.filename().string() + ".XXXXXX")).string();
}

/// For a file system that knows no RENAME_NOREPLACE.
Result<void> link_in_place(const std::string& temporary, const fs::path& path) {
  if (::link(temporary.c_str(), path.c_str()) != 0) return cannot_write("write", path, errno);
  ::unlink(temporary.c_str());
  return {};
}

Result<void> put_in_place(const std::string& temporary, const fs::path& path, IfExists if_exists) {
  const unsigned flags = if_exists == IfExists::kFail ? RENAME_NOREPLACE : 0U;
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), flags) == 0) return {};
  if (flags != 0 && (errno == EINVAL || errno == ENOSYS)) return link_in_place(temporary, path);
  return cannot_write("write", path, errno);
}

}  // namespace

std::string reason_text(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "permission denied";
    case EROFS:
      return "the file system is read-only";
    case ENOSPC:
      return "the disk is full";
    case EDQUOT:
      return "the disk quota is used up";
    case EFBIG:
      return "this process may not write such large files";
    case ELOOP:
      return "its path is a loop of symbolic links";
    case ENAMETOOLONG:
      return "its path is too long";
    case ENOTDIR:
      return "a part of its path is no folder";
    case EEXIST:
      return "it exists already";
    default:
      return std::generic_category().message(error);
  }
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  auto file = read_checked(path, limit, false);
  if (!file) return pass(file);
  return std::move(file->text);
}

Result<OwnedFile> read_owned_file(const fs::path& path, std::size_t limit) {
  return read_checked(path, limit, false);
}

Result<SecretText> read_private_file(const fs::path& path, std::size_t limit) {
  auto file = read_checked(path, limit, true);
  if (!file) return pass(file);
  SecretText secret(file->text);
  wipe(file->text);
  return secret;
}

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) {
    return fail(ErrorCode::kIo, "cannot write " + folder.string() + ": " + reason_text(errno));
  }
  return {};
}

Result<void> move_in_place(const fs::path& from, const fs::path& to, IfExists if_exists) {
  if (auto moved = put_in_place(from.string(), to, if_exists); !moved) return moved;
  return sync_folder(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

Result<void> write_file_atomically(const fs::path& path, std::string_view content, IfExists if_exists) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string temporary = temporary_name(path);
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // creates with mode 0600
  if (file.get() < 0) return cannot_write("write", path, errno);
  auto done = write_all(file.get(), path, content);
  if (done) done = make_durable(file.get(), path);
  if (done) done = put_in_place(temporary, path, if_exists);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_folder(folder);
}

Result<void> try_to_write(const fs::path& path, std::string_view content) {
  std::string temporary = temporary_name(path);
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return cannot_write("write", path, errno);
  auto done = write_all(file.get(), path, content);
  ::unlink(temporary.c_str());
  return done;
}

Result<void> make_private_folder(const fs::path& folder) {
  if (folder.empty()) return {};
  struct stat status{};
  if (::stat(folder.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail(ErrorCode::kIo, "cannot create the folder " + folder.string() + ": a file has its name");
  }
  if (errno != ENOENT) return cannot_write("create", folder, errno);
  if (::lstat(folder.c_str(), &status) == 0) {
    return fail(ErrorCode::kIo, "cannot create the folder " + folder.string() + ": it is a symbolic link to nothing");
  }
  if (auto parent = make_private_folder(folder.parent_path()); !parent) return parent;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return cannot_write("create", folder, errno);
  }
  return {};
}

}  // namespace agentroom::config

#include "config/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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

std::unexpected<Error> system_error(const std::string& what, const fs::path& path, int error) {
  ErrorCode code = ErrorCode::kIo;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  if (error == EACCES || error == EPERM || error == EROFS) code = ErrorCode::kPermission;
  return fail(code,
              "cannot " + what + " " + path.string() + ": " + std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
}

Result<void> read_all(int fd, const fs::path& path, std::size_t limit, std::string& out) {
  // Reserved at once: a growing string would leave copies of a secret behind.
  out.resize(limit + 1);
  std::size_t size = 0;
  while (size < out.size()) {
    const ssize_t n = ::read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > limit)
    return fail(ErrorCode::kTooLarge, path.string() + " is larger than " + std::to_string(limit) + " bytes");
  out.resize(size);
  return {};
}

Result<std::string> read_checked(const fs::path& path, std::size_t limit, bool is_private) {
  // Non-blocking, so that a FIFO in its place does not hang the command.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error("read", path, errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error("read", path, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kIo, "cannot read " + path.string() + ": not a regular file");
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
  return text;
}

Result<void> write_all(int fd, const fs::path& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return system_error("write", path, errno);
  return {};
}

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) return system_error("write", folder, errno);
  return {};
}

Result<void> put_in_place(const std::string& temporary, const fs::path& path, IfExists if_exists) {
  if (if_exists == IfExists::kReplace) {
    if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("write", path, errno);
    return {};
  }
  if (::link(temporary.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return fail(ErrorCode::kExists, path.string() + " exists already");
    return system_error("write", path, errno);
  }
  ::unlink(temporary.c_str());
  return {};
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  return read_checked(path, limit, false);
}

Result<SecretText> read_private_file(const fs::path& path, std::size_t limit) {
  auto text = read_checked(path, limit, true);
  if (!text) return pass(text);
  SecretText secret(*text);
  wipe(*text);
  return secret;
}

bool readable_by_others(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & 044U) != 0;
}

Result<void> write_file_atomically(const fs::path& path, std::string_view content, IfExists if_exists) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string temporary = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // creates with mode 0600
  if (file.get() < 0) return system_error("write", path, errno);
  auto done = write_all(file.get(), path, content);
  if (done) done = put_in_place(temporary, path, if_exists);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_folder(folder);
}

Result<void> make_private_folder(const fs::path& folder) {
  if (folder.empty()) return {};
  struct stat status{};
  if (::stat(folder.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return system_error("create", folder, ENOTDIR);
  }
  if (auto parent = make_private_folder(folder.parent_path()); !parent) return parent;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error("create", folder, errno);
  return {};
}

}  // namespace agentroom::config

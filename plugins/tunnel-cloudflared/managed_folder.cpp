#include "managed_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "file_digest.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

constexpr mode_t kOwnersFile = 0600;
constexpr mode_t kOwnersProgram = 0700;

sdk::Error trouble(const std::string& what, const std::filesystem::path& path) {
  const int error = errno;
  const ar_status status = error == EACCES || error == EPERM || error == EROFS ? AR_PERMISSION : AR_IO;
  return sdk::fail(status, what + " " + path.string() + ": " + std::generic_category().message(error));
}

}  // namespace

sdk::Status make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), kOwnersProgram) != 0 && errno != EEXIST) return trouble("cannot make", folder);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return trouble("cannot look at", folder);
  constexpr mode_t kWritableByOthers = 0022;
  if (status.st_uid != ::geteuid() || (status.st_mode & kWritableByOthers) != 0) {
    return sdk::fail(AR_PERMISSION, "others can put programs into " + folder.string() + ": none is run from there",
                     "Make it yours alone: chmod 700 " + folder.string());
  }
  return {};
}

sdk::Result<Kept> look_at(const std::filesystem::path& file, const std::string& sha256) {
  const process::Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!opened.valid() && errno == ENOENT) return Kept::kNone;
  if (!opened.valid() && errno == ELOOP) return Kept::kWrong;  // a link is none of what was put there
  const auto digest = opened.valid() ? sha256_of(opened.get()) : std::nullopt;
  if (!digest) return trouble("cannot read", file);
  return *digest == sha256 ? Kept::kRight : Kept::kWrong;
}

sdk::Result<DownloadLock> DownloadLock::open(const std::filesystem::path& file) {
  process::Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnersFile));
  if (!opened.valid()) return trouble("cannot open", file);
  return DownloadLock(std::move(opened));
}

bool DownloadLock::try_lock() const {
  return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0;
}

sdk::Result<PartFile> PartFile::open(const std::filesystem::path& path) {
  // What a process that was killed left behind is in nobody's hands: the lock was free.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return trouble("cannot remove", path);
  process::Descriptor opened(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnersFile));
  if (!opened.valid()) return trouble("cannot make", path);
  return PartFile(path, std::move(opened));
}

PartFile::PartFile(PartFile&& other) noexcept : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}

PartFile::~PartFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

sdk::Status PartFile::put_in_place(const std::filesystem::path& target) {
  if (::fsync(file_.get()) != 0 || ::fchmod(file_.get(), kOwnersProgram) != 0) return trouble("cannot write", path_);
  // A file that someone can still write to cannot be run.
  file_.close();
  if (::rename(path_.c_str(), target.c_str()) != 0) return trouble("cannot put in place", target);
  path_.clear();
  const process::Descriptor folder(::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid()) ::fsync(folder.get());
  return {};
}

}  // namespace agentroom::tunnel_cloudflared

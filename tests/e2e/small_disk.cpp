#include "small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace agentroom::e2e {
namespace {

void must(bool done, const std::string& what) {
  if (done) return;
  throw std::system_error(errno, std::generic_category(),
                          what + ": a disk of the test's own needs root, or user namespaces (unshare -rm)");
}

void write_to(const char* file, const std::string& text) {
  const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  must(written, file);
}

/// Mounts that are made from now on are seen by this process and its children alone.
void leave_the_mounts_of_others() {
  static bool left = false;
  if (left) return;
  if (::geteuid() == 0) {
    must(::unshare(CLONE_NEWNS) == 0, "unshare");
  } else {
    const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
    const std::string group = "0 " + std::to_string(::getegid()) + " 1";
    must(::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0, "unshare");
    write_to("/proc/self/setgroups", "deny");
    write_to("/proc/self/uid_map", user);
    write_to("/proc/self/gid_map", group);
  }
  must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount /");
  left = true;
}

}  // namespace

SmallDisk::SmallDisk(const std::filesystem::path& at, std::size_t kib) : at_(at) {
  leave_the_mounts_of_others();
  std::filesystem::create_directories(at);
  const std::string options = "mode=0700,size=" + std::to_string(kib) + "k";
  must(::mount("tmpfs", at.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) == 0, "mount " + at.string());
}

SmallDisk::~SmallDisk() {
  ::umount2(at_.c_str(), MNT_DETACH);
}

void SmallDisk::fill(std::size_t spare) const {
  const int fd = ::open((at_ / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  must(fd >= 0, "open");
  const std::vector<char> block(4096, 'x');
  while (::write(fd, block.data(), block.size()) > 0) {
  }
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const bool cut = spare == 0 || ::ftruncate(fd, size - static_cast<off_t>(spare)) == 0;
  ::close(fd);
  must(cut, "ftruncate");
}

void SmallDisk::make_room() const {
  std::filesystem::remove(at_ / "filler");
}

void SmallDisk::read_only(bool on) const {
  unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
  if (on) flags |= MS_RDONLY;
  must(::mount(nullptr, at_.c_str(), nullptr, flags, nullptr) == 0, "remount");
}

}  // namespace agentroom::e2e

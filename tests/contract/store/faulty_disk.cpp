#include "faulty_disk.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace agentroom::conformance {
namespace {

struct State {
  std::mutex mutex;
  std::condition_variable changed;
  int write_error = 0;
  std::string write_suffix;
  int sync_error = 0;
  bool holding = false;
  std::size_t held = 0;
  std::size_t syncs = 0;
};

State& state() {
  static auto* const state = new State;  // outlives every thread that may still write
  return *state;
}

std::string path_of(int descriptor) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string();
}

/// The error that a write to the descriptor is to fail with, or 0.
int write_error(int descriptor) {
  State& disk = state();
  const std::scoped_lock lock(disk.mutex);
  if (disk.write_error == 0) return 0;
  return path_of(descriptor).ends_with(disk.write_suffix) ? disk.write_error : 0;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  heal();
  const std::scoped_lock lock(state().mutex);
  state().syncs = 0;
}

FaultyDisk::~FaultyDisk() {
  heal();
}

void FaultyDisk::fail_writes(int error, const std::string& path_suffix) {
  const std::scoped_lock lock(state().mutex);
  state().write_error = error;
  state().write_suffix = path_suffix;
}

void FaultyDisk::fail_syncs(int error) {
  const std::scoped_lock lock(state().mutex);
  state().sync_error = error;
}

void FaultyDisk::hold_syncs() {
  const std::scoped_lock lock(state().mutex);
  state().holding = true;
}

void FaultyDisk::heal() {
  State& disk = state();
  const std::scoped_lock lock(disk.mutex);
  disk.write_error = 0;
  disk.sync_error = 0;
  disk.holding = false;
  disk.changed.notify_all();
}

bool FaultyDisk::wait_for_held_sync() {
  State& disk = state();
  std::unique_lock lock(disk.mutex);
  return disk.changed.wait_for(lock, std::chrono::seconds(30), [&] { return disk.held > 0; });
}

std::size_t FaultyDisk::syncs() const {
  const std::scoped_lock lock(state().mutex);
  return state().syncs;
}

}  // namespace agentroom::conformance

#define FOR_LIBRARIES extern "C" __attribute__((visibility("default")))

FOR_LIBRARIES int fdatasync(int descriptor) {
  auto& disk = agentroom::conformance::state();
  {
    std::unique_lock lock(disk.mutex);
    ++disk.syncs;
    ++disk.held;
    disk.changed.notify_all();
    disk.changed.wait(lock, [&] { return !disk.holding; });
    --disk.held;
    if (disk.sync_error != 0) {
      errno = disk.sync_error;
      return -1;
    }
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}

FOR_LIBRARIES ssize_t pwrite64(int descriptor, const void* bytes, std::size_t count, off64_t offset) {
  if (const int error = agentroom::conformance::write_error(descriptor); error != 0) {
    errno = error;
    return -1;
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

// A disk of a few hundred KiB that a test fills up, empties and writes protects.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace agentroom::e2e {

/// A tmpfs in a mount namespace of this process and its children alone; it goes with them. As root, or with user
/// namespaces. Throws, naming what it needs, when the system gives neither. To be made while the process has one
/// thread.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& at, std::size_t kib);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// Takes all room but `spare` bytes.
  void fill(std::size_t spare = 0) const;
  /// Gives it back.
  void make_room() const;
  void read_only(bool on) const;

 private:
  std::filesystem::path at_;
};

}  // namespace agentroom::e2e

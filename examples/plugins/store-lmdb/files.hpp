// Files as the system knows them: made private, locked, made durable, and their failures in words.
#pragma once

#include <string>

#include "agentroom/sdk/result.hpp"

namespace store_lmdb {

namespace sdk = agentroom::sdk;
using sdk::Error;
using sdk::fail;
using sdk::Result;
using sdk::Status;

/// Closes a descriptor at the end of its life.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// "cannot DOING PATH: why", with what to do about it. AR_PERMISSION or AR_IO.
Error system_failure(const std::string& doing, const std::string& path, int error);

/// An empty file of mode 0600. Errors: AR_CONFLICT (something has its name), AR_IO.
Status make_private_file(const std::string& path);

/// Opens the file `path` and keeps other processes, and other instances of this one, out of it until the descriptor is
/// closed; to read, only those that write. Errors: AR_IN_USE, AR_CORRUPT (no regular file), AR_PERMISSION (open to
/// other users), AR_IO.
Result<Descriptor> open_locked(const std::string& path, bool read_only);

/// Gives what was written to `from` the name `to`; durable on return.
Status rename_durably(const std::string& from, const std::string& to);

/// The names in the folder of `path`, on the disk.
Status sync_folder_of(const std::string& path);

}  // namespace store_lmdb

// Files as the system knows them: made private, synced, and their failures in words.
#pragma once

#include <string>

#include "agentroom/sdk/result.hpp"

namespace agentroom::store_sqlite {

/// Closes a descriptor at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

std::string folder_of(const std::string& path);

/// "cannot DOING PATH: why", with what to do about it. AR_IO.
sdk::Error system_failure(const std::string& doing, const std::string& path, int error);

/// A file that is there and not empty.
bool has_content(const std::string& path);

/// An empty file of mode 0600. Errors: AR_CONFLICT (something has its name), AR_IO.
sdk::Status make_private_file(const std::string& path);

/// Gives what was written to `from` the name `to`; durable on return.
sdk::Status make_durable_name(const std::string& from, const std::string& to);

/// A database and what SQLite may have put beside it.
void remove_database(const std::string& path);

}  // namespace agentroom::store_sqlite

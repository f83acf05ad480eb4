// A file that is looked at and left as it was.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace agentroom::store_sqlite {

/// SQLite makes an empty log when it opens a file without one. Takes it away again at its own end, which has to come
/// after that of every connection.
class Inspection {
 public:
  explicit Inspection(const std::string& path) : log_(path + "-wal"), watches_(!exists(log_)) {}
  ~Inspection() {
    struct stat status{};
    if (watches_ && ::stat(log_.c_str(), &status) == 0 && status.st_size == 0) ::unlink(log_.c_str());
  }
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  /// The file is to be written after all.
  void release() { watches_ = false; }

 private:
  static bool exists(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
  }

  const std::string log_;
  bool watches_;
};

}  // namespace agentroom::store_sqlite

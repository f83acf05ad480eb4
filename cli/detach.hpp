// A command that goes on in the background.
#pragma once

#include <filesystem>
#include <memory>

#include "agentroom/result.hpp"

namespace agentroom::cli {

/// The end of a detached process from which the one in the foreground hears.
class Foreground {
 public:
  Foreground(int descriptor, int log) : descriptor_(descriptor), log_(log) {}
  ~Foreground();
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

  /// What it waited for is there: it ends, and from now on stderr goes to the log. Once; later calls do nothing.
  void let_go();

 private:
  int descriptor_;
  int log_;
};

/// One of the two.
struct Detached {
  std::unique_ptr<Foreground> foreground;  ///< in the background
  /// In the foreground, when it is time to end; 0 while the other goes on.
  int exit_code = 0;
  bool goes_on = false;  ///< in the foreground: the other let it go
};

/// Forks. The child is in a session of its own, without a terminal; its stdout goes to `log` (mode 0600, emptied
/// first), its stdin is empty, and other descriptors of its caller it has none. The parent shows what the child writes
/// there, as it writes it, until the child lets go, or ends: then its exit code is the parent's. A signal that would
/// end the parent meanwhile ends the child as well. Only while this process has one thread. Errors: kIo, kPermission;
/// kCancelled, when the child ended well but did not let go.
Result<Detached> detach(const std::filesystem::path& log);

}  // namespace agentroom::cli

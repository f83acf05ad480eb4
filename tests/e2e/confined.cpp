// Runs a program as an ordinary user would, also for root and inside a container: without any privilege over files, and
// with a limit on the size of the files that it writes.
//
//   confined [--file-size BYTES] PROGRAM [ARGUMENT...]
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

/// Capabilities are what lets root pass over modes. Without them, and with no way to gain any, modes count for root
/// too.
bool drop_privileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_capset, &header, none) == 0;
}

/// A write beyond the limit fails as a full disk makes it fail, and no signal comes.
bool limit_files(rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  int program = 1;
  bool ready = drop_privileges();
  if (argc > 3 && std::string_view(argv[1]) == "--file-size") {
    ready = ready && limit_files(std::strtoull(argv[2], nullptr, 10));
    program = 3;
  }
  if (!ready || program >= argc) {
    std::perror("confined");
    return 125;
  }
  ::execv(argv[program], argv + program);
  std::perror(argv[program]);
  return 125;
}

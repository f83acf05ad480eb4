// Runs a program as an ordinary user would, also for root and inside a container: without any privilege over files, and
// with limits of one's choice.
//
//   confined [--file-size BYTES] [--no-listening] PROGRAM [ARGUMENT...]
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
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

/// The system refuses every bind(), as it refuses low ports to those without the privilege.
bool forbid_listening() {
  std::array<sock_filter, 4> filter{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bind, 0, 1),
                                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
                                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  const sock_fprog program{filter.size(), filter.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool ready = drop_privileges();
  int at = 1;
  for (; at < argc && std::string_view(argv[at]).starts_with("--"); ++at) {
    const std::string_view limit = argv[at];
    if (limit == "--no-listening") {
      ready = ready && forbid_listening();
    } else if (limit == "--file-size" && at + 1 < argc) {
      ready = ready && limit_files(std::strtoull(argv[++at], nullptr, 10));
    } else {
      ready = false;
    }
  }
  if (ready && at < argc) ::execv(argv[at], argv + at);
  std::perror("confined");
  return 125;
}

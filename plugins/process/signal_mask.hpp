// Signal masks of one thread, put back at the end of a scope.
#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace agentroom::process {

/// Around fork: no handler of the host runs in the child.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

/// A pipe that nobody reads is an error of write, not the end of the process, whatever the host does about SIGPIPE.
class BrokenPipeBlocked {
 public:
  BrokenPipeBlocked() {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigset_t pipe = only_pipe();
    pthread_sigmask(SIG_BLOCK, &pipe, &before_);
  }

  ~BrokenPipeBlocked() {
    // What a write of this thread raised is this thread's: it is taken before the mask is put back.
    const sigset_t pipe = only_pipe();
    const timespec now{};
    if (!was_pending_) sigtimedwait(&pipe, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  BrokenPipeBlocked(const BrokenPipeBlocked&) = delete;
  BrokenPipeBlocked& operator=(const BrokenPipeBlocked&) = delete;

 private:
  static sigset_t only_pipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
  }

  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace agentroom::process

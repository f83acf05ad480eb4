// A process that has next to no descriptors left.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace agentroom::cli {

/// While it lives `free` descriptors can be opened, and no more.
class FewDescriptors {
 public:
  explicit FewDescriptors(std::size_t free) {
    std::vector<int> next;
    while (next.size() <= free) next.push_back(::dup(STDERR_FILENO));
    for (const int each : next) ::close(each);
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next.back()), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace agentroom::cli

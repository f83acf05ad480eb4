#include "runtime/file_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace agentroom::runtime {
namespace {

/// Beside its channels: HTTP connections that are none yet (transport-ws takes 1,024), the store, plugins, the loop.
constexpr std::uint64_t kOtherFiles = 1'024 + 128;

}  // namespace

std::uint64_t file_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  return file_limit();
}

std::string what_file_limit_lacks(std::uint64_t files, std::uint64_t connections) {
  const std::uint64_t needed = connections + kOtherFiles;
  if (files >= needed) return {};
  const std::uint64_t left = std::max<std::uint64_t>(files > kOtherFiles ? files - kOtherFiles : files / 2, 1);
  return "this process may open " + std::to_string(files) + " files, and " + std::to_string(connections) +
         " connections need " + std::to_string(needed) + ": about " + std::to_string(left) +
         " can be held. Raise the limit, with `ulimit -n " + std::to_string(needed) +
         "` before the start or LimitNOFILE=" + std::to_string(needed) +
         " in a systemd unit, or set [relay.limits] connections = " + std::to_string(left);
}

}  // namespace agentroom::runtime

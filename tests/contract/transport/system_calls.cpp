#include "system_calls.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/epoll.h>

#include <cerrno>
#include <string_view>
#include <thread>

namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

#pragma GCC visibility push(default)

int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  static auto* const system = real<decltype(getaddrinfo)>("getaddrinfo");
  if (node == nullptr || !std::string_view(node).starts_with("slow.")) return system(node, service, hints, found);
  std::this_thread::sleep_for(agentroom::conformance::kSlowLookup);
  return EAI_NONAME;
}

int epoll_ctl(int set, int operation, int descriptor, epoll_event* event) noexcept {
  static auto* const system = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (operation != EPOLL_CTL_ADD || !agentroom::conformance::watches_are_exhausted) {
    return system(set, operation, descriptor, event);
  }
  errno = ENOSPC;
  return -1;
}

#pragma GCC visibility pop
}

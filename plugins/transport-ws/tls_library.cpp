#include "tls_library.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <string>

namespace agentroom::ws {

namespace {

using sdk::fail;

std::filesystem::path folder_of_this_library() {
  static const char place = 0;
  Dl_info found{};
  if (::dladdr(&place, &found) == 0 || found.dli_fname == nullptr) return {};
  return std::filesystem::path(found.dli_fname).parent_path();
}

}  // namespace

sdk::Result<Tls*> TlsLibrary::get() {
  if (tls_) return tls_.get();
  const std::string path = (folder_of_this_library() / "private" / "transport-ws-tls.so").string();
  // It stays mapped, as every plugin does.
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  auto* const make = library == nullptr ? nullptr : reinterpret_cast<MakeTls*>(::dlsym(library, kMakeTls));
  if (make == nullptr) {
    const char* why = ::dlerror();
    return fail(AR_UNSUPPORTED, "TLS needs " + path + ": " + (why == nullptr ? "it does not load" : why),
                "install agentroom again, with OpenSSL 3");
  }
  tls_.reset(make(files_, host_));
  if (!tls_) return fail(AR_INTERNAL, "out of memory");
  return tls_.get();
}

}  // namespace agentroom::ws

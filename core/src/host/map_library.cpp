#include "host/map_library.hpp"

#include <boost/dll/shared_library.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace agentroom::host {

namespace {

/// Every library of the process; never destroyed, because destroying it would unmap them.
void keep_for_good(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto& kept = *std::make_unique<std::vector<boost::dll::shared_library>>().release();
  const std::scoped_lock lock(mutex);
  kept.push_back(std::move(library));
}

/// Boost.DLL wraps the words of the dynamic linker into its own.
std::string linker_reason(std::string_view what) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::size_t begin = what.find(kBefore);
  const std::size_t end = what.rfind("): ");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return printable(what);
  return printable(what.substr(begin + kBefore.size(), end - begin - kBefore.size()));
}

}  // namespace

Result<ar_plugin_entry_fn> map_library(const std::filesystem::path& file) {
  boost::dll::shared_library library;
  try {
    // The throwing form: it alone carries the reason of the dynamic linker.
    library.load(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kPlugin, "cannot load the library " + file.string() + ": " + linker_reason(e.what()),
                "expected a shared library for this machine with everything it needs; `ldd " + file.string() +
                    "` shows what is missing");
  }
  if (!library.has(AR_PLUGIN_ENTRY_SYMBOL)) {
    keep_for_good(std::move(library));
    return fail(ErrorCode::kPlugin, "the library " + file.string() + " does not export " AR_PLUGIN_ENTRY_SYMBOL,
                "it is no agentroom plugin, or its export map hides the symbol");
  }
  ar_plugin_entry_fn entry = &library.get<const ar_plugin*()>(AR_PLUGIN_ENTRY_SYMBOL);
  keep_for_good(std::move(library));
  return entry;
}

}  // namespace agentroom::host

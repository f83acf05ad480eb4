#include "binary.hpp"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <system_error>

#include "download.hpp"
#include "managed_folder.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "cloudflared";
constexpr const char* kVariable = "AGENTROOM_CLOUDFLARED";

bool is_program(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::optional<std::string> on_path() {
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing writes the environment
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    // A relative one would mean another program in another folder.
    if (folder.starts_with('/') && is_program(fs::path(folder) / kProgram)) return folder + "/" + kProgram;
  }
  return std::nullopt;
}

/// The pinned release in its folder.
class Managed {
 public:
  Managed(const Options& options, const fs::path& folder, const sdk::Host& host, const sdk::TunnelEvents& events,
          const tunnel::StopSignal& stop)
      : options_(options),
        folder_(folder),
        name_(std::string(kProgram) + "-" + options.pinned.version),
        host_(host),
        events_(events),
        stop_(stop) {}

  fs::path file() const { return folder_ / name_; }

  /// It is there then, and the right one.
  sdk::Status get() {
    if (auto made = make_folder(folder_); !made) return made;
    const auto kept = look();
    if (!kept) return kept.error();
    const bool cached = *kept == Kept::kRight;
    if (!cached) {
      if (auto fetched = fetch(); !fetched) return fetched;
    }
    events_.progress({cached ? "cached" : "ready", file().string()});
    return {};
  }

 private:
  sdk::Result<Kept> look() const { return look_at(file(), options_.pinned.sha256); }

  sdk::Status fetch() {
    events_.progress({"downloading", options_.pinned.version});
    const auto lock = DownloadLock::take(folder_ / ("." + name_ + ".lock"), stop_,
                                         [&] { events_.progress({"downloading", "another process is at it"}); });
    if (!lock) return lock.error();
    const auto kept = look();
    if (!kept) return kept.error();
    if (*kept == Kept::kRight) return {};  // the other process brought it
    if (*kept == Kept::kWrong) {
      host_.log(sdk::LogLevel::kWarn, file().string() + " has another SHA-256 than the release: it is removed");
      std::error_code ignored;
      fs::remove(file(), ignored);
    }
    const std::string url = options_.download.base + "/" + options_.pinned.version + "/" + options_.pinned.asset;
    return download(url, options_.pinned.sha256, folder_ / (name_ + ".part"), file(), options_.download, host_, stop_,
                    [&](std::uint64_t bytes, std::uint64_t total) {
                      events_.progress({"downloading", options_.pinned.version, bytes, total});
                    });
  }

  const Options& options_;
  const fs::path& folder_;
  const std::string name_;
  const sdk::Host& host_;
  const sdk::TunnelEvents& events_;
  const tunnel::StopSignal& stop_;
};

sdk::Result<std::string> chosen(const std::string& file, const std::string& by, const sdk::TunnelEvents& events) {
  if (!file.starts_with('/')) {
    return sdk::fail(AR_INVALID, by + " names " + file + ", which would be another program in another folder",
                     "Write the whole path, from / on.");
  }
  if (!is_program(file)) {
    return sdk::fail(AR_NOT_FOUND, by + " names " + file + ", which is no program that can be run",
                     "Correct it, or take it out to have the pinned release downloaded.");
  }
  events.progress({"env", file});
  return file;
}

sdk::Error no_managed(const Options& options) {
  if (options.pinned.asset.empty()) {
    return sdk::fail(AR_NOT_FOUND, "cloudflared has no pinned release for this machine (" + machine() + ")",
                     "Install cloudflared, and name it in AGENTROOM_CLOUDFLARED.");
  }
  return sdk::fail(AR_NOT_FOUND, "there is no cloudflared, and no folder to keep a downloaded one in",
                   "Install cloudflared, and name it in AGENTROOM_CLOUDFLARED.");
}

}  // namespace

sdk::Result<std::string> find_binary(const Options& options, const fs::path& folder, const sdk::Host& host,
                                     const sdk::TunnelEvents& events, const tunnel::StopSignal& stop) {
  const char* const from_environment = std::getenv(kVariable);  // NOLINT(concurrency-mt-unsafe): nor here
  if (from_environment != nullptr && *from_environment != '\0') return chosen(from_environment, kVariable, events);
  if (!options.binary.empty()) return chosen(options.binary, "the key binary", events);
  sdk::Error why = no_managed(options);
  if (!folder.empty() && !options.pinned.asset.empty()) {
    Managed managed(options, folder, host, events, stop);
    const auto got = managed.get();
    if (got) return managed.file().string();
    why = got.error();
    // A program on PATH stands in for a server that cannot be reached. Where someone may have tampered it does not:
    // that is to be seen, and not to choose what runs.
    if (why.status != AR_NETWORK && why.status != AR_TIMEOUT) return why;
  }
  const auto fallback = on_path();
  if (!fallback) return why;
  host.log(sdk::LogLevel::kWarn, why.message + "; the cloudflared on PATH is taken");
  events.progress({"fallback_path", *fallback});
  return *fallback;
}

}  // namespace agentroom::tunnel_cloudflared

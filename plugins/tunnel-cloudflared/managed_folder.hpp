// The folder in which downloaded programs are kept: only whole ones with the right digest.
#pragma once

#include <filesystem>
#include <string>

#include "agentroom/sdk/result.hpp"
#include "descriptor.hpp"
#include "stop_signal.hpp"

namespace agentroom::tunnel_cloudflared {

/// Makes it, for the owner alone, and refuses one that others can write to. Errors: AR_IO, AR_PERMISSION.
sdk::Status make_folder(const std::filesystem::path& folder);

enum class Kept : std::uint8_t { kNone, kRight, kWrong };

/// Whether `file` has that digest. Errors: AR_IO and AR_PERMISSION, when it cannot be read now.
sdk::Result<Kept> look_at(const std::filesystem::path& file, const std::string& sha256);

/// Held by the one process that downloads; the kernel drops it with the process.
class DownloadLock {
 public:
  /// `on_wait` is called once when another process has it. Errors: AR_IO, AR_CANCELLED.
  template <class OnWait>
  static sdk::Result<DownloadLock> take(const std::filesystem::path& file, const tunnel::StopSignal& stop,
                                        OnWait&& on_wait) {
    auto opened = open(file);
    if (!opened) return opened;
    for (bool first = true; !opened->try_lock(); first = false) {
      if (first) on_wait();
      if (!stop.sleep(kLookAgain)) return sdk::fail(AR_CANCELLED, "stopped");
    }
    return opened;
  }

 private:
  static constexpr std::chrono::milliseconds kLookAgain{100};

  explicit DownloadLock(process::Descriptor file) : file_(std::move(file)) {}
  static sdk::Result<DownloadLock> open(const std::filesystem::path& file);
  bool try_lock() const;

  process::Descriptor file_;
};

/// A download under way; gone with this object unless it was put in its place.
class PartFile {
 public:
  /// Empty. Errors: AR_IO, AR_PERMISSION.
  static sdk::Result<PartFile> open(const std::filesystem::path& path);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  int descriptor() const { return file_.get(); }

  /// Durable, executable, under its own name; whole or not at all. Errors: AR_IO.
  sdk::Status put_in_place(const std::filesystem::path& target);

 private:
  PartFile(std::filesystem::path path, process::Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;  ///< empty: nothing to take away
  process::Descriptor file_;
};

}  // namespace agentroom::tunnel_cloudflared

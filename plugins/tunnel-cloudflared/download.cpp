#include "download.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <new>
#include <optional>
#include <system_error>

#include "backoff.hpp"
#include "curl_handles.hpp"
#include "file_digest.hpp"
#include "managed_folder.hpp"
#include "transfer.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

using Clock = std::chrono::steady_clock;

/// In a row that brought nothing, and all together.
constexpr int kAttemptsInVain = 4;
constexpr int kAttempts = 20;

constexpr long kMaxRedirects = 5;
/// Even a server that sends a little now and then comes to an end.
constexpr long kLongestAttemptSeconds = 3'600;
/// Slower than this for so long is given up, too.
constexpr long kSlowestBytesPerSecond = 1'024;
constexpr long kSlowestSeconds = 60;
constexpr std::chrono::milliseconds kBetweenReports{100};

/// One request, and what came of it.
class Attempt {
 public:
  Attempt(const std::string& url, int file, std::uint64_t offset, const DownloadOptions& options,
          const OnBytes& on_bytes)
      : file_(file), offset_(offset), size_(offset), max_(options.max_bytes), on_bytes_(on_bytes) {
    request_.reset(curl_easy_init());
    if (!request_) throw std::bad_alloc();
    CURL* const it = request_.get();
    curl_easy_setopt(it, CURLOPT_URL, url.c_str());
    curl_easy_setopt(it, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(it, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(it, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(it, CURLOPT_MAXREDIRS, kMaxRedirects);
    curl_easy_setopt(it, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(it, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(it, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(it, CURLOPT_LOW_SPEED_LIMIT, kSlowestBytesPerSecond);
    curl_easy_setopt(it, CURLOPT_LOW_SPEED_TIME, kSlowestSeconds);
    curl_easy_setopt(it, CURLOPT_TIMEOUT, kLongestAttemptSeconds);
    curl_easy_setopt(it, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_bytes));
    curl_easy_setopt(it, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(offset));
    curl_easy_setopt(it, CURLOPT_USERAGENT, "agentroom");
    curl_easy_setopt(it, CURLOPT_ERRORBUFFER, why_.data());
    curl_easy_setopt(it, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(it, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(it, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(it, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(it, CURLOPT_XFERINFODATA, this);
    if (!options.ca_file.empty()) curl_easy_setopt(it, CURLOPT_CAINFO, options.ca_file.c_str());
  }

  /// Nothing when it was stopped.
  std::optional<CURLcode> run(const tunnel::StopSignal& stop, std::chrono::milliseconds stall_timeout) {
    tunnel::Transfer transfer;
    transfer.begin(request_.get());
    const std::array<int, 1> watched{stop.descriptor()};
    auto moved_at = Clock::now();
    for (std::uint64_t seen = size_; transfer.under_way() && !stop.requested();) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(moved_at + stall_timeout - Clock::now());
      if (left.count() <= 0) {
        transfer.cancel();
        snprintf(why_.data(), why_.size(), "nothing came for %lld ms", static_cast<long long>(stall_timeout.count()));
        return CURLE_OPERATION_TIMEDOUT;
      }
      transfer.wait(watched, left);
      if (size_ != seen) moved_at = Clock::now();
      seen = size_;
    }
    if (stop.requested()) return std::nullopt;
    return transfer.take();
  }

  std::uint64_t size() const { return size_; }
  bool is_too_large() const { return too_large_; }
  int write_error() const { return write_error_; }
  std::string why(CURLcode result) const { return why_[0] != '\0' ? why_.data() : curl_easy_strerror(result); }

  long status() const {
    long status = 0;
    curl_easy_getinfo(request_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

 private:
  static std::size_t on_data(char* data, std::size_t one, std::size_t count, void* self) {
    return static_cast<Attempt*>(self)->write(data, one * count) ? one * count : 0;
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t /*now*/, curl_off_t /*up_total*/,
                         curl_off_t /*up_now*/) {
    static_cast<Attempt*>(self)->report(total > 0 ? static_cast<std::uint64_t>(total) : 0);
    return 0;
  }

  bool write(const char* data, std::size_t size) {
    if (size > max_ - size_) {
      too_large_ = true;
      return false;
    }
    while (size > 0) {
      const ssize_t written = ::pwrite(file_, data, size, static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        write_error_ = written < 0 ? errno : ENOSPC;
        return false;
      }
      data += written;
      size -= static_cast<std::size_t>(written);
      size_ += static_cast<std::size_t>(written);
    }
    return true;
  }

  void report(std::uint64_t coming) {
    const std::uint64_t total = coming > 0 ? offset_ + coming : 0;
    const auto now = Clock::now();
    const bool whole = size_ == total && size_ != reported_;
    if (size_ == reported_ || (!whole && now - reported_at_ < kBetweenReports)) return;
    reported_ = size_;
    reported_at_ = now;
    on_bytes_(size_, total);
  }

  const int file_;
  const std::uint64_t offset_;
  std::uint64_t size_;
  const std::uint64_t max_;
  const OnBytes& on_bytes_;
  tunnel::RequestHandle request_;
  std::array<char, CURL_ERROR_SIZE> why_{};
  bool too_large_ = false;
  int write_error_ = 0;
  std::uint64_t reported_ = 0;
  Clock::time_point reported_at_{};
};

sdk::Error failure(const std::string& url, const Attempt& attempt, CURLcode result, const DownloadOptions& options) {
  const std::string what = "cannot download " + url + ": ";
  const std::string other_way = "Or install cloudflared by yourself, and name it in AGENTROOM_CLOUDFLARED.";
  if (attempt.is_too_large() || result == CURLE_FILESIZE_EXCEEDED) {
    return sdk::fail(AR_TOO_LARGE, what + "it has more than " + std::to_string(options.max_bytes) + " bytes",
                     "No release of cloudflared is so large: check download_base.");
  }
  if (attempt.write_error() != 0) {
    return sdk::fail(AR_IO, what + "it cannot be written: " + std::generic_category().message(attempt.write_error()));
  }
  switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return sdk::fail(AR_PERMISSION, what + attempt.why(result),
                       "For a mirror with an authority of your own, name its certificate in ca_file.");
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return sdk::fail(AR_INVALID, what + attempt.why(result), "Check download_base. " + other_way);
    case CURLE_HTTP_RETURNED_ERROR: {
      const long status = attempt.status();
      if (status >= 500 || status == 408 || status == 429) break;
      return sdk::fail(AR_NOT_FOUND, what + "the server answers with status " + std::to_string(status),
                       "Check version and download_base. " + other_way);
    }
    case CURLE_OPERATION_TIMEDOUT:
      return sdk::fail(AR_TIMEOUT, what + attempt.why(result), other_way);
    default:
      break;
  }
  return sdk::fail(AR_NETWORK, what + attempt.why(result),
                   "Is there a network? A mirror can be named in download_base. " + other_way);
}

/// The whole file, from as many attempts as it takes.
class Download {
 public:
  Download(const std::string& url, int file, const DownloadOptions& options, const sdk::Host& host,
           const tunnel::StopSignal& stop, const OnBytes& on_bytes)
      : url_(url), file_(file), options_(options), host_(host), stop_(stop), on_bytes_(on_bytes) {}

  /// True when it was put together from more than one answer.
  sdk::Result<bool> run() {
    tunnel::Backoff backoff(options_.retry_delay);
    sdk::Error why;
    bool resumed = false;
    std::uint64_t furthest = 0;
    for (int attempts = 1, in_vain = 0;; ++attempts) {
      Attempt attempt(url_, file_, size_, options_, on_bytes_);
      resumed = size_ > 0;
      const auto result = attempt.run(stop_, options_.stall_timeout);
      if (!result) return sdk::fail(AR_CANCELLED, "stopped");
      if (*result == CURLE_OK) return resumed;
      if (size_ > 0 && (*result == CURLE_RANGE_ERROR || attempt.status() == 416)) {
        can_resume_ = false;
      } else {
        why = failure(url_, attempt, *result, options_);
        if (why.status != AR_NETWORK && why.status != AR_TIMEOUT) return why;
      }
      in_vain = attempt.size() > furthest ? 0 : in_vain + 1;
      furthest = std::max(furthest, attempt.size());
      if (attempts >= kAttempts || in_vain >= kAttemptsInVain) return why;
      size_ = can_resume_ ? attempt.size() : 0;
      if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) return sdk::fail(AR_IO, "cannot cut a download short");
      host_.log(sdk::LogLevel::kInfo, why.message + "; it goes on after " + std::to_string(size_) + " bytes");
      if (!stop_.sleep(backoff.next())) return sdk::fail(AR_CANCELLED, "stopped");
    }
  }

  /// Begins anew.
  sdk::Status forget() {
    size_ = 0;
    if (::ftruncate(file_, 0) != 0) return sdk::fail(AR_IO, "cannot cut a download short");
    return {};
  }

 private:
  const std::string& url_;
  const int file_;
  const DownloadOptions& options_;
  const sdk::Host& host_;
  const tunnel::StopSignal& stop_;
  const OnBytes& on_bytes_;
  std::uint64_t size_ = 0;
  bool can_resume_ = true;  ///< the server can, as far as is known
};

}  // namespace

sdk::Status download(const std::string& url, const std::string& sha256, const std::filesystem::path& part,
                     const std::filesystem::path& target, const DownloadOptions& options, const sdk::Host& host,
                     const tunnel::StopSignal& stop, const OnBytes& on_bytes) {
  auto file = PartFile::open(part);
  if (!file) return file.error();
  Download whole(url, file->descriptor(), options, host, stop, on_bytes);
  auto resumed = whole.run();
  if (!resumed) return resumed.error();
  auto digest = sha256_of(file->descriptor());
  if (digest != sha256 && *resumed) {
    // Put together from answers that do not belong together, maybe: once more in one piece.
    if (auto forgotten = whole.forget(); !forgotten) return forgotten;
    if (resumed = whole.run(); !resumed) return resumed.error();
    digest = sha256_of(file->descriptor());
  }
  if (digest != sha256) {
    return sdk::fail(AR_CORRUPT,
                     "what " + url + " sends is not the release that was asked for: its SHA-256 is " +
                         digest.value_or("not to be had") + ", expected " + sha256 + ". It was thrown away unopened",
                     "Someone on the way changed it, or download_base, version and sha256 do not belong together.");
  }
  return file->put_in_place(target);
}

}  // namespace agentroom::tunnel_cloudflared

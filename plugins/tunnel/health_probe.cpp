#include "health_probe.hpp"

#include <new>

namespace agentroom::tunnel {
namespace {

constexpr long kTimeoutMs = 10'000;
/// Nothing in the answer is of interest; whoever sends more than this is no relay.
constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;

std::size_t count(char* /*data*/, std::size_t size, std::size_t items, void* total) {
  auto& sum = *static_cast<std::size_t*>(total);
  sum += size * items;
  return sum > kMaxAnswer ? 0 : size * items;
}

}  // namespace

void HealthProbe::begin(const std::string& url) {
  request_.reset(curl_easy_init());
  if (!request_) throw std::bad_alloc();
  CURL* const it = request_.get();
  why_.fill('\0');
  answered_ = 0;
  curl_easy_setopt(it, CURLOPT_URL, url.c_str());
  curl_easy_setopt(it, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(it, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(it, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  // A name that is new is looked up each time, and the way is the one that a peer would take.
  curl_easy_setopt(it, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(it, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(it, CURLOPT_ERRORBUFFER, why_.data());
  curl_easy_setopt(it, CURLOPT_WRITEFUNCTION, count);
  curl_easy_setopt(it, CURLOPT_WRITEDATA, &answered_);
  curl_easy_setopt(it, CURLOPT_USERAGENT, "agentroom");
  if (!ca_file_.empty()) curl_easy_setopt(it, CURLOPT_CAINFO, ca_file_.c_str());
  transfer_.begin(it);
}

void HealthProbe::cancel() {
  transfer_.cancel();
  request_.reset();
}

std::optional<std::string> HealthProbe::take() {
  const auto result = transfer_.take();
  if (!result) return std::nullopt;
  if (*result != CURLE_OK) return why_[0] != '\0' ? why_.data() : curl_easy_strerror(*result);
  long status = 0;
  curl_easy_getinfo(request_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return std::string();
  return "it answered with status " + std::to_string(status);
}

}  // namespace agentroom::tunnel

#include "transfer.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace agentroom::tunnel {

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Transfer::Transfer() : multi_(curl_multi_init()) {
  if (!multi_) throw std::bad_alloc();
}

Transfer::~Transfer() {
  cancel();
}

void Transfer::begin(CURL* request) {
  result_.reset();
  // Else whoever gives up waits for the name to be looked up.
  curl_easy_setopt(request, CURLOPT_QUICK_EXIT, 1L);
  if (curl_multi_add_handle(multi_.get(), request) != CURLM_OK) {
    result_ = CURLE_FAILED_INIT;
    return;
  }
  request_ = request;
  wait({}, std::chrono::milliseconds(0));
}

void Transfer::wait(std::span<const int> descriptors, std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLongest{3'600'000};
  std::vector<curl_waitfd> polled;
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) polled.push_back({descriptor, CURL_WAIT_POLLIN, 0});
  }
  time = std::clamp(time, std::chrono::milliseconds(0), kLongest);
  curl_multi_poll(multi_.get(), polled.data(), static_cast<unsigned>(polled.size()), static_cast<int>(time.count()),
                  nullptr);
  if (request_ == nullptr) return;
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    result_ = message->data.result;
    cancel();
    return;
  }
}

std::optional<CURLcode> Transfer::take() {
  return std::exchange(result_, std::nullopt);
}

void Transfer::cancel() {
  if (request_ != nullptr) curl_multi_remove_handle(multi_.get(), std::exchange(request_, nullptr));
}

}  // namespace agentroom::tunnel

#include "transfer.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace openai {
namespace {

constexpr std::size_t kMaxErrorBody = std::size_t{16} * 1024;
constexpr long kConnectSeconds = 20;
constexpr curl_off_t kLongestWait = 86'400;  // what is longer than a call may take is all the same

/// Failures of a moment. All others would be there again: a name that does not exist, a certificate that does not
/// check.
bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
      return true;
    default:
      return false;
  }
}

int left(Clock::time_point deadline) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000));
}

}  // namespace

Transfer::Transfer(const Settings& settings, std::string body)
    : body_(std::move(body)), multi_(curl_multi_init()), easy_(curl_easy_init()) {
  if (multi_ == nullptr || easy_ == nullptr) throw std::bad_alloc();
  const auto add_header = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (headers_.get() != longer) headers_.reset(longer);  // the first one; a list keeps its beginning
  };
  add_header("Content-Type: application/json");
  add_header("Accept: text/event-stream, application/json");
  add_header("Expect:");
  if (!settings.api_key.empty()) add_header("Authorization: Bearer " + settings.api_key);
  curl_easy_setopt(easy_.get(), CURLOPT_URL, (settings.base_url + "/chat/completions").c_str());
  curl_easy_setopt(easy_.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_.get(), CURLOPT_FOLLOWLOCATION, 0L);  // another host would get the key
  // A proxy for what is not encrypted would read the key.
  if (!settings.base_url.starts_with("https://")) curl_easy_setopt(easy_.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy_.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, body_.data());
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, this);
  curl_multi_add_handle(multi_.get(), easy_.get());
}

Transfer::~Transfer() {
  curl_multi_remove_handle(multi_.get(), easy_.get());
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  try {
    return static_cast<Transfer*>(self)->take({data, size * count}) ? size * count : 0;
  } catch (...) {  // libcurl is C: it ends the transfer
    return 0;
  }
}

bool Transfer::take(std::string_view bytes) {
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  if (response_.status != 200) {
    response_.body += bytes.substr(0, kMaxErrorBody - std::min(kMaxErrorBody, response_.body.size()));
    return true;
  }
  if (!streams_) {
    const char* type = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_TYPE, &type);
    streams_ = type != nullptr && std::string_view(type).starts_with("text/event-stream");
  }
  return *streams_ ? response_.answer.take_stream(bytes) : response_.answer.take_object(bytes);
}

Response Transfer::run(const sdk::Cancel& cancel, Clock::time_point deadline) {
  perform(cancel, deadline);
  return std::move(response_);
}

void Transfer::perform(const sdk::Cancel& cancel, Clock::time_point deadline) {
  while (true) {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int waiting = 0;
    if (const CURLMsg* message = curl_multi_info_read(multi_.get(), &waiting); message != nullptr) {
      return end(message->data.result);
    }
    if (cancel.cancelled()) {
      response_.cancelled = true;
      return;
    }
    if (Clock::now() >= deadline) {
      response_.out_of_time = true;
      return;
    }
    curl_waitfd cancelled{};
    cancelled.fd = cancel.descriptor();
    cancelled.events = CURL_WAIT_POLLIN;
    curl_multi_poll(multi_.get(), &cancelled, 1, left(deadline), nullptr);
  }
}

void Transfer::end(CURLcode code) {
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  curl_off_t seconds = 0;
  if (curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
    response_.retry_after = std::chrono::seconds(std::min(seconds, kLongestWait));
  }
  if (response_.status == 200 && streams_ == false) response_.answer.end_of_object();
  const bool has_answer = response_.status == 200 && response_.answer.complete();
  if (code != CURLE_OK && !has_answer && !response_.answer.problem()) {
    response_.broken = curl_easy_strerror(code);
    response_.worth_another = may_pass(code);
  }
}

Undertaker::Undertaker() {
  // Signals are the host's: a thread of a plugin takes none.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Undertaker::~Undertaker() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Undertaker::bury(std::unique_ptr<Transfer> transfer) {
  {
    const std::scoped_lock lock(mutex_);
    dead_.push_back(std::move(transfer));
  }
  changed_.notify_one();
}

void Undertaker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !dead_.empty(); });
    if (dead_.empty()) return;
    std::unique_ptr<Transfer> transfer = std::move(dead_.front());
    dead_.pop_front();
    lock.unlock();
    transfer.reset();
    lock.lock();
  }
}

}  // namespace openai

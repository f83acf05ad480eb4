// One request to the API, which ends at once when its call is cancelled.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agentroom/sdk/handler.hpp"
#include "answer.hpp"
#include "settings.hpp"

namespace openai {

using Clock = std::chrono::steady_clock;

/// What came of a request.
struct Response {
  long status = 0;             ///< of HTTP; 0: there was none
  Answer answer;               ///< with status 200
  std::string body;            ///< of any other status: its beginning
  std::string broken;          ///< why the connection ended before the response did; empty: it did not
  bool worth_another = false;  ///< a connection that broke may not break again
  bool cancelled = false;
  bool out_of_time = false;
  std::optional<std::chrono::seconds> retry_after;
};

class Transfer {
 public:
  /// `body` is JSON.
  Transfer(const Settings& settings, std::string body);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Until it ended, `cancel` or `deadline`.
  Response run(const sdk::Cancel& cancel, Clock::time_point deadline);

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  bool take(std::string_view bytes);
  void perform(const sdk::Cancel& cancel, Clock::time_point deadline);
  void end(CURLcode code);

  struct Free {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
  };
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  std::string body_;
  std::unique_ptr<curl_slist, Free> headers_;
  std::unique_ptr<CURLM, Free> multi_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::optional<bool> streams_;
  Response response_;
};

/// Destroys transfers that were given up: libcurl waits for a name that is being resolved, which may take longer than a
/// call has once it is cancelled.
class Undertaker {
 public:
  Undertaker();
  /// Waits until all are gone.
  ~Undertaker();
  Undertaker(const Undertaker&) = delete;
  Undertaker& operator=(const Undertaker&) = delete;

  void bury(std::unique_ptr<Transfer> transfer);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Transfer>> dead_;  // guarded by mutex_; bounded by the calls that run
  bool stopping_ = false;                       // guarded by mutex_
  std::thread thread_;
};

}  // namespace openai

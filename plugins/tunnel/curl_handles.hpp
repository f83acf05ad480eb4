// Handles of libcurl that free themselves.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace agentroom::tunnel {

struct FreeRequest {
  void operator()(CURL* it) const { curl_easy_cleanup(it); }
};
struct FreeTransfers {
  void operator()(CURLM* it) const { curl_multi_cleanup(it); }
};
struct FreeUrl {
  void operator()(CURLU* it) const { curl_url_cleanup(it); }
  void operator()(char* it) const { curl_free(it); }
};

using RequestHandle = std::unique_ptr<CURL, FreeRequest>;
using TransfersHandle = std::unique_ptr<CURLM, FreeTransfers>;
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;
using UrlText = std::unique_ptr<char, FreeUrl>;

}  // namespace agentroom::tunnel

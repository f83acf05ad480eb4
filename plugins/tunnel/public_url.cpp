#include "public_url.hpp"

#include "curl_handles.hpp"

namespace agentroom::tunnel {
namespace {

constexpr std::size_t kMaxUrl = 512;

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const UrlText owned(text);
  return text;
}

}  // namespace

sdk::Result<PublicUrl> public_url(const std::string& printed, std::string_view health_path) {
  const auto no_url = [&] {
    return sdk::fail(AR_INVALID, "\"" + printed.substr(0, kMaxUrl) + "\" is no public URL; expected https://NAME");
  };
  if (printed.size() > kMaxUrl) return no_url();
  const UrlHandle url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, printed.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return no_url();
  }
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  const std::string port = part(url.get(), CURLUPART_PORT);
  std::string path = part(url.get(), CURLUPART_PATH);
  if (scheme != "https" && scheme != "http") return no_url();
  while (path.ends_with('/')) path.pop_back();
  const std::string where = "://" + part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port) + path;
  const std::string https = scheme + where;
  return PublicUrl{(scheme == "https" ? "wss" : "ws") + where + "/ws", https, https + std::string(health_path)};
}

}  // namespace agentroom::tunnel

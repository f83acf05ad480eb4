#include "settings.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <toml++/toml.h>

#include <algorithm>
#include <memory>

#include "agentroom/sdk/units.hpp"

namespace openai {
namespace {

sdk::Error wrong(const std::string& key, const std::string& expected) {
  return sdk::fail(AR_INVALID, key + " of handler-openai " + expected, "mend it in [handler.openai]");
}

/// No space and no control character: what goes into a header or a URL stays in its place there.
bool is_one_word(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_this_machine(const std::string& host) {
  in_addr address{};
  const bool numeric = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" || host == "[::1]" || (numeric && host.starts_with("127."));
}

sdk::Status check_url(const Settings& settings) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  const bool parsed = is_one_word(settings.base_url) && url != nullptr &&
                      curl_url_set(url.get(), CURLUPART_URL, settings.base_url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = parsed ? part(url.get(), CURLUPART_SCHEME) : "";
  if (scheme != "http" && scheme != "https") return wrong("base_url", "is no URL of http:// or https://");
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_QUERY).empty()) {
    return wrong("base_url", "has a user or a query: the key belongs into api_key");
  }
  const std::string host = part(url.get(), CURLUPART_HOST);
  if (scheme == "http" && !is_this_machine(host) && !settings.api_key.empty()) {
    return wrong("base_url", "would send the key over the network unencrypted: expected https://");
  }
  return {};
}

sdk::Status read_duration(const toml::table& table, const char* key, std::chrono::milliseconds& out) {
  if (!table.contains(key)) return {};
  const auto value = sdk::parse_duration(table[key].value_or(std::string_view()));
  if (!value) return wrong(key, "is no duration like \"30s\"");
  out = *value;
  return {};
}

template <class Number>
void read_number(const toml::table& table, const char* key, Number& out) {
  out = static_cast<Number>(table[key].value_or(static_cast<std::int64_t>(out)));
}

}  // namespace

sdk::Result<Settings> parse_settings(std::string_view toml) {
  toml::table table;
  try {
    table = toml::parse(toml);
  } catch (const toml::parse_error&) {
    // What is wrong with it is not told: it may hold the key.
    return sdk::fail(AR_INVALID, "the configuration of handler-openai is no TOML");
  }
  Settings settings;
  settings.model = table["model"].value_or("");
  settings.api_key = table["api_key"].value_or("");
  settings.base_url = table["base_url"].value_or(settings.base_url);
  settings.system = table["system"].value_or("");
  // The host checked their bounds.
  read_number(table, "max_tokens", settings.max_tokens);
  read_number(table, "history", settings.history);
  read_number(table, "turns", settings.turns);
  read_number(table, "retries", settings.retries);
  for (const auto& [key, duration] : {std::pair("period", &settings.period), std::pair("timeout", &settings.timeout),
                                      std::pair("backoff", &settings.backoff)}) {
    if (sdk::Status read = read_duration(table, key, *duration); !read) return read.error();
  }
  if (settings.model.empty()) return wrong("model", "is missing: it names what answers");
  if (!is_one_word(settings.api_key)) return wrong("api_key", "has characters that no key has");
  if (sdk::Status checked = check_url(settings); !checked) return checked.error();
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  return settings;
}

}  // namespace openai

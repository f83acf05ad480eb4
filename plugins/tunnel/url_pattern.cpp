#include "url_pattern.hpp"

#include <boost/regex.hpp>
#include <utility>

namespace agentroom::tunnel {

/// Of Boost: an expression that would take exponential time ends with an exception, one of std takes the stack.
struct UrlPattern::Expression {
  boost::regex regex;
};

namespace {

using Match = boost::match_results<std::string_view::const_iterator>;

std::string filled(std::string_view form, const Match& match) {
  std::string url;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool group =
        form[i] == '{' && i + 2 < form.size() && form[i + 2] == '}' && form[i + 1] >= '0' && form[i + 1] <= '9';
    if (!group) {
      url += form[i];
      continue;
    }
    url += match.str(form[i + 1] - '0');
    i += 2;
  }
  return url;
}

}  // namespace

sdk::Result<UrlPattern> UrlPattern::make(std::string_view key, const std::string& pattern, std::string form) {
  constexpr std::size_t kMaxPattern = 1'024;
  if (pattern.empty() || pattern.size() > kMaxPattern) {
    return sdk::fail(AR_INVALID, std::string(key) + " must have 1 to 1024 characters");
  }
  try {
    auto expression = std::make_shared<Expression>(Expression{boost::regex(pattern)});
    return UrlPattern(std::move(expression), std::move(form));
  } catch (const boost::regex_error& error) {
    return sdk::fail(AR_INVALID, std::string(key) + " is no regular expression: " + error.what(),
                     "A TOML string in single quotes takes backslashes as they are.");
  }
}

std::optional<std::string> UrlPattern::find(std::string_view line) const {
  Match match;
  try {
    // ^ and $ are the ends of the line, whatever of a form feed a stranger puts into it.
    if (!boost::regex_search(line.begin(), line.end(), match, expression_->regex, boost::match_single_line)) {
      return std::nullopt;
    }
  } catch (const std::runtime_error&) {  // it gave up on this line
    return std::nullopt;
  }
  if (!form_.empty()) return filled(form_, match);
  return match.size() > 1 && match[1].matched ? match.str(1) : match.str(0);
}

}  // namespace agentroom::tunnel

// Finds the public URL in a line of a program's output.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::tunnel {

/// A regular expression (Perl's syntax) and what the URL is made of: in `form` {0} stands for all that was found and
/// {1} to {9} for its groups. Without a form: the first group, or all when there is none.
class UrlPattern {
 public:
  /// Errors: AR_INVALID, naming `key`.
  static sdk::Result<UrlPattern> make(std::string_view key, const std::string& pattern, std::string form = {});

  std::optional<std::string> find(std::string_view line) const;

 private:
  struct Expression;
  UrlPattern(std::shared_ptr<const Expression> expression, std::string form)
      : expression_(std::move(expression)), form_(std::move(form)) {}

  std::shared_ptr<const Expression> expression_;
  std::string form_;
};

}  // namespace agentroom::tunnel

// Cuts what a program writes into lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace agentroom::tunnel {

/// The longest line that is looked at; what a longer one has beyond it is passed over.
inline constexpr std::size_t kMaxLine = 2'048;

class Lines {
 public:
  /// Hands over every line that is complete now, without its end and without carriage returns.
  void add(std::string_view bytes, const std::function<void(std::string_view line)>& each);

  /// Hands over what is left, when the program writes no more.
  void finish(const std::function<void(std::string_view line)>& each);

 private:
  std::string line_;  ///< of the line under way at most kMaxLine bytes
};

}  // namespace agentroom::tunnel

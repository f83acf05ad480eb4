#include "lines.hpp"

#include <algorithm>
#include <utility>

namespace agentroom::tunnel {

void Lines::add(std::string_view bytes, const std::function<void(std::string_view line)>& each) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line_.append(part.substr(0, std::min(part.size(), kMaxLine - line_.size())));
    if (end == std::string_view::npos) return;
    finish(each);
    bytes.remove_prefix(end + 1);
  }
}

void Lines::finish(const std::function<void(std::string_view line)>& each) {
  std::string line = std::exchange(line_, {});
  std::erase(line, '\r');
  if (!line.empty()) each(line);
}

}  // namespace agentroom::tunnel

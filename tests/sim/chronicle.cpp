#include "chronicle.hpp"

#include <cstdio>
#include <cstring>

namespace agentroom::sim {

void Chronicle::tell(const std::string& who, const std::string& what) const {
  if (!traced_) return;
  std::printf("%14.6f %-6s %s\n", static_cast<double>(scheduler_.steady().count()) / 1e6, who.c_str(), what.c_str());
}

void Chronicle::violate(const std::string& what) {
  if (!violation_.empty()) return;
  violation_ = what;
  tell("", "VIOLATION: " + what);
}

void Chronicle::fold(ByteView bytes) {
  fold(bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    fold(word);
    bytes = bytes.subspan(size);
  }
}

std::string short_name(ByteView id) {
  // The end of an id: the beginning of a message id is its time.
  std::string text;
  for (const std::byte b : id.last(4)) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", std::to_integer<unsigned>(b));
    text += hex;
  }
  return text;
}

}  // namespace agentroom::sim

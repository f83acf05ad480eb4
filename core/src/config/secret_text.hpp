// A secret of any length that a person wrote: a relay secret, a token.
#pragma once

#include <sodium.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentroom::config {

/// Wipes `text` and empties it.
inline void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

/// Wiped when it goes; never printed, never compared with ==. Moving leaves nothing behind; copying is spelled
/// `clone()`.
class SecretText {
 public:
  SecretText() = default;
  /// The caller wipes its own copy.
  explicit SecretText(std::string_view text) : bytes_(text.begin(), text.end()) {}
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  SecretText(SecretText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretText& operator=(SecretText&& other) noexcept {
    if (this != &other) {
      clear();
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  ~SecretText() { clear(); }

  SecretText clone() const { return SecretText(view()); }

  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }

  void clear() {
    sodium_memzero(bytes_.data(), bytes_.size());
    bytes_.clear();
  }

 private:
  std::vector<char> bytes_;
};

}  // namespace agentroom::config

// What the fuzz targets share. A target is one function that any bytes may be handed to; it says `require` where a
// promise must hold, and crashes where one does not. CONTRIBUTING.md and docs/architecture.md name how they are run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/bytes.hpp"
#include "agentroom/random.hpp"

namespace agentroom::fuzz {

/// Ends the process with `what` when a promise does not hold.
void require(bool holds, const char* what);

struct Seed {
  std::string name;
  Bytes bytes;
};

struct Target {
  std::string_view name;
  void (*run)(ByteView input);
  /// What the corpus begins with: inputs that are accepted.
  std::vector<Seed> (*seeds)();
};

/// Each file of a target makes one, at namespace scope.
struct Registration {
  explicit Registration(const Target& target);
};
const std::vector<Target>& targets();

/// Takes an input apart from its front. What is missing at the end is 0 or empty, so that every input has a meaning.
class Input {
 public:
  explicit Input(ByteView bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  ByteView take(std::size_t most) {
    const ByteView front = left_.first(std::min(most, left_.size()));
    left_ = left_.subspan(front.size());
    return front;
  }
  /// What stands behind its own length of two bytes.
  ByteView piece() { return take(u16()); }
  ByteView rest() { return take(left_.size()); }
  std::string_view rest_text() { return as_text(rest()); }

 private:
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    std::size_t shift = 0;
    for (const std::byte b : take(size)) {
      value |= std::to_integer<std::uint64_t>(b) << shift;
      shift += 8;
    }
    return value;
  }
  ByteView left_;
};

/// Writes what `Input` reads.
class Script {
 public:
  Script& u8(unsigned value) { return number(value, 1); }
  Script& u16(std::size_t value) { return number(value, 2); }
  Script& u32(std::uint64_t value) { return number(value, 4); }
  Script& piece(ByteView bytes) { return u16(bytes.size()).raw(bytes); }
  Script& piece(std::string_view text) { return piece(as_bytes(text)); }
  Script& raw(ByteView bytes) {
    append(out_, bytes);
    return *this;
  }
  Script& raw(std::string_view text) { return raw(as_bytes(text)); }
  Bytes bytes() const { return out_; }

 private:
  Script& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) out_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  Bytes out_;
};

/// The same bytes in every run, and never the same twice in one.
class Sequence final : public Random {
 public:
  explicit Sequence(std::uint64_t seed = 1) : state_(seed * 2 + 1) {}
  void fill(MutableByteView out) override {
    for (std::byte& b : out) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      b = static_cast<std::byte>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

/// A value whose bytes are `first`, `first` + 1, ...
template <class Fixed>
Fixed numbered(unsigned first) {
  Fixed value;
  for (auto& byte : value.mutable_view()) byte = static_cast<std::byte>(first++);
  return value;
}

inline Seed seed(std::string name, std::string_view text) {
  return {std::move(name), to_bytes(as_bytes(text))};
}

/// Every string of these members, at any depth, of a file of tests/vectors: hexadecimal ones as bytes.
std::vector<Seed> hex_seeds(const std::string& vector_file, std::initializer_list<std::string_view> members);
std::vector<Seed> text_seeds(const std::string& vector_file, std::initializer_list<std::string_view> members);
/// A file of the source tree.
std::string source_file(const std::string& path);

}  // namespace agentroom::fuzz

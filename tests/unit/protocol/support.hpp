// What the tests of the protocol share: reproducible randomness, values that can be told apart, and messages taken
// apart.
#pragma once

#include <gtest/gtest.h>
#include <sodium.h>

#include <string>
#include <vector>

#include "agentroom/bytes.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol::test {

/// Never the same bytes twice from one generator.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(unsigned char seed) : seed_{seed} {}
  void fill(MutableByteView out) override {
    seed_[30] = static_cast<unsigned char>(calls_);
    seed_[31] = static_cast<unsigned char>(calls_ >> 8);
    ++calls_;
    randombytes_buf_deterministic(out.data(), out.size(), seed_.data());
  }

 private:
  std::array<unsigned char, randombytes_SEEDBYTES> seed_{};
  std::size_t calls_ = 0;
};

/// A value whose bytes are `first`, `first` + 1, ...
template <class Fixed>
Fixed numbered(unsigned first) {
  Fixed value;
  for (auto& byte : value.mutable_view()) byte = static_cast<std::byte>(first++);
  return value;
}

inline Bytes bytes_of(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

inline Bytes filled(std::size_t size, unsigned value) {
  return Bytes(size, static_cast<std::byte>(value));
}

inline Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) append(out, part);
  return out;
}

inline bool same(ByteView a, ByteView b) {
  return std::ranges::equal(a, b);
}

inline bool contains(ByteView haystack, ByteView needle) {
  return !std::ranges::search(haystack, needle).empty();
}

/// One field of a serialised message: a number of it, or the bytes of it.
struct Field {
  int number = 0;
  bool is_bytes = false;
  std::uint64_t value = 0;
  Bytes bytes;
};

/// Takes a well-formed message of varints and bytes apart.
inline std::vector<Field> fields_of(ByteView message) {
  std::vector<Field> out;
  while (!message.empty()) {
    std::uint64_t tag = 0;
    Field field;
    EXPECT_TRUE(wire::read_varint(message, tag));
    EXPECT_TRUE(wire::read_varint(message, field.value));
    field.number = static_cast<int>(tag >> 3);
    field.is_bytes = (tag & 7) == 2;
    if (field.is_bytes) {
      field.bytes = to_bytes(message.first(field.value));
      message = message.subspan(field.value);
    }
    out.push_back(std::move(field));
  }
  return out;
}

/// A varint with one byte more than it needs.
inline void append_long_varint(Bytes& out, std::uint64_t value) {
  wire::append_varint(out, value);
  out.back() |= std::byte{0x80};
  out.push_back(std::byte{0});
}

inline void append_field(Bytes& out, const Field& field) {
  wire::append_varint(out, static_cast<std::uint64_t>(field.number) << 3 | (field.is_bytes ? 2U : 0U));
  wire::append_varint(out, field.is_bytes ? field.bytes.size() : field.value);
  append(out, field.bytes);
}

inline Bytes message_of(const std::vector<Field>& fields) {
  Bytes out;
  for (const Field& field : fields) append_field(out, field);
  return out;
}

/// A message that must be refused, and what was done to it.
struct Mutant {
  std::string what;
  Bytes bytes;
};

/// Everything that makes a strict reader refuse `message`, done to each of its fields: left out (unless `optional`),
/// twice, of another type, one byte shorter or longer (unless its size is free), its tag, length or number not minimal.
struct FieldRules {
  std::vector<int> optional;
  std::vector<int> any_size;
  std::vector<int> repeated;
};

inline std::vector<Mutant> mutants_of(ByteView message, const FieldRules& rules) {
  const auto has = [](const std::vector<int>& list, int number) {
    return std::ranges::find(list, number) != list.end();
  };
  const auto fields = fields_of(message);
  std::vector<Mutant> out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const std::string name = "field " + std::to_string(field.number) + " ";
    const auto with = [&](const Field& changed) {
      auto copy = fields;
      copy[i] = changed;
      return message_of(copy);
    };
    /// The fields before, these bytes, the fields after.
    const auto splice = [&](const Bytes& bytes) {
      Bytes before = message_of({fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(i)});
      Bytes after = message_of({fields.begin() + static_cast<std::ptrdiff_t>(i) + 1, fields.end()});
      return joined({before, bytes, after});
    };
    if (!has(rules.optional, field.number)) out.push_back({name + "left out", splice({})});
    if (!has(rules.repeated, field.number)) {
      Bytes twice;
      append_field(twice, field);
      append_field(twice, field);
      out.push_back({name + "twice", splice(twice)});
    }
    Field other_type{.number = field.number, .is_bytes = !field.is_bytes, .value = 1, .bytes = {}};
    out.push_back({name + "of another type", with(other_type)});
    if (field.is_bytes && !has(rules.any_size, field.number)) {
      Field shorter = field;
      shorter.bytes.pop_back();
      out.push_back({name + "a byte shorter", with(shorter)});
      Field longer = field;
      longer.bytes.push_back(std::byte{7});
      out.push_back({name + "a byte longer", with(longer)});
      if (!has(rules.optional, field.number)) {
        Field empty = field;
        empty.bytes.clear();
        out.push_back({name + "empty", with(empty)});
      }
    }
    const std::uint64_t tag = static_cast<std::uint64_t>(field.number) << 3 | (field.is_bytes ? 2U : 0U);
    const std::uint64_t number = field.is_bytes ? field.bytes.size() : field.value;
    Bytes long_tag;
    append_long_varint(long_tag, tag);
    wire::append_varint(long_tag, number);
    append(long_tag, field.bytes);
    out.push_back({name + "with a tag that is not minimal", splice(long_tag)});
    Bytes long_number;
    wire::append_varint(long_number, tag);
    append_long_varint(long_number, number);
    append(long_number, field.bytes);
    out.push_back({name + "with a length or number that is not minimal", splice(long_number)});
    Bytes past_end = joined({message_of({fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(i)})});
    if (field.is_bytes) {
      wire::append_varint(past_end, tag);
      wire::append_varint(past_end, number + 1);
      append(past_end, field.bytes);
      out.push_back({name + "reaching past the end", past_end});
    }
  }
  const auto add = [&](const char* what, std::initializer_list<unsigned> tail) {
    out.push_back({what, joined({message, bytes_of(tail)})});
  };
  add("with a field of the number 0", {0x02, 0x00});
  add("with a group", {0xfb, 0x01, 0xfc, 0x01});
  add("with a wire type that does not exist", {0xfe, 0x01});
  add("with half a tag", {0x80});
  add("with an unknown number that is cut short", {0xf8, 0x01, 0x80});
  add("with an unknown number that is not minimal", {0xf8, 0x01, 0x81, 0x00});
  add("with unknown bytes that reach past the end", {0xfa, 0x01, 0x05, 0x00});
  add("with four unknown bytes cut short", {0xfd, 0x01, 0x00, 0x00});
  return out;
}

/// Fields of a later version, one of each wire type: a reader skips them.
inline Bytes unknown_fields() {
  return bytes_of({0xf8, 0x01, 0x96, 0x01,                                                    // 31: varint 150
                   0xfa, 0x01, 0x02, 0xca, 0xfe,                                              // 31: two bytes
                   0xfa, 0x01, 0x00,                                                          // 31: none
                   0xfd, 0x01, 1,    2,    3,    4,                                           // 31: fixed32
                   0xf9, 0x01, 1,    2,    3,    4,    5,    6,    7,    8,                   // 31: fixed64
                   0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00,                                        // 2^29 − 1: varint 0
                   0xf8, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});  // 31: 2^64 − 1
}

}  // namespace agentroom::protocol::test

// Protobuf's wire format, read strictly and in place (docs/protocol.md, section 1, "Encoding").
//
// The generated parser takes the last of two values, copies every field and allocates before a size is known. A link is
// read by this reader instead, on top of the library's coded streams: a message has one meaning or none.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "agentroom/bytes.hpp"

namespace agentroom::protocol::wire {

/// Integers that are not u32: the largest that every language keeps exactly.
inline constexpr std::uint64_t kMaxInteger = (1ULL << 53) - 1;

/// Takes a varint of at most 64 bits from the front of `rest`. False unless it is there and minimal.
bool read_varint(ByteView& rest, std::uint64_t& value);
void append_varint(Bytes& out, std::uint64_t value);
std::size_t varint_size(std::uint64_t value);

/// Walks the fields of one message.
///
///   FieldReader fields(bytes);
///   while (fields.next()) {
///     switch (fields.number()) { case kThis: fields.fixed(value.x); break; ... }
///   }
///   if (!fields.complete({kThis, ...})) return fields.why();
///
/// A field that no accessor took is unknown and skipped. An accessor refuses a second value, another wire type and a
/// wrong size. After the first refusal `next` returns false and `why` says what was wrong.
class FieldReader {
 public:
  explicit FieldReader(ByteView message) : rest_(message) {}

  bool next();
  int number() const { return number_; }
  bool at_end() const { return rest_.empty(); }

  /// The current field's bytes, in place; each number once.
  void view(ByteView& out);
  /// The same for a field that may stand many times.
  void element(ByteView& out);

  /// Exactly the bytes of a FixedBytes or Secret.
  template <class Fixed>
  void fixed(Fixed& out) {
    ByteView bytes;
    view(bytes);
    if (why_ != nullptr) return;
    if (bytes.size() != Fixed::kSize) return refuse("a field has a wrong size");
    std::ranges::copy(bytes, out.mutable_view().begin());
  }
  /// The same, or no bytes at all, which is like an absent field.
  template <class Fixed>
  void fixed(std::optional<Fixed>& out) {
    ByteView bytes;
    view(bytes);
    if (why_ != nullptr || bytes.empty()) return;
    auto value = Fixed::from(bytes);
    if (!value) return refuse("a field has a wrong size");
    out = std::move(*value);
  }

  /// Well-formed UTF-8 of at most `max` bytes.
  void text(std::string& out, std::size_t max);
  /// The same for a field that may stand many times.
  void text_element(std::string& out, std::size_t max);

  void u32(std::uint32_t& out);
  /// 0 to kMaxInteger.
  void integer(std::uint64_t& out);
  void integer(std::int64_t& out);

  /// The first refusal stays. `why` has static lifetime.
  void refuse(const char* why) {
    if (why_ == nullptr) why_ = why;
  }

  /// True when the whole message was read without a refusal and each of these numbers stood in it.
  bool complete(std::initializer_list<int> required);

  const char* why() const { return why_; }

 private:
  enum class Type : std::uint8_t { kVarint, kBytes, kOther };

  /// All numbers that an accessor is asked for are below 64, but for a frame's of an unknown kind.
  std::uint64_t bit() const { return number_ < 64 ? 1ULL << number_ : 0; }
  bool first_time();
  void number_of(std::uint64_t& out, std::uint64_t max);

  ByteView rest_;
  const char* why_ = nullptr;
  int number_ = 0;
  Type type_ = Type::kOther;
  std::uint64_t value_ = 0;
  ByteView bytes_;
  std::uint64_t seen_ = 0;  ///< bit n: field n stood before
};

/// What a message will take, field by field. Numbers that are 0 and bytes that are empty are not written.
class Size {
 public:
  void number(int field, std::uint64_t value) {
    if (value != 0) total_ += tag_size(field) + varint_size(value);
  }
  void bytes(int field, ByteView value) {
    if (!value.empty()) length(field, value.size());
  }
  void element(int field, ByteView value) { length(field, value.size()); }
  template <class Fill>
  void message(int field, Fill&& fill) {
    Size inner;
    fill(inner);
    length(field, inner.total());
  }
  std::size_t total() const { return total_; }

 private:
  static std::size_t tag_size(int field) { return field < 16 ? 1 : 2; }
  void length(int field, std::size_t size) { total_ += tag_size(field) + varint_size(size) + size; }

  std::size_t total_ = 0;
};

/// Appends the fields that `Size` counted.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void number(int field, std::uint64_t value);
  void bytes(int field, ByteView value) {
    if (!value.empty()) element(field, value);
  }
  /// Written even when empty: an element of a repeated field.
  void element(int field, ByteView value);
  template <class Fill>
  void message(int field, Fill&& fill) {
    Size inner;
    fill(inner);
    header(field, inner.total());
    fill(*this);
  }

 private:
  void header(int field, std::size_t size);

  Bytes& out_;
};

/// One message by itself.
template <class Fill>
Bytes serialise(Fill&& fill) {
  Size size;
  fill(size);
  Bytes out;
  out.reserve(size.total());
  Writer writer(out);
  fill(writer);
  return out;
}

}  // namespace agentroom::protocol::wire

#include "protocol/wire.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/text.hpp"

namespace agentroom::protocol::wire {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kMaxVarintBytes = 10;

/// Skips `size` bytes when they are there.
bool skip(ByteView& rest, std::size_t size) {
  if (rest.size() < size) return false;
  rest = rest.subspan(size);
  return true;
}

}  // namespace

bool read_varint(ByteView& rest, std::uint64_t& value) {
  if (rest.empty()) return false;
  if (rest.front() < std::byte{0x80}) {
    value = static_cast<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    return true;
  }
  const auto visible = std::min(rest.size(), kMaxVarintBytes);
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(rest.data()), static_cast<int>(visible));
  if (!in.ReadVarint64(&value)) return false;
  const auto used = static_cast<std::size_t>(in.CurrentPosition());
  // Of ten bytes the last holds one bit; the library drops what is beyond it.
  if (used != varint_size(value) || (used == kMaxVarintBytes && rest[used - 1] != std::byte{1})) return false;
  rest = rest.subspan(used);
  return true;
}

std::size_t varint_size(std::uint64_t value) {
  return CodedOutputStream::VarintSize64(value);
}

void append_varint(Bytes& out, std::uint64_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<std::byte>(value));
    return;
  }
  std::array<std::uint8_t, kMaxVarintBytes> buffer;
  const auto* end = CodedOutputStream::WriteVarint64ToArray(value, buffer.data());
  append(out, std::as_bytes(std::span(buffer.data(), static_cast<std::size_t>(end - buffer.data()))));
}

bool FieldReader::next() {
  if (why_ != nullptr || rest_.empty()) return false;
  std::uint64_t tag = 0;
  if (!read_varint(rest_, tag) || tag > std::numeric_limits<std::uint32_t>::max()) {
    refuse("a tag is not a minimal varint of 32 bits");
    return false;
  }
  number_ = WireFormatLite::GetTagFieldNumber(static_cast<std::uint32_t>(tag));
  if (number_ == 0) {
    refuse("a field has the number 0");
    return false;
  }
  type_ = Type::kOther;
  switch (WireFormatLite::GetTagWireType(static_cast<std::uint32_t>(tag))) {
    case WireFormatLite::WIRETYPE_VARINT:
      type_ = Type::kVarint;
      if (!read_varint(rest_, value_)) refuse("a number is cut short or not a minimal varint");
      break;
    case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
      type_ = Type::kBytes;
      std::uint64_t length = 0;
      if (!read_varint(rest_, length)) {
        refuse("a length is cut short or not a minimal varint");
      } else if (length > rest_.size()) {
        refuse("a field reaches past the end");
      } else {
        bytes_ = rest_.first(length);
        rest_ = rest_.subspan(length);
      }
      break;
    }
    case WireFormatLite::WIRETYPE_FIXED32:
      if (!skip(rest_, 4)) refuse("a field reaches past the end");
      break;
    case WireFormatLite::WIRETYPE_FIXED64:
      if (!skip(rest_, 8)) refuse("a field reaches past the end");
      break;
    default:
      refuse("a field has a wire type that the protocol does not use");
  }
  return why_ == nullptr;
}

bool FieldReader::first_time() {
  if ((seen_ & bit()) != 0) refuse("a field stands twice");
  seen_ |= bit();
  return why_ == nullptr;
}

void FieldReader::view(ByteView& out) {
  if (first_time()) element(out);
}

void FieldReader::element(ByteView& out) {
  if (type_ != Type::kBytes) return refuse("a field has another type");
  seen_ |= bit();
  out = bytes_;
}

void FieldReader::text(std::string& out, std::size_t max) {
  if (first_time()) text_element(out, max);
}

void FieldReader::text_element(std::string& out, std::size_t max) {
  ByteView bytes;
  element(bytes);
  if (why_ != nullptr) return;
  if (bytes.size() > max) return refuse("a text is too long");
  if (!is_utf8(as_text(bytes))) return refuse("a text is not UTF-8");
  out = as_text(bytes);
}

void FieldReader::number_of(std::uint64_t& out, std::uint64_t max) {
  if (!first_time()) return;
  if (type_ != Type::kVarint) return refuse("a field has another type");
  if (value_ > max) return refuse("a number is out of range");
  out = value_;
}

void FieldReader::u32(std::uint32_t& out) {
  std::uint64_t value = out;
  number_of(value, std::numeric_limits<std::uint32_t>::max());
  out = static_cast<std::uint32_t>(value);
}

void FieldReader::integer(std::uint64_t& out) {
  number_of(out, kMaxInteger);
}

void FieldReader::integer(std::int64_t& out) {
  auto value = static_cast<std::uint64_t>(out);
  number_of(value, kMaxInteger);
  out = static_cast<std::int64_t>(value);
}

bool FieldReader::complete(std::initializer_list<int> required) {
  if (why_ != nullptr) return false;
  for (const int number : required) {
    if ((seen_ & (1ULL << number)) == 0) refuse("a field is missing");
  }
  return why_ == nullptr;
}

void Writer::number(int field, std::uint64_t value) {
  if (value == 0) return;
  append_varint(out_, WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT));
  append_varint(out_, value);
}

void Writer::element(int field, ByteView value) {
  header(field, value.size());
  append(out_, value);
}

void Writer::header(int field, std::size_t size) {
  append_varint(out_, WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  append_varint(out_, size);
}

}  // namespace agentroom::protocol::wire

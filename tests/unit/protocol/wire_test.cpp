#include "protocol/wire.hpp"

#include "support.hpp"

namespace agentroom::protocol::wire {
namespace {

using namespace test;

TEST(Varint, IsReadBackAtEveryLength) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t value :
         std::initializer_list<std::uint64_t>{(1ULL << shift) - 1, 1ULL << shift, ~std::uint64_t{0} >> (63 - shift)}) {
      Bytes bytes;
      append_varint(bytes, value);
      EXPECT_EQ(bytes.size(), varint_size(value));
      append(bytes, bytes_of({0xee}));
      ByteView rest = bytes;
      std::uint64_t read = 0;
      ASSERT_TRUE(read_varint(rest, read)) << value;
      EXPECT_EQ(read, value);
      EXPECT_EQ(rest.size(), 1U);
    }
  }
}

TEST(Varint, IsRefusedUnlessMinimalAndWhole) {
  for (const Bytes& bytes : {bytes_of({}), bytes_of({0x80}), bytes_of({0x80, 0x00}), bytes_of({0xff, 0x80, 0x00}),
                             bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}),
                             bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03}),
                             bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0x00}),
                             bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00})}) {
    ByteView rest = bytes;
    std::uint64_t value = 0;
    EXPECT_FALSE(read_varint(rest, value)) << bytes.size() << " bytes";
    EXPECT_EQ(rest.size(), bytes.size()) << "what is refused is not taken";
  }
}

TEST(FieldReader, StaysRefusedAfterTheFirstRefusal) {
  const Bytes message = bytes_of({0x08, 0x01, 0x08, 0x02, 0x10, 0x03});
  FieldReader fields(message);
  std::uint32_t one = 0;
  std::uint32_t two = 0;
  while (fields.next()) {
    if (fields.number() == 1) fields.u32(one);
    if (fields.number() == 2) fields.u32(two);
  }
  EXPECT_STREQ(fields.why(), "a field stands twice");
  EXPECT_EQ(one, 1U) << "a second value does not replace the first";
  EXPECT_EQ(two, 0U) << "nothing is read behind a refusal";
  EXPECT_FALSE(fields.complete({1, 2}));
}

TEST(FieldReader, RefusesNumbersOutOfRange) {
  Bytes beyond_u32;
  append_field(beyond_u32, {.number = 1, .is_bytes = false, .value = 1ULL << 32, .bytes = {}});
  FieldReader first(beyond_u32);
  std::uint32_t u32 = 0;
  ASSERT_TRUE(first.next());
  first.u32(u32);
  EXPECT_STREQ(first.why(), "a number is out of range");

  for (const std::uint64_t value : {kMaxInteger + 1, ~std::uint64_t{0}}) {
    Bytes bytes;
    append_field(bytes, {.number = 1, .is_bytes = false, .value = value, .bytes = {}});
    FieldReader fields(bytes);
    std::int64_t integer = 0;
    ASSERT_TRUE(fields.next());
    fields.integer(integer);
    EXPECT_STREQ(fields.why(), "a number is out of range") << value;
  }
}

}  // namespace
}  // namespace agentroom::protocol::wire

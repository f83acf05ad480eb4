// What a frame must not be. A relay and an agent give each frame one meaning or none.
#include "protocol/limits.hpp"
#include "some_frames.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

void expect_refused(ByteView message, const std::string& what) {
  const auto frames = decode_frames(message);
  ASSERT_FALSE(frames) << what;
  EXPECT_EQ(frames.error().code, ErrorCode::kInvalid) << what;
  EXPECT_TRUE(frames.error().message.starts_with("malformed ")) << what << ": " << frames.error().message;
}

TEST(StrictFrames, RefuseEveryFaultOfEveryField) {
  std::size_t tried = 0;
  for (const auto& [name, number, frame, rules] : every_frame()) {
    for (const Mutant& mutant : mutants_of(payload_of(frame), rules)) {
      expect_refused(framed(number, mutant.bytes), name + ": " + mutant.what);
      ++tried;
    }
  }
  EXPECT_GT(tried, 200U);
}

TEST(StrictFrames, RefuseEveryFaultOfEveryFieldOfAnItem) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    if (name != "Ack" && name != "Receipt") continue;
    const auto items = fields_of(payload_of(frame));
    for (const Field& item : items) {
      // Of an Ack's item only retry_after_ms (4) may go: status and code stand or fall together.
      const FieldRules item_rules{.optional = {4}, .any_size = {}, .repeated = {}};
      for (const Mutant& mutant : mutants_of(item.bytes, item_rules)) {
        Field bad = item;
        bad.bytes = mutant.bytes;
        expect_refused(framed(number, message_of({item, bad})), name + " item: " + mutant.what);
      }
    }
  }
}

TEST(StrictFrames, RefuseEveryPrefixOfAFrame) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    const Bytes whole = encoded(frame);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      expect_refused(ByteView(whole).first(size), name + " cut after " + std::to_string(size));
    }
    // The same with lengths that fit what is left, so that fields themselves are cut.
    const Bytes payload = payload_of(frame);
    std::vector<std::size_t> whole_fields = {0};
    for (const Field& field : fields_of(payload)) {
      Bytes one;
      append_field(one, field);
      whole_fields.push_back(whole_fields.back() + one.size());
    }
    for (std::size_t size = 0; size < payload.size(); ++size) {
      if (std::ranges::find(whole_fields, size) != whole_fields.end()) continue;
      expect_refused(framed(number, ByteView(payload).first(size)),
                     name + " payload cut after " + std::to_string(size));
    }
  }
}

TEST(StrictFrames, RefuseAnEmptyEnvelope) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    if (name != "Send" && name != "Delivery" && name != "InviteClaim") continue;
    auto fields = fields_of(payload_of(frame));
    for (auto& field : fields) {
      if (field.bytes.size() == some_envelope().size()) field.bytes.clear();
    }
    expect_refused(framed(number, message_of(fields)), name);
  }
}

TEST(StrictFrames, RefuseListsWithoutItems) {
  expect_refused(framed(6, {}), "Ack");
  expect_refused(framed(8, {}), "Receipt");
  expect_refused(framed(6, unknown_fields()), "Ack with unknown fields alone");
}

TEST(StrictFrames, RefuseUnknownStatusesCodesAndReasons) {
  const Field id{.number = 1, .is_bytes = true, .value = 0, .bytes = filled(16, 1)};
  const auto number = [](int field, std::uint64_t value) {
    return Field{.number = field, .is_bytes = false, .value = value, .bytes = {}};
  };
  const auto list = [](int kind, const std::vector<Field>& item) {
    return framed(kind, message_of({{.number = 1, .is_bytes = true, .value = 0, .bytes = message_of(item)}}));
  };
  ASSERT_TRUE(decode_frames(list(6, {id, number(2, 4), number(3, 15)})));
  for (const std::uint64_t status : std::initializer_list<std::uint64_t>{0, 5, 0xffff'ffff, ~std::uint64_t{0}}) {
    expect_refused(list(6, {id, number(2, status)}), "ack status " + std::to_string(status));
  }
  for (const std::uint64_t code : std::initializer_list<std::uint64_t>{16, 0x1'0000'0001, ~std::uint64_t{0}}) {
    expect_refused(list(6, {id, number(2, 4), number(3, code)}), "ack code " + std::to_string(code));
    expect_refused(framed(11, message_of({number(1, code)})), "error code " + std::to_string(code));
  }
  expect_refused(framed(11, message_of({number(1, 0)})), "error code 0");
  expect_refused(list(6, {id, number(2, 4)}), "REJECTED without a code");
  expect_refused(list(6, {id, number(2, 4), number(3, 0)}), "REJECTED with code 0");
  for (const std::uint64_t status : {1ULL, 2ULL, 3ULL}) {
    expect_refused(list(6, {id, number(2, status), number(3, 1)}), "a code without REJECTED");
  }
  const Field from{.number = 1, .is_bytes = true, .value = 0, .bytes = filled(32, 1)};
  const Field msg_id{.number = 2, .is_bytes = true, .value = 0, .bytes = filled(16, 1)};
  ASSERT_TRUE(decode_frames(list(8, {from, msg_id, number(3, 2)})));
  for (const std::uint64_t status : std::initializer_list<std::uint64_t>{0, 3, ~std::uint64_t{0}}) {
    expect_refused(list(8, {from, msg_id, number(3, status)}), "receipt status " + std::to_string(status));
    expect_refused(framed(12, message_of({number(1, status)})), "closing reason " + std::to_string(status));
  }
}

TEST(StrictFrames, RefuseHashesOutOfOrder) {
  const Bytes low = filled(16, 1);
  const Bytes high = filled(16, 2);
  const auto allow = [](const Bytes& hashes) {
    return framed(1, message_of({{.number = 1, .is_bytes = true, .value = 0, .bytes = hashes}}));
  };
  ASSERT_TRUE(decode_frames(allow(joined({low, high}))));
  expect_refused(allow(joined({high, low})), "descending");
  expect_refused(allow(joined({low, low})), "twice");
  expect_refused(allow(filled(15, 1)), "15 bytes");
  expect_refused(allow(filled(17, 1)), "17 bytes");
}

TEST(StrictFrames, CompareHashesAsUnsignedBytes) {
  const auto allow = [](unsigned first, unsigned second) {
    return framed(
        1,
        message_of(
            {{.number = 1, .is_bytes = true, .value = 0, .bytes = joined({filled(16, first), filled(16, second)})}}));
  };
  EXPECT_TRUE(decode_frames(allow(0x7f, 0x80)));
  expect_refused(allow(0x80, 0x7f), "0x80 before 0x7f");
}

TEST(StrictFrames, RefuseErrorTextsThatAreNotUtf8OrTooLong) {
  const auto error = [](const Bytes& text) {
    return framed(11, message_of({{.number = 1, .is_bytes = false, .value = 2, .bytes = {}},
                                  {.number = 2, .is_bytes = true, .value = 0, .bytes = text}}));
  };
  EXPECT_TRUE(decode_frames(error(filled(kErrorTextBytes, 'a'))));
  expect_refused(error(filled(kErrorTextBytes + 1, 'a')), "too long");
  expect_refused(error(bytes_of({'a', 0xff})), "not UTF-8");
}

TEST(StrictFrames, RefuseExpiryDatesNoClockReaches) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    if (name != "InvitePublish") continue;
    for (const std::uint64_t value : {wire::kMaxInteger, wire::kMaxInteger + 1, ~std::uint64_t{0}}) {
      auto fields = fields_of(payload_of(frame));
      fields[3].value = value;
      EXPECT_EQ(decode_frames(framed(number, message_of(fields))).has_value(), value == wire::kMaxInteger) << value;
    }
  }
}

}  // namespace
}  // namespace agentroom::protocol

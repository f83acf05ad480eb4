#include "protocol/frames.hpp"

#include <agentroom.pb.h>

#include "protocol/limits.hpp"
#include "some_frames.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;
namespace pb = agentroom::v3;

bool points_into(ByteView view, ByteView outer) {
  return view.data() >= outer.data() && view.data() + view.size() <= outer.data() + outer.size();
}

template <class T>
const T& only(const Result<std::vector<Frame>>& frames) {
  EXPECT_TRUE(frames) << frames.error().message;
  EXPECT_EQ(frames->size(), 1U);
  return std::get<T>(frames->at(0));
}

TEST(Frames, OfEveryKindComeBackAsTheyWere) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    const Bytes bytes = encoded(frame);
    const auto frames = decode_frames(bytes);
    ASSERT_TRUE(frames) << name << ": " << frames.error().message;
    ASSERT_EQ(frames->size(), 1U);
    EXPECT_EQ(frames->at(0).index(), frame.index()) << name;
    EXPECT_TRUE(same(encoded(frames->at(0)), bytes)) << name;
  }
}

TEST(Frames, AreWhatProtobufMakesOfTheProto) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    const Bytes bytes = encoded(frame);
    pb::Frame parsed;
    ASSERT_TRUE(parsed.ParseFromArray(bytes.data() + wire::varint_size(bytes.size() - 1),
                                      static_cast<int>(bytes.size() - wire::varint_size(bytes.size() - 1))))
        << name;
    EXPECT_EQ(parsed.frame_case(), number) << name;
    std::string again;
    ASSERT_TRUE(parsed.SerializeToString(&again));
    EXPECT_TRUE(same(as_bytes(again), ByteView(bytes).last(again.size()))) << name;
  }
}

TEST(Frames, ThatProtobufSerialisesAreRead) {
  pb::Frame frame;
  auto& send = *frame.mutable_send();
  send.set_msg_id(std::string(16, '\x01'));
  send.set_to(std::string(32, '\x02'));
  send.set_token(std::string(16, '\x03'));
  send.set_envelope(std::string(100'000, '\x04'));
  const std::string body = frame.SerializeAsString();
  Bytes message;
  wire::append_varint(message, body.size());
  append(message, as_bytes(body));
  const auto frames = decode_frames(message);
  const Send& read = only<Send>(frames);
  EXPECT_TRUE(same(read.msg_id.view(), filled(16, 1)));
  EXPECT_TRUE(same(read.to.view(), filled(32, 2)));
  EXPECT_TRUE(same(read.token.view(), filled(16, 3)));
  EXPECT_TRUE(same(read.envelope, filled(100'000, 4)));
}

TEST(Frames, KeepTheEnvelopeInPlace) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    const Bytes bytes = encoded(frame);
    const auto frames = decode_frames(bytes);
    ASSERT_TRUE(frames);
    std::visit(
        [&](const auto& read) {
          if constexpr (requires { read.envelope; }) {
            EXPECT_TRUE(points_into(read.envelope, bytes)) << name;
          }
        },
        frames->at(0));
  }
}

TEST(Frames, AreAppendedWithoutAnotherAllocation) {
  Bytes out;
  out.reserve(4096);
  const std::byte* before = out.data();
  std::size_t total = 0;
  for (const auto& one : every_frame()) total += encode_frame(one.frame, out);
  EXPECT_EQ(out.size(), total);
  EXPECT_EQ(out.data(), before);
  const auto frames = decode_frames(out);
  ASSERT_TRUE(frames) << frames.error().message;
  EXPECT_EQ(frames->size(), every_frame().size());
}

TEST(Frames, OfOneMessageComeInTheirOrder) {
  Bytes out;
  for (unsigned i = 1; i <= 60; ++i) {
    encode_frame(Delivery{numbered<AgentId>(i), numbered<MsgId>(i), some_envelope()}, out);
  }
  const auto frames = decode_frames(out);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 60U);
  for (unsigned i = 1; i <= 60; ++i) EXPECT_EQ(std::get<Delivery>(frames->at(i - 1)).msg_id, numbered<MsgId>(i));
}

TEST(Frames, OfAnUnknownKindAreKeptApartFromBadOnes) {
  for (const int number : {13, 15, 16, 63, 64, 65, 128, (1 << 29) - 1}) {
    for (const Bytes& payload : {bytes_of({}), bytes_of({0xff, 0xff, 0x00})}) {
      Bytes message = framed(number, payload);
      encode_frame(Ping{}, message);
      const auto frames = decode_frames(message);
      ASSERT_TRUE(frames) << number << ": " << frames.error().message;
      EXPECT_TRUE(std::holds_alternative<UnknownFrame>(frames->at(0)));
      EXPECT_TRUE(std::holds_alternative<Ping>(frames->at(1)));
    }
  }
}

TEST(Frames, OfAnUnknownKindAreNotWritten) {
  Bytes out = bytes_of({1, 2, 3});
  EXPECT_EQ(encode_frame(UnknownFrame{}, out), 0U);
  EXPECT_EQ(out.size(), 3U);
}

TEST(Frames, LetFieldsOfALaterVersionPass) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    const Bytes message = framed(number, joined({payload_of(frame), unknown_fields()}));
    const auto frames = decode_frames(message);
    ASSERT_TRUE(frames) << name << ": " << frames.error().message;
    EXPECT_TRUE(same(encoded(frames->at(0)), encoded(frame))) << name;
  }
}

TEST(Frames, TakeTheirFieldsInAnyOrder) {
  for (const auto& [name, number, frame, rules] : every_frame()) {
    if (name == "Ack" || name == "Receipt") continue;  // the order of a list means something
    auto fields = fields_of(payload_of(frame));
    std::ranges::reverse(fields);
    const Bytes message = framed(number, message_of(fields));
    const auto frames = decode_frames(message);
    ASSERT_TRUE(frames) << name << ": " << frames.error().message;
    EXPECT_TRUE(same(encoded(frames->at(0)), encoded(frame))) << name;
  }
}

TEST(Allow, MayBeEmpty) {
  EXPECT_TRUE(only<Allow>(decode_frames(encoded(Allow{}))).hashes.empty());
  EXPECT_TRUE(only<Allow>(decode_frames(framed(1, bytes_of({0x0a, 0x00})))).hashes.empty());
}

TEST(Allow, HoldsTenThousandHashesAndNotOneMore) {
  Allow allow;
  for (std::size_t i = 0; i < kAllowHashes; ++i) {
    TokenHash hash;
    hash.mutable_view()[0] = static_cast<std::byte>(i >> 8);
    hash.mutable_view()[1] = static_cast<std::byte>(i);
    allow.hashes.push_back(hash);
  }
  EXPECT_EQ(only<Allow>(decode_frames(encoded(allow))).hashes, allow.hashes);
  allow.hashes.push_back(numbered<TokenHash>(250));
  EXPECT_EQ(decode_frames(encoded(allow)).error().code, ErrorCode::kInvalid);
}

TEST(Codes, HaveTheNamesOfTheProtocol) {
  EXPECT_EQ(code_text(Code::kNoMailbox), "NO_MAILBOX");
  for (int i = 1; i <= pb::Code_MAX; ++i) {
    EXPECT_EQ("CODE_" + std::string(code_text(static_cast<Code>(i))), pb::Code_Name(static_cast<pb::Code>(i)));
  }
}

}  // namespace
}  // namespace agentroom::protocol

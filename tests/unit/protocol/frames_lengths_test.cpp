// How frames lie in a link message.
#include "protocol/limits.hpp"
#include "some_frames.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

std::string refusal(ByteView message) {
  const auto frames = decode_frames(message);
  EXPECT_FALSE(frames);
  return frames ? "" : frames.error().message;
}

TEST(LinkMessage, HoldsAFrameAtLeast) {
  EXPECT_EQ(refusal({}), "malformed link message: it holds no frame");
}

TEST(LinkMessage, IsRefusedWithTrailingBytes) {
  Bytes message = encoded(Ping{});
  append(message, bytes_of({0x80}));
  EXPECT_EQ(refusal(message), "malformed link message: a frame's length is not a minimal varint");
  message.back() = std::byte{0x01};
  EXPECT_EQ(refusal(message), "malformed link message: a frame reaches past the end");
}

TEST(LinkMessage, IsRefusedWithALengthThatIsNotMinimal) {
  const Bytes ping = encoded(Ping{});
  Bytes message = bytes_of({0x82, 0x00});
  append(message, ByteView(ping).subspan(1));
  EXPECT_EQ(refusal(message), "malformed link message: a frame's length is not a minimal varint");
}

TEST(LinkMessage, IsRefusedWithALengthBeyondAnyMemory) {
  Bytes message;
  wire::append_varint(message, ~std::uint64_t{0});
  append(message, encoded(Ping{}));
  EXPECT_EQ(refusal(message), "malformed link message: a frame reaches past the end");
}

TEST(LinkMessage, HandsNothingOverWhenItsLastFrameIsBad) {
  Bytes message = encoded(Ping{});
  append(message, framed(5, {}));
  EXPECT_EQ(refusal(message), "malformed Send: a field is missing");
}

TEST(LinkMessage, RefusesAnEmptyFrame) {
  EXPECT_EQ(refusal(bytes_of({0x00})), "malformed frame: it is empty");
}

TEST(LinkMessage, RefusesAFrameWithTwoKinds) {
  const Bytes ping = message_of({{.number = 9, .is_bytes = true, .value = 0, .bytes = {}}});
  const Bytes pong = message_of({{.number = 10, .is_bytes = true, .value = 0, .bytes = {}}});
  const Bytes later = message_of({{.number = 99, .is_bytes = true, .value = 0, .bytes = {}}});
  for (const Bytes& second : {ping, pong, later}) {
    const Bytes frame = joined({ping, second});
    Bytes message;
    wire::append_varint(message, frame.size());
    append(message, frame);
    EXPECT_EQ(refusal(message), "malformed frame: it holds more than one field");
  }
}

TEST(LinkMessage, RefusesAFrameThatIsNoMessage) {
  for (const int number : {5, 9, 99}) {
    const Bytes frame = message_of({{.number = number, .is_bytes = false, .value = 1, .bytes = {}}});
    Bytes message;
    wire::append_varint(message, frame.size());
    append(message, frame);
    EXPECT_EQ(refusal(message), "malformed frame: a field has another type");
  }
}

TEST(LinkMessage, IsNeverLargerThanALinkAllows) {
  const std::size_t room = kLinkMessageBytes - 16;
  const auto with_envelope = [](std::size_t size) {
    const Bytes envelope = filled(size, 1);
    return encoded(Send{numbered<MsgId>(1), numbered<AgentId>(2), numbered<crypto::MailboxToken>(3), envelope});
  };
  const std::size_t overhead = with_envelope(200'000).size() - 200'000;
  EXPECT_TRUE(decode_frames(with_envelope(room - overhead)));
  EXPECT_EQ(refusal(with_envelope(room - overhead + 1)), "malformed link message: it is too large");
}

TEST(LinkMessage, HoldsABoundedNumberOfFrames) {
  Bytes message;
  for (std::size_t i = 0; i < kLinkFrames; ++i) encode_frame(Ping{}, message);
  EXPECT_TRUE(decode_frames(message));
  encode_frame(Ping{}, message);
  EXPECT_EQ(refusal(message), "malformed link message: too many frames");
}

}  // namespace
}  // namespace agentroom::protocol

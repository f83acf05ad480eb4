// One frame of every kind, and what of its fields is optional, of free size or repeated.
#pragma once

#include "protocol/frames.hpp"
#include "support.hpp"

namespace agentroom::protocol::test {

struct FrameCase {
  std::string name;
  int number = 0;  ///< its field in `Frame`
  Frame frame;
  FieldRules rules;
};

inline const Bytes& some_envelope() {
  static const Bytes kEnvelope = filled(300, 0xe5);
  return kEnvelope;
}

inline std::vector<FrameCase> every_frame() {
  std::vector<FrameCase> out;
  const auto add = [&out](std::string name, int number, Frame frame, FieldRules rules = {}) {
    out.push_back({std::move(name), number, std::move(frame), std::move(rules)});
  };
  add("Allow", 1, Allow{{numbered<TokenHash>(1), numbered<TokenHash>(2), numbered<TokenHash>(200)}},
      {.optional = {1}, .any_size = {}, .repeated = {}});
  add("InvitePublish", 2,
      InvitePublish{numbered<RequestId>(1), numbered<InviteId>(20), numbered<ClaimKey>(40), 1'750'000'000'000,
                    numbered<TokenHash>(80)});
  add("InviteRevoke", 3, InviteRevoke{numbered<RequestId>(1), numbered<InviteId>(20)});
  add("InviteClaim", 4,
      InviteClaim{numbered<MsgId>(1), numbered<InviteId>(20), some_envelope(), numbered<Signature>(40)},
      {.optional = {}, .any_size = {3}, .repeated = {}});
  add("Send", 5, Send{numbered<MsgId>(1), numbered<AgentId>(20), numbered<crypto::MailboxToken>(60), some_envelope()},
      {.optional = {}, .any_size = {4}, .repeated = {}});
  Ack ack;
  ack.items.push_back({numbered<decltype(AckItem::id)>(1), AckStatus::kDelivered, Code::kNone, 0});
  ack.items.push_back({numbered<decltype(AckItem::id)>(2), AckStatus::kQueued, Code::kNone, 0});
  ack.items.push_back({numbered<decltype(AckItem::id)>(3), AckStatus::kOk, Code::kNone, 0});
  ack.items.push_back({numbered<decltype(AckItem::id)>(4), AckStatus::kRejected, Code::kQueueFull, 5'000});
  add("Ack", 6, std::move(ack), {.optional = {1}, .any_size = {1}, .repeated = {1}});
  add("Delivery", 7, Delivery{numbered<AgentId>(20), numbered<MsgId>(1), some_envelope()},
      {.optional = {}, .any_size = {3}, .repeated = {}});
  Receipt receipt;
  receipt.items.push_back({numbered<AgentId>(1), numbered<MsgId>(40), ReceiptStatus::kStored});
  receipt.items.push_back({numbered<AgentId>(2), numbered<MsgId>(50), ReceiptStatus::kRefused});
  add("Receipt", 8, std::move(receipt), {.optional = {1}, .any_size = {1}, .repeated = {1}});
  add("Ping", 9, Ping{});
  add("Pong", 10, Pong{});
  add("Error", 11, ErrorFrame{Code::kBadFrame, "the frame is malformed"},
      {.optional = {2}, .any_size = {2}, .repeated = {}});
  add("Closing", 12, Closing{ClosingReason::kReplaced});
  return out;
}

inline Bytes encoded(const Frame& frame) {
  Bytes out;
  const std::size_t size = encode_frame(frame, out);
  EXPECT_EQ(size, out.size());
  return out;
}

/// The frame without its length and the field around it.
inline Bytes payload_of(const Frame& frame) {
  const Bytes bytes = encoded(frame);
  ByteView rest = bytes;
  std::uint64_t length = 0;
  EXPECT_TRUE(wire::read_varint(rest, length));
  return fields_of(rest).at(0).bytes;
}

/// The plaintext of a link message with one frame of this kind.
inline Bytes framed(int number, ByteView payload) {
  const Bytes frame = message_of({{.number = number, .is_bytes = true, .value = 0, .bytes = to_bytes(payload)}});
  Bytes out;
  wire::append_varint(out, frame.size());
  append(out, frame);
  return out;
}

}  // namespace agentroom::protocol::test

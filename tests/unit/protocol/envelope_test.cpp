#include <agentroom.pb.h>

#include "protocol/content.hpp"
#include "protocol/limits.hpp"
#include "support.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;
namespace pb = agentroom::v3;

constexpr std::size_t kSmallestBody = 16 + 256;

crypto::RatchetMessage some_message(std::size_t body = kSmallestBody) {
  return {numbered<SessionId>(1), numbered<crypto::SealedHeader>(50), filled(body, 0xb0)};
}

SessionInit some_init() {
  return {numbered<InviteId>(1),       numbered<AgentId>(20),    numbered<AgreementKey>(60),
          numbered<AgreementKey>(100), numbered<Signature>(140), some_message()};
}

void expect_refused(ByteView bytes, const std::string& what) {
  const auto envelope = decode_envelope(bytes);
  ASSERT_FALSE(envelope) << what;
  EXPECT_EQ(envelope.error().code, ErrorCode::kInvalid) << what;
}

Bytes enveloped(int number, const Bytes& body) {
  return message_of({{.number = number, .is_bytes = true, .value = 0, .bytes = body}});
}

TEST(Envelope, ComesBackAsItWas) {
  const auto message = decode_envelope(encode_envelope(some_message()));
  ASSERT_TRUE(message);
  const auto& read = std::get<crypto::RatchetMessage>(*message);
  EXPECT_EQ(read.session_id, some_message().session_id);
  EXPECT_EQ(read.sealed_header, some_message().sealed_header);
  EXPECT_EQ(read.body, some_message().body);

  const auto envelope = decode_envelope(encode_envelope(some_init()));
  ASSERT_TRUE(envelope);
  const auto& init = std::get<SessionInit>(*envelope);
  EXPECT_EQ(init.invite_id, some_init().invite_id);
  EXPECT_EQ(init.invitee_ed, some_init().invitee_ed);
  EXPECT_EQ(init.invitee_x, some_init().invitee_x);
  EXPECT_EQ(init.e_pk, some_init().e_pk);
  EXPECT_EQ(init.sig, some_init().sig);
  EXPECT_EQ(init.first.body, some_init().first.body);
}

TEST(Envelope, IsWhatProtobufMakesOfTheProto) {
  for (const Envelope& envelope : {Envelope(some_message()), Envelope(some_init())}) {
    const Bytes bytes = encode_envelope(envelope);
    pb::Envelope parsed;
    ASSERT_TRUE(parsed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    EXPECT_EQ(parsed.has_session_init(), std::holds_alternative<SessionInit>(envelope));
    EXPECT_TRUE(same(as_bytes(parsed.SerializeAsString()), bytes));
  }
}

TEST(Envelope, RefusesEveryFaultOfEveryField) {
  const Bytes message = fields_of(encode_envelope(some_message())).at(0).bytes;
  for (const Mutant& mutant : mutants_of(message, {})) {
    expect_refused(enveloped(2, mutant.bytes), "Message: " + mutant.what);
  }
  const Bytes init = fields_of(encode_envelope(some_init())).at(0).bytes;
  for (const Mutant& mutant : mutants_of(init, {.optional = {}, .any_size = {6}, .repeated = {}})) {
    expect_refused(enveloped(1, mutant.bytes), "SessionInit: " + mutant.what);
  }
  auto fields = fields_of(init);
  for (const Mutant& mutant : mutants_of(fields.back().bytes, {})) {
    fields.back().bytes = mutant.bytes;
    expect_refused(enveloped(1, message_of(fields)), "SessionInit.first: " + mutant.what);
  }
}

TEST(Envelope, HoldsExactlyOneBody) {
  expect_refused({}, "nothing");
  expect_refused(unknown_fields(), "a body of a later version");
  const Bytes message = encode_envelope(some_message());
  const Bytes init = encode_envelope(some_init());
  expect_refused(joined({message, message}), "two messages");
  expect_refused(joined({init, message}), "one of each");
  expect_refused(joined({message, init}), "one of each, the other way round");
  EXPECT_TRUE(decode_envelope(joined({message, unknown_fields()})));
}

TEST(Envelope, RefusesBodiesOfASizeThatNoPaddingProduces) {
  for (const std::size_t size : {16U, 17U, 271U, 273U, 16U + 300U, 16U + 1025U, 300'000U}) {
    expect_refused(encode_envelope(some_message(size)), std::to_string(size));
  }
  for (const std::size_t size : {16U + 256U, 16U + 272U, 16U + 304U, 16U + 1024U, 16U + 1088U, 16U + 135'168U}) {
    EXPECT_TRUE(decode_envelope(encode_envelope(some_message(size)))) << size;
  }
}

TEST(Envelope, OfTheLongestTextFitsALinkMessage) {
  Content content;
  content.sent_at = 1'750'000'000'000;
  content.in_reply_to = numbered<MsgId>(1);
  content.hops = 0xffff'ffff;
  content.body = Text{std::string(kTextBytes, 'x')};
  EXPECT_LT(encode_content(content).size(), 135'168U);
  EXPECT_LT(encode_envelope(some_message(16 + 135'168)).size() + 200, kLinkMessageBytes);
}

}  // namespace
}  // namespace agentroom::protocol

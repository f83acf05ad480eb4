#include "protocol/link_messages.hpp"

#include <agentroom.pb.h>

#include "protocol/limits.hpp"
#include "support.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;
namespace pb = agentroom::v3;

ChallengeBody some_body() {
  return {.relay_pk = numbered<RelayId>(1),
          .relay_e = numbered<AgreementKey>(40),
          .terms = {},
          .previous_pk = numbered<RelayId>(80),
          .successor_sig = numbered<Signature>(120)};
}

template <class Decode>
void expect_refused(const std::vector<Mutant>& mutants, Decode&& decode) {
  EXPECT_FALSE(mutants.empty());
  for (const Mutant& mutant : mutants) {
    const auto result = decode(mutant.bytes);
    ASSERT_FALSE(result) << mutant.what;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid) << mutant.what;
  }
}

TEST(LinkMessages, RefuseEveryFaultOfEveryField) {
  const Bytes body = encode_challenge_body(some_body());
  expect_refused(
      mutants_of(encode_challenge({body, numbered<Signature>(9)}), {.optional = {}, .any_size = {1}, .repeated = {}}),
      decode_challenge);
  // previous_pk (4) and successor_sig (5) are optional together: one without the other is a fault.
  expect_refused(mutants_of(body, {.optional = {}, .any_size = {3}, .repeated = {}}), decode_challenge_body);
  auto fields = fields_of(body);
  std::vector<Mutant> limits;
  for (Mutant& mutant : mutants_of(fields[2].bytes, {.optional = {2, 3, 6, 7}, .any_size = {}, .repeated = {}})) {
    fields[2].bytes = mutant.bytes;
    limits.push_back({"limits: " + mutant.what, message_of(fields)});
  }
  expect_refused(limits, decode_challenge_body);
  expect_refused(mutants_of(encode_hello({numbered<AgentId>(1), numbered<Signature>(2)}), {}), decode_hello);
  expect_refused(
      mutants_of(encode_hello_ack({3, numbered<AllowDigest>(1)}), {.optional = {1, 2}, .any_size = {}, .repeated = {}}),
      decode_hello_ack);
}

TEST(LinkMessages, AreWhatProtobufMakesOfTheProto) {
  const auto agrees = [](auto message, const Bytes& bytes) {
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
           same(as_bytes(message.SerializeAsString()), bytes);
  };
  const Bytes body = encode_challenge_body(some_body());
  EXPECT_TRUE(agrees(pb::ChallengeBody(), body));
  EXPECT_TRUE(agrees(pb::Challenge(), encode_challenge({body, numbered<Signature>(9)})));
  EXPECT_TRUE(agrees(pb::Hello(), encode_hello({numbered<AgentId>(1), numbered<Signature>(2)})));
  EXPECT_TRUE(agrees(pb::HelloAck(), encode_hello_ack({3, numbered<AllowDigest>(1)})));
  EXPECT_TRUE(encode_hello_ack({}).empty());
  EXPECT_TRUE(decode_hello_ack({}));
}

TEST(LinkMessages, LetFieldsOfALaterVersionPass) {
  const Bytes body = encode_challenge_body(some_body());
  EXPECT_TRUE(decode_challenge(joined({encode_challenge({body, numbered<Signature>(9)}), unknown_fields()})));
  EXPECT_TRUE(decode_challenge_body(joined({body, unknown_fields()})));
  EXPECT_TRUE(decode_hello(joined({encode_hello({numbered<AgentId>(1), numbered<Signature>(2)}), unknown_fields()})));
  EXPECT_TRUE(decode_hello_ack(unknown_fields()));
}

TEST(LinkMessages, RefuseLimitsThatNothingCouldPass) {
  for (auto limit : {&RelayTerms::link_message_bytes, &RelayTerms::window_frames, &RelayTerms::window_bytes}) {
    auto body = some_body();
    body.terms.*limit = 0;
    EXPECT_FALSE(decode_challenge_body(encode_challenge_body(body)));
  }
  auto body = some_body();
  body.terms.open_invites = 0;
  EXPECT_TRUE(decode_challenge_body(encode_challenge_body(body)));
}

TEST(LinkMessages, RefuseAChallengeThatIsTooLarge) {
  const auto of_size = [](std::size_t size) {
    Bytes bytes = encode_challenge({filled(100, 1), numbered<Signature>(1)});
    append_field(bytes, {.number = 31, .is_bytes = true, .value = 0, .bytes = filled(size - bytes.size() - 4, 0)});
    EXPECT_EQ(bytes.size(), size);
    return bytes;
  };
  EXPECT_TRUE(decode_challenge(of_size(kChallengeBytes)));
  EXPECT_FALSE(decode_challenge(of_size(kChallengeBytes + 1)));
}

}  // namespace
}  // namespace agentroom::protocol

#include "protocol/content.hpp"

#include <agentroom.pb.h>

#include "protocol/limits.hpp"
#include "support.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;
namespace pb = agentroom::v3;

Content around(decltype(Content::body) body) {
  Content content;
  content.sent_at = 1'750'000'000'123;
  content.conversation_id = numbered<ConversationId>(10);
  content.in_reply_to = numbered<MsgId>(40);
  content.hops = 7;
  content.body = std::move(body);
  return content;
}

SessionHello some_hello() {
  SessionHello hello;
  hello.generation = 3;
  hello.token = numbered<crypto::MailboxToken>(90);
  hello.name = "planner";
  hello.capabilities = {"text", "", "urls"};
  return hello;
}

struct BodyCase {
  std::string name;
  int number;
  Content content;
  FieldRules rules;
};

std::vector<BodyCase> every_body() {
  std::vector<BodyCase> out;
  out.push_back(
      {"SessionHello", 5, around(some_hello()), {.optional = {1, 3, 4}, .any_size = {3, 4}, .repeated = {4}}});
  out.push_back(
      {"SessionAck", 6, around(SessionAck{4, "coder"}), {.optional = {1, 2}, .any_size = {2}, .repeated = {}}});
  out.push_back({"Text", 7, around(Text{"grüße"}), {.optional = {1}, .any_size = {1}, .repeated = {}}});
  out.push_back({"RelayUrls",
                 8,
                 around(RelayUrls{{"wss://a.example/ws", "ws://10.0.0.1:8787/ws"}}),
                 {.optional = {1}, .any_size = {1}, .repeated = {1}}});
  return out;
}

void expect_refused(ByteView bytes, const std::string& what) {
  const auto content = decode_content(bytes);
  ASSERT_FALSE(content) << what;
  EXPECT_EQ(content.error().code, ErrorCode::kInvalid) << what;
}

/// The content's bytes with the body's payload exchanged.
Bytes with_body(const Content& content, int number, const Bytes& body) {
  auto fields = fields_of(encode_content(content));
  for (auto& field : fields) {
    if (field.number == number) field.bytes = body;
  }
  return message_of(fields);
}

Bytes text_content(ByteView text) {
  return with_body(around(Text{"x"}), 7,
                   message_of({{.number = 1, .is_bytes = true, .value = 0, .bytes = to_bytes(text)}}));
}

TEST(Content, OfEveryBodyComesBackAsItWas) {
  for (const auto& [name, number, content, rules] : every_body()) {
    const Bytes bytes = encode_content(content);
    const auto read = decode_content(bytes);
    ASSERT_TRUE(read) << name << ": " << read.error().message;
    EXPECT_EQ(read->sent_at, content.sent_at);
    EXPECT_EQ(read->conversation_id, content.conversation_id);
    EXPECT_EQ(read->in_reply_to, content.in_reply_to);
    EXPECT_EQ(read->hops, content.hops);
    EXPECT_EQ(read->body.index(), content.body.index());
    EXPECT_TRUE(same(encode_content(*read), bytes)) << name;
  }
}

TEST(Content, IsWhatProtobufMakesOfTheProto) {
  for (const auto& [name, number, content, rules] : every_body()) {
    const Bytes bytes = encode_content(content);
    pb::Content parsed;
    ASSERT_TRUE(parsed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) << name;
    EXPECT_EQ(parsed.body_case(), number);
    EXPECT_TRUE(same(as_bytes(parsed.SerializeAsString()), bytes)) << name;
  }
}

TEST(Content, AnswersNothingUnlessItSaysSo) {
  Content content = around(Text{"hello"});
  content.in_reply_to.reset();
  content.hops = 0;
  const auto read = decode_content(encode_content(content));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->in_reply_to);
  EXPECT_EQ(read->hops, 0U);
}

TEST(Content, OfAnUnknownBodyIsReadAndIgnored) {
  const Bytes bytes = joined({encode_content(around(UnknownBody{})), unknown_fields()});
  const auto read = decode_content(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(std::holds_alternative<UnknownBody>(read->body));
  EXPECT_EQ(read->hops, 7U);
}

TEST(Content, LetsFieldsOfALaterVersionPass) {
  for (const auto& [name, number, content, rules] : every_body()) {
    auto fields = fields_of(encode_content(content));
    for (auto& field : fields) {
      if (field.number == number) append(field.bytes, unknown_fields());
    }
    const auto read = decode_content(joined({message_of(fields), unknown_fields()}));
    ASSERT_TRUE(read) << name << ": " << read.error().message;
    EXPECT_TRUE(same(encode_content(*read), encode_content(content))) << name;
  }
}

TEST(Content, RefusesEveryFaultOfEveryField) {
  for (const auto& [name, number, content, rules] : every_body()) {
    const FieldRules outer{.optional = {1, 3, 4, number}, .any_size = {number}, .repeated = {}};
    for (const Mutant& mutant : mutants_of(encode_content(content), outer)) {
      expect_refused(mutant.bytes, name + " content: " + mutant.what);
    }
    const Bytes body = fields_of(encode_content(content)).back().bytes;
    for (const Mutant& mutant : mutants_of(body, rules)) {
      expect_refused(with_body(content, number, mutant.bytes), name + ": " + mutant.what);
    }
  }
}

TEST(Content, RefusesTwoBodies) {
  const Field text{.number = 7, .is_bytes = true, .value = 0, .bytes = {}};
  for (const int number : {5, 6, 7, 8}) {
    for (const auto& [name, first, content, rules] : every_body()) {
      Field second = text;
      second.number = number;
      Bytes bytes = encode_content(content);
      append_field(bytes, second);
      expect_refused(bytes, name + " and " + std::to_string(number));
    }
  }
}

TEST(Content, RefusesTimesBeforeTheEpochAndBeyondReason) {
  for (const std::uint64_t time : {wire::kMaxInteger + 1, ~std::uint64_t{0}}) {
    auto fields = fields_of(encode_content(around(Text{"x"})));
    fields[0].value = time;
    expect_refused(message_of(fields), std::to_string(time));
  }
}

TEST(Text, MayBeEmptyAndIs128KiBAtMost) {
  const auto empty = decode_content(encode_content(around(Text{""})));
  ASSERT_TRUE(empty);
  EXPECT_EQ(std::get<Text>(empty->body).text, "");
  const auto longest = decode_content(text_content(filled(kTextBytes, 'x')));
  ASSERT_TRUE(longest);
  EXPECT_EQ(std::get<Text>(longest->body).text.size(), kTextBytes);
  expect_refused(text_content(filled(kTextBytes + 1, 'x')), "a byte too long");
}

TEST(Text, IsUtf8) {
  EXPECT_TRUE(decode_content(text_content(as_bytes("\x1b[31m\0 control characters are text"))));
  for (const Bytes& bad : {bytes_of({0xff}), bytes_of({0xc0, 0x80}), bytes_of({0xed, 0xa0, 0x80}),
                           bytes_of({0xf4, 0x90, 0x80, 0x80}), bytes_of({'a', 0xe2, 0x82})}) {
    expect_refused(text_content(bad), "not UTF-8");
  }
}

TEST(SessionHello, BoundsNameAndCapabilities) {
  const auto accepts = [](auto change) {
    SessionHello hello = some_hello();
    change(hello);
    return decode_content(encode_content(around(std::move(hello)))).has_value();
  };
  EXPECT_TRUE(accepts([](SessionHello& hello) { hello.name = std::string(kNameBytes, 'n'); }));
  EXPECT_FALSE(accepts([](SessionHello& hello) { hello.name = std::string(kNameBytes + 1, 'n'); }));
  EXPECT_FALSE(accepts([](SessionHello& hello) { hello.name = "\xff"; }));
  EXPECT_TRUE(accepts([](SessionHello& hello) { hello.capabilities.assign(kCapabilities, std::string(64, 'c')); }));
  EXPECT_FALSE(accepts([](SessionHello& hello) { hello.capabilities.assign(kCapabilities + 1, "c"); }));
  EXPECT_FALSE(accepts([](SessionHello& hello) { hello.capabilities.assign(1, std::string(65, 'c')); }));
  EXPECT_FALSE(accepts([](SessionHello& hello) { hello.capabilities.assign(1, "\xc3"); }));
}

TEST(SessionHello, HasAGenerationThatAnotherCanFollow) {
  for (const std::uint32_t generation : {0U, 1U, 0xffff'fffeU, 0xffff'ffffU}) {
    SessionHello hello = some_hello();
    hello.generation = generation;
    EXPECT_EQ(decode_content(encode_content(around(std::move(hello)))).has_value(), generation != 0xffff'ffffU);
  }
}

TEST(SessionAck, BoundsItsName) {
  EXPECT_TRUE(decode_content(encode_content(around(SessionAck{0, ""}))));
  EXPECT_FALSE(decode_content(encode_content(around(SessionAck{1, std::string(65, 'n')}))));
  EXPECT_FALSE(decode_content(encode_content(around(SessionAck{1, "\x80"}))));
}

TEST(RelayUrls, AreBoundedAndOfAWebSocket) {
  const auto accepts = [](std::vector<std::string> urls) {
    return decode_content(encode_content(around(RelayUrls{std::move(urls)}))).has_value();
  };
  EXPECT_TRUE(accepts({}));
  EXPECT_TRUE(accepts(std::vector<std::string>(kRelayUrls, "wss://[::1]:1/")));
  EXPECT_FALSE(accepts(std::vector<std::string>(kRelayUrls + 1, "wss://a/")));
  EXPECT_TRUE(accepts({"ws://" + std::string(kServerUrlBytes - 5, 'h')}));
  EXPECT_FALSE(accepts({"ws://" + std::string(kServerUrlBytes - 4, 'h')}));
  for (const char* bad :
       {"", "ws://", "wss://", "wss:///path", "wss://:80", "wss://?q", "WSS://a", "http://a", "wss:/a", " wss://a",
        "wss://a b", "wss://a\n", "wss://a\x1b[31m", "wss://\xc3\xa4", "wss://a\x7f"}) {
    EXPECT_FALSE(accepts({bad})) << bad;
  }
}

}  // namespace
}  // namespace agentroom::protocol

// The JSON inside an invite's URL, as an attacker or a careless program writes it.
#include "protocol/invite_json.hpp"

#include "protocol/limits.hpp"
#include "some_invite.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

/// The invite with text put behind the first brace of its root or its blob.
std::string with_root(const std::string& members) {
  std::string text = json_of(SomeInvite().url());
  return url_of(text.insert(1, members));
}
std::string with_blob(const std::string& members) {
  std::string text = json_of(SomeInvite().url());
  return url_of(text.insert(text.find("{", 1) + 1, members));
}

std::string refusal(std::string_view url) {
  const auto invite = parse_invite(url);
  EXPECT_FALSE(invite);
  if (invite) return "";
  EXPECT_EQ(invite.error().code, ErrorCode::kInvalid);
  return invite.error().message;
}

constexpr const char* kTwice = "malformed invite: a member stands twice";
constexpr const char* kNotJson = "malformed invite: it does not hold JSON in UTF-8";
constexpr const char* kTooDeep = "malformed invite: its JSON is nested too deep";

TEST(InviteJson, MayHoldMembersThatNobodyKnows) {
  EXPECT_TRUE(parse_invite(with_root(R"("x":{"blob":{"v":9},"a":[1,{"b":null}]},"y":"\ud83d\ude00",)")));
  EXPECT_TRUE(parse_invite(with_blob(R"("x":{"v":9,"nonce":""},"blob":{"v":9},"sig":1,"z":[{"v":1},{"v":1}],)")));
  EXPECT_TRUE(parse_invite(with_root(R"("v":4,"nonce":"",)"))) << "the blob's members count in the blob alone";
}

TEST(InviteJson, HoldsNoMemberTwiceAtAnyDepth) {
  EXPECT_EQ(refusal(with_root(R"("sig":"",)")), kTwice);
  EXPECT_EQ(refusal(with_root(R"("blob":1,)")), kTwice);
  EXPECT_EQ(refusal(with_root(R"("a":1,"a":1,)")), kTwice);
  EXPECT_EQ(refusal(with_blob(R"("v":3,)")), kTwice);
  EXPECT_EQ(refusal(with_blob(R"("nonce":"",)")), kTwice);
  EXPECT_EQ(refusal(with_blob(R"("x":{"a":1,"b":2,"a":3},)")), kTwice);
  EXPECT_EQ(refusal(with_blob(R"("x":[[{"a":{"c":1,"c":1}}]],)")), kTwice);
  EXPECT_EQ(refusal(with_blob(R"("":1,"":2,)")), kTwice);
}

TEST(InviteJson, ComparesNamesAfterEscapes) {
  EXPECT_EQ(refusal(with_blob("\"\\u0076\":3,")), kTwice);
  EXPECT_EQ(refusal(with_blob("\"\\u006eonce\":\"\",")), kTwice);
  EXPECT_TRUE(parse_invite(with_blob(R"("V":4,"Nonce":"",)"))) << "case matters";
  EXPECT_TRUE(parse_invite(with_blob("\"v\\u0000\":4,"))) << "a zero does not end a name";
}

TEST(InviteJson, IsWellFormedUnicode) {
  for (const char* bad :
       {R"("x":"\ud83d",)", R"("x":"\ude00",)", R"("x":"\ude00\ud83d",)", R"("x":"\ud83dx",)", R"("x":"\ud83d\n",)",
        R"("\ud800":1,)", "\"x\":\"\xff\",", "\"x\":\"\xc0\x80\",", "\"x\":\"\xed\xa0\x80\",", "\"\xff\":1,",
        "\"x\":\"\xe2\x82\",", "\"x\":\"\xf4\x90\x80\x80\","}) {
    EXPECT_EQ(refusal(with_blob(bad)), kNotJson) << bad;
    EXPECT_EQ(refusal(with_root(bad)), kNotJson) << bad;
  }
}

TEST(InviteJson, IsJsonAndNothingMore) {
  const std::string text = json_of(SomeInvite().url());
  EXPECT_TRUE(parse_invite(url_of(" \t\r\n" + text + " \t\r\n"))) << "white space is part of JSON";
  for (const std::string& bad :
       {"\xef\xbb\xbf" + text, text + "x", text + text, text + ",", text + std::string(1, '\0'), "// c\n" + text,
        "/**/" + text, "'" + text + "'", std::string("{"), std::string("{}}"), std::string("nul"), std::string(" "),
        text.substr(0, text.size() - 1) + ",}"}) {
    EXPECT_EQ(refusal(url_of(bad)), kNotJson) << bad.substr(0, 10);
  }
  for (const char* bad : {"\"x\":\"\n\",", "\"x\":\"\\x41\",", "\"x\":.5,", "\"x\":1.,", "\"x\":tru,", "x:1,"}) {
    EXPECT_EQ(refusal(with_blob(bad)), kNotJson) << bad;
  }
}

TEST(InviteJson, IsAnObject) {
  for (const char* text : {"[]", "1", "\"blob\"", "null", "[{\"blob\":{\"v\":3}}]"}) {
    EXPECT_EQ(refusal(url_of(text)), "malformed invite: it does not hold a JSON object") << text;
  }
  EXPECT_EQ(refusal(url_of("{}")), "malformed invite: member 'v' is not a whole number");
  EXPECT_EQ(refusal(url_of(R"({"blob":[],"sig":""})")), "malformed invite: member 'v' is not a whole number");
}

TEST(InviteJson, IsBoundedInDepth) {
  const auto nested = [](std::size_t arrays) {
    return with_blob("\"x\":" + std::string(arrays, '[') + std::string(arrays, ']') + ",");
  };
  EXPECT_TRUE(parse_invite(nested(kInviteDepth - 2))) << "the root and the blob are two";
  EXPECT_EQ(refusal(nested(kInviteDepth - 1)), kTooDeep);
  EXPECT_EQ(refusal(url_of(std::string(5000, '['))), kTooDeep);
}

}  // namespace
}  // namespace agentroom::protocol

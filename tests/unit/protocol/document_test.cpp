// docs/protocol.md against what it describes.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "protocol/frames.hpp"

namespace agentroom::protocol {
namespace {

std::string read(const std::string& path) {
  std::ifstream in(std::string(SOURCE_ROOT) + "/" + path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ProtocolDocument, QuotesTheProtoAsItIs) {
  const std::string proto = read("core/src/protocol/agentroom.proto");
  ASSERT_FALSE(proto.empty());
  EXPECT_NE(read("docs/protocol.md").find("```proto\n" + proto + "```\n"), std::string::npos);
}

TEST(ProtocolDocument, KeepsTheSectionsThatCommentsCite) {
  const std::string text = read("docs/protocol.md");
  std::size_t at = 0;
  for (const char* heading :
       {"1 Primitives", "2 Invite", "3 Session establishment", "4 Double Ratchet with header encryption",
        "5 Content and envelope", "6 The link", "7 Delivery", "8 Limits", "9 Error codes", "10 What an attacker meets",
        "11 The Protobuf messages", "12 Test vectors"}) {
    at = text.find("\n## " + std::string(heading) + "\n", at);
    ASSERT_NE(at, std::string::npos) << heading;
  }
}

TEST(ProtocolDocument, ExplainsEveryCode) {
  const std::string text = read("docs/protocol.md");
  const std::string codes = text.substr(text.find("\n## 9 "), text.find("\n## 10 ") - text.find("\n## 9 "));
  for (int code = 1; code <= static_cast<int>(Code::kInternal); ++code) {
    const std::string name(code_text(static_cast<Code>(code)));
    EXPECT_NE(codes.find("`" + name + "`"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace agentroom::protocol

#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace agentroom {
namespace {

TEST(Uuid, Version7CarriesItsTimeVersionAndVariant) {
  SystemRandom random;
  const MsgId id = make_msg_id(0x0192'3456'789a, random);
  const std::string text = uuid_text(id.view());
  EXPECT_EQ(text.substr(0, 15), "01923456-789a-7");
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_NE(make_msg_id(0, random), make_msg_id(0, random));
}

TEST(Uuid, Version4CarriesVersionAndVariant) {
  SystemRandom random;
  const std::string text = uuid_text(make_uuid_v4<InviteId>(random).view());
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
}

TEST(Uuid, ReadsOnlyTheCanonicalText) {
  SystemRandom random;
  const auto id = make_uuid_v4<InviteId>(random);
  EXPECT_EQ(uuid_from_text<InviteId>(uuid_text(id.view())), id);
  for (const char* text : {"", "0192345678909abcdef0192345678909abcd", "01923456-7890-9ABC-def0-192345678909",
                           "01923456-7890-9abc-def0-19234567890", "01923456-7890-9abc-def0_192345678909"}) {
    EXPECT_FALSE(uuid_from_text<InviteId>(text)) << text;
  }
}

}  // namespace
}  // namespace agentroom

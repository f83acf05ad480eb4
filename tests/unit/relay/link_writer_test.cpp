#include "relay/link_writer.hpp"

#include <gtest/gtest.h>

#include "protocol/limits.hpp"
#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

struct LinkWriterTest : testing::Test {
  static crypto::LinkKey key() {
    return *crypto::LinkKey::from(as_bytes(std::string_view("0123456789abcdef0123456789abcdef")));
  }

  /// Opens all that was sent.
  std::vector<std::vector<protocol::Frame>> read() {
    std::vector<std::vector<protocol::Frame>> messages;
    for (Bytes& message : sent) {
      EXPECT_LE(message.size(), protocol::kLinkMessageBytes);
      plaintexts.push_back(to_bytes(*theirs.open(message)));
      messages.push_back(std::move(*protocol::decode_frames(plaintexts.back())));
    }
    sent.clear();
    return messages;
  }
  bool flush() {
    return writer.flush(ours, [&](Bytes message) {
      sent.push_back(std::move(message));
      return sent.size() < most;
    });
  }

  LinkWriter writer;
  crypto::LinkCipher ours{key(), key()};
  crypto::LinkCipher theirs{key(), key()};
  std::vector<Bytes> sent;
  std::vector<Bytes> plaintexts;
  std::size_t most = 1'000;
};

TEST_F(LinkWriterTest, PacksWhatWaitsIntoOneMessage) {
  writer.add(protocol::Ping{});
  writer.ack({});
  writer.ack({});
  writer.add(protocol::Pong{});
  EXPECT_TRUE(flush());
  const auto messages = read();
  ASSERT_EQ(messages.size(), 1U);
  ASSERT_EQ(messages[0].size(), 3U);
  EXPECT_EQ(std::get<protocol::Ack>(messages[0][2]).items.size(), 2U);
}

TEST_F(LinkWriterTest, PutsAFrameBehindTheAcksThatItFollows) {
  writer.ack({});
  writer.add_behind_acks(protocol::Ping{});
  writer.ack({});
  EXPECT_TRUE(flush());
  const auto messages = read();
  ASSERT_EQ(messages.size(), 1U);
  ASSERT_EQ(messages[0].size(), 3U);
  EXPECT_TRUE(std::holds_alternative<protocol::Ack>(messages[0][0]));
  EXPECT_TRUE(std::holds_alternative<protocol::Ping>(messages[0][1]));
}

TEST_F(LinkWriterTest, SendsNothingWhenThereIsNothing) {
  EXPECT_TRUE(flush());
  EXPECT_TRUE(sent.empty());
}

TEST_F(LinkWriterTest, StartsAnotherMessageBeforeOneGrowsTooLarge) {
  const Bytes envelope(100'000, std::byte{7});
  for (int i = 0; i < 5; ++i) writer.add(protocol::Delivery{{}, {}, envelope});
  EXPECT_TRUE(flush());
  const auto messages = read();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].size(), 2U);
  EXPECT_EQ(messages[2].size(), 1U);
}

TEST_F(LinkWriterTest, SplitsLongLists) {
  for (int i = 0; i < 20'000; ++i) writer.ack({.id = {}, .status = protocol::AckStatus::kQueued});
  EXPECT_TRUE(flush());
  std::size_t items = 0;
  for (const auto& message : read()) {
    for (const auto& frame : message) items += std::get<protocol::Ack>(frame).items.size();
  }
  EXPECT_EQ(items, 20'000U);
}

TEST_F(LinkWriterTest, PutsNoMoreFramesIntoAMessageThanItMayHold) {
  for (std::size_t i = 0; i < protocol::kLinkFrames + 1; ++i) writer.add(protocol::Ping{});
  EXPECT_TRUE(flush());
  EXPECT_EQ(read().size(), 2U);
}

TEST_F(LinkWriterTest, StopsWhenToldToAndGoesOnLater) {
  const Bytes envelope(200'000, std::byte{7});
  for (int i = 0; i < 3; ++i) writer.add(protocol::Delivery{{}, {}, envelope});
  most = 1;
  EXPECT_FALSE(flush());
  EXPECT_EQ(sent.size(), 1U);
  EXPECT_FALSE(writer.empty());
  most = 10;
  EXPECT_TRUE(flush());
  EXPECT_EQ(read().size(), 3U);  // in an order in which they open
  EXPECT_TRUE(writer.empty());
}

}  // namespace
}  // namespace agentroom::relay::test

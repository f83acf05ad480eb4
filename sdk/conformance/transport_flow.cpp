// Backpressure and pausing.
#include <cstdint>
#include <string>

#include "transport_under_test.hpp"

namespace agentroom::conformance {
namespace {

using namespace std::chrono_literals;

class TransportFlow : public TransportFact {
 protected:
  /// Sends 64 KiB messages with turns between them until the channel takes no more; how many were sent.
  std::size_t fill(TransportUnderTest& sender, ar_channel channel) {
    std::size_t sent = 0;
    while (sender.send(channel, std::string(65'536, static_cast<char>('a' + sent % 26))) <= AR_TRANSPORT_HIGH_WATER) {
      ++sent;
      sender.turn();
      if (sent > 4096) return sent;  // 256 MiB: nothing holds it back
    }
    return sent + 1;
  }
};

TEST_F(TransportFlow, SendTellsWhatTheSystemHasNotTaken) {
  open_channel();
  EXPECT_GE(client_->send(near_, std::string(1000, 'x')), 1000U);
  const std::uint64_t unsent = client_->send(near_, std::string(1000, 'x'));
  EXPECT_GE(unsent, 2000U);
  EXPECT_LE(unsent, 2100U);
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == 2; }));
  EXPECT_LE(client_->send(near_, "y"), 100U);
}

TEST_F(TransportFlow, AReaderThatPausesHoldsTheSenderBack) {
  open_channel();
  server_->pause(far_);
  const std::size_t sent = fill(*client_, near_);
  ASSERT_LT(sent, 4096U);
  const std::size_t early = far().messages.size();
  for (int i = 0; i < 20; ++i) {
    server_->turn();
    client_->turn();
  }
  // What was read already may still come, but no more than one read of it.
  EXPECT_LE(far().messages.size(), early + 2);
  EXPECT_EQ(near().drained, 0);

  server_->resume(far_);
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == sent && near().drained > 0; }));
  EXPECT_EQ(near().drained, 1);
  for (std::size_t i = 0; i < sent; ++i)
    ASSERT_EQ(far().messages[i], std::string(65'536, static_cast<char>('a' + i % 26)));
}

TEST_F(TransportFlow, DrainedComesOnlyAfterHighWater) {
  open_channel();
  for (int i = 0; i < 100; ++i) {
    client_->send(near_, std::string(1000, 'x'));
    client_->turn();
  }
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == 100; }));
  EXPECT_EQ(near().drained, 0);
}

TEST_F(TransportFlow, AHostThatWaitsForDrainedLosesNothing) {
  constexpr std::size_t kMessages = 2000;
  constexpr std::size_t kSize = 20'000;
  open_channel();
  server_->keep_messages = false;
  std::size_t sent = 0;
  std::size_t received = 0;
  bool in_order = true;
  const auto send_on = [&] {
    while (sent < kMessages) {
      const char mark = static_cast<char>(sent % 251);
      ++sent;
      if (client_->send(near_, std::string(kSize, mark)) > AR_TRANSPORT_HIGH_WATER) break;
    }
  };
  client_->drained_hook = [&](ar_channel) { send_on(); };
  server_->message_hook = [&](ar_channel id, ar_mut_bytes message) {
    in_order &= message.size == kSize && message.data[0] == received % 251 && message.data[kSize - 1] == received % 251;
    ++received;
    // Reading in fits and starts.
    if (received % 100 == 0) server_->pause(id);
  };
  send_on();
  ASSERT_TRUE(drive_until([&] {
    server_->resume(far_);
    return received == kMessages;
  }));
  EXPECT_TRUE(in_order);
  EXPECT_GT(near().drained, 0);
}

TEST_F(TransportFlow, APausedChannelStillSends) {
  open_channel();
  client_->pause(near_);
  client_->send(near_, "out");
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == 1; }));
  server_->send(far_, "in");
  for (int i = 0; i < 20; ++i) {
    server_->turn();
    client_->turn(1ms);
  }
  EXPECT_TRUE(near().messages.empty());
  client_->resume(near_);
  ASSERT_TRUE(drive_until([&] { return near().messages.size() == 1; }));
}

TEST_F(TransportFlow, APausedChannelEndsNoWait) {
  open_channel();
  server_->pause(far_);
  client_->send(near_, "unread");
  for (int i = 0; i < 20; ++i) {
    client_->turn(1ms);
    server_->turn();
  }
  int turns = 0;
  const auto end = std::chrono::steady_clock::now() + 300ms;
  for (; std::chrono::steady_clock::now() < end; ++turns) server_->turn(50ms);
  EXPECT_LT(turns, 50) << "turns of 50 ms come back at once, for input that nobody wants";
}

TEST_F(TransportFlow, PausedInsideAMessageGoesOnAfterResume) {
  open_channel();
  server_->message_hook = [&](ar_channel id, ar_mut_bytes) { server_->pause(id); };
  for (int i = 0; i < 500; ++i) client_->send(near_, std::string(1000, static_cast<char>('a' + i % 26)));
  ASSERT_TRUE(drive_until([&] {
    server_->resume(far_);
    return far().messages.size() == 500;
  }));
  for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(far().messages[i].front(), static_cast<char>('a' + i % 26));
}

}  // namespace
}  // namespace agentroom::conformance

// What a channel carries: every message, whole, once, in order.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "transport_under_test.hpp"

namespace agentroom::conformance {
namespace {

class TransportMessages : public TransportFact {};

/// A message that tells its number and differs from every other one in all its parts.
std::string patterned(std::size_t size, std::uint32_t number) {
  std::string text(size, '\0');
  std::uint32_t state = number * 2'654'435'761U + 1;
  for (char& c : text) {
    state = state * 1'664'525U + 1'013'904'223U;
    c = static_cast<char>(state >> 24U);
  }
  return text;
}

TEST_F(TransportMessages, ArriveBothWays) {
  open_channel();
  client_->send(near_, "ask");
  server_->send(far_, "answer");
  ASSERT_TRUE(drive_until([&] { return !near().messages.empty() && !far().messages.empty(); }));
  EXPECT_EQ(far().messages, std::vector<std::string>{"ask"});
  EXPECT_EQ(near().messages, std::vector<std::string>{"answer"});
}

TEST_F(TransportMessages, SentFromInsideOpenedArrive) {
  server_->opened_hook = [&](ar_channel id) { server_->send(id, "first words"); };
  client_->opened_hook = [&](ar_channel id) { client_->send(id, "hello"); };
  open_channel();
  ASSERT_TRUE(drive_until([&] { return !near().messages.empty() && !far().messages.empty(); }));
  EXPECT_EQ(near().messages.front(), "first words");
  EXPECT_EQ(far().messages.front(), "hello");
}

TEST_F(TransportMessages, KeepTheirOrder) {
  constexpr std::uint32_t kCount = 10'000;
  open_channel();
  for (std::uint32_t i = 0; i < kCount; ++i) {
    client_->send(near_, std::to_string(i));
    server_->send(far_, std::to_string(kCount + i));
    if (i % 1000 == 999) {
      ASSERT_TRUE(drive_until([&] { return far().messages.size() == i + 1; }));
    }
  }
  ASSERT_TRUE(drive_until([&] { return far().messages.size() == kCount && near().messages.size() == kCount; }));
  for (std::uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(far().messages[i], std::to_string(i));
    ASSERT_EQ(near().messages[i], std::to_string(kCount + i));
  }
}

TEST_F(TransportMessages, KeepTheirBoundaries) {
  // Sizes around every length of a frame header and of usual read buffers, next to each other in one turn.
  const std::vector<std::size_t> sizes = {1,      2,     125,     126,   127,     1'500,   1'535,   1'536,
                                          1'537,  4'095, 4'096,   4'097, 9'000,   65'535,  65'536,  65'537,
                                          65'550, 1,     131'072, 1,     200'000, 262'143, 262'144, 3};
  open_channel();
  std::uint32_t number = 0;
  std::size_t sent = 0;
  for (const std::size_t size : sizes) {
    const std::uint64_t unsent = client_->send(near_, patterned(size, number));
    server_->send(far_, patterned(size, ++number));
    ++sent;
    if (unsent > AR_TRANSPORT_HIGH_WATER / 2) {
      ASSERT_TRUE(drive_until([&] { return far().messages.size() == sent; }));
    }
  }
  ASSERT_TRUE(
      drive_until([&] { return far().messages.size() == sizes.size() && near().messages.size() == sizes.size(); }));
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    ASSERT_TRUE(far().messages[i] == patterned(sizes[i], i)) << "message of " << sizes[i] << " bytes";
    ASSERT_TRUE(near().messages[i] == patterned(sizes[i], i + 1)) << "message of " << sizes[i] << " bytes";
  }
}

TEST_F(TransportMessages, OfSeveralChannelsDoNotMix) {
  constexpr std::size_t kChannels = 30;
  constexpr std::uint32_t kEach = 50;
  const std::string url = server_->listen();
  std::vector<ar_channel> channels;
  for (std::size_t i = 0; i < kChannels; ++i) channels.push_back(client_->connect(url));
  // Everything is sent back on the channel that it came by.
  server_->message_hook = [&](ar_channel id, ar_mut_bytes message) {
    server_->send(id, {reinterpret_cast<const char*>(message.data), message.size});
  };
  ASSERT_TRUE(drive_until(
      [&] { return std::ranges::all_of(channels, [&](ar_channel id) { return client_->channel(id).opened; }); }));
  for (std::uint32_t n = 0; n < kEach; ++n) {
    for (const ar_channel id : channels) {
      client_->send(id, patterned(100 + 40 * n, static_cast<std::uint32_t>(id) * 1000 + n));
    }
  }
  ASSERT_TRUE(drive_until([&] {
    return std::ranges::all_of(channels, [&](ar_channel id) { return client_->channel(id).messages.size() == kEach; });
  }));
  for (const ar_channel id : channels) {
    for (std::uint32_t n = 0; n < kEach; ++n) {
      ASSERT_TRUE(client_->channel(id).messages[n] ==
                  patterned(100 + 40 * n, static_cast<std::uint32_t>(id) * 1000 + n));
    }
  }
}

TEST_F(TransportMessages, TooLargeForTheListenerCloseTheChannelWith1009) {
  open_channel(1000, kMaxMessage);
  client_->send(near_, std::string(1000, 'x'));
  client_->send(near_, std::string(1001, 'y'));
  ASSERT_TRUE(drive_until([&] { return far().closed && near().closed; }));
  EXPECT_EQ(far().messages, std::vector<std::string>{std::string(1000, 'x')});
  EXPECT_EQ(far().closed->code, AR_CLOSE_TOO_LARGE);
  EXPECT_EQ(near().closed->code, AR_CLOSE_TOO_LARGE);
}

TEST_F(TransportMessages, TooLargeForTheClientCloseTheChannelWith1009) {
  open_channel(kMaxMessage, 1000);
  server_->send(far_, std::string(100'000, 'y'));
  ASSERT_TRUE(drive_until([&] { return far().closed && near().closed; }));
  EXPECT_TRUE(near().messages.empty());
  EXPECT_EQ(near().closed->code, AR_CLOSE_TOO_LARGE);
  EXPECT_EQ(far().closed->code, AR_CLOSE_TOO_LARGE);
}

TEST_F(TransportMessages, ToAChannelThatNeverWasAreDropped) {
  EXPECT_EQ(client_->send(4'711, "nobody"), 0U);
}

}  // namespace
}  // namespace agentroom::conformance

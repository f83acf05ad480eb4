#include <gmock/gmock.h>

#include <thread>

#include "line.hpp"

namespace agentroom::client {
namespace {

TEST_F(Line, ClosesSoonWithMessagesOutstandingAndLosesNone) {
  constexpr std::size_t kMany = 50;
  std::optional<Client> alice = opened(options(alice_home));
  std::optional<Client> bob = opened(options(bob_home));
  befriend(*alice, *bob);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kMany; ++i) ids.push_back(value(alice->send(bob->id(), std::to_string(i))));
  const Message held = await<Message>(*bob);
  EXPECT_EQ(held.id, ids[0]);

  const auto began = std::chrono::steady_clock::now();
  alice.reset();
  bob.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));

  alice = opened(options(alice_home));
  bob = opened(options(bob_home));
  for (const std::string& id : ids) {
    const Message message = await<Message>(*bob);
    ASSERT_EQ(message.id, id);
    EXPECT_EQ(message.attempt, 1U) << "what a client gave back was no attempt";
    expect_done(bob->done(message));
  }
}

TEST_F(Line, EndsWhatWaitsWhenItCloses) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  EXPECT_NE(value(alice.send(bob.id(), "x")), "");
  const Message message = await<Message>(bob);
  std::thread reader([&] {
    while (bob.next_event(std::chrono::hours(1))) {
    }
  });
  bob.close();
  reader.join();
  EXPECT_FALSE(bob.next_event(std::chrono::hours(1)));
  EXPECT_EQ(code(bob.done(message)), "cancelled");
  EXPECT_EQ(code(bob.reply(message, "y")), "cancelled");
  EXPECT_EQ(code(bob.send(alice.id(), "y")), "cancelled");
  EXPECT_EQ(code(bob.create_invite()), "cancelled");
  EXPECT_EQ(code(bob.peers()), "cancelled");
  bob.close();
}

TEST_F(Line, MovesWithoutAPause) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  Client moved = std::move(bob);
  EXPECT_NE(value(alice.send(moved.id(), "x")), "");
  EXPECT_EQ(await<Message>(moved).text, "x");
}

}  // namespace
}  // namespace agentroom::client

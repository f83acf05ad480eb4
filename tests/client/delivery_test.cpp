// Nothing is done before the program said so, and nothing is answered twice.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "line.hpp"

namespace agentroom::client {
namespace {

using testing::ElementsAre;

TEST_F(Line, BringsAMessageAgainUntilItIsDone) {
  Client alice = opened(options(alice_home));
  std::optional<Client> bob = opened(options(bob_home));
  befriend(alice, *bob);
  const std::string id = value(alice.send(bob->id(), "once"));
  EXPECT_EQ(await<Message>(*bob).id, id);

  bob.reset();
  bob = opened(options(bob_home));
  const Message again = await<Message>(*bob);
  EXPECT_EQ(again.id, id);
  EXPECT_EQ(again.text, "once");
  expect_done(bob->done(again));
  EXPECT_EQ(code(bob->done(again)), "not_found");
  EXPECT_EQ(code(bob->reply(again, "too late")), "not_found");

  bob.reset();
  bob = opened(options(bob_home));
  EXPECT_NE(value(alice.send(bob->id(), "twice")), "");
  EXPECT_EQ(await<Message>(*bob).text, "twice");
}

TEST_F(Line, AnswersAMessageOnce) {
  Client alice = opened(options(alice_home));
  std::optional<Client> bob = opened(options(bob_home));
  befriend(alice, *bob);
  EXPECT_NE(value(alice.send(bob->id(), "1")), "");
  const Message message = await<Message>(*bob);
  EXPECT_NE(value(bob->reply(message, "one")), "");
  EXPECT_EQ(code(bob->reply(message, "uno")), "not_found");
  bob.reset();
  bob = opened(options(bob_home));
  EXPECT_EQ(code(bob->reply(message, "eins")), "not_found");
  EXPECT_NE(value(alice.send(bob->id(), "2")), "");
  EXPECT_NE(value(bob->reply(await<Message>(*bob), "two")), "");
  std::vector<std::string> answers;
  for (int i = 0; i < 2; ++i) {
    const Message answer = await<Message>(alice);
    answers.push_back(answer.text);
    expect_done(alice.done(answer));
  }
  EXPECT_THAT(answers, ElementsAre("one", "two"));
}

TEST_F(Line, BringsAMessageAgainHoweverOftenItsReaderIsKilled) {
  Client alice = opened(options(alice_home));
  std::string id;
  {
    Client bob = opened(options(bob_home));
    befriend(alice, bob);
    id = value(alice.send(bob.id(), "you cannot kill me"));
    await_unhandled(bob, 1);
  }
  for (int attempt = 1; attempt <= 5; ++attempt) {
    e2e::Child reader(CLIENT_READER, {bob_home.path().string(), relay->url()}, bob_home.environment,
                      bob_home.desk() / "stderr.reader", bob_home.desk());
    EXPECT_EQ(reader.read_line(), id + " " + std::to_string(attempt)) << reader.errors();
    reader.signal(SIGKILL);
    reader.wait();
  }
  Client bob = opened(options(bob_home));
  const Message message = await<Message>(bob);
  EXPECT_EQ(message.id, id);
  EXPECT_EQ(message.attempt, 6U);
}

TEST_F(Line, BringsManyMessagesInOrderToASlowReader) {
  constexpr std::size_t kMany = 300;
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_NE(value(alice.send(bob.id(), std::to_string(i))), "");
  await_unhandled(bob, kMany);

  std::optional<Message> message = await<Message>(bob);
  EXPECT_FALSE(bob.next_event(std::chrono::milliseconds(0))) << "the next one of a peer comes when this one is done";
  for (std::size_t i = 0; i < kMany; ++i) {
    if (i > 0) message = await<Message>(bob);
    ASSERT_EQ(message->text, std::to_string(i));
    expect_done(bob.done(*message));
  }
  await_unhandled(bob, 0);
}

/// Of the files that this process writes.
class NoRoom {
 public:
  NoRoom() : action_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit none{.rlim_cur = 1, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  }
  ~NoRoom() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, action_);
  }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  void (*action_)(int);
  rlimit before_{};
};

TEST_F(Line, GoesOnWhenTheDiskDoesAndBringsWhatWasNotDoneAgain) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  EXPECT_NE(value(alice.send(bob.id(), "x")), "");
  await_sent(alice);
  const Message message = await<Message>(bob);
  {
    const NoRoom disk;
    EXPECT_EQ(code(bob.done(message)), "io");
    EXPECT_EQ(await<StoreFailed>(bob).why.code, "io");
    EXPECT_EQ(code(bob.send(alice.id(), "y")), "io");
  }
  const Message again = await<Message>(bob);
  EXPECT_EQ(again.id, message.id);
  EXPECT_EQ(again.attempt, 2U);
  expect_done(bob.done(again));
}

TEST_F(Line, KeepsAPeerThatIsNotAnsweredFromHoldingUpAnother) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  const e2e::Home carol_home;
  Client carol = opened(options(carol_home));
  befriend(alice, bob);
  befriend(carol, bob);
  EXPECT_NE(value(alice.send(bob.id(), "a hard one")), "");
  const Message hard = await<Message>(bob);
  EXPECT_NE(value(carol.send(bob.id(), "an easy one")), "");
  EXPECT_NE(value(bob.reply(await<Message>(bob), "done")), "");
  EXPECT_EQ(await<Message>(carol).text, "done");
  EXPECT_NE(value(bob.reply(hard, "done too")), "");
  EXPECT_EQ(await<Message>(alice).text, "done too");
}

}  // namespace
}  // namespace agentroom::client

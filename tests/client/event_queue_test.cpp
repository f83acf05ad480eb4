#include "event_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace agentroom::client {
namespace {

using std::chrono::milliseconds;

Message message(std::string id) {
  Message made;
  made.id = std::move(id);
  made.peer = "peer";
  return made;
}

template <class Kind>
bool next_is(EventQueue& queue) {
  const auto event = queue.pop(milliseconds(0));
  return event && std::holds_alternative<Kind>(*event);
}

TEST(EventQueue, GivesEventsInTheirOrder) {
  EventQueue queue;
  queue.push(Connected{});
  queue.push(message("1"));
  EXPECT_TRUE(next_is<Connected>(queue));
  EXPECT_TRUE(next_is<Message>(queue));
  EXPECT_FALSE(queue.pop(milliseconds(0)));
}

TEST(EventQueue, DropsWhatNobodyReadsButNeverAMessageAndSaysHowMany) {
  EventQueue queue;
  for (int i = 0; i < 1'024 + 5; ++i) queue.push(Connected{});
  queue.push(message("1"));
  queue.push(Disconnected{});
  queue.push(message("2"));
  for (int i = 0; i < 1'024; ++i) ASSERT_TRUE(next_is<Connected>(queue));
  auto dropped = queue.pop(milliseconds(0));
  ASSERT_TRUE(dropped && std::holds_alternative<EventsDropped>(*dropped));
  EXPECT_EQ(std::get<EventsDropped>(*dropped).count, 5U);
  EXPECT_TRUE(next_is<Message>(queue));
  EXPECT_TRUE(next_is<EventsDropped>(queue));
  EXPECT_TRUE(next_is<Message>(queue));
  queue.push(Connected{});
  EXPECT_TRUE(next_is<Connected>(queue));
}

TEST(EventQueue, TakesBackMessagesThatWereNotRead) {
  EventQueue queue;
  queue.push(message("1"));
  queue.push(message("2"));
  queue.push(Connected{});
  queue.take_back("other", "1");
  queue.take_back("peer", "1");
  const auto left = queue.pop(milliseconds(0));
  ASSERT_TRUE(left && std::holds_alternative<Message>(*left));
  EXPECT_EQ(std::get<Message>(*left).id, "2");
  queue.push(message("3"));
  queue.take_back_messages();
  EXPECT_TRUE(next_is<Connected>(queue));
  EXPECT_FALSE(queue.pop(milliseconds(0)));
}

TEST(EventQueue, EndsAllWaitsWhenItCloses) {
  EventQueue queue;
  std::thread first([&] { EXPECT_FALSE(queue.pop(std::chrono::hours(1))); });
  std::thread second([&] { EXPECT_FALSE(queue.pop(milliseconds::max())); });
  queue.close();
  first.join();
  second.join();
  queue.push(message("1"));
  EXPECT_FALSE(queue.pop(std::chrono::hours(1)));
}

}  // namespace
}  // namespace agentroom::client

#include "event_lines.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>

namespace agentroom::cli {
namespace {

constexpr const char* kKey = "L9CN_qbAnYeslSWlbovfdZfE3NMbEfbjWZ8Opmp5uYU";

class EventLines : public testing::Test {
 protected:
  /// Without the time in front, which is local.
  std::string line(boost::json::object event) const {
    event["ts"] = 1'700'000'000'000;
    const std::string all = event_line(out_, event);
    return all.size() > 10 ? all.substr(10) : all;
  }

 private:
  Output out_{false, false};
};

TEST_F(EventLines, TellWhoSaidWhat) {
  EXPECT_EQ(line({{"type", "received"}, {"from", kKey}, {"from_name", "bob"}, {"text", "hello"}}), "<- bob: hello");
  EXPECT_EQ(line({{"type", "message"}, {"from", kKey}, {"from_name", ""}, {"text", "hello"}}), "<- L9CN_qbA…: hello");
  EXPECT_EQ(line({{"type", "replied"}, {"to", kKey}, {"to_name", "bob"}, {"text", "yes"}}), "-> bob: yes");
  EXPECT_EQ(line({{"type", "no_reply"}, {"from", kKey}}), "-- no reply to L9CN_qbA…");
}

TEST_F(EventLines, NeverLetAPeerActOnTheTerminal) {
  const std::string hostile = "a\x1b[2J\x07\xe2\x80\xae";
  for (const char* type :
       {"received", "message", "replied", "handler_error", "send_error", "unreadable", "peer_online", "invite_closed",
        "relay_refused", "disconnect", "serving", "listening", "reconnect", "store_error"}) {
    boost::json::object event{{"type", type}};
    for (const char* member :
         {"from", "to", "from_name", "to_name", "text", "error", "name", "pk", "server", "through"}) {
      event[member] = hostile;
    }
    const std::string shown = line(event);
    for (const char* bad : {"\x1b", "\x07", "\xe2\x80\xae"}) EXPECT_EQ(shown.find(bad), std::string::npos) << type;
  }
}

TEST_F(EventLines, PutFurtherLinesOfATextUnderTheFirst) {
  EXPECT_EQ(line({{"type", "received"}, {"from", kKey}, {"from_name", "bob"}, {"text", "one\ntwo"}}),
            "<- bob: one\n              two");
}

TEST_F(EventLines, TellAnOutageOnce) {
  boost::json::object event{{"type", "disconnect"}, {"error", "cannot reach it"}, {"retry_in_ms", 500}, {"attempt", 1}};
  EXPECT_EQ(line(event), "== cannot reach it; trying again until it works");
  event["attempt"] = 2;
  EXPECT_EQ(line(event), "");
}

TEST_F(EventLines, TellARelayThatIsRefusedLoudlyAndOnce) {
  boost::json::object event{{"type", "relay_refused"},
                            {"error", "relay identity changed: ws://relay"},
                            {"code", "relay_identity_changed"},
                            {"hint", "nothing was sent to it"}};
  const std::string told = line(event);
  EXPECT_EQ(told.find("!! relay identity changed: ws://relay"), 0U) << told;
  EXPECT_NE(told.find("nothing is sent to it"), std::string::npos) << told;
  event["type"] = "disconnect";
  event["attempt"] = 1;
  EXPECT_EQ(line(event), "");
}

TEST_F(EventLines, SayNothingOfEventsThatAreForProgramsAlone) {
  EXPECT_EQ(line({{"type", "hmac_generated"}, {"hmac_secret", "s"}}), "");
  EXPECT_EQ(line({{"type", 7}}), "");
  EXPECT_EQ(line({}), "");
}

}  // namespace
}  // namespace agentroom::cli

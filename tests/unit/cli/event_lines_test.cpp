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
  for (const char* type : {"received", "message", "replied", "handler_error", "send_error", "unreadable", "peer_online",
                           "invite_closed", "relay_refused", "disconnect", "serving", "listening", "reconnect",
                           "store_error", "tunnel", "tunnel_moved", "tunnel_lost", "tunnel_error", "cloudflared"}) {
    boost::json::object event{{"type", type}};
    for (const char* member : {"from", "to", "from_name", "to_name", "text", "error", "name", "pk", "server", "through",
                               "url", "reason", "state", "detail"}) {
      event[member] = hostile;
    }
    const std::string shown = line(event);
    for (const char* bad : {"\x1b", "\x07", "\xe2\x80\xae"}) EXPECT_EQ(shown.find(bad), std::string::npos) << type;
  }
}

TEST_F(EventLines, TellWhatATunnelDoes) {
  EXPECT_EQ(line({{"type", "cloudflared"}, {"state", "downloading"}, {"detail", "2026.5.2"}, {"standby", false}}),
            ".. cloudflared: downloading, 2026.5.2");
  EXPECT_EQ(line({{"type", "tunnel"}, {"url", "wss://a.example/ws"}, {"reachable", true}, {"standby", false}}),
            "== public URL wss://a.example/ws");
  EXPECT_EQ(line({{"type", "tunnel"}, {"url", "wss://b.example/ws"}, {"reachable", true}, {"standby", true}}),
            "== public URL wss://b.example/ws (stands by)");
  EXPECT_EQ(line({{"type", "tunnel"}, {"url", "wss://a.example/ws"}, {"reachable", false}, {"error", "no answer"}}),
            "== public URL wss://a.example/ws, which does not work yet: no answer");
  EXPECT_EQ(line({{"type", "tunnel_lost"}, {"url", "wss://a.example/ws"}, {"reason", "it ended"}, {"standby", false}}),
            "== a tunnel is lost: it ended");
  EXPECT_EQ(line({{"type", "tunnel_error"}, {"error", "no network"}, {"final", false}}),
            "!! no tunnel: no network; trying again");
  EXPECT_EQ(line({{"type", "tunnel_error"}, {"error", "no network"}, {"hint", "plug it in"}, {"final", false}}),
            "!! no tunnel: no network; trying again\n             plug it in");
  // How far a download is has a line of its own, and one that stands by is told of when it is up.
  EXPECT_EQ(line({{"type", "cloudflared"}, {"state", "downloading"}, {"detail", ""}, {"bytes", 5}}), "");
  EXPECT_EQ(line({{"type", "cloudflared"}, {"state", "starting"}, {"detail", ""}, {"standby", true}}), "");
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

#include "config/server_url.hpp"

#include <gtest/gtest.h>

#include "config/home.hpp"
#include "folder.hpp"

namespace agentroom::config {
namespace {

struct ServerPrecedence : testing::Test {
  Folder folder;
  Home home{folder.path()};

  ServerChoice choose(const std::optional<std::string>& flag, const std::optional<std::string>& variable,
                      const std::optional<std::string>& configured) {
    std::map<std::string, std::string> variables;
    if (variable) variables["AGENTROOM_SERVER"] = *variable;
    auto choice = choose_server(flag, environment_of(variables), configured, home);
    EXPECT_TRUE(choice) << choice.error().message;
    return choice ? *choice : ServerChoice{};
  }
};

TEST_F(ServerPrecedence, TheFlagComesFirst) {
  folder.write("server_url", "ws://file/ws\n");
  const auto choice = choose("ws://flag/ws", "ws://variable/ws", "ws://config/ws");
  EXPECT_EQ(choice.url, "ws://flag/ws");
  EXPECT_TRUE(choice.flag);
}

TEST_F(ServerPrecedence, ThenTheEnvironment) {
  folder.write("server_url", "ws://file/ws\n");
  const auto choice = choose({}, "ws://variable/ws", "ws://config/ws");
  EXPECT_EQ(choice.url, "ws://variable/ws");
  EXPECT_FALSE(choice.flag);
}

TEST_F(ServerPrecedence, ThenTheConfiguration) {
  folder.write("server_url", "ws://file/ws\n");
  EXPECT_EQ(choose({}, {}, "ws://config/ws").url, "ws://config/ws");
  EXPECT_EQ(choose({}, "", "ws://config/ws").url, "ws://config/ws") << "an empty variable is not set";
}

TEST_F(ServerPrecedence, ThenTheFileOfTheHome) {
  folder.write("server_url", "  ws://file/ws \r\n\n");
  const auto choice = choose({}, {}, {});
  EXPECT_EQ(choice.url, "ws://file/ws");
  EXPECT_TRUE(choice.known);
}

TEST_F(ServerPrecedence, ThenThisMachineWhichNobodyNamed) {
  const auto choice = choose({}, {}, {});
  EXPECT_EQ(choice.url, "ws://localhost:8787/ws");
  EXPECT_FALSE(choice.known);
}

TEST_F(ServerPrecedence, AWrongUrlIsAnErrorOfWhereItStands) {
  EXPECT_EQ(choose_server("relay.example.org", environment_of({}), {}, home).error().code, ErrorCode::kUsage);
  EXPECT_EQ(choose_server({}, environment_of({{"AGENTROOM_SERVER", "https://x/"}}), {}, home).error().code,
            ErrorCode::kUsage);
  const auto file = folder.write("server_url", "nonsense");
  const auto error = choose_server({}, environment_of({}), {}, home).error();
  EXPECT_EQ(error.code, ErrorCode::kConfig);
  EXPECT_NE(error.message.find(file.string()), std::string::npos) << error.message;
}

TEST(ServerUrl, OfAWebSocketNamesAHostAndAPortThatCanBe) {
  for (const char* good : {"ws://h", "ws://h/", "ws://h?x", "ws://my_relay:1/ws", "wss://h:65535/ws", "ws://[::1]/ws",
                           "ws://[::1]:8787/ws", "ws://127.0.0.1:8787/ws?a=b:c@d"}) {
    EXPECT_EQ(what_is_wrong_with_server_url(good), "") << good;
  }
  for (const char* bad : {"ws:///ws", "ws://:8787/ws", "ws://h:/ws", "ws://h:0/ws", "ws://h:65536/ws", "ws://h:abc/ws",
                          "ws://h:-1/ws", "ws://h:1:2/ws", "ws://::1/ws", "ws://[::1/ws", "ws://[x]/ws", "ws://[]/ws",
                          "ws://[::1]x/ws", "ws://h/ws#part"}) {
    EXPECT_NE(what_is_wrong_with_server_url(bad), "") << bad;
  }
}

TEST(ServerUrl, WithAPasswordIsRefusedWithoutShowingIt) {
  for (const char* url : {"ws://me:hunter2@h/ws", "https://me:hunter2@h/ws", "ws://me:hunter2 @h", "me:hunter2@h"}) {
    const std::string what = what_is_wrong_with_server_url(url);
    EXPECT_NE(what, "") << url;
    EXPECT_EQ(what.find("hunter2"), std::string::npos) << what;
  }
}

TEST(ServerUrl, HasASchemeAndNoControlCharacters) {
  for (const char* good : {"ws://localhost:8787/ws", "wss://relay.example.org/ws", "loopback://a", "x+y://b"}) {
    EXPECT_EQ(what_is_wrong_with_server_url(good), "") << good;
  }
  for (const char* bad :
       {"", "localhost", "ws://", "://x", "WS://x", "ws://a b", "ws://a\n", "ws://\x1b[2J", "http://x", "https://x"}) {
    const std::string what = what_is_wrong_with_server_url(bad);
    EXPECT_NE(what, "") << bad;
    EXPECT_EQ(what.find('\x1b'), std::string::npos) << "a message holds no escape";
  }
}

}  // namespace
}  // namespace agentroom::config

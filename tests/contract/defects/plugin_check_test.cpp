// `agentroom plugin check` finds every planted defect, and nothing in the plugins of this tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "room.hpp"

namespace agentroom {
namespace {

namespace fs = std::filesystem;
using e2e::text;
using testing::HasSubstr;

constexpr std::chrono::minutes kPatience{4};  // a whole suite under a sanitizer

struct Report {
  int code = -1;
  boost::json::object object;
  std::string errors;

  const boost::json::object* promise(const std::string& name) const {
    const auto* all = object.if_contains("promises");
    if (all == nullptr) return nullptr;
    for (const auto& each : all->as_array()) {
      if (each.as_object().at("promise").as_string() == name) return &each.as_object();
    }
    return nullptr;
  }
};

class PluginCheck : public testing::Test {
 protected:
  Report check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plugin", "check", "--json"});
    const auto child = home.start(arguments);
    Report report;
    const auto line = child->read_line(kPatience);
    report.code = child->wait();
    report.errors = child->errors();
    if (line) report.object = boost::json::parse(*line).as_object();
    return report;
  }

  e2e::Home home;
};

struct Defect {
  const char* plugin;
  const char* promise;  ///< the one that has to be found broken
  const char* verdict = "broken";
};

void PrintTo(const Defect& defect, std::ostream* out) {
  *out << defect.plugin;
}

class PlantedDefect : public PluginCheck, public testing::WithParamInterface<Defect> {};

TEST_P(PlantedDefect, IsFound) {
  const Defect& defect = GetParam();
  const Report report =
      check({std::string(DEFECTS) + "/" + defect.plugin + ".so", "--only", std::string(defect.promise)});
  EXPECT_EQ(report.code, 1) << report.errors;
  ASSERT_NE(report.promise(defect.promise), nullptr) << boost::json::serialize(report.object) << report.errors;
  EXPECT_EQ(text(*report.promise(defect.promise), "verdict"), defect.verdict);
  EXPECT_NE(text(*report.promise(defect.promise), "said"), "") << "it says what was expected";
  EXPECT_EQ(report.object.at("broken").as_int64(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Of, PlantedDefect,
    testing::Values(
        Defect{"handler-answers-from-another-thread", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"handler-answers-twice", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"handler-answers-with-nothing", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"handler-fails-without-a-word", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"handler-ignores-cancel", "HandlerCalls.EndWithinTwoSecondsOfBeingCancelled"},
        Defect{"handler-leaks-a-descriptor", "HandlerCalls.LeaveNothingBehindOnceTheInstanceIsClosed"},
        Defect{"handler-leaks-a-thread", "HandlerCalls.LeaveNothingBehindOnceTheInstanceIsClosed"},
        Defect{"handler-never-answers", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"handler-takes-the-text-for-a-format", "HandlerCalls.SurviveHostileTexts", "crashed"},
        Defect{"handler-throws", "HandlerCalls.EndInOneAnswerOnTheirOwnThread"},
        Defect{"store-completes-inside-commit", "StoreCommits.APutReplaces"},
        Defect{"store-completes-out-of-order", "StoreCommits.CompletionsComeOnceEachInTheOrderOfTheCommits"},
        Defect{"store-crashes", "StoreReads.GetReturnsWhatWasCommitted", "crashed"},
        Defect{"store-cuts-values", "StoreCommits.TheLargestKeyAndValueAreKept"},
        Defect{"store-folds-case", "StoreReads.KeysThatDifferInCaseAreTwo"},
        Defect{"store-forgets-commits-at-close", "StoreLife.CloseCompletesEveryAcceptedCommit"},
        Defect{"store-ignores-after", "StoreReads.ScanContinuesBehindAKey"},
        Defect{"store-ignores-the-limit", "StoreReads.ScanEndsAtTheLimit"},
        Defect{"store-leaks-a-thread", "StoreLife.NothingOutlivesTheInstance"},
        Defect{"store-loses-a-commit", "StoreCrash.AcknowledgedBatchesSurviveAKillAndNoneIsTorn"},
        Defect{"store-overwrites-what-is-present", "StoreCommits.OneOfManyClaimsOfAKeyWins"},
        Defect{"store-scans-backwards", "StoreReads.ScanFollowsTheOrderOfUnsignedBytes"},
        Defect{"store-tears-a-batch", "StoreCommits.AConflictUndoesItsWholeBatchAndNoOther"},
        Defect{"store-throws", "StoreReads.GetReturnsWhatWasCommitted"},
        Defect{"transport-calls-back-outside-turn", "TransportEnds.AClientCanCloseToo"},
        Defect{"transport-changes-the-order", "TransportMessages.KeepTheirOrder"},
        Defect{"transport-cuts-messages", "TransportMessages.KeepTheirBoundaries"},
        Defect{"transport-delivers-twice", "TransportTurns.EndWhenAMessageComes"},
        Defect{"transport-leaks-a-thread", "TransportTurns.NothingOutlivesTheInstance"},
        Defect{"transport-loses-messages", "TransportFlow.DrainedComesOnlyAfterHighWater"},
        Defect{"transport-never-tells-drained", "TransportFlow.AReaderThatPausesHoldsTheSenderBack"},
        Defect{"transport-tells-a-wrong-code", "TransportMessages.TooLargeForTheListenerCloseTheChannelWith1009"},
        Defect{"transport-tells-the-end-twice", "TransportEnds.AClientCanCloseToo"},
        Defect{"transport-spins-while-paused", "TransportFlow.APausedChannelEndsNoWait"},
        Defect{"transport-waits-for-ever", "TransportEnds.AnAttemptThatNobodyAnswersEndsByItsTimeout"},
        Defect{"tunnel-calls-back-after-close", "TunnelThatIsReady.EndsCleanlyWhenReady"},
        Defect{"tunnel-calls-back-from-open", "TunnelThatIsReady.EndsCleanlyWhenReady"},
        Defect{"tunnel-leaks-a-thread", "TunnelThatIsReady.EndsCleanlyWhenReady"},
        Defect{"tunnel-tells-a-url-of-another-scheme", "TunnelThatIsReady.TellsAChannelUrlAndTheOneForPlainRequests"}),
    [](const auto& each) { return std::regex_replace(std::string(each.param.plugin), std::regex("-"), "_"); });

/// A plugin that ships, and what it is configured with; "--when" files are made from the rest.
struct Shipped {
  const char* plugin;
  const char* config;
  std::vector<std::pair<std::string, std::string>> when;
  std::vector<std::string> more;
};

void PrintTo(const Shipped& shipped, std::ostream* out) {
  *out << shipped.plugin;
}

class ShippedPlugin : public PluginCheck, public testing::WithParamInterface<Shipped> {};

TEST_P(ShippedPlugin, KeepsEveryPromise) {
  const Shipped& shipped = GetParam();
  std::vector<std::string> arguments{std::string(PLUGINS) + "/" + shipped.plugin + ".so", "--config",
                                     home.write("agentroom.toml", shipped.config)};
  for (const auto& [behaviour, config] : shipped.when) {
    arguments.emplace_back("--when");
    arguments.push_back(behaviour + "=" + home.write(behaviour + ".toml", config).string());
  }
  for (const std::string& each : shipped.more) arguments.insert(arguments.end(), {"--without", each});
  const Report report = check(arguments);
  EXPECT_EQ(report.code, 0) << boost::json::serialize(report.object) << report.errors;
  EXPECT_EQ(report.object.at("broken").as_int64(), 0);
  EXPECT_GE(report.object.at("kept").as_int64(), 10);
}

std::string standin(const std::string& mode) {
  return std::string("[tunnel.cloudflared]\nrestart_delay = '20ms'\npublic_url_pattern = ") +
         R"('^\S+ INF \|\s+(http://127\.0\.0\.1:\d+)\s+\|\s*$')" + "\n" + mode;
}

std::string exec_tunnel(const std::string& command) {
  return "[tunnel.exec]\nrestart_delay = '20ms'\nurl_pattern = 'it is (http:.*)'\ncommand = " + command + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Of, ShippedPlugin,
    testing::Values(Shipped{"handler-echo", "", {{"echo", ""}}, {}},
                    Shipped{"handler-exec",
                            "[handler.exec]\ncommand = 'cat'\n",
                            {{"echo", "[handler.exec]\ncommand = 'cat'\n"},
                             {"none", "[handler.exec]\ncommand = 'cat > /dev/null'\n"},
                             {"fail", "[handler.exec]\ncommand = 'exit 3'\n"},
                             {"endless", "[handler.exec]\ncommand = 'sleep 1000'\ntimeout = '0s'\n"},
                             {"timeout", "[handler.exec]\ncommand = 'sleep 1000'\ntimeout = '200ms'\n"}},
                            {}},
                    Shipped{"store-sqlite", "", {}, {}},
                    Shipped{"store-memory",
                            "",
                            {{"full", "[store.memory]\nmax_bytes = '1MiB'\n"}},
                            {"StoreDurability", "FullStoreDurability", "StoreCrash"}},
                    Shipped{"transport-loopback", "", {}, {}}, Shipped{"transport-ws", "", {}, {}},
                    Shipped{"tunnel-none", "", {}, {}},
                    Shipped{"tunnel-exec",
                            "[tunnel.exec]\nrestart_delay = '20ms'\nurl_pattern = 'it is (http:.*)'\n"
                            "command = 'echo \"it is $AGENTROOM_LOCAL_URL\"; exec sleep 1000'\n",
                            {{"lossy", exec_tunnel(R"('echo "it is $AGENTROOM_LOCAL_URL"; sleep 1')")},
                             {"stuck", exec_tunnel(R"('trap "" TERM; sleep 1000')")},
                             {"failing", exec_tunnel(R"('echo "no such tunnel" >&2; exit 3')")},
                             {"hopeless", exec_tunnel(R"(["/no/such/program"])")}},
                            {}}),
    [](const auto& each) { return std::regex_replace(std::string(each.param.plugin), std::regex("-"), "_"); });

TEST_F(PluginCheck, OfCloudflaredHoldsWithAStandIn) {
  const auto program = [&](const std::string& name, const std::string& mode) {
    const fs::path script =
        home.write(name, "#!/bin/sh\nLC_STANDIN_MODE=" + mode + " exec '" + CLOUDFLARED_STANDIN + "' \"$@\"\n");
    fs::permissions(script, fs::perms::owner_all);
    return standin("binary = '" + script.string() + "'\n");
  };
  std::vector<std::string> arguments{std::string(PLUGINS) + "/tunnel-cloudflared.so", "--config",
                                     home.write("agentroom.toml", program("ready", ""))};
  const std::vector<std::pair<std::string, std::string>> when{{"lossy", program("lossy", "crashes")},
                                                              {"stuck", program("stuck", "silent,stubborn")},
                                                              {"failing", program("failing", "fails")},
                                                              {"hopeless", standin("binary = '/no/such/program'\n")}};
  for (const auto& [behaviour, config] : when) {
    arguments.emplace_back("--when");
    arguments.push_back(behaviour + "=" + home.write(behaviour + ".toml", config).string());
  }
  const Report report = check(arguments);
  EXPECT_EQ(report.code, 0) << boost::json::serialize(report.object) << report.errors;
  EXPECT_EQ(report.object.at("left_out").as_int64(), 0);
}

TEST_F(PluginCheck, TellsPeopleInATable) {
  const auto ended = home.run({"plugin", "check", std::string(DEFECTS) + "/store-tears-a-batch.so", "--only",
                               "StoreCommits.AnEmptyBatchIsCompleted", "--only",
                               "StoreCommits.AConflictUndoesItsWholeBatchAndNoOther"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("store-tears-a-batch 0.1.0 as a store"));
  EXPECT_THAT(ended.out, HasSubstr("an empty batch is completed"));
  EXPECT_THAT(ended.out, HasSubstr("a conflict undoes its whole batch and no other"));
  EXPECT_THAT(ended.out, HasSubstr("Expected: has 4 elements"));
  EXPECT_THAT(ended.out, HasSubstr("1 kept, 1 broken, 0 left out"));
}

TEST_F(PluginCheck, SaysWhatIsWrongWithItsArguments) {
  const std::string echo = std::string(PLUGINS) + "/handler-echo.so";
  const auto expect = [&](const std::vector<std::string>& more, int code, const std::string& words) {
    std::vector<std::string> arguments{"plugin", "check"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ended = home.run(arguments);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(words));
    EXPECT_EQ(ended.out, "");
  };
  expect({"./no-such.so"}, 1, "there is no file ./no-such.so");
  expect({PLUGINS}, 1, "is a folder");
  std::ofstream(home.desk() / "alone.so") << "no library";
  expect({(home.desk() / "alone.so").string()}, 1, "alone.toml");
  expect({echo, "--when", "echo"}, 2, "--when takes BEHAVIOUR=FILE");
  expect({echo, "--when", "ecko=x.toml"}, 2, "did you mean `echo`?");
  expect({echo, "--when", "echo=missing.toml"}, 2, "missing.toml");
  expect({echo, "--only", "HandlerCals"}, 2, "did you mean `HandlerCalls`?");
  expect({echo, "--only", "HandlerCalls", "--without", "HandlerCalls"}, 2, "no promise is left to check");
  expect({std::string(PLUGINS) + "/handler-exec.so"}, 2, "command");
}

TEST_F(PluginCheck, RefusesAPluginThatDoesNotLoad) {
  std::ofstream(home.desk() / "handler-none.so") << "no library";
  home.write("handler-none.toml",
             "id = 'handler-none'\nkind = 'handler'\nabi = '1.0'\nversion = '1'\ndescription = 'none'\n");
  const Report report = check({(home.desk() / "handler-none.so").string()});
  EXPECT_EQ(report.code, 1);
  EXPECT_EQ(text(report.object, "code"), "plugin");
}

TEST_F(PluginCheck, LeavesNothingWhenItIsStopped) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    e2e::Home away;
    away.environment["TMPDIR"] = away.desk();
    const auto child = away.start({"plugin", "check", std::string(DEFECTS) + "/handler-ignores-cancel.so"});
    ASSERT_TRUE(child->read_line(kPatience)) << child->errors();
    child->signal(signal);
    EXPECT_EQ(child->wait(), 1) << signal;
    EXPECT_THAT(child->errors(), HasSubstr("stopped before all promises were checked"));
    for (const auto& entry : fs::directory_iterator(away.desk())) {
      EXPECT_THAT(entry.path().filename().string(), testing::Not(testing::StartsWith("agentroom-"))) << entry.path();
    }
  }
}

TEST_F(PluginCheck, GivesNoConfigurationAwayInAnArgument) {
  const fs::path file = home.write("agentroom.toml", "[store.sqlite]\nintegrity_check = \"off\"\n");
  const auto child = home.start({"plugin", "check", std::string(PLUGINS) + "/store-sqlite.so", "--config",
                                 file.string(), "--only", "StoreCrash"});
  std::string seen;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < until) {
    for (const auto& process : fs::directory_iterator("/proc")) {
      std::string arguments;
      try {
        arguments = e2e::contents(process.path() / "cmdline");
      } catch (const std::ios_base::failure&) {
        continue;  // it has ended meanwhile
      }
      if (arguments.find("--store-writer") != std::string::npos) seen = arguments;
      EXPECT_EQ(arguments.find("integrity_check"), std::string::npos) << arguments;
    }
    if (!seen.empty()) break;
  }
  EXPECT_NE(seen, "") << "the writer was not seen";
  EXPECT_EQ(child->wait(kPatience), 0) << child->errors();
}

TEST_F(PluginCheck, SeesAndEndsADaemonThatAHandlerLeaves) {
  const fs::path pid = home.desk() / "pid";
  const fs::path file =
      home.write("agentroom.toml", "[handler.exec]\ncommand = \"setsid sh -c 'echo $$ > " + pid.string() +
                                       "; exec sleep 1000' > /dev/null 2>&1 < /dev/null & cat\"\n");
  const Report report = check({std::string(PLUGINS) + "/handler-exec.so", "--config", file.string(), "--only",
                               "HandlerCalls.LeaveNothingBehindOnceTheInstanceIsClosed"});
  EXPECT_EQ(report.code, 1);
  EXPECT_EQ(report.object.at("broken").as_int64(), 1) << boost::json::serialize(report.object);
  const std::string left = e2e::contents(pid);
  ASSERT_NE(left, "");
  EXPECT_FALSE(fs::exists("/proc/" + left.substr(0, left.find('\n')))) << "it is ended";
}

TEST_F(PluginCheck, IsNotLedAstrayByTheEnvironment) {
  home.environment["GTEST_TOTAL_SHARDS"] = "2";
  home.environment["GTEST_SHARD_INDEX"] = "1";
  const Report report = check({std::string(PLUGINS) + "/handler-echo.so", "--only", "HandlerCalls"});
  EXPECT_EQ(report.code, 0) << boost::json::serialize(report.object);
}

}  // namespace
}  // namespace agentroom

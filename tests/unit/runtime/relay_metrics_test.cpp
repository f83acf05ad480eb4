#include "runtime/relay_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

namespace agentroom::runtime {
namespace {

using testing::HasSubstr;

std::string text_of(const RelayStatus& status, const std::vector<host::PluginMetric>& plugins = {}) {
  return RelayMetrics{status, plugins, std::chrono::seconds(61), 20'000}.text();
}

TEST(RelayMetrics, NameTypeAndValue) {
  RelayStatus status;
  status.delivered = 7;
  EXPECT_THAT(text_of(status),
              HasSubstr("# HELP agentroom_relay_delivered_total Messages that a recipient receipted as "
                        "stored.\n# TYPE agentroom_relay_delivered_total counter\n"
                        "agentroom_relay_delivered_total 7\n"));
  EXPECT_THAT(text_of(status), HasSubstr("agentroom_relay_file_limit 20000\n"));
}

TEST(RelayMetrics, HaveALabelForEachCodeLimitAndReasonFromTheStart) {
  const std::string text = text_of({});
  for (const char* line :
       {"rejected_total{code=\"QUEUE_FULL\"} 0\n", "rejected_total{code=\"INTERNAL\"} 0\n",
        "limit_hits_total{limit=\"connections\"} 0\n", "handshake_failures_total{reason=\"left\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(std::string("agentroom_relay_") + line));
  }
  for (const std::string_view limit : kRelayLimitNames) {
    EXPECT_THAT(text, HasSubstr("limit=\"" + std::string(limit) + "\""));
  }
}

TEST(RelayMetrics, CountWhatTheyAreNamedAfter) {
  RelayStatus status;
  status.hit(RelayLimit::kAllowedTokens);
  status.failed(HandshakeFailure::kTimeout);
  status.rejected_by_code[11] = 3;
  const std::string text = text_of(status);
  EXPECT_THAT(text, HasSubstr("limit_hits_total{limit=\"allowed_tokens\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("handshake_failures_total{reason=\"timeout\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rejected_total{code=\"QUEUE_FULL\"} 3\n"));
}

TEST(RelayMetrics, HaveHistogramsThatAdd) {
  RelayStatus status;
  for (const std::uint64_t us : {100U, 500U, 501U, 3'000U, 9'000'000U})
    status.commit_us.observe(kCommitTimeBoundsUs, us);
  const std::string text = text_of(status);
  for (const char* line : {"_bucket{le=\"0.0005\"} 2\n", "_bucket{le=\"0.001\"} 3\n", "_bucket{le=\"0.005\"} 4\n",
                           "_bucket{le=\"5\"} 4\n", "_bucket{le=\"+Inf\"} 5\n", "_sum 9.004101\n", "_count 5\n"}) {
    EXPECT_THAT(text, HasSubstr(std::string("agentroom_relay_commit_seconds") + line));
  }
}

TEST(RelayMetrics, OfPluginsStandTogetherByName) {
  const std::vector<host::PluginMetric> plugins{
      {"store-a", "rows", true, 3}, {"transport-b", "failures", true, 0.5}, {"store-c", "rows", true, 4}};
  EXPECT_THAT(
      text_of({}, plugins),
      HasSubstr("# TYPE agentroom_plugin_failures counter\nagentroom_plugin_failures{plugin=\"transport-b\"} 0.5\n"
                "# HELP agentroom_plugin_rows Reported by a plugin.\n# TYPE agentroom_plugin_rows counter\n"
                "agentroom_plugin_rows{plugin=\"store-a\"} 3\nagentroom_plugin_rows{plugin=\"store-c\"} 4\n"));
}

/// What a scraper takes: each line a comment of a known kind or a sample of the family that was named last.
TEST(RelayMetrics, AreWhatPrometheusReads) {
  static const std::regex help("# HELP ([a-z_]+) .+");
  static const std::regex type("# TYPE ([a-z_]+) (counter|gauge|histogram)");
  static const std::regex sample(R"re(([a-z_]+?)(_bucket|_sum|_count)?(\{[a-z]+="[^"\\]*"\})? [0-9.e+-]+)re");
  std::istringstream lines(text_of({}, {{"store-a", "rows_total", true, 3}}));
  std::set<std::string> families;
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      family = match[1];
      EXPECT_TRUE(families.insert(family).second) << line;
    } else if (std::regex_match(line, match, type)) {
      EXPECT_EQ(match[1], family);
    } else if (std::regex_match(line, match, sample)) {
      EXPECT_TRUE(match[1] == family || match.str(1) + match.str(2) == family) << line;
    } else {
      ADD_FAILURE() << line;
    }
  }
  EXPECT_GT(families.size(), 20U);
}

}  // namespace
}  // namespace agentroom::runtime

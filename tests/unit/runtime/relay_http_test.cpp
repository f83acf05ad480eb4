#include "runtime/relay_http.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace agentroom::runtime {
namespace {

const RelayHttp kHttp{"1.2.3", std::chrono::seconds(61)};

TEST(RelayHttp, HealthTellsTheStateAsJson) {
  RelayStatus status;
  status.agents = 2;
  status.connections = 3;
  status.pending = 4;
  status.invites = 5;
  const auto response = kHttp.answer({"GET", "/health"}, status);
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(boost::json::parse(response.body), boost::json::parse(R"({"ok":true,"store":"ok","agents":2,"connections":3,
      "pending":4,"invites":5,"uptime_s":61,"version":"1.2.3"})"));
}

TEST(RelayHttp, HealthIs503WhileTheStoreFails) {
  RelayStatus status;
  status.store_ok = false;
  const auto response = kHttp.answer({"GET", "/health?x=1"}, status);
  EXPECT_EQ(response.status, 503U);
  EXPECT_FALSE(boost::json::parse(response.body).at("ok").as_bool());
}

TEST(RelayHttp, MetricsArePlainText) {
  const auto response = kHttp.answer({"GET", "/metrics"}, {});
  EXPECT_EQ(response.status, 200U);
  EXPECT_TRUE(response.content_type.starts_with("text/plain; version=0.0.4"));
  EXPECT_NE(response.body.find("agentroom_relay_uptime_seconds 61\n"), std::string::npos);
}

TEST(RelayHttp, MetricsMayBeLeftOut) {
  const RelayHttp without{"1.2.3", std::chrono::seconds(61), false};
  EXPECT_EQ(without.answer({"GET", "/metrics"}, {}).status, 404U);
  EXPECT_EQ(without.answer({"POST", "/metrics"}, {}).status, 404U) << "as any path that is not there";
  EXPECT_EQ(without.answer({"GET", "/health"}, {}).status, 200U);
}

TEST(RelayHttp, AnythingElseIs404AsJson) {
  for (const char* target : {"/", "/healthz", "/metrics/x", "", "/health/../x"}) {
    const auto response = kHttp.answer({"GET", target}, {});
    EXPECT_EQ(response.status, 404U) << target;
    EXPECT_EQ(boost::json::parse(response.body).at("error").as_string(), "not found");
  }
  EXPECT_EQ(kHttp.answer({"POST", "/health"}, {}).status, 405U);
}

}  // namespace
}  // namespace agentroom::runtime

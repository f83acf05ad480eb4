#include "host/services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "agentroom/sdk/host.hpp"
#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class HostServices : public testing::Test {
 protected:
  std::map<std::string, double> metrics() const {
    std::vector<PluginMetric> all;
    services_->add_metrics(all);
    std::map<std::string, double> by_name;
    for (const PluginMetric& metric : all) by_name[metric.name] = metric.value;
    return by_name;
  }

  test::QueueExecutor executor_;
  test::LogRecorder log_;
  std::shared_ptr<Services> services_ = std::make_shared<Services>("store-x", executor_, log_.sink());
  sdk::Host host_{services_->abi()};
};

TEST_F(HostServices, LogEscapesAndBoundsALine) {
  host_.log(sdk::LogLevel::kWarn, "red \x1b[31m\nnext");
  EXPECT_EQ(log_.text(), "store-x: red \\x1b[31m\\x0anext\n");
  host_.log(sdk::LogLevel::kInfo, std::string(10'000, 'a'));
  EXPECT_LT(log_.text().size(), 5000U);
}

TEST_F(HostServices, PostRunsOnTheEngineThreadInOrder) {
  std::vector<int> ran;
  const auto push = [](void* arg) {
    auto& list = *static_cast<std::vector<int>*>(arg);
    list.push_back(static_cast<int>(list.size()));
  };
  EXPECT_TRUE(host_.post(push, &ran));
  EXPECT_TRUE(host_.post(push, &ran));
  EXPECT_TRUE(ran.empty());
  executor_.run();
  EXPECT_THAT(ran, ElementsAre(0, 1));
}

TEST_F(HostServices, PostIsRefusedOnceTheLoopHasEnded) {
  executor_.close();
  EXPECT_FALSE(host_.post([](void*) {}, nullptr));
}

TEST_F(HostServices, NothingPostedRunsAfterThePluginIsDone) {
  int runs = 0;
  const auto count = [](void* arg) { ++*static_cast<int*>(arg); };
  EXPECT_TRUE(host_.post(count, &runs));
  services_->stop();
  EXPECT_FALSE(host_.post(count, &runs));
  executor_.run();
  EXPECT_EQ(runs, 0);
}

TEST_F(HostServices, PostedTaskThatThrowsIsLogged) {
  EXPECT_TRUE(host_.post([](void*) { throw std::runtime_error("task went wrong"); }, nullptr));
  executor_.run();
  EXPECT_THAT(log_.text(), HasSubstr("task went wrong"));
}

TEST_F(HostServices, AllocateGivesAnEmptyBufferOfThatSize) {
  sdk::Buffer buffer = host_.allocate(5);
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.capacity(), 5U);
  EXPECT_TRUE(buffer.append(sdk::bytes_of("abc")));
  EXPECT_FALSE(buffer.append(sdk::bytes_of("def")));
  EXPECT_EQ(sdk::text_of(buffer.bytes()), "abc");
  EXPECT_FALSE(host_.allocate(std::numeric_limits<std::size_t>::max()));
}

TEST_F(HostServices, MetricsCountAndReplace) {
  host_.count("rows_total");
  host_.count("rows_total", 2.5);
  host_.gauge("depth", 7);
  host_.gauge("depth", 3);
  EXPECT_EQ(metrics(), (std::map<std::string, double>{{"rows_total", 3.5}, {"depth", 3}}));
}

TEST_F(HostServices, MetricsThatAreNoneAreDropped) {
  host_.count("rows", -1);
  host_.gauge("Bad Name", 1);
  host_.gauge("", 1);
  host_.gauge("nan", std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(metrics().empty());
}

TEST_F(HostServices, MetricsAreBounded) {
  for (int i = 0; i < 300; ++i) host_.gauge("m" + std::to_string(i), i);
  EXPECT_EQ(metrics().size(), 256U);
  EXPECT_EQ(log_.text(), "store-x: it reports more than 256 metrics; the rest is dropped\n");
}

}  // namespace
}  // namespace agentroom::host

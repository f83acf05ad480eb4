// A plugin in C++ that breaks the rules and lets exceptions out: no method of it takes the process along.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(PluginThatThrows, IsReportedAndSurvived) {
  TemporaryFolder folder;
  QueueExecutor executor;
  LogRecorder log;
  {
    host::PluginHost host({ZOO_FOLDER}, executor, log.sink());
    auto store = host.open_store("methods-throw", "", folder / "store");
    ASSERT_TRUE(store) << store.error().message;

    const auto value = (*store)->get(as_bytes("key"));
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, ErrorCode::kPlugin);
    EXPECT_THAT(value.error().message, AllOf(HasSubstr("store-methods-throw"), HasSubstr("get went wrong")));
    EXPECT_THAT(value.error().hint, HasSubstr("bug in the plugin"));

    const auto scanned = (*store)->scan({}, {}, 0, [](ByteView, ByteView) { return true; });
    ASSERT_FALSE(scanned);
    EXPECT_THAT(scanned.error().message, HasSubstr("an exception of unknown type"));

    std::string outcome;
    (*store)->commit({}, [&](const Result<void>& result) { outcome = result ? "committed" : result.error().message; });
    EXPECT_EQ(outcome, "") << "the completion ran inside commit";
    executor.run();
    EXPECT_THAT(outcome, HasSubstr("commit went wrong"));
  }
  EXPECT_THAT(log.text(), AllOf(HasSubstr("close went wrong"), HasSubstr("deinit went wrong")));
}

}  // namespace
}  // namespace agentroom::test

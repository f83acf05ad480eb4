#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using testing::ElementsAre;

class MemoryStore : public testing::Test {
 protected:
  void SetUp() override { open(""); }

  void open(std::string_view config) {
    auto opened = host_.open_store("memory", config, folder_ / "store");
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }

  static StoreOp op(StoreOp::Kind kind, std::string_view key, std::string_view value = {}) {
    return {kind, to_bytes(as_bytes(key)), to_bytes(as_bytes(value))};
  }
  static StoreOp put(std::string_view key, std::string_view value) { return op(StoreOp::Kind::kPut, key, value); }

  void commit(StoreBatch batch) {
    ++outstanding_;
    store_->commit(std::move(batch), [this](const Result<void>& result) {
      --outstanding_;
      outcomes_.emplace_back(result ? "ok" : code_name(result.error().code));
    });
  }
  std::vector<std::string> outcomes() {
    EXPECT_TRUE(executor_.run_until([this] { return outstanding_ == 0; }));
    return std::exchange(outcomes_, {});
  }
  std::string all(std::string_view prefix = {}, std::string_view after = {}, std::size_t limit = 0) {
    std::string seen;
    EXPECT_TRUE(store_->scan(as_bytes(prefix), as_bytes(after), limit, [&](ByteView key, ByteView value) {
      seen += std::string(as_text(key)) + '=' + std::string(as_text(value)) + ' ';
      return true;
    }));
    return seen;
  }

  test::TemporaryFolder folder_;
  test::QueueExecutor executor_;
  test::LogRecorder log_;
  PluginHost host_{{PLUGIN_FOLDER}, executor_, log_.sink()};
  std::unique_ptr<Store> store_;
  std::size_t outstanding_ = 0;
  std::vector<std::string> outcomes_;
};

TEST_F(MemoryStore, ScansInOrderOfUnsignedBytes) {
  commit({put("b", "2"), put("a", "1"), put("a\xff", "4"), put("a\x01", "3")});
  EXPECT_THAT(outcomes(), ElementsAre("ok"));
  EXPECT_EQ(all(), "a=1 a\x01=3 a\xff=4 b=2 ");
  EXPECT_EQ(all("a", "a\x01"), "a\xff=4 ");
  EXPECT_EQ(all("a", "", 2), "a=1 a\x01=3 ");
  EXPECT_EQ(all("b", "a"), "b=2 ");
  EXPECT_EQ(all("c"), "");
}

TEST_F(MemoryStore, WritesABatchWholeOrNotAtAll) {
  commit({put("a", "1")});
  commit({put("b", "2"), op(StoreOp::Kind::kPutIfAbsent, "a", "9")});
  commit({put("c", "3")});
  EXPECT_THAT(outcomes(), ElementsAre("ok", "conflict", "ok"));
  EXPECT_EQ(all(), "a=1 c=3 ");
}

TEST_F(MemoryStore, LaterOperationsOfABatchSeeEarlierOnes) {
  commit({put("a", "1"), op(StoreOp::Kind::kDelete, "a"), op(StoreOp::Kind::kPutIfAbsent, "a", "2")});
  commit({put("b", "1"), op(StoreOp::Kind::kPutIfAbsent, "b", "2")});
  commit({op(StoreOp::Kind::kDelete, "a"), op(StoreOp::Kind::kDelete, "absent")});
  EXPECT_THAT(outcomes(), ElementsAre("ok", "conflict", "ok"));
  EXPECT_EQ(all(), "");
}

TEST_F(MemoryStore, FailsEverythingBehindAFailureUntilItIsResumed) {
  open("max_bytes = \"1MiB\"");
  commit({put("big", std::string(2 << 20, 'x'))});
  commit({put("a", "1")});
  EXPECT_THAT(outcomes(), ElementsAre("io", "aborted"));
  ASSERT_TRUE(store_->resume());
  commit({put("a", "1")});
  EXPECT_THAT(outcomes(), ElementsAre("ok"));
  EXPECT_EQ(all(), "a=1 ");
}

TEST_F(MemoryStore, GivesBackTheRoomOfWhatIsReplacedAndDeleted) {
  open("max_bytes = \"1MiB\"");
  const std::string most(1'000'000, 'x');
  for (int i = 0; i < 4; ++i) {
    commit({put("k", most)});
    if (i % 2 == 1) commit({op(StoreOp::Kind::kDelete, "k")});
  }
  EXPECT_THAT(outcomes(), testing::Each("ok"));
}

}  // namespace
}  // namespace agentroom::host

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "agentroom/sdk/store.hpp"
#include "fake_library.hpp"
#include "host/adapters.hpp"

namespace agentroom::host {
namespace {

using test::LogRecorder;
using test::QueueExecutor;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Keeps the completions of what it accepts until the test ends them; refuses batches of more than 2 operations.
class HeldStore final : public sdk::Store {
 public:
  static inline HeldStore* current = nullptr;

  static sdk::Result<std::unique_ptr<HeldStore>> open(sdk::Host /*host*/, const sdk::StoreOptions& options) {
    if (options.config == "refuse") return sdk::fail(AR_INVALID, "I do not like it", "like it");
    auto store = std::make_unique<HeldStore>();
    store->location = options.location;
    current = store.get();
    return store;
  }
  ~HeldStore() override {
    for (const auto& done : held) done({});
    current = nullptr;
  }

  sdk::Result<bool> get(sdk::ByteView key, const sdk::Visitor& visit) override {
    if (sdk::text_of(key) == "broken") return sdk::fail(AR_CORRUPT, "it does not check");
    if (sdk::text_of(key) != "known") return false;
    visit(key, sdk::bytes_of("value"));
    return true;
  }
  sdk::Status scan(sdk::ByteView prefix, sdk::ByteView after, std::uint64_t limit, const sdk::Visitor& visit) override {
    asked = std::string(sdk::text_of(prefix)) + '|' + std::string(sdk::text_of(after)) + '|' + std::to_string(limit);
    for (const char* key : {"a", "b", "c"}) {
      if (!visit(sdk::bytes_of(key), {})) break;
    }
    return {};
  }
  sdk::Status commit(std::span<const ar_store_op> ops, sdk::Completion done) override {
    if (ops.size() > 2) return sdk::fail(AR_TOO_LARGE, "too many");
    held.push_back(done);
    return {};
  }
  sdk::Status resume() override {
    ++resumed;
    return {};
  }

  std::string location;
  std::string asked;
  std::vector<sdk::Completion> held;
  int resumed = 0;
};

class StoreAdapter : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = adapt_store(test::fake_library<HeldStore>(executor_, log_.sink()), "", "/data/store");
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    plugin_ = HeldStore::current;
  }

  void commit(const std::string& name, std::size_t ops = 1) {
    StoreBatch batch(ops, StoreOp{StoreOp::Kind::kPut, to_bytes(as_bytes("k")), {}});
    store_->commit(std::move(batch), [this, name](const Result<void>& result) {
      ended_.push_back(name + (result ? "" : ": " + std::string(code_name(result.error().code))));
    });
  }

  QueueExecutor executor_;
  LogRecorder log_;
  std::unique_ptr<Store> store_;
  HeldStore* plugin_ = nullptr;
  std::vector<std::string> ended_;
};

TEST_F(StoreAdapter, PassesLocationAndReads) {
  EXPECT_EQ(plugin_->location, "/data/store");
  EXPECT_EQ(store_->get(as_bytes("known")).value(), to_bytes(as_bytes("value")));
  EXPECT_EQ(store_->get(as_bytes("unknown")).value(), std::nullopt);
  const auto broken = store_->get(as_bytes("broken"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(broken.error().message, "fake: it does not check");
}

TEST_F(StoreAdapter, ScansUntilTheVisitorHasEnough) {
  std::string seen;
  ASSERT_TRUE(store_->scan(as_bytes("p"), as_bytes("q"), 7, [&](ByteView key, ByteView) {
    seen += as_text(key);
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, "ab");
  EXPECT_EQ(plugin_->asked, "p|q|7");
}

TEST_F(StoreAdapter, CarriesAnExceptionOfTheVisitorAroundThePlugin) {
  int visits = 0;
  const auto scan = [&] {
    return store_->scan({}, {}, 0, [&](ByteView, ByteView) -> bool {
      ++visits;
      throw std::runtime_error("mine");
    });
  };
  EXPECT_THROW(static_cast<void>(scan()), std::runtime_error);
  EXPECT_EQ(visits, 1);
}

TEST_F(StoreAdapter, RunsCompletionsInOrderWithOnePostAGroup) {
  for (const char* name : {"1", "2", "3", "4"}) commit(name);
  std::thread commit_thread([this] {
    for (std::size_t i = 0; i < 3; ++i) plugin_->held[i]({});
  });
  commit_thread.join();
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(executor_.posts(), 1U);
  executor_.run();
  EXPECT_THAT(ended_, ElementsAre("1", "2", "3"));
  plugin_->held[3]({});
  executor_.run();
  EXPECT_EQ(executor_.posts(), 2U);
  EXPECT_THAT(ended_, ElementsAre("1", "2", "3", "4"));
  plugin_->held.clear();
}

TEST_F(StoreAdapter, KeepsTheOrderOfAPluginThatDoesNot) {
  commit("1");
  commit("2");
  plugin_->held[1]({});
  executor_.run();
  EXPECT_TRUE(ended_.empty());
  plugin_->held[0]({});
  executor_.run();
  EXPECT_THAT(ended_, ElementsAre("1", "2"));
  plugin_->held.clear();
}

TEST_F(StoreAdapter, LetsNothingLandBehindABatchThatWasNotAccepted) {
  commit("1");
  commit("2", 3);
  commit("3");
  EXPECT_EQ(plugin_->held.size(), 1U) << "a batch behind the refused one reached the plugin";
  executor_.run();
  EXPECT_TRUE(ended_.empty()) << "a completion overtook an earlier one";
  plugin_->held[0]({});
  plugin_->held.clear();
  executor_.run();
  EXPECT_THAT(ended_, ElementsAre("1", "2: too_large", "3: aborted"));

  ASSERT_TRUE(store_->resume());
  EXPECT_EQ(plugin_->resumed, 1);
  commit("4");
  EXPECT_EQ(plugin_->held.size(), 1U);
}

TEST_F(StoreAdapter, RefusesWhatNoStoreTakes) {
  store_->commit({{StoreOp::Kind::kPut, {}, {}}}, [this](const Result<void>& result) {
    ended_.emplace_back(result ? "committed" : result.error().message);
  });
  executor_.run();
  EXPECT_THAT(ended_, ElementsAre(HasSubstr("empty key")));
}

TEST_F(StoreAdapter, TellsTheReasonOfAFailedCommit) {
  commit("1");
  plugin_->held[0](sdk::fail(AR_IO, "disk full"));
  plugin_->held.clear();
  executor_.run();
  EXPECT_THAT(ended_, ElementsAre("1: io"));
}

TEST_F(StoreAdapter, RunsNoCompletionOnceItIsGone) {
  commit("1");
  store_.reset();
  executor_.run();
  EXPECT_TRUE(ended_.empty());
  EXPECT_EQ(HeldStore::current, nullptr);
}

TEST_F(StoreAdapter, MayGoFromInsideACompletion) {
  store_->commit({}, [this](const Result<void>&) { store_.reset(); });
  commit("2");
  for (const auto& done : std::exchange(plugin_->held, {})) done({});
  executor_.run();
  EXPECT_EQ(store_, nullptr);
  EXPECT_TRUE(ended_.empty());
}

TEST_F(StoreAdapter, TellsWhatAPluginDoesNotSupport) {
  auto opened = adapt_store(test::fake_library<HeldStore>(executor_, log_.sink()), "", "/data/store");
  ASSERT_TRUE(opened);
  KeptStore& store = **opened;
  const auto size = store.size();
  ASSERT_FALSE(size);
  for (const Error& error :
       {store.check().error(), size.error(), store.compact().error(), store.back_up("/data/copy", {}).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kUsage);
    EXPECT_THAT(error.message, HasSubstr("fake: does not"));
  }
}

TEST_F(StoreAdapter, TellsARefusedConfigurationAsSuch) {
  const auto opened = adapt_store(test::fake_library<HeldStore>(executor_, log_.sink()), "refuse", "/data/store");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConfig);
  EXPECT_EQ(opened.error().message, "fake: I do not like it");
  EXPECT_EQ(opened.error().hint, "like it");
}

#ifndef NDEBUG
using StoreAdapterDeathTest = StoreAdapter;

TEST_F(StoreAdapterDeathTest, ComplainsWhenAnotherThreadThanTheEnginesCalls) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ASSERT_TRUE(store_->get(as_bytes("known")));
  EXPECT_DEATH(std::thread([this] { static_cast<void>(store_->get(as_bytes("known"))); }).join(),
               "Store::get was called outside the engine thread");
}
#endif

}  // namespace
}  // namespace agentroom::host

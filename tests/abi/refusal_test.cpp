// A zoo of plugins that cannot be used: each is refused with a message that says what was wrong and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Zoo : public testing::Test {
 protected:
  Error refusal(const std::string& specimen) {
    auto store = host_.open_store(specimen, "", folder_ / "store");
    if (store) {
      ADD_FAILURE() << specimen << " was not refused";
      return {};
    }
    EXPECT_THAT(store.error().message, HasSubstr(specimen)) << "the message does not name the plugin";
    return std::move(store.error());
  }

  TemporaryFolder folder_;
  QueueExecutor executor_;
  LogRecorder log_;
  host::PluginHost host_{{ZOO_FOLDER}, executor_, log_.sink()};
};

TEST_F(Zoo, SoundSpecimenOpens) {
  const auto store = host_.open_store("sound", "", folder_ / "store");
  EXPECT_TRUE(store) << store.error().message;
}

TEST_F(Zoo, PluginOfALaterMinorVersionOpens) {
  const auto store = host_.open_store("newer-minor", "", folder_ / "store");
  EXPECT_TRUE(store) << store.error().message;
}

TEST_F(Zoo, LibraryWithoutEntryIsRefused) {
  const Error error = refusal("store-no-entry");
  EXPECT_EQ(error.code, ErrorCode::kPlugin);
  EXPECT_THAT(error.message, AllOf(HasSubstr("does not export agentroom_plugin_entry"), HasSubstr(ZOO_FOLDER)));
  EXPECT_THAT(error.hint, HasSubstr("export map"));
}

TEST_F(Zoo, EntryThatReturnsNullIsRefused) {
  EXPECT_THAT(refusal("store-null-entry").message, HasSubstr("returned null"));
}

TEST_F(Zoo, EntryThatThrowsIsRefused) {
  EXPECT_THAT(refusal("store-entry-throws").message,
              AllOf(HasSubstr("agentroom_plugin_entry let an exception out"), HasSubstr("the entry went wrong")));
}

TEST_F(Zoo, OtherMajorVersionIsRefusedWithBothVersions) {
  const Error error = refusal("store-wrong-major");
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("store-wrong-major.so is for plugin ABI 2.3"), HasSubstr("speaks ABI 1.0")));
  EXPECT_THAT(error.hint, HasSubstr("for ABI 1"));
}

TEST_F(Zoo, StructThatEndsBeforeARequiredMemberIsRefused) {
  EXPECT_THAT(refusal("store-small-plugin").message, AllOf(HasSubstr("too small"), HasSubstr("`get_interface`")));
  EXPECT_THAT(refusal("store-no-version").message, AllOf(HasSubstr("struct_size 0"), HasSubstr("version")));
  EXPECT_THAT(refusal("store-small-interface").message,
              AllOf(HasSubstr("agentroom.store/1"), HasSubstr("too small"), HasSubstr("`commit`")));
}

TEST_F(Zoo, MissingMethodsAreRefusedByName) {
  EXPECT_THAT(refusal("store-no-init").message, HasSubstr("lacks the required method `init`"));
  EXPECT_THAT(refusal("store-missing-slot").message,
              AllOf(HasSubstr("agentroom.store/1"), HasSubstr("lacks the required method `commit`")));
}

TEST_F(Zoo, MissingInterfaceIsRefused) {
  EXPECT_THAT(refusal("store-missing-interface").message, HasSubstr("has no interface agentroom.store/1"));
}

TEST_F(Zoo, InitThatFailsIsToldInThePluginsOwnWords) {
  const Error error = refusal("store-init-fails");
  EXPECT_THAT(error.message, HasSubstr("this machine has no flux capacitor"));
  EXPECT_EQ(error.hint, "install one");
}

TEST_F(Zoo, InitThatThrowsIsRefused) {
  EXPECT_THAT(refusal("store-init-throws").message,
              AllOf(HasSubstr("init let an exception out"), HasSubstr("init went wrong")));
}

TEST_F(Zoo, OpenThatFailsIsToldEscapedAndWithItsCode) {
  const Error error = refusal("store-open-fails");
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_THAT(error.message, AllOf(HasSubstr("is damaged"), Not(HasSubstr("\x1b"))));
}

TEST_F(Zoo, OpenWithoutInstanceIsRefused) {
  EXPECT_THAT(refusal("store-open-without-instance").message, HasSubstr("open succeeded without an instance"));
}

TEST_F(Zoo, LibraryThatNeedsAMissingSymbolIsRefusedWithItsName) {
  const Error error = refusal("store-unresolved");
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("cannot load the library"), HasSubstr("agentroom_zoo_symbol_that_nobody_has")));
  EXPECT_THAT(error.hint, HasSubstr("ldd"));
}

TEST_F(Zoo, RefusingAPluginOnceDoesNotSpoilTheNext) {
  refusal("store-init-fails");
  EXPECT_TRUE(host_.open_store("sound", "", folder_ / "store"));
  refusal("store-init-fails");
}

}  // namespace
}  // namespace agentroom::test

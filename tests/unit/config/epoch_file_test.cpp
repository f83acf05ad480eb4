#include "config/epoch_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "folder.hpp"

namespace agentroom::config {
namespace {

using testing::HasSubstr;
using Noted = std::optional<std::uint64_t>;

TEST(EpochFile, KeepsTheLastNote) {
  const Folder folder;
  EpochFile file(folder / "store.epoch", "alice");
  EXPECT_EQ(file.noted().value(), Noted());
  ASSERT_TRUE(file.note(1));
  ASSERT_TRUE(file.note(18'446'744'073'709'551'615U));
  EXPECT_EQ(file.noted().value(), Noted(18'446'744'073'709'551'615U));
  EXPECT_EQ(EpochFile(folder / "store.epoch", "alice").noted().value(), Noted(18'446'744'073'709'551'615U));
  EXPECT_EQ(Folder::mode(folder / "store.epoch"), 0600U);
}

TEST(EpochFile, TellsWithoutATraceWhetherANoteCouldBeWritten) {
  const Folder folder;
  EpochFile file(folder / "store.epoch", "alice");
  EXPECT_TRUE(file.prove());
  EXPECT_EQ(file.noted().value(), Noted());
  ASSERT_TRUE(file.note(3));
  EXPECT_TRUE(file.prove());
  EXPECT_EQ(file.noted().value(), Noted(3));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  const auto proved = EpochFile(folder / "none" / "store.epoch", "alice").prove();
  ASSERT_FALSE(proved);
  EXPECT_THAT(proved.error().message, HasSubstr("store.epoch"));
}

TEST(EpochFile, OfAnotherAgentCountsForNothing) {
  const Folder folder;
  ASSERT_TRUE(EpochFile(folder / "store.epoch", "bob").note(7));
  EXPECT_EQ(EpochFile(folder / "store.epoch", "alice").noted().value(), Noted());
}

TEST(EpochFile, ThatIsDamagedIsNamed) {
  const Folder folder;
  for (const char* text : {"", "alice", "alice 7", "alice \n", "alice -1\n", "alice 7 \n", "alice x\n", "alice 7\n8\n",
                           "alice 18446744073709551616\n"}) {
    folder.write("store.epoch", text);
    const auto noted = EpochFile(folder / "store.epoch", "alice").noted();
    ASSERT_FALSE(noted) << text;
    EXPECT_EQ(noted.error().code, ErrorCode::kCorrupt) << text;
    EXPECT_THAT(noted.error().message, HasSubstr("store.epoch"));
    EXPECT_THAT(noted.error().hint, HasSubstr("rm "));
  }
  folder.write("store.epoch", std::string(1000, 'x'));
  EXPECT_EQ(EpochFile(folder / "store.epoch", "alice").noted().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace agentroom::config

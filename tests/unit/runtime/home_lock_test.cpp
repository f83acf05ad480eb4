#include "runtime/home_lock.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace agentroom::runtime {
namespace {

namespace fs = std::filesystem;

class HomeLockTest : public testing::Test {
 protected:
  HomeLockTest() {
    std::string pattern = (fs::temp_directory_path() / "agentroom-lock-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~HomeLockTest() override { fs::remove_all(folder); }
  fs::path folder;
};

TEST_F(HomeLockTest, HasOneHolderAndNamesIt) {
  auto first = HomeLock::acquire(folder, "home");
  ASSERT_TRUE(first);
  auto second = HomeLock::acquire(folder, "home");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kHomeInUse);
  EXPECT_EQ(second.error().message, "home is in use by pid " + std::to_string(::getpid()));
}

TEST_F(HomeLockTest, SaysHowToStopItsHolder) {
  auto first = HomeLock::acquire(folder, "home");
  auto second = HomeLock::acquire(folder, "home");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().hint.find("kill " + std::to_string(::getpid())), std::string::npos) << second.error().hint;
}

TEST_F(HomeLockTest, NamesNoProcessThatIsGone) {
  auto first = HomeLock::acquire(folder, "home");
  for (const char* left : {"", "4194305\n", "99999999999999999999\n", "x\n"}) {
    std::ofstream(folder / "lock", std::ios::trunc) << left;
    auto second = HomeLock::acquire(folder, "home");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kHomeInUse);
    EXPECT_EQ(second.error().message, "home is in use by another process") << left;
  }
}

TEST_F(HomeLockTest, LeavesNoPidBehindWhenItsHolderGoes) {
  {
    auto first = HomeLock::acquire(folder, "home");
    EXPECT_GT(fs::file_size(folder / "lock"), 0U);
  }
  EXPECT_EQ(fs::file_size(folder / "lock"), 0U);
}

TEST_F(HomeLockTest, ThatIsRefusedLeavesThePidOfItsHolder) {
  auto first = HomeLock::acquire(folder, "home");
  const auto size = fs::file_size(folder / "lock");
  ASSERT_FALSE(HomeLock::acquire(folder, "home"));
  EXPECT_EQ(fs::file_size(folder / "lock"), size);
}

TEST_F(HomeLockTest, IsNotTakenThroughALinkOrAFolderThatHasItsName) {
  std::ofstream(folder / "other") << "precious";
  fs::create_symlink("other", folder / "lock");
  auto lock = HomeLock::acquire(folder, "home");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().hint.find("rm -r " + (folder / "lock").string()), std::string::npos) << lock.error().hint;
  EXPECT_EQ(fs::file_size(folder / "other"), 8U);
  fs::remove(folder / "lock");
  fs::create_directory(folder / "lock");
  EXPECT_FALSE(HomeLock::acquire(folder, "home"));
}

TEST_F(HomeLockTest, IsFreeOnceItsHolderWent) {
  {
    auto first = HomeLock::acquire(folder, "home");
  }
  EXPECT_TRUE(HomeLock::acquire(folder, "home"));
}

TEST_F(HomeLockTest, AStaleFileBlocksNobody) {
  std::ofstream(folder / "lock") << "1\n";
  EXPECT_TRUE(HomeLock::acquire(folder, "home"));
}

TEST_F(HomeLockTest, StaysWithItsLastHolderWhenMoved) {
  auto first = HomeLock::acquire(folder, "home");
  HomeLock kept = std::move(*first);
  EXPECT_FALSE(HomeLock::acquire(folder, "home"));
}

TEST_F(HomeLockTest, IsAFileOfMode0600) {
  auto lock = HomeLock::acquire(folder, "home");
  struct stat info{};
  ASSERT_EQ(::stat((folder / "lock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(HomeLockTest, AMissingFolderIsToldWithItsPath) {
  auto lock = HomeLock::acquire(folder / "none", "home");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().message.find((folder / "none" / "lock").string()), std::string::npos);
}

}  // namespace
}  // namespace agentroom::runtime

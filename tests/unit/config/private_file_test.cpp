#include "config/private_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "folder.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(PrivateFile, IsWrittenWithMode0600WhateverTheUmask) {
  const Folder folder;
  const mode_t before = ::umask(0);
  const auto written = write_file_atomically(folder / "secret", "x", IfExists::kFail);
  ::umask(before);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(Folder::mode(folder / "secret"), 0600U);
  EXPECT_EQ(files_in(folder.path()), 1U) << "no temporary file stays";
}

TEST(PrivateFile, ReplacesAWholeFile) {
  const Folder folder;
  folder.write("file", "a longer content than the new one");
  ASSERT_TRUE(write_file_atomically(folder / "file", "new", IfExists::kReplace));
  EXPECT_EQ(Folder::read(folder / "file"), "new");
}

TEST(PrivateFile, NeverTouchesAnExistingOneWhenToldSo) {
  const Folder folder;
  folder.write("file", "old");
  EXPECT_EQ(write_file_atomically(folder / "file", "new", IfExists::kFail).error().code, ErrorCode::kExists);
  EXPECT_EQ(Folder::read(folder / "file"), "old");
  EXPECT_EQ(files_in(folder.path()), 1U) << "no temporary file stays";
}

TEST(PrivateFile, IsMadeByExactlyOneOfManyWriters) {
  const Folder folder;
  std::atomic<int> winners = 0;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&, i] {
        if (write_file_atomically(folder / "file", std::to_string(i), IfExists::kFail)) ++winners;
      });
    }
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(PrivateFile, InAFolderThatIsMissingNamesThePath) {
  const Folder folder;
  const auto written = write_file_atomically(folder / "none/file", "x", IfExists::kReplace);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find((folder / "none/file").string()), std::string::npos);
}

TEST(PrivateFile, OpenToOthersIsAnErrorThatSaysTheChmod) {
  const Folder folder;
  for (const unsigned mode : {0644U, 0640U, 0660U, 0602U, 0601U}) {
    const auto file = folder.write("secret", "x", mode);
    const auto text = read_private_file(file, 100);
    ASSERT_FALSE(text) << mode;
    EXPECT_EQ(text.error().code, ErrorCode::kPermission);
    EXPECT_EQ(text.error().hint, "run: chmod 600 " + file.string());
  }
  EXPECT_EQ(read_private_file(folder.write("secret", "x", 0600), 100)->view(), "x");
  EXPECT_EQ(read_private_file(folder.write("secret", "x", 0400), 100)->view(), "x");
}

TEST(PrivateFile, ThatAnyoneMayOwnTellsWhoDoes) {
  const Folder folder;
  const auto file = read_owned_file(folder.write("file", "x", 0642), 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "x");
  EXPECT_TRUE(file->readable_by_others());
  EXPECT_TRUE(file->writable_by_others());
  EXPECT_TRUE(file->is_trusted_by(::geteuid()));
  EXPECT_TRUE((OwnedFile{.text = {}, .owner = 0}.is_trusted_by(1000)));
  EXPECT_FALSE((OwnedFile{.text = {}, .owner = 1001}.is_trusted_by(1000)));
  EXPECT_FALSE((OwnedFile{.text = {}, .owner = 1001}.is_trusted_by(0)));
}

TEST(PrivateFile, LargerThanItsBoundIsRefused) {
  const Folder folder;
  EXPECT_EQ(read_file(folder.write("a", "12345"), 5).value(), "12345");
  EXPECT_EQ(read_file(folder.write("a", "123456"), 5).error().code, ErrorCode::kTooLarge);
}

TEST(PrivateFile, ThatIsNoRegularFileIsRefusedWithoutWaiting) {
  const Folder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder / "fifo", 5).error().code, ErrorCode::kIo);
  EXPECT_EQ(read_file(folder.path(), 5).error().code, ErrorCode::kIo);
  EXPECT_EQ(read_file("/dev/zero", 5).error().code, ErrorCode::kIo);
  EXPECT_EQ(read_file(folder / "none", 5).error().code, ErrorCode::kNotFound);
}

TEST(PrivateFolder, IsMadeWithItsParents) {
  const Folder folder;
  ASSERT_TRUE(make_private_folder(folder / "a/b/c"));
  EXPECT_EQ(Folder::mode(folder / "a/b/c"), 0700U);
  EXPECT_EQ(Folder::mode(folder / "a"), 0700U);
  EXPECT_TRUE(make_private_folder(folder / "a/b/c")) << "an existing one is fine";
}

TEST(PrivateFolder, CannotStandWhereAFileIs) {
  const Folder folder;
  folder.write("file", "x");
  EXPECT_FALSE(make_private_folder(folder / "file"));
  EXPECT_FALSE(make_private_folder(folder / "file/inner"));
}

}  // namespace
}  // namespace agentroom::config

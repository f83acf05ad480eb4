// What store-sqlite makes of the files that it finds.
#include <signal.h>
#include <sys/wait.h>

#include <array>

#include "sqlite_fixture.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using SqliteFile = SqliteFact;

constexpr std::size_t kPage = 8192;

mode_t mode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

/// Gives up the rights of root, if there are any, until the end of the scope.
class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& folder) : root_(::geteuid() == 0) {
    if (!root_) return;
    own(folder);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) own(entry.path());
    if (::seteuid(kNobody) != 0) throw std::runtime_error("cannot become nobody");
  }
  ~Unprivileged() {
    if (root_ && ::seteuid(0) != 0) std::abort();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  static constexpr uid_t kNobody = 65'534;
  static void own(const std::filesystem::path& path) {
    if (::chown(path.c_str(), kNobody, static_cast<gid_t>(-1)) != 0) throw std::runtime_error("cannot chown");
  }
  bool root_;
};

TEST_F(SqliteFile, BelongsToItsOwnerAlone) {
  const mode_t before = ::umask(0);
  ASSERT_EQ(open().commit_and_wait({put("a", "1")}), AR_OK);
  ::umask(before);
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_EQ(mode_of(log_file()), 0600U);
}

TEST_F(SqliteFile, IsAloneInItsFolderOnceClosed) {
  ASSERT_EQ(open().commit_and_wait({put("a", "1")}), AR_OK);
  store_.reset();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    files.push_back(entry.path().filename());
  EXPECT_THAT(files, ElementsAre("store.db"));
}

TEST_F(SqliteFile, IsRefusedWhenOthersMayReadIt) {
  make_store();
  ::chmod(file().c_str(), 0644);
  const Error error = refusal();
  EXPECT_EQ(error.status, AR_PERMISSION);
  EXPECT_THAT(error.message, AllOf(HasSubstr(file()), HasSubstr("0644")));
  EXPECT_THAT(error.hint, HasSubstr("chmod 600 " + file()));
}

TEST_F(SqliteFile, OfSomethingElseIsRefusedAndLeftAlone) {
  sql(folder_.file("other.db"), "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  for (const std::string& foreign :
       {std::string("a shopping list"), std::string(100'000, '\0'), content(folder_.file("other.db"))}) {
    write(file(), foreign);
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_CORRUPT);
    EXPECT_THAT(error.message, HasSubstr(file()));
    EXPECT_STRNE(error.hint, "");
    EXPECT_TRUE(content(file()) == foreign);
  }
}

TEST_F(SqliteFile, ThatIsNoFileIsRefused) {
  std::filesystem::create_directory(file());
  EXPECT_EQ(refusal().status, AR_CORRUPT);
  std::filesystem::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(refusal().status, AR_CORRUPT);
}

TEST_F(SqliteFile, ThatWasCutIsRefusedAndLeftAlone) {
  make_store();
  const std::string whole = content(file());
  for (const std::size_t size : {std::size_t{0}, std::size_t{50}, std::size_t{1'000}, kPage, whole.size() / 2,
                                 whole.size() - kPage, whole.size() - 1}) {
    write(file(), whole.substr(0, size));
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_CORRUPT) << size << ": " << error.message;
    EXPECT_THAT(error.message, HasSubstr(file()));
    EXPECT_EQ(content(file()).size(), size);
  }
  write(file(), whole);
  EXPECT_EQ(open().scan("k/").size(), 2'000U);
}

TEST_F(SqliteFile, WithADamagedPageIsRefusedAndLeftAlone) {
  make_store();
  const std::string whole = content(file());
  for (std::size_t page = 0; page < whole.size() / kPage; page += 7) {
    std::string damaged = whole;
    for (std::size_t i = 0; i < 64; ++i) damaged[page * kPage + (page == 0 ? 100 : 0) + i] ^= '\x5a';
    write(file(), damaged);
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_CORRUPT) << "page " << page << ": " << error.message;
    EXPECT_TRUE(content(file()) == damaged) << "page " << page;
  }
}

TEST_F(SqliteFile, WithADamagedPageKeepsItsLogToo) {
  make_store();
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("in the log", "1")}), AR_OK);
  std::string damaged = content(file());
  const std::string log = content(log_file());
  store_.reset();
  ASSERT_GT(log.size(), 0U);
  for (std::size_t i = 0; i < 64; ++i) damaged[20 * kPage + i] = '\xff';
  write(file(), damaged);
  write(log_file(), log);
  EXPECT_EQ(refusal().status, AR_CORRUPT);
  EXPECT_TRUE(content(file()) == damaged);
  EXPECT_TRUE(content(log_file()) == log);
}

TEST_F(SqliteFile, ThatWasNotCheckedFailsWhenReadInsteadOfLying) {
  make_store();
  std::string damaged = content(file());
  for (std::size_t page = 20; page < 60; ++page) damaged.replace(page * kPage, 64, 64, '\xff');
  write(file(), damaged);
  auto& store = open("integrity_check = \"off\"");
  const auto visit = [](void*, ar_bytes, ar_bytes) -> std::int32_t { return 1; };
  Error error;
  EXPECT_EQ(store.interface().scan(store.raw(), {}, {}, 0, visit, nullptr, &error), AR_CORRUPT);
  EXPECT_THAT(error.message, HasSubstr(file()));
}

TEST_F(SqliteFile, OfANewerSchemaIsRefusedByName) {
  make_store();
  sql(file(), "PRAGMA user_version = 2");
  const std::string before = content(file());
  const Error error = refusal();
  EXPECT_EQ(error.status, AR_UNSUPPORTED);
  EXPECT_THAT(error.message, AllOf(HasSubstr("newer"), HasSubstr("schema is 2"), HasSubstr("knows 1")));
  EXPECT_TRUE(content(file()) == before);
}

TEST_F(SqliteFile, WithoutItsTableIsRefused) {
  make_store();
  sql(file(), "ALTER TABLE record RENAME COLUMN value TO worth");
  EXPECT_EQ(refusal().status, AR_CORRUPT);
  sql(file(), "DROP TABLE record");
  EXPECT_EQ(refusal().status, AR_CORRUPT);
}

TEST_F(SqliteFile, ThatIsMissingBesideItsLogIsNotMadeAnew) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  const std::string log = content(log_file());
  store_.reset();
  std::filesystem::remove(file());
  write(log_file(), log);
  const Error error = refusal();
  EXPECT_EQ(error.status, AR_CORRUPT);
  EXPECT_THAT(error.message, HasSubstr("missing"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_TRUE(content(log_file()) == log);
}

TEST_F(SqliteFile, ThatACrashLeftHalfMadeIsReplaced) {
  write(file() + ".new", "half a store");
  write(file() + ".new-wal", "and its log");
  EXPECT_EQ(open().commit_and_wait({put("a", "1")}), AR_OK);
  EXPECT_FALSE(std::filesystem::exists(file() + ".new"));
}

TEST_F(SqliteFile, IsUsedByOneProcessAtATime) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    StoreUnderTest store(plugin_, location(), "");
    const bool written = store.commit_and_wait({put("a", "1")}) == AR_OK;
    if (::write(ready[1], written ? "y" : "n", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const Error error = refusal();
  EXPECT_EQ(error.status, AR_IN_USE) << error.message;
  EXPECT_THAT(error.message, HasSubstr("another process"));
  ::kill(other, SIGKILL);
  ASSERT_EQ(::waitpid(other, nullptr, 0), other);
  EXPECT_EQ(open().get("a"), "1");
  for (const int end : ready) ::close(end);
}

TEST_F(SqliteFile, InAReadOnlyFolderIsToldInClearWords) {
  {
    ::chmod(folder_.path().c_str(), 0500);
    const Unprivileged unprivileged(folder_.path());
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_IO) << "making it";
    EXPECT_THAT(error.message, HasSubstr(file()));
    EXPECT_THAT(error.hint, HasSubstr(folder_.path().string()));
  }
  ::chmod(folder_.path().c_str(), 0700);
  make_store();
  ::chmod(folder_.path().c_str(), 0500);
  {
    const Unprivileged unprivileged(folder_.path());
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_IO) << "opening it: " << error.message;
    EXPECT_THAT(error.hint, HasSubstr(folder_.path().string()));
  }
  ::chmod(folder_.path().c_str(), 0700);
  ::chmod(file().c_str(), 0400);
  {
    const Unprivileged unprivileged(folder_.path());
    const Error error = refusal();
    EXPECT_EQ(error.status, AR_IO) << "a read-only file: " << error.message;
    EXPECT_THAT(error.message, HasSubstr("read-only"));
  }
  ::chmod(file().c_str(), 0600);
}

TEST_F(SqliteFile, InAFolderThatIsNotThereIsToldInClearWords) {
  ar_store* store = nullptr;
  Error error;
  EXPECT_EQ(StoreUnderTest::try_open(plugin_, folder_.file("missing/store"), "", &store, &error), AR_IO);
  EXPECT_THAT(error.message, HasSubstr("missing/store.db"));
}

TEST_F(SqliteFile, IsCheckedAsConfigured) {
  make_store();
  for (const char* check : {"quick", "full", "off"}) {
    EXPECT_EQ(refusal(std::string("integrity_check = \"") + check + "\"").status, AR_OK) << check;
  }
  for (const char* wrong : {"integrity_check = \"fast\"", "integrity_check = true", "integrity_check = [1]"}) {
    const Error error = refusal(wrong);
    EXPECT_EQ(error.status, AR_INVALID) << wrong;
    EXPECT_THAT(error.message, HasSubstr("integrity_check"));
  }
  const Error unknown = refusal("integrity = \"quick\"");
  EXPECT_EQ(unknown.status, AR_INVALID);
  EXPECT_THAT(unknown.message, HasSubstr("\"integrity\""));
}

}  // namespace
}  // namespace agentroom::conformance

// What another program makes of the files of a store that is in use.
#include <fcntl.h>
#include <sys/wait.h>

#include <array>

#include "sqlite_fixture.hpp"

namespace agentroom::conformance {
namespace {

/// Another program: a process that was there before the store was opened, and knows nothing of it but the file's name.
/// It opens the file as the `sqlite3` of a person does, without the lock's own VFS.
class OtherProgram {
 public:
  enum class Answer : char { kRefused = 'r', kRead = 'o', kLocked = 'l', kFree = 'f', kFailed = '?' };

  explicit OtherProgram(const std::string& file) {
    if (::pipe2(asked_.data(), O_CLOEXEC) != 0 || ::pipe2(told_.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("cannot make a pipe");
    }
    pid_ = ::fork();
    if (pid_ == 0) serve(file);
    ::close(asked_[0]);
    ::close(told_[1]);
  }
  ~OtherProgram() {
    ::close(asked_[1]);  // its end
    ::close(told_[0]);
    ::waitpid(pid_, nullptr, 0);
  }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;

  /// Reads all records with SQLite, and closes: without a lock in its way that folds the log into the file and removes
  /// it.
  Answer read_with_sqlite() { return ask('s'); }
  /// Whether the kernel keeps the bytes that SQLite locks in the file from another process.
  Answer look_for_lock() { return ask('k'); }

 private:
  Answer ask(char question) {
    char answer = 0;
    if (::write(asked_[1], &question, 1) != 1 || ::read(told_[0], &answer, 1) != 1) return Answer::kFailed;
    return static_cast<Answer>(answer);
  }

  [[noreturn]] void serve(const std::string& file) {
    ::close(asked_[1]);
    char question = 0;
    while (::read(asked_[0], &question, 1) == 1) {
      const auto answer = static_cast<char>(question == 's' ? open(file) : lock_of(file));
      if (::write(told_[1], &answer, 1) != 1) break;
    }
    ::_exit(0);
  }

  static Answer open(const std::string& file) {
    sqlite3* database = nullptr;
    int code = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
    if (code == SQLITE_OK) code = sqlite3_exec(database, "SELECT count(*) FROM record", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    if (code == SQLITE_BUSY) return Answer::kRefused;
    return code == SQLITE_OK ? Answer::kRead : Answer::kFailed;
  }

  static Answer lock_of(const std::string& file) {
    constexpr off_t kSharedFirst = 0x40000000 + 2;  // https://www.sqlite.org/src/file/src/os.h
    constexpr off_t kSharedSize = 510;
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = kSharedFirst;
    lock.l_len = kSharedSize;
    const int told = ::fcntl(descriptor, F_GETLK, &lock);
    ::close(descriptor);
    if (told != 0) return Answer::kFailed;
    return lock.l_type == F_WRLCK ? Answer::kLocked : Answer::kFree;
  }

  std::array<int, 2> asked_{};
  std::array<int, 2> told_{};
  pid_t pid_ = -1;
};

using Answer = OtherProgram::Answer;

class SqliteLock : public SqliteFact {
 protected:
  OtherProgram other_{file()};

  void expect_alone(const char* after) {
    EXPECT_EQ(other_.look_for_lock(), Answer::kLocked) << "after " << after;
    EXPECT_EQ(other_.read_with_sqlite(), Answer::kRefused) << "after " << after;
  }
};

// The kernel drops all of a process's locks on a file when the process closes any descriptor of that file.
TEST_F(SqliteLock, IsKeptWhateverAnOwnerDoesWithTheFile) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  expect_alone("a commit");
  const ar_store_interface& methods = store.interface();
  Error error;
  ar_store_size size{sizeof size, 0, 0};
  ASSERT_EQ(methods.size(store.raw(), &size, &error), AR_OK) << error.message;
  expect_alone("size");
  ASSERT_EQ(methods.check(store.raw(), &error), AR_OK) << error.message;
  expect_alone("check");
  ASSERT_EQ(methods.backup(store.raw(), as_abi(folder_.file("copy")), nullptr, nullptr, &error), AR_OK);
  expect_alone("a backup");
  EXPECT_EQ(methods.backup(store.raw(), as_abi(folder_.file("copy")), nullptr, nullptr, &error), AR_CONFLICT);
  expect_alone("a backup that was refused");
  ASSERT_EQ(methods.compact(store.raw(), &error), AR_OK) << error.message;
  expect_alone("compacting");
  EXPECT_EQ(refusal("integrity_check = \"wrong\"").status, AR_INVALID);
  EXPECT_EQ(refusal().status, AR_OK) << "a second instance of this process";
  expect_alone("a second instance");
  EXPECT_EQ(store.get("a"), "1");
}

TEST_F(SqliteLock, KeepsTheLogFromBeingTakenAway) {
  auto& store = open();
  ar_store_size size{sizeof size, 0, 0};
  ASSERT_EQ(store.interface().size(store.raw(), &size, nullptr), AR_OK);
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  EXPECT_EQ(other_.read_with_sqlite(), Answer::kRefused);
  ASSERT_EQ(store.commit_and_wait({put("b", "1")}), AR_OK);
  // What a death at this moment leaves.
  const std::string left = content(file());
  const std::string log = content(log_file());
  store_.reset();
  write(file(), left);
  write(log_file(), log);
  EXPECT_EQ(open().scan_keys(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(SqliteLock, EndsWithTheInstance) {
  ASSERT_EQ(open().commit_and_wait({put("a", "1")}), AR_OK);
  store_.reset();
  EXPECT_EQ(other_.look_for_lock(), Answer::kFree);
  EXPECT_EQ(other_.read_with_sqlite(), Answer::kRead);
}

}  // namespace
}  // namespace agentroom::conformance

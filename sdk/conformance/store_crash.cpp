// What was acknowledged survives `kill -9`, and what was not is there whole or not at all.
#include "store_crash.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <random>

#include "store_under_test.hpp"

extern char** environ;

namespace agentroom::conformance {
namespace {

using StoreCrash = StoreFact;

constexpr std::uint64_t kKept = 50;       // batches whose first record is still there
constexpr std::size_t kOutstanding = 64;  // commits that wait for their completion at a time

std::string numbered(const char* prefix, std::uint64_t number) {
  std::array<char, 32> key{};
  std::snprintf(key.data(), key.size(), "%s%010llu", prefix, static_cast<unsigned long long>(number));
  return key.data();
}

std::string value_of(std::uint64_t number) {
  std::string value((number * 7919) % 3000, static_cast<char>('a' + number % 26));
  return value + std::to_string(number);
}

/// Batch `number`: two records, the end of an old one, and the number itself.
Batch batch_of(std::uint64_t number) {
  Batch batch{put_if_absent(numbered("a/", number), value_of(number)), put(numbered("b/", number), value_of(number)),
              put("last", std::to_string(number))};
  if (number > kKept) batch.push_back(erase(numbered("a/", number - kKept)));
  return batch;
}

/// What is stored after the batches 1 to `last`.
std::vector<Record> expected_after(std::uint64_t last) {
  std::vector<Record> records;
  for (std::uint64_t n = last > kKept ? last - kKept + 1 : 1; n <= last; ++n) {
    records.emplace_back(numbered("a/", n), value_of(n));
  }
  for (std::uint64_t n = 1; n <= last; ++n) records.emplace_back(numbered("b/", n), value_of(n));
  if (last > 0) records.emplace_back("last", std::to_string(last));
  return records;
}

class WriterProcess {
 public:
  WriterProcess(const std::string& location, std::uint64_t first) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    acknowledged_ = pipe[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    const auto& arguments = SuiteArguments::instance();
    std::vector<std::string> words{"store_writer",
                                   "--store-writer=1",
                                   "--plugin=" + arguments.plugin(),
                                   "--config=" + arguments.given_config(),
                                   "--location=" + location,
                                   "--first=" + std::to_string(first)};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int failed = ::posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (failed != 0) throw std::runtime_error("cannot start the writer");
  }

  ~WriterProcess() {
    kill();
    ::close(acknowledged_);
  }

  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  /// The next number that was acknowledged, or nothing when the process has ended and all was read.
  std::optional<std::uint64_t> next() {
    std::uint64_t number = 0;
    std::size_t have = 0;
    while (have < sizeof number) {
      const ssize_t got = ::read(acknowledged_, reinterpret_cast<char*>(&number) + have, sizeof number - have);
      if (got <= 0) return std::nullopt;
      have += static_cast<std::size_t>(got);
    }
    return number;
  }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int acknowledged_ = -1;
};

TEST_F(StoreCrash, AcknowledgedBatchesSurviveAKillAndNoneIsTorn) {
  std::minstd_rand random(20'240'601);
  std::uniform_int_distribution<std::uint64_t> lifetime(1, 900);
  std::uint64_t stored = 0;
  for (int round = 0; round < 12; ++round) {
    std::uint64_t acknowledged = stored;
    {
      WriterProcess writer(location(), stored + 1);
      const std::uint64_t enough = stored + lifetime(random);
      while (acknowledged < enough) {
        const auto number = writer.next();
        ASSERT_TRUE(number.has_value()) << "the writer ended by itself in round " << round;
        ASSERT_EQ(*number, acknowledged + 1);
        acknowledged = *number;
      }
      writer.kill();
      while (const auto number = writer.next()) acknowledged = *number;
    }
    auto& store = open();
    const auto last = store.get("last");
    ASSERT_TRUE(last.has_value());
    stored = std::stoull(*last);
    EXPECT_GE(stored, acknowledged) << "an acknowledged batch is lost";
    EXPECT_LE(stored, acknowledged + kOutstanding) << "more than was ever committed";
    ASSERT_TRUE(store.scan() == expected_after(stored)) << "torn after batch " << stored;
    store_.reset();
  }
}

}  // namespace

int run_store_writer() {
  const auto& arguments = SuiteArguments::instance();
  PluginUnderTest plugin(arguments.plugin());
  StoreUnderTest store(plugin, arguments.value("location"), arguments.config());
  const std::uint64_t first = std::stoull(arguments.value("first"));
  std::size_t told = 0;
  for (std::uint64_t number = first;; ++number) {
    if (store.commit(batch_of(number)) != AR_OK) return 1;
    if (store.accepted() >= kOutstanding && !store.wait_for(store.accepted() - kOutstanding + 1)) return 1;
    const auto completions = store.completions();
    for (; told < completions.size(); ++told) {
      if (completions[told].status != AR_OK) return 1;
      const std::uint64_t done = first + completions[told].commit;
      if (::write(STDOUT_FILENO, &done, sizeof done) != static_cast<ssize_t>(sizeof done)) return 1;
    }
  }
}

}  // namespace agentroom::conformance

// `agentroom store`: what it says of whole, damaged and older stores, and what it makes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "home_state.hpp"
#include "runtime/control_client.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class StoreMistake : public testing::TestWithParam<Mistake> {};

TEST_P(StoreMistake, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

const Prepare kFilled = with(fill_store, [](Home&) {});

Prepare with_file(const char* name) {
  return with(fill_store, [name](Home& home) { home.write(name, "something else"); });
}

std::string garbled(std::string all) {
  for (std::size_t at = 8192; at + 200 < all.size(); at += 8192) all.replace(at, 200, std::string(200, '\x7f'));
  return all;
}

const std::vector<Mistake> kMistakes{
    in_home("WithoutAnIdentity", {"store", "check"}, "not_found", "there is no home at {home}", "agentroom setup", {}),
    in_home("WithoutAStore", {"store", "check"}, "not_found", "there is no store at {home}/store.db", "--home DIR",
            with(set_up, [](Home&) {})),
    in_home("BackupWithoutAStore", {"store", "backup", "copy"}, "not_found", "there is no store at {home}/store.db",
            "--home DIR", with(set_up, [](Home&) {})),
    in_home("CompactWithoutAStore", {"store", "compact"}, "not_found", "there is no store at {home}/store.db",
            "--home DIR", with(set_up, [](Home&) {})),
    in_home("WithoutARelay", {"store", "check", "--relay"}, "not_found", "there is no relay in {home}", "--home DIR",
            kFilled),
    in_home("OfADamagedFile", {"store", "check"}, "corrupt", "{home}/store.db", "left as it is",
            with(fill_store,
                 [](Home& home) { write_private(home.path() / "store.db", garbled(read(home.path() / "store.db"))); })),
    in_home("OfAnotherIdentity", {"store", "check"}, "corrupt", "the store does not hold the records of this identity",
            "identity.json",
            with(fill_store,
                 [](Home& home) {
                   fs::remove(home.path() / "identity.json");
                   set_up(home);
                 })),
    in_home("BackupToWhatIsThere", {"store", "backup", "copy"}, "exists", "{desk}/copy exists already", "--force",
            with_file("copy")),
    in_home("BackupToALink", {"store", "backup", "copy", "--force"}, "exists", "{desk}/copy: it is a symbolic link",
            "another name", with(fill_store, [](Home& home) { fs::create_symlink("nothing", home.desk() / "copy"); })),
    in_home("BackupToAFolder", {"store", "backup", "copy", "--force"}, "exists", "a folder has its name",
            "another name", with(fill_store, [](Home& home) { fs::create_directory(home.desk() / "copy"); })),
    in_home("BackupBelowAFile", {"store", "backup", "file/copy"}, "io", "{desk}/file/copy", "a folder that exists",
            with_file("file")),
    in_home("BackupToNowhere", {"store", "backup", "missing/copy"}, "not_found", "its folder does not exist",
            "a folder that exists", kFilled),
    in_home("BackupIntoTheHome", {"store", "backup", "{home}/store.db", "--force"}, "usage", "is in the home itself",
            "outside", kFilled, 2),
    in_home("BackupToNothing", {"store", "backup", ""}, "usage", "names no file", "--help", kFilled, 2),
    in_home("AcceptForTheRelay", {"store", "check", "--relay", "--accept-rollback"}, "usage", "--relay", "--help",
            kFilled, 2),
};

INSTANTIATE_TEST_SUITE_P(Table, StoreMistake, testing::ValuesIn(kMistakes),
                         [](const auto& each) { return std::string(each.param.name); });

std::uint64_t number(const boost::json::object& object, const char* member) {
  return object.at(member).to_number<std::uint64_t>();
}

std::string counter(const Ended& checked) {
  return text(checked.json().at("counter").as_object(), "state");
}

TEST(StoreCheck, CountsWhatIsKeptAndChangesNothing) {
  const Home home;
  fill_store(home);
  const std::string before = read(home.path() / "store.db");
  const Ended told = home.run({"store", "check", "--json"});
  ASSERT_EQ(told.code, 0) << told.out << told.err;
  const auto object = told.json();
  EXPECT_EQ(object.at("ok"), true);
  EXPECT_EQ(text(object, "store"), "agent");
  EXPECT_GT(number(object, "bytes"), 0U);
  EXPECT_EQ(number(object.at("records").as_object(), "invites"), 1U);
  EXPECT_EQ(counter(told), "current");
  const Ended people = home.run({"store", "check"});
  EXPECT_EQ(people.code, 0);
  EXPECT_THAT(people.out, HasSubstr("whole"));
  EXPECT_THAT(people.out, HasSubstr("invites"));
  EXPECT_EQ(people.err, "");
  EXPECT_TRUE(read(home.path() / "store.db") == before);
  EXPECT_FALSE(fs::exists(home.path() / "store.db-wal"));
}

/// A message each way, and the texts that came.
struct Pair {
  Pair() : relay(host) {
    for (const Home* home : {&alice, &bob}) {
      const Ended ready = home->run({"setup", "--no-probe", "--json"});
      EXPECT_EQ(ready.code, 0) << ready.err;
    }
    auto serving = serve(alice, {"--invite"});
    const std::string url = text(await(*serving, "invite"), "url");
    const Ended accepted = bob.run({"invite", "accept", url, "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    end(*serving);
  }

  std::unique_ptr<Child> serve(const Home& home, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"serve", "--json", "--on-message", "cat", "--server", relay.url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto child = home.start(arguments);
    await(*child, "serving");
    return child;
  }
  static void end(Child& child) {
    child.signal(SIGTERM);
    child.wait();
  }
  static std::string pk(const Home& home) { return text(home.run({"whoami", "--json"}).json(), "pk"); }
  Ended send(const Home& from, const Home& to, const std::string& words) const {
    return from.run({"send", pk(to), words, "--json", "--server", relay.url()});
  }

  Home host;
  Relay relay;
  Home alice;
  Home bob;
};

/// What SQLite makes of a store as any other program opens it; without a lock in its way it would fold the log into the
/// file, and remove it.
int read_as_another_program(const fs::path& store) {
  sqlite3* database = nullptr;
  int code = sqlite3_open_v2(store.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr);
  if (code == SQLITE_OK) code = sqlite3_exec(database, "SELECT count(*) FROM record", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  return code;
}

TEST(StoreInUse, IsNoOtherProgramsToReadAndLosesNothingWhenItsOwnerIsKilled) {
  const Home host;
  const Relay relay(host);
  const Home home;
  set_up(home);
  const auto invite = [&] {
    const Ended made = home.run({"invite", "create", "--json"});
    EXPECT_EQ(made.code, 0) << made.out << made.err;
  };
  auto listener = home.start({"listen", "--json", "--server", relay.url()});
  await(*listener, "listening");
  invite();
  EXPECT_EQ(read_as_another_program(home.path() / "store.db"), SQLITE_BUSY);
  EXPECT_EQ(home.run({"store", "backup", "copy", "--json"}).code, 0);
  EXPECT_EQ(read_as_another_program(home.path() / "store.db"), SQLITE_BUSY);
  EXPECT_EQ(read_as_another_program(host.path() / "relay" / "mailbox.db"), SQLITE_BUSY);
  invite();
  listener->signal(SIGKILL);
  listener->wait();
  const Ended list = home.run({"invite", "list", "--json"});
  ASSERT_EQ(list.code, 0) << list.out << list.err;
  EXPECT_EQ(list.json().at("invites").as_array().size(), 2U);
}

TEST(StoreBackup, BesideAnOwnerIsWholeAndAnOlderCopyFromThenOn) {
  const Pair pair;
  auto serving = pair.serve(pair.alice);
  const Ended made = pair.alice.run({"store", "backup", "copy", "--json"});
  ASSERT_EQ(made.code, 0) << made.out << made.err;
  const fs::path copy = pair.alice.desk() / "copy";
  EXPECT_EQ(text(made.json(), "file"), copy.string());
  EXPECT_EQ(number(made.json(), "bytes"), fs::file_size(copy));
  EXPECT_EQ(fs::status(copy).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_EQ(pair.send(pair.bob, pair.alice, "after the backup").code, 0);
  await(*serving, "replied");

  const Ended refused = pair.alice.run({"store", "check", "--json"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(text(refused.json(), "code"), "home_in_use");
  EXPECT_THAT(text(refused.json(), "error"), HasSubstr("pid "));
  EXPECT_EQ(pair.alice.run({"store", "compact", "--json"}).code, 1);
  Pair::end(*serving);
  EXPECT_EQ(counter(pair.alice.run({"store", "check", "--json"})), "current");

  // The restore that the documents describe.
  fs::copy_file(copy, pair.alice.path() / "store.db", fs::copy_options::overwrite_existing);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"peers"},
                                                  {"send", Pair::pk(pair.bob), "x"},
                                                  {"store", "check"},
                                                  {"serve", "--on-message", "cat", "--server", pair.relay.url()}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--json");
    const Ended told = pair.alice.run(arguments);
    EXPECT_EQ(told.code, 1) << command[0] << told.out << told.err;
    EXPECT_EQ(text(told.json(), "code"), "corrupt");
    EXPECT_THAT(text(told.json(), "error"), HasSubstr("older copy"));
    EXPECT_THAT(text(told.json(), "hint"), HasSubstr("agentroom store check --accept-rollback"));
  }
  const Ended accepted = pair.alice.run({"store", "check", "--accept-rollback", "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  EXPECT_EQ(counter(accepted), "current");
  const Ended peers = pair.alice.run({"peers", "--json"});
  EXPECT_EQ(peers.code, 0) << peers.out << peers.err;
  EXPECT_EQ(peers.json().at("peers").as_array().size(), 1U);
}

TEST(StoreBackup, AnOwnerLetsNoRequestPutACopyIntoItsHome) {
  const Home host;
  const Relay relay(host);
  const Home home;
  set_up(home);
  auto listener = home.start({"listen", "--json", "--server", relay.url()});
  await(*listener, "listening");
  fs::create_directory(home.path() / "relay");
  fs::create_directory_symlink(home.path(), home.desk() / "elsewhere");
  const std::string before = read(home.path() / "store.db");
  for (const fs::path& file : {home.path() / "store.db", home.path() / "copy", home.path() / "relay" / "mailbox.db",
                               home.path() / "relay" / ".." / "store.db", home.desk() / "elsewhere" / "store.db"}) {
    auto owner = runtime::ControlClient::connect(home.path());
    ASSERT_TRUE(owner && *owner);
    ASSERT_TRUE((*owner)->ask({"store.backup", {{"path", file.string()}, {"force", true}}}));
    auto reply = (*owner)->next(kDeadline);
    while (reply && *reply && (*reply)->kind == runtime::ControlReply::Kind::kWorking) {
      reply = (*owner)->next(kDeadline);
    }
    ASSERT_TRUE(reply && *reply) << file;
    EXPECT_EQ((*reply)->kind, runtime::ControlReply::Kind::kError) << file;
    EXPECT_EQ((*reply)->error.code, ErrorCode::kUsage) << (*reply)->error.message;
    EXPECT_THAT((*reply)->error.message, HasSubstr("is in the home itself"));
  }
  EXPECT_FALSE(fs::exists(home.path() / "copy"));
  EXPECT_TRUE(read(home.path() / "store.db") == before);
}

TEST(StoreBackup, AloneReplacesOnlyWhenForced) {
  Home home;
  fill_store(home);
  ASSERT_EQ(home.run({"store", "backup", "copy"}).code, 0);
  const std::string first = read(home.desk() / "copy");
  EXPECT_EQ(home.run({"store", "backup", "copy"}).code, 1);
  home.write("copy", "something else");
  ASSERT_EQ(home.run({"store", "backup", "copy", "--force"}).code, 0);
  EXPECT_EQ(read(home.desk() / "copy").size(), first.size());
  for (const auto& entry : fs::directory_iterator(home.desk())) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("copy."))) << "a half copy stayed";
  }
}

TEST(StoreRollback, ACounterThatCannotBeNotedEndsNoAgentThatRunsAndIsToldAtAStart) {
  const Pair pair;
  auto serving = pair.serve(pair.alice);
  const fs::path note = pair.alice.path() / "store.epoch";
  const std::string noted = read(note);
  fs::remove(note);
  fs::create_directory(note);  // no file can take its place
  ASSERT_EQ(pair.alice.run({"store", "backup", "copy", "--json"}).code, 0);
  for (const char* words : {"one", "two", "three"}) {
    ASSERT_EQ(pair.send(pair.bob, pair.alice, words).code, 0);
    std::string type;
    while (type != "replied") {
      const auto line = serving->read_line();
      ASSERT_TRUE(line) << words << serving->errors();
      type = text(boost::json::parse(*line).as_object(), "type");
      ASSERT_THAT(type, testing::AnyOf("received", "replied", "peer_online")) << *line;
    }
  }
  Pair::end(*serving);
  const std::string told = "until its counter can be noted: cannot write " + note.string();
  const std::string errors = serving->errors();
  const std::size_t at = errors.find(told);
  ASSERT_NE(at, std::string::npos) << errors;
  EXPECT_EQ(errors.find(told, at + 1), std::string::npos) << "told once: " << errors;

  const Ended refused = pair.alice.run({"peers", "--json"});
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_THAT(text(refused.json(), "error"), HasSubstr(note.string()));
  fs::remove(note);
  write_private(note, noted);
  EXPECT_EQ(counter(pair.alice.run({"store", "check", "--json"})), "current") << "ahead of its note";
  EXPECT_EQ(pair.alice.run({"peers", "--json"}).code, 0);
}

TEST(StoreRollback, ANewIdentityBeginsWithoutACounter) {
  const Home home;
  fill_store(home);
  ASSERT_TRUE(fs::exists(home.path() / "store.epoch"));
  ASSERT_EQ(home.run({"setup", "--force", "--no-probe", "--json"}).code, 0);
  EXPECT_FALSE(fs::exists(home.path() / "store.epoch"));
  const Ended peers = home.run({"peers", "--json"});
  EXPECT_EQ(peers.code, 0) << peers.out << peers.err;
}

TEST(StoreRollback, AStoreThatWasMovedAwayIsTold) {
  const Home home;
  fill_store(home);
  fs::remove(home.path() / "store.db");
  const Ended peers = home.run({"peers", "--json"});
  EXPECT_EQ(peers.code, 0) << peers.out << peers.err;
  EXPECT_THAT(peers.err, HasSubstr("the store is empty, and one was in use here"));
}

TEST(StoreCompact, GivesRoomBackAndLosesNothing) {
  const Home home;
  fill_store(home);
  const Ended done = home.run({"store", "compact", "--json"});
  ASSERT_EQ(done.code, 0) << done.out << done.err;
  EXPECT_LE(number(done.json(), "bytes_after"), number(done.json(), "bytes_before"));
  const Ended checked = home.run({"store", "check", "--json"});
  ASSERT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_EQ(number(checked.json().at("records").as_object(), "invites"), 1U);
}

TEST(StoreOfARelay, IsCheckedCopiedAndCompactedWhileItDoesNotRun) {
  const Home host;
  const Home alice;
  ASSERT_EQ(alice.run({"setup", "--no-probe", "--json"}).code, 0);
  {
    Relay relay(host);
    ASSERT_EQ(alice.run({"invite", "create", "--json", "--server", relay.url()}).code, 0);
    const Ended refused = host.run({"store", "check", "--relay", "--json"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(text(refused.json(), "code"), "home_in_use");
    EXPECT_THAT(text(refused.json(), "error"), HasSubstr("pid "));
    relay.child->signal(SIGTERM);
    relay.child->wait();
  }
  const Ended checked = host.run({"store", "check", "--relay", "--json"});
  ASSERT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_EQ(text(checked.json(), "store"), "relay");
  EXPECT_EQ(number(checked.json().at("records").as_object(), "invites"), 1U);
  EXPECT_EQ(host.run({"store", "backup", "--relay", "copy"}).code, 0);
  EXPECT_TRUE(fs::exists(host.desk() / "copy"));
  EXPECT_EQ(host.run({"store", "compact", "--relay"}).code, 0);

  const std::string whole = read(host.path() / "relay" / "mailbox.db");
  write_private(host.path() / "relay" / "mailbox.db", garbled(whole));
  const Ended damaged = host.run({"store", "check", "--relay", "--json"});
  EXPECT_EQ(damaged.code, 1) << damaged.out;
  EXPECT_EQ(text(damaged.json(), "code"), "corrupt");
}

}  // namespace
}  // namespace agentroom::e2e

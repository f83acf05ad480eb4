// A store.db or mailbox.db that cannot be used: each is told with its path, and left as it is.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "home_state.hpp"

namespace agentroom::e2e {
namespace {

class DamagedStore : public testing::TestWithParam<Mistake> {};

TEST_P(DamagedStore, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

Mistake store(const char* name, std::string words, Prepare prepare, const char* code = "corrupt",
              std::string hint = "mkdir damaged && mv store.db* damaged/") {
  return in_home(name, {"peers"}, code, std::move(words), std::move(hint), with(fill_store, prepare));
}

Prepare store_content(std::string (*change)(std::string)) {
  return [=](Home& home) { write_private(home.path() / "store.db", change(read(home.path() / "store.db"))); };
}

std::string with_version(std::string database, char version) {
  database[63] = version;  // the last byte of PRAGMA user_version
  return database;
}

std::string with_foreign_application(std::string database) {
  database.replace(68, 4, "mine");  // PRAGMA application_id
  return database;
}

/// Holds SQLite's lock bytes until another store is locked.
void lock_store(Home& home) {
  static int held = -1;
  if (held >= 0) ::close(held);
  held = ::open((home.path() / "store.db").c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000;  // https://www.sqlite.org/fileformat2.html section 1.6
  lock.l_len = 512;
  ASSERT_EQ(::fcntl(held, F_SETLK, &lock), 0);
}

const std::vector<Mistake> kStores{
    store("IsEmpty", "{home}/store.db is damaged: it is cut to 0 bytes",
          store_content([](std::string) { return std::string(); })),
    store("IsCutInItsHeader", "it is cut to 50 bytes",
          store_content([](std::string all) { return all.substr(0, 50); })),
    store("IsCutInAPage", "its last page is cut", store_content([](std::string all) { return all.substr(0, 9000); })),
    store("LacksAPage", "{home}/store.db: the file is damaged",
          store_content([](std::string all) { return all.substr(0, 8192); })),
    store("IsGarbage", "{home}/store.db is no store of agentroom",
          store_content([](std::string all) { return std::string(all.size(), 'g'); })),
    store("HasAGarbledPage", "{home}/store.db",
          store_content([](std::string all) { return all.replace(8192, 200, std::string(200, '\x7f')); })),
    store("IsOfAnotherProgram", "the SQLite database of another program", store_content(with_foreign_application)),
    store("IsOfANewerVersion", "written by a newer agentroom: its schema is 9",
          store_content([](std::string all) { return with_version(std::move(all), 9); }), "unsupported_version",
          "newer version"),
    store("HasNoSchema", "its schema is not the one of a store",
          store_content([](std::string all) { return with_version(std::move(all), 0); })),
    store(
        "IsOfAnotherIdentity", "the store does not open with this identity",
        [](Home& home) {
          fs::remove(home.path() / "identity.json");
          set_up(home);
        },
        "corrupt", "agentroom setup --force"),
    store("IsAFolder", "{home}/store.db is no regular file",
          [](Home& home) {
            fs::remove(home.path() / "store.db");
            fs::create_directory(home.path() / "store.db");
          }),
    store(
        "IsALinkToNothing", "{home}/store.db is a symbolic link to nothing",
        [](Home& home) {
          fs::remove(home.path() / "store.db");
          fs::create_symlink("nothing", home.path() / "store.db");
        },
        "io", "rm {home}/store.db"),
    store(
        "IsMissingButItsLogIsThere", "{home}/store.db is missing, but {home}/store.db-wal",
        [](Home& home) { fs::rename(home.path() / "store.db", home.path() / "store.db-wal"); }, "corrupt", "mv "),
    store(
        "IsOpenToOthers", "open to other users (mode 0644, expected 0600)",
        [](Home& home) { set_mode(home.path() / "store.db", 0644); }, "permission", "run: chmod 600 {home}/store.db"),
    store(
        "IsReadOnly", "{home}/store.db: the file or its folder is read-only",
        [](Home& home) { set_mode(home.path() / "store.db", 0400); }, "io", "the right to write"),
    store("IsLockedByAnotherProgram", "another process uses it", lock_store, "in_use", "fuser {home}/store.db"),
};

/// A relay whose mailboxes hold records, stopped.
void fill_mailboxes(const Home& home) {
  Relay relay(home);
  const Home agent;
  const Ended ended = agent.run({"invite", "create", "--server", relay.url(), "--json"});
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  relay.child->signal(SIGTERM);
  relay.child->wait();
}

Mistake mailbox(const char* name, std::string words, Prepare prepare, const char* code = "corrupt",
                std::string hint = "mkdir damaged && mv mailbox.db* damaged/") {
  return in_home(name, {"relay", "--port", "0"}, code, std::move(words), std::move(hint),
                 with(fill_mailboxes, prepare));
}

Prepare mailbox_content(std::string (*change)(std::string)) {
  return [=](Home& home) {
    const fs::path file = home.path() / "relay" / "mailbox.db";
    write_private(file, change(read(file)));
  };
}

Mistake under_another_secret() {
  Mistake mistake = mailbox(
      "IsSealedUnderAnotherSecret", "sealed under another relay secret", [](Home&) {}, "corrupt",
      "start the relay with the secret");
  mistake.environment["HMAC_SECRET"] = std::string(40, 'z');
  mistake.secrets = {std::string(40, 'z')};
  // It is made under the secret of its home.
  mistake.prepare = [](Home& home) {
    home.environment.erase("HMAC_SECRET");
    fill_mailboxes(home);
    home.environment["HMAC_SECRET"] = std::string(40, 'z');
  };
  return mistake;
}

const std::vector<Mistake> kMailboxes{
    mailbox("IsEmpty", "{home}/relay/mailbox.db is damaged: it is cut to 0 bytes",
            mailbox_content([](std::string) { return std::string(); })),
    mailbox("IsCutInItsHeader", "it is cut to 50 bytes",
            mailbox_content([](std::string all) { return all.substr(0, 50); })),
    mailbox("IsCutInAPage", "its last page is cut",
            mailbox_content([](std::string all) { return all.substr(0, 9000); })),
    mailbox("IsGarbage", "{home}/relay/mailbox.db is no store of agentroom",
            mailbox_content([](std::string all) { return std::string(all.size(), 'g'); })),
    mailbox("HasAGarbledPage", "{home}/relay/mailbox.db",
            mailbox_content([](std::string all) { return all.replace(8192, 200, std::string(200, '\x7f')); })),
    mailbox("IsOfAnotherProgram", "the SQLite database of another program", mailbox_content(with_foreign_application)),
    mailbox("IsOfANewerVersion", "written by a newer agentroom: its schema is 9",
            mailbox_content([](std::string all) { return with_version(std::move(all), 9); }), "unsupported_version",
            "newer version"),
    mailbox(
        "IsOpenToOthers", "open to other users (mode 0644, expected 0600)",
        [](Home& home) { set_mode(home.path() / "relay" / "mailbox.db", 0644); }, "permission",
        "run: chmod 600 {home}/relay/mailbox.db"),
    under_another_secret(),
};

INSTANTIATE_TEST_SUITE_P(OfAnAgent, DamagedStore, testing::ValuesIn(kStores),
                         [](const auto& each) { return std::string(each.param.name); });
INSTANTIATE_TEST_SUITE_P(OfARelay, DamagedStore, testing::ValuesIn(kMailboxes),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace agentroom::e2e

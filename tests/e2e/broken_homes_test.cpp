// Homes that cannot be used, and what is damaged in them: each is told with its path and the way to mend it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "home_state.hpp"

namespace agentroom::e2e {
namespace {

class BrokenHome : public testing::TestWithParam<Mistake> {};

TEST_P(BrokenHome, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

const bool kIsRoot = ::geteuid() == 0;

void give_away(Home& home) {
  make_home(home);
  if (kIsRoot) {
    ASSERT_EQ(::chown(home.path().c_str(), 65534, 65534), 0);
  }
}
/// Root can give a folder away; everyone else has folders of root at hand.
const std::string kForeign = kIsRoot ? "{home}" : "/usr";

const Prepare kReadOnly = [](Home& home) { make_home(home, 0500); };
const Prepare kReadOnlyWithIdentity = with(set_up, [](Home& home) { set_mode(home.path(), 0500); });
const Prepare kOpen = with(set_up, [](Home& home) { set_mode(home.path(), 0755); });
const Prepare kFile = [](Home& home) { std::ofstream(home.path()) << "x"; };
const Prepare kLoop = [](Home& home) { fs::create_symlink("home", home.path()); };
const Prepare kLinkToNothing = [](Home& home) { fs::create_symlink("nothing", home.path()); };
const Prepare kLockedParent = [](Home& home) {
  fs::create_directory(home.desk() / "shut");
  set_mode(home.desk() / "shut", 0500);
};
const Prepare kUnreachable = [](Home& home) {
  fs::create_directories(home.desk() / "shut" / "home");
  set_mode(home.desk() / "shut", 0);
};

const std::string kReadOnlyWords = "the home {home} is read-only";
const std::string kChmod = "run: chmod 700 {home}";
const std::vector<std::string> kSend{"send", "alice", "hi"};
const std::vector<std::string> kRelay{"relay", "--port", "0"};

const std::vector<Mistake> kFolders{
    in_home("ReadOnlyForSetup", {"setup"}, "permission", kReadOnlyWords, kChmod, kReadOnly),
    in_home("ReadOnlyForPeers", {"peers"}, "permission", kReadOnlyWords, kChmod, kReadOnly),
    in_home("ReadOnlyForTheRelay", kRelay, "permission", kReadOnlyWords, kChmod, kReadOnly),
    in_home("ReadOnlyForSend", kSend, "permission", kReadOnlyWords, kChmod, kReadOnlyWithIdentity),
    in_home("ReadOnlyForListen", {"listen"}, "permission", kReadOnlyWords, kChmod, kReadOnlyWithIdentity),
    in_home("ReadOnlyForForce", {"setup", "--force"}, "permission", kReadOnlyWords, kChmod, kReadOnlyWithIdentity),
    in_home("OfAnotherUserForSetup", {"setup", "--home", kForeign}, "permission", "belongs to another user",
            "--home DIR", give_away),
    in_home("OfAnotherUserForPeers", {"peers", "--home", kForeign}, "permission", "belongs to another user",
            "--home DIR", give_away),
    in_home("OpenToOthers", {"peers"}, "permission", "{home} is open to others (mode 0755, expected 0700)", kChmod,
            kOpen),
    in_home("OpenAndFullOfOtherFiles", {"setup"}, "permission", "{home} is open to others", "--home {home}/agentroom",
            [](Home& home) {
              make_home(home);
              std::ofstream(home.path() / "holiday.jpg") << "x";
              set_mode(home.path(), 0755);
            }),
    in_home("IsAFileForSetup", {"setup"}, "io", "{home} is a file", "--home DIR", kFile),
    in_home("IsAFileForWhoami", {"whoami"}, "io", "{home} is a file", "--home DIR", kFile),
    in_home("IsAFileForInvite", {"invite", "list"}, "io", "{home} is a file", "--home DIR", kFile),
    in_home("IsBelowAFile", {"setup", "--home", "{home}/inner"}, "io", "{home}/inner: a part of its path is no folder",
            "--home DIR", kFile),
    in_home("IsALoopForSetup", {"setup"}, "io", "{home}: its path is a loop of symbolic links", "--home DIR", kLoop),
    in_home("IsALoopForWhoami", {"whoami"}, "io", "{home}: its path is a loop of symbolic links", "--home DIR", kLoop),
    in_home("IsBelowALoop", {"peers", "--home", "{home}/inner"}, "io", "a loop of symbolic links", "--home DIR", kLoop),
    in_home("IsALinkToNothing", {"setup"}, "io", "{home} is a symbolic link to nothing", "--home DIR", kLinkToNothing),
    in_home("InAFolderThatIsReadOnly", {"setup", "--home", "{desk}/shut/home"}, "permission",
            "cannot create {desk}/shut/home: permission denied", "{desk}/shut", kLockedParent),
    in_home("InAFolderThatIsClosed", {"whoami", "--home", "{desk}/shut/home"}, "permission",
            "cannot use the home {desk}/shut/home: permission denied", "--home DIR", kUnreachable),
    in_home("IsMissing", {"whoami"}, "not_found", "there is no identity in {home}", "run: agentroom setup", {}),
    in_home("NameTooLongForTheFileSystem", {"setup", "--home", "{desk}/" + std::string(256, 'n')}, "io", "too long",
            "--home DIR", {}),
    in_home("PathTooLongForTheSystem", {"setup", "--home", "/" + std::string(5000, 'n')}, "usage", "5001 bytes long",
            "--home DIR", {}, 2),
    {"NoHomeAtAll",
     {"whoami"},
     2,
     "usage",
     {"HOME is not set"},
     "--home DIR",
     {},
     {{"HOME", ""}, {"AGENTROOM_HOME", ""}}},
    {"HomeIsRelative",
     {"whoami"},
     2,
     "usage",
     {"HOME must be an absolute path", "\"me\""},
     "--home DIR",
     {},
     {{"HOME", "me"}, {"AGENTROOM_HOME", ""}}},
};

Mistake limited(const char* name, std::vector<std::string> arguments, std::string words, std::uint64_t bytes,
                Prepare prepare = {}) {
  Mistake mistake = in_home(name, std::move(arguments), "io", std::move(words), "ulimit -f", std::move(prepare));
  mistake.limits = {"--file-size", std::to_string(bytes)};
  return mistake;
}

Mistake secret(const char* name, const char* code, std::string words, std::string hint, Prepare prepare) {
  Mistake mistake = in_home(name, kRelay, code, "{home}/relay/secret", std::move(hint), std::move(prepare));
  mistake.words.push_back(std::move(words));
  mistake.secrets = {"hunter2"};
  return mistake;
}

Prepare relay_secret(const std::string& text, unsigned mode = 0600) {
  return [=](Home& home) {
    make_home(home);
    write_private(home.path() / "relay" / "secret", text);
    set_mode(home.path() / "relay", 0700);
    set_mode(home.path() / "relay" / "secret", mode);
  };
}

const std::string kSecret(40, 's');

const std::vector<Mistake> kOthers{
    secret("RelaySecretIsOpenToOthers", "permission", "open to others", "run: chmod 600 {home}/relay/secret",
           relay_secret("hunter2" + kSecret, 0644)),
    secret("RelaySecretIsShort", "corrupt", "at least 32 characters", "rm -r {home}/relay/secret",
           relay_secret("hunter2")),
    secret("RelaySecretIsEmpty", "corrupt", "at least 32 characters", "rm -r {home}/relay/secret", relay_secret("")),
    secret("RelaySecretIsHuge", "corrupt", "larger than", "rm -r {home}/relay/secret",
           relay_secret(std::string(5000, 'x'))),
    // Less than an identity takes, more than the error does.
    limited("NoRoomForAnIdentity", {"peers"}, "cannot write {home}/identity.json", 200),
    limited("NoRoomForAStore", {"peers"}, "cannot create {home}/store.db", 4096, with(set_up, [](Home&) {})),
    limited("NoRoomForTheRelaysStore", kRelay, "cannot create {home}/relay/mailbox.db", 4096, relay_secret(kSecret)),
    in_home("LockIsALink", {"peers"}, "io", "{home}/lock", "rm -r {home}/lock",
            with(set_up,
                 [](Home& home) {
                   fs::remove(home.path() / "lock");
                   fs::create_symlink("elsewhere", home.path() / "lock");
                 })),
};

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Folder, BrokenHome, testing::ValuesIn(kFolders), name_of);
INSTANTIATE_TEST_SUITE_P(Other, BrokenHome, testing::ValuesIn(kOthers), name_of);

TEST(ReadOnlyHome, StillTellsWhoItIs) {
  Home home;
  kReadOnlyWithIdentity(home);
  const Ended ended = run_confined(home, {"whoami", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_FALSE(text(ended.json(), "pk").empty());
  set_mode(home.path(), 0700);
}

TEST(FullHome, KeepsNoInviteThatItCouldNotStore) {
  const Home host;
  const Relay relay(host);
  expect_told(limited("NoRoomForARecord", {"invite", "create", "--server", relay.url()},
                      "cannot write to {home}/store.db", 16'384, with(set_up, [](Home&) {})));
}

TEST(LongHome, WorksBeyondWhatASocketsAddressHolds) {
  Home home;
  home.environment["AGENTROOM_HOME"] = (home.desk() / std::string(120, 'd') / std::string(120, 'e')).string();
  const Ended ready = home.run({"setup", "--no-probe", "--json"});
  EXPECT_EQ(ready.code, 0) << ready.out << ready.err;
  const Ended peers = home.run({"peers", "--json"});
  EXPECT_EQ(peers.code, 0) << peers.out << peers.err;
}

TEST(OpenHome, IsClosedBySetup) {
  Home home;
  set_up(home);
  set_mode(home.path(), 0755);
  EXPECT_EQ(home.run({"setup", "--no-probe", "--json"}).code, 0);
  EXPECT_EQ(fs::status(home.path()).permissions(), fs::perms::owner_all);
}

}  // namespace
}  // namespace agentroom::e2e

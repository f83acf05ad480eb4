// An identity.json that cannot be used: each is told with its path, without a byte of what it holds.
#include <gtest/gtest.h>

#include "home_state.hpp"

namespace agentroom::e2e {
namespace {

class DamagedIdentity : public testing::TestWithParam<Mistake> {};

TEST_P(DamagedIdentity, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

Mistake identity(const char* name, std::string words, Prepare prepare, const char* code = "corrupt",
                 std::string hint = "agentroom setup --force", std::vector<std::string> arguments = {"whoami"}) {
  Mistake mistake =
      in_home(name, std::move(arguments), code, "{home}/identity.json", std::move(hint), std::move(prepare));
  mistake.words.push_back(std::move(words));
  mistake.secrets = {"hunter2"};
  return mistake;
}

Prepare content(const std::string& text) {
  return [=](Home& home) {
    make_home(home);
    write_private(home.path() / "identity.json", text);
  };
}

/// A real identity with something done to its text.
Prepare changed(std::string (*change)(std::string)) {
  return with(set_up, [=](Home& home) {
    const fs::path file = home.path() / "identity.json";
    write_private(file, change(read(file)));
  });
}

std::string with_member(std::string json, const std::string& name, const std::string& value) {
  const std::size_t at = json.find("\"" + name + "\"") + name.size() + 3;
  const std::size_t end = json.find_first_of(",}", at);
  return json.replace(at, end - at, value);
}

std::string member(const std::string& json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\"") + name.size() + 3;
  return json.substr(at, json.find_first_of(",}", at) - at);
}

const std::vector<Mistake> kIdentities{
    identity("IsEmpty", "empty", content("")),
    identity("IsSpace", "empty", content(" \n\t ")),
    identity("IsNoJson", "not a JSON text", content("hunter2")),
    identity("IsCut", "not a JSON text", changed([](std::string json) { return json.substr(0, 50); })),
    identity("HasBytesBehindIt", "not a JSON text", changed([](std::string json) { return json + "hunter2"; })),
    identity("IsNested", "not a JSON text", content(std::string(3000, '['))),
    identity("IsAnArray", "not a JSON object", content("[\"hunter2\"]")),
    identity("LacksAMember", "'ed25519_sk' is missing", content("{\"ed25519_pk\":\"" + std::string(43, 'A') + "\"}")),
    identity("HasANumberForAKey", "'ed25519_pk' is not a string", content("{\"ed25519_pk\":5}")),
    identity("HasAShortKey", "'ed25519_pk' is not 32 bytes", content("{\"ed25519_pk\":\"hunter2\"}")),
    identity("HasPaddedKeys", "'x25519_pk' is not 32 bytes", changed([](std::string json) {
               return with_member(json, "x25519_pk", "\"" + std::string(43, 'A') + "=\"");
             })),
    identity("HasKeysThatDoNotBelongTogether", "'ed25519_sk' does not belong to 'ed25519_pk'",
             changed([](std::string json) { return with_member(json, "ed25519_pk", member(json, "x25519_pk")); })),
    identity("HasAgreementKeysThatDoNotBelongTogether", "'x25519_sk' does not belong to 'x25519_pk'",
             changed([](std::string json) { return with_member(json, "x25519_pk", member(json, "ed25519_pk")); })),
    identity("IsLong", "longer than 4096 bytes",
             changed([](std::string json) { return json + std::string(5000, ' '); })),
    identity("IsHuge", "larger than 65536 bytes", content(std::string(1'000'000, ' '))),
    identity(
        "IsAFolder", "it is a folder", [](Home& home) { fs::create_directories(home.path() / "identity.json"); }, "io"),
    identity(
        "IsALinkToNothing", "a symbolic link to nothing",
        [](Home& home) {
          make_home(home);
          fs::create_symlink("nothing", home.path() / "identity.json");
        },
        "corrupt", "rm {home}/identity.json"),
    identity("IsOpenToOthers", "holds a secret and is open to others",
             with(set_up, [](Home& home) { set_mode(home.path() / "identity.json", 0644); }), "permission",
             "run: chmod 600 {home}/identity.json"),
    identity("IsOpenToItsGroup", "holds a secret and is open to others",
             with(set_up, [](Home& home) { set_mode(home.path() / "identity.json", 0640); }), "permission",
             "run: chmod 600 {home}/identity.json", {"peers"}),
    identity("IsUnreadable", "permission denied",
             with(set_up, [](Home& home) { set_mode(home.path() / "identity.json", 0); }), "permission", "chmod u+r"),
    identity("IsCutForListen", "not a JSON text", content("{"), "corrupt", "agentroom setup --force", {"listen"}),
};

INSTANTIATE_TEST_SUITE_P(Table, DamagedIdentity, testing::ValuesIn(kIdentities),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace agentroom::e2e

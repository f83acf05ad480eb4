#include "protocol/invite.hpp"

#include "protocol/limits.hpp"
#include "some_invite.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

void expect_refused(std::string_view url, ErrorCode code, const std::string& what) {
  const auto invite = parse_invite(url);
  ASSERT_FALSE(invite) << what;
  EXPECT_EQ(invite.error().code, code) << what << ": " << invite.error().message;
  EXPECT_FALSE(invite.error().hint.empty()) << what;
}

TEST(Invite, ComesBackFromItsUrl) {
  const SomeInvite some;
  const auto read = parse_invite(some.url());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->invite_id, some.invite.invite_id);
  EXPECT_EQ(read->inviter, some.invite.inviter);
  EXPECT_EQ(read->inviter_x, some.invite.inviter_x);
  EXPECT_EQ(read->server_url, some.invite.server_url);
  EXPECT_EQ(read->expires_at, some.invite.expires_at);
  EXPECT_TRUE(read->nonce.equals(some.invite.nonce));
  EXPECT_EQ(read->prekey, some.invite.prekey);
  EXPECT_EQ(read->relay_pk, some.invite.relay_pk);
  EXPECT_EQ(read->sig, some.invite.sig);
}

TEST(Invite, CarriesAnyUrlThatItsCheckLetsThrough) {
  SomeInvite some;
  some.invite.server_url = "wss://a/\"<>{}" + std::string(kServerUrlBytes - 13, '"');
  ASSERT_EQ(some.invite.server_url.size(), kServerUrlBytes);
  sign_invite(some.invite, some.inviter);
  const auto read = parse_invite(some.url());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->server_url, some.invite.server_url);
}

TEST(Invite, IsRefusedWithAnyMemberChanged) {
  const SomeInvite some;
  SeededRandom random(99);
  const auto other = crypto::Identity::generate(random);
  const auto changed = [&](const char* name, json::value value) {
    return rewritten(some.url(), [&](json::object&, json::object& blob) { blob.at(name) = value; });
  };
  const std::string other_ed = base64url(other.id().view());
  const std::string other_x = base64url(other.x25519.pk.view());
  for (const auto& [name, value] :
       {std::pair<const char*, json::value>("invite_id", "11111111-2222-4333-8444-555555555555"),
        std::pair<const char*, json::value>("inviter_ed25519_pk", other_ed),
        std::pair<const char*, json::value>("inviter_x25519_pk", other_x),
        std::pair<const char*, json::value>("server_url", "wss://relay.example.org/wz"),
        std::pair<const char*, json::value>("server_url", "wss://evil.example.org/ws"),
        std::pair<const char*, json::value>("expires_at", some.invite.expires_at + 1),
        std::pair<const char*, json::value>("nonce", base64url(filled(32, 1))),
        std::pair<const char*, json::value>("prekey", other_x),
        std::pair<const char*, json::value>("relay_pk", other_ed)}) {
    expect_refused(changed(name, value), ErrorCode::kBadSignature, name);
  }
  expect_refused(
      rewritten(some.url(), [](json::object& root, json::object&) { root.at("sig") = base64url(filled(64, 1)); }),
      ErrorCode::kBadSignature, "sig");
}

TEST(Invite, IsRefusedWhenSignedByAnother) {
  SomeInvite some;
  SeededRandom random(98);
  const auto other = crypto::Identity::generate(random);
  sign_invite(some.invite, other);
  expect_refused(some.url(), ErrorCode::kBadSignature, "signed by another");
}

TEST(Invite, IsRefusedWithAnyMemberLeftOut) {
  const SomeInvite some;
  for (const char* name : {"v", "invite_id", "inviter_ed25519_pk", "inviter_x25519_pk", "server_url", "expires_at",
                           "nonce", "prekey", "relay_pk"}) {
    expect_refused(rewritten(some.url(), [&](json::object&, json::object& blob) { blob.erase(name); }),
                   ErrorCode::kInvalid, name);
  }
  expect_refused(rewritten(some.url(), [](json::object& root, json::object&) { root.erase("sig"); }),
                 ErrorCode::kInvalid, "sig");
  expect_refused(rewritten(some.url(), [](json::object& root, json::object&) { root.erase("blob"); }),
                 ErrorCode::kInvalid, "blob");
}

TEST(Invite, IsRefusedWithAnyMemberOfAnotherTypeOrSize) {
  const SomeInvite some;
  for (const char* name :
       {"invite_id", "inviter_ed25519_pk", "inviter_x25519_pk", "server_url", "nonce", "prekey", "relay_pk"}) {
    for (const json::value& value : {json::value(nullptr), json::value(true), json::value(1), json::value(1.5),
                                     json::value(json::array{}), json::value(json::object{}), json::value(""),
                                     json::value(base64url(filled(31, 9))), json::value(base64url(filled(33, 9)))}) {
      expect_refused(rewritten(some.url(), [&](json::object&, json::object& blob) { blob.at(name) = value; }),
                     ErrorCode::kInvalid, std::string(name) + " = " + json::serialize(value));
    }
    if (name == std::string_view("server_url")) continue;
    // Padding and white space.
    for (const char* tail : {"=", " ", "\n"}) {
      expect_refused(rewritten(some.url(),
                               [&](json::object&, json::object& blob) {
                                 blob.at(name) = std::string(blob.at(name).as_string()) + tail;
                               }),
                     ErrorCode::kInvalid, std::string(name) + " with a tail");
    }
  }
  expect_refused(rewritten(some.url(), [](json::object&, json::object& blob) { blob.at("expires_at") = "1"; }),
                 ErrorCode::kInvalid, "expires_at as text");
}

TEST(Invite, TakesKeysOnlyInCanonicalBase64url) {
  const SomeInvite some;
  const auto with_nonce = [&](const std::string& text) {
    return rewritten(some.url(), [&](json::object&, json::object& blob) { blob.at("nonce") = text; });
  };
  // 32 bytes are 43 characters, the last of which has two spare bits.
  expect_refused(with_nonce(std::string(42, 'A') + "B"), ErrorCode::kInvalid, "spare bits");
  expect_refused(with_nonce(std::string(42, '+') + "A"), ErrorCode::kInvalid, "the other alphabet");
  expect_refused(with_nonce(std::string(43, 'A')), ErrorCode::kBadSignature, "canonical, so the signature decides");
}

TEST(Invite, IsRefusedWithInvalidKeys) {
  const SomeInvite some;
  Bytes small_order = filled(32, 0);
  small_order[0] = std::byte{1};
  Bytes p = filled(32, 0xff);
  p[0] = std::byte{0xed};
  p[31] = std::byte{0x7f};
  const Bytes high_bit = filled(32, 0x80);
  for (const auto& [name, key] :
       {std::pair("inviter_ed25519_pk", small_order), std::pair("inviter_ed25519_pk", p),
        std::pair("inviter_x25519_pk", p), std::pair("inviter_x25519_pk", high_bit), std::pair("prekey", p),
        std::pair("prekey", high_bit), std::pair("relay_pk", small_order), std::pair("relay_pk", p)}) {
    const std::string text = base64url(key);
    const auto invite =
        parse_invite(rewritten(some.url(), [&](json::object&, json::object& blob) { blob.at(name) = text; }));
    ASSERT_FALSE(invite);
    EXPECT_EQ(invite.error().message, "malformed invite: member '" + std::string(name) + "' is not a valid key");
  }
}

TEST(Invite, NamesItsUuidInOneWay) {
  const SomeInvite some;
  for (const char* id : {"11111111-2222-4333-8444-55555555555A", "11111111-2222-7333-8444-555555555555",
                         "11111111-2222-4333-c444-555555555555", "11111111222243338444555555555555",
                         "{11111111-2222-4333-8444-555555555555}", "11111111-2222-4333-8444-5555555555550"}) {
    expect_refused(rewritten(some.url(), [&](json::object&, json::object& blob) { blob.at("invite_id") = id; }),
                   ErrorCode::kInvalid, id);
  }
}

TEST(Invite, NamesItsServerByWhateverPathItHas) {
  SomeInvite some;
  for (const char* url : {"wss://relay.example.org", "wss://relay.example.org/", "ws://[::1]:8787/below/agentroom"}) {
    some.invite.server_url = url;
    sign_invite(some.invite, some.inviter);
    EXPECT_TRUE(parse_invite(some.url())) << url;
  }
}

TEST(Invite, NamesItsServerAsAWebSocketOfHostAndPathAlone) {
  SomeInvite some;
  for (const std::string& url :
       {std::string("https://relay.example.org"), std::string("wss://"), std::string("ws:/x"), std::string("wss://a b"),
        std::string("wss://a\x1b[2J"), std::string("ws://192.168.1.1/reboot?now=1"), std::string("ws://a?/ws"),
        std::string("ws://a/ws#f"), std::string("ws://user@a/ws"), std::string("ws://user:password@a/ws"),
        std::string("ws://a\\b/ws"), std::string("wss://ä.example"), "wss://" + std::string(kServerUrlBytes, 'a')}) {
    some.invite.server_url = url;
    sign_invite(some.invite, some.inviter);
    expect_refused(some.url(), ErrorCode::kInvalid, url);
  }
}

TEST(Invite, IsFoundByItsExactPrefix) {
  const SomeInvite some;
  const std::string url = some.url();
  const std::string body = url.substr(kInvitePrefix.size());
  for (const std::string& bad :
       {std::string(), std::string("agentroom://invite"), std::string("agentroom://invite/"), body, " " + url,
        url + "\n", url + "=", url + "/", "agentroom:/invite/" + body, "AGENTROOM://invite/" + body,
        "agentroom://Invite/" + body, "agentroom://invite?" + body, "https://agentroom/invite/" + body}) {
    expect_refused(bad, ErrorCode::kInvalid, bad.substr(0, 20));
  }
}

TEST(Invite, CutAnywhereIsRefused) {
  const std::string url = SomeInvite().url();
  for (std::size_t size = 0; size < url.size(); ++size) {
    expect_refused(std::string_view(url).substr(0, size), ErrorCode::kInvalid, std::to_string(size));
  }
}

TEST(Invite, IsBoundedInLength) {
  const SomeInvite some;
  const auto padded_to = [&](std::size_t characters) {
    std::string text = json_of(some.url());
    text.append(characters * 3 / 4 - text.size(), ' ');
    return url_of(text);
  };
  EXPECT_TRUE(parse_invite(padded_to(kInviteUrlBytes - kInvitePrefix.size())));
  expect_refused(padded_to(kInviteUrlBytes - kInvitePrefix.size() + 8), ErrorCode::kInvalid, "too long");
}

TEST(Invite, OfAnotherVersionSaysSoWhateverElseItHolds) {
  for (const char* text : {R"({"blob":{"v":4,"something":["new"]}})", R"({"blob":{"v":2}})",
                           R"({"sig":1,"blob":{"expires_at":1.5,"nonce":null,"v":4}})", R"({"blob":{"v":-3}})"}) {
    expect_refused(url_of(text), ErrorCode::kUnsupportedVersion, text);
  }
  for (const char* text : {R"({"blob":{"v":"3"}})", R"({"blob":{"v":3.0}})", R"({"blob":{"v":4e0}})", R"({"v":4})",
                           R"({"blob":[{"v":4}]})", R"({"x":{"blob":{"v":4}}})", R"({"blob":{"x":{"v":4}}})",
                           R"({"blob":{"v":4,"x":1,"x":1}})", R"({"blob":{"v":99999999999999999999}})"}) {
    expect_refused(url_of(text), ErrorCode::kInvalid, text);
  }
}

TEST(Invite, HasItsExpiryAsAnIntegerLiteral) {
  SomeInvite some;
  const std::string expires = std::to_string(some.invite.expires_at);
  const auto with = [&](const std::string& literal) {
    std::string text = json_of(some.url());
    text.replace(text.find(expires), expires.size(), literal);
    return url_of(text);
  };
  EXPECT_TRUE(parse_invite(with(expires)));
  for (const char* literal : {"1750086400000.0", "1.7500864e12", "17500864e5", "1E3", "-1", "9007199254740992",
                              "18446744073709551615", "18446744073709551616", "null", "\"1750086400000\"", "[1]"}) {
    expect_refused(with(literal), ErrorCode::kInvalid, literal);
  }
  for (const char* literal : {"01750086400000", "+1750086400000", "0x10", "1e", "NaN", "Infinity", ""}) {
    expect_refused(with(literal), ErrorCode::kInvalid, literal);
  }
  some.invite.expires_at = (1LL << 53) - 1;
  sign_invite(some.invite, some.inviter);
  EXPECT_TRUE(parse_invite(some.url()));
}

TEST(Invite, KeepsItsSecretOutOfErrors) {
  const SomeInvite some;
  const std::string url = some.url();
  const std::string nonce = base64url(some.invite.nonce.view());
  const auto check = [&](const Result<Invite>& result) {
    ASSERT_FALSE(result);
    for (const std::string& text : {result.error().message, result.error().hint}) {
      EXPECT_EQ(text.find(nonce.substr(0, 8)), std::string::npos) << text;
      EXPECT_EQ(text.find(url.substr(30, 12)), std::string::npos) << text;
    }
  };
  check(parse_invite(url + "!"));
  check(parse_invite(rewritten(url, [&](json::object&, json::object& blob) { blob.at("nonce") = nonce + "A"; })));
  check(parse_invite(rewritten(url, [&](json::object&, json::object& blob) { blob.at("relay_pk") = nonce; })));
  check(parse_invite(url_of("{\"" + nonce + "\":1,\"" + nonce + "\":2}")));
}

TEST(Invite, IsAcceptedInItsTimeAlone) {
  const SomeInvite some;
  const UnixMs expires = some.invite.expires_at;
  EXPECT_TRUE(check_invite_time(some.invite, expires));
  EXPECT_TRUE(check_invite_time(some.invite, expires + 30'000));
  const auto late = check_invite_time(some.invite, expires + 30'001);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kInviteExpired);
  EXPECT_EQ(late.error().message, "invite expired");
  const UnixMs earliest = expires - 7LL * 24 * 3600 * 1000 - 30'000;
  EXPECT_TRUE(check_invite_time(some.invite, earliest));
  const auto early = check_invite_time(some.invite, earliest - 1);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace agentroom::protocol

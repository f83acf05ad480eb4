// An invite as its owner makes it, and as an attacker rewrites it.
#pragma once

#include <boost/json.hpp>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "crypto/primitives.hpp"
#include "protocol/invite.hpp"
#include "support.hpp"

namespace agentroom::protocol::test {

namespace json = boost::json;

inline constexpr std::string_view kInvitePrefix = "agentroom://invite/";
inline constexpr UnixMs kInviteNow = 1'750'000'000'000;

struct SomeInvite {
  SeededRandom random{7};
  crypto::Identity inviter = (crypto::init(), crypto::Identity::generate(random));
  Invite invite = make();

  std::string url() const { return invite_url(invite); }

 private:
  Invite make() {
    Invite made;
    made.invite_id = make_uuid_v4<InviteId>(random);
    made.inviter = inviter.id();
    made.inviter_x = inviter.x25519.pk;
    made.server_url = "wss://relay.example.org/ws";
    made.expires_at = kInviteNow + 24 * 3600 * 1000;
    random.fill(made.nonce.mutable_view());
    made.prekey = crypto::AgreementPair::generate(random).pk;
    made.relay_pk = *RelayId::from(crypto::Identity::generate(random).id().view());
    sign_invite(made, inviter);
    return made;
  }
};

inline std::string json_of(std::string_view url) {
  const auto bytes = from_base64url(url.substr(kInvitePrefix.size()));
  EXPECT_TRUE(bytes);
  return std::string(as_text(*bytes));
}

inline std::string url_of(std::string_view text) {
  return std::string(kInvitePrefix) + base64url(as_bytes(text));
}

/// The invite's URL after `change` was applied to its JSON.
template <class Change>
std::string rewritten(std::string_view url, Change&& change) {
  json::object root = json::parse(json_of(url)).as_object();
  change(root, root.at("blob").as_object());
  return url_of(json::serialize(root));
}

}  // namespace agentroom::protocol::test

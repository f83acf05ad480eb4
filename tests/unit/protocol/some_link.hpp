// A relay and an agent that do not know each other yet.
#pragma once

#include "crypto/identity.hpp"
#include "crypto/primitives.hpp"
#include "protocol/link.hpp"
#include "protocol/link_messages.hpp"
#include "support.hpp"

namespace agentroom::protocol::test {

struct SomeLink {
  SeededRandom random{21};
  crypto::RelayIdentity relay =
      (crypto::init(), crypto::RelayIdentity::from_secret("a relay's secret of at least 32 characters"));
  crypto::Identity agent = crypto::Identity::generate(random);
  RelayTerms terms;
  RelayHandshake relay_side{relay, terms, random};

  Result<RelayHandshake::Accepted> accept(ByteView hello) {
    return relay_side.accept(hello, [](const AgentId&) { return Welcome{}; });
  }

  AgentHandshake agent_side() {
    auto started = AgentHandshake::start(relay_side.challenge());
    EXPECT_TRUE(started) << started.error().message;
    return std::move(*started);
  }
};

/// What a relay or agent that breaks the rules would send: a Hello boxed under whatever keys.
inline Bytes boxed_hello(const crypto::AgreementPair& ephemeral, const RelayId& relay_pk, const AgreementKey& relay_e,
                         ByteView challenge, const Hello& hello) {
  const auto shared = crypto::dh(ephemeral.secret, relay_e);
  EXPECT_TRUE(shared);
  const auto keys = crypto::derive_link_keys(*shared, relay_pk, relay_e, ephemeral.pk, challenge);
  return joined({ephemeral.pk.view(), crypto::box(keys.agent_to_relay.view(), kHandshakeNonce, encode_hello(hello))});
}

}  // namespace agentroom::protocol::test

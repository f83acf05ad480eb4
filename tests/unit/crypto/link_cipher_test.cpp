#include "crypto/link_cipher.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

Bytes with_room(std::string_view text) {
  Bytes buffer(kMacBytes);
  append(buffer, as_bytes(text));
  return buffer;
}

class Link : public testing::Test {
 protected:
  Link() {
    random.fill(shared.mutable_view());
    random.fill(relay_pk.mutable_view());
    random.fill(relay_e.mutable_view());
    random.fill(agent_e.mutable_view());
  }
  LinkKeys keys() { return derive_link_keys(shared, relay_pk, relay_e, agent_e, as_bytes(challenge)); }
  LinkCipher agent_end() { return {keys().agent_to_relay, keys().relay_to_agent}; }
  LinkCipher relay_end() { return {keys().relay_to_agent, keys().agent_to_relay}; }

  SeededRandom random{1};
  SharedSecret shared;
  RelayId relay_pk;
  AgreementKey relay_e;
  AgreementKey agent_e;
  std::string challenge = "challenge bytes";
};

TEST_F(Link, KeysDependOnEveryInput) {
  const LinkKeys base = keys();
  EXPECT_FALSE(base.agent_to_relay.equals(base.relay_to_agent));
  const auto expect_apart = [&](auto&& change, auto&& undo) {
    change();
    const LinkKeys other = keys();
    EXPECT_FALSE(base.agent_to_relay.equals(other.agent_to_relay));
    EXPECT_FALSE(base.relay_to_agent.equals(other.relay_to_agent));
    undo();
  };
  for (auto* bytes : {shared.data(), relay_pk.data(), relay_e.data(), agent_e.data()}) {
    expect_apart([&] { bytes[5] ^= 1; }, [&] { bytes[5] ^= 1; });
  }
  expect_apart([&] { challenge += 'x'; }, [&] { challenge.pop_back(); });
  EXPECT_TRUE(base.agent_to_relay.equals(keys().agent_to_relay));
}

TEST_F(Link, CarriesMessagesBothWaysInOrder) {
  LinkCipher agent = agent_end();
  LinkCipher relay = relay_end();
  for (const std::string_view text : {"one", "", "three"}) {
    Bytes message = with_room(text);
    agent.seal(message);
    const auto opened = relay.open(message);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(*opened), text);
    Bytes answer = with_room(text);
    relay.seal(answer);
    ASSERT_TRUE(agent.open(answer));
  }
}

TEST_F(Link, CountsFromOneLittleEndian) {
  LinkCipher agent = agent_end();
  for (unsigned char counter = 1; counter < 4; ++counter) {
    Bytes message = with_room("text");
    agent.seal(message);
    Nonce nonce;
    nonce.data()[0] = counter;
    EXPECT_EQ(unbox(keys().agent_to_relay.view(), nonce, message), to_bytes(as_bytes("text")));
  }
}

TEST_F(Link, RefusesReplayAndReorder) {
  LinkCipher agent = agent_end();
  LinkCipher relay = relay_end();
  Bytes first = with_room("first");
  Bytes second = with_room("second");
  agent.seal(first);
  agent.seal(second);
  Bytes early = second;
  EXPECT_FALSE(relay.open(early));
  Bytes replay = first;
  EXPECT_TRUE(relay.open(first));
  EXPECT_FALSE(relay.open(replay));
  EXPECT_TRUE(relay.open(second));
}

TEST_F(Link, RefusesReflection) {
  LinkCipher agent = agent_end();
  Bytes message = with_room("text");
  agent.seal(message);
  EXPECT_FALSE(agent.open(message));
}

TEST_F(Link, RefusesWhatWasChangedOrCut) {
  LinkCipher agent = agent_end();
  LinkCipher relay = relay_end();
  Bytes message = with_room("text");
  agent.seal(message);
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes changed = message;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(relay.open(changed)) << i;
    Bytes cut(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(relay.open(cut)) << i;
  }
  EXPECT_TRUE(relay.open(message));  // a failure does not move the counter
}

}  // namespace
}  // namespace agentroom::crypto::test

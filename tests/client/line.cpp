#include "line.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace agentroom::client {
namespace {

bool poll(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + e2e::kDeadline;
  while (std::chrono::steady_clock::now() < until) {
    if (holds()) return true;
  }
  return false;
}

}  // namespace

Client opened(const ClientOptions& options) {
  auto client = Client::open(options);
  if (client) return std::move(*client);
  std::cerr << client.error().code << ": " << client.error().message << '\n';
  std::abort();
}

void expect_done(const Result<void>& result) {
  EXPECT_TRUE(result.ok()) << (result ? "" : result.error().code + ": " + result.error().message);
}

void await_sent(Client& client) {
  EXPECT_TRUE(poll([&] {
    const auto peers = value(client.peers());
    return std::ranges::all_of(peers, [](const Peer& peer) { return peer.unsent == 0; });
  }));
}

void await_unhandled(Client& client, std::size_t count) {
  EXPECT_TRUE(poll([&] {
    std::size_t found = 0;
    for (const Peer& peer : value(client.peers())) found += peer.unhandled;
    return found == count;
  }));
}

void Line::befriend(Client& alice, Client& bob) {
  const Invite invite = value(alice.create_invite());
  const Peer peer = value(bob.accept_invite(invite.url));
  EXPECT_EQ(peer.key, alice.id());
  EXPECT_EQ(await<PeerJoined>(alice).peer, bob.id());
  EXPECT_EQ(await<PeerJoined>(bob).peer, alice.id());
}

}  // namespace agentroom::client

// The relay engine from inside: events of channels, of the clock and of the disk, given to the part that answers them.
#pragma once

#include "agentroom/relay_engine.hpp"
#include "crypto/relay_identity.hpp"
#include "protocol/link.hpp"
#include "relay/admission.hpp"
#include "relay/connections.hpp"
#include "relay/group_commit.hpp"
#include "relay/invite_desk.hpp"
#include "relay/ledger.hpp"
#include "relay/router.hpp"
#include "relay/segment_store.hpp"

namespace agentroom {

struct RelayEngine::State final : relay::CommitSink, relay::MailboxReader {
  State(const RelayConfig& config, const crypto::RelayIdentity& identity, Store& store, Channels& channels,
        Random& random, RelayObserver& observer);

  // Admission.
  void opened(ChannelId channel, const PeerInfo& peer);
  /// Lets the oldest connection that has not authenticated go; false when there is none.
  bool make_room(const relay::Refusal& refusal);
  void uncount(relay::Connection& connection);
  void authenticate(relay::Connection& connection, ByteView hello);
  protocol::Welcome welcome(const AgentId& agent);
  void know_if_named(relay::AgentRef agent);
  void closed(ChannelId channel);
  /// Closes for what the other end did; `why` is for the observer and the other end.
  void refuse(relay::Connection& connection, std::uint16_t code, const char* why);
  void end(relay::Connection& connection, std::uint16_t code, const char* why);
  void leave(relay::Connection& connection);

  // Frames.
  void message(relay::Connection& connection, MutableByteView message);
  void handle(relay::Connection& connection, protocol::Frame& frame);
  void bad_frame(relay::Connection& connection, const std::string& why);
  void slow_down(relay::Connection& connection, std::size_t frames);

  // Time.
  void on_time();
  void look(relay::Connection& connection);
  void housekeeping();
  std::optional<Duration> next_deadline() const;
  void flush();

  // Disk.
  void on_durable(relay::Effects effects) override;
  void on_lost(std::vector<relay::Effects> effects, const Error& why) override;
  void on_mailbox(relay::MailboxRecord record) override;
  void on_invite(relay::InviteRecord record) override;
  void on_message(const relay::KeptMessage& message) override { router.load(message); }

  void shut_down();
  bool quiet() const;

  relay::Rate frame_rate() const {
    return {std::uint64_t{ledger.limits.frames_per_second} * 60, ledger.limits.frame_burst};
  }

  const RelayConfig config;
  const crypto::RelayIdentity& identity;
  Random& random;
  RelayObserver& observer;
  const relay::TrustedProxies proxies;

  relay::Ledger ledger;
  relay::Admission admission;
  relay::Connections connections;
  relay::SegmentStore store;
  relay::GroupCommit commits;
  relay::Router router;
  relay::InviteDesk desk;

  std::uint64_t agents_connected = 0;
  std::optional<Duration> housekeeping_at;
  std::optional<Duration> rest_at;  ///< when memory that speeds up reading is given back
  bool shutting_down = false;
  bool channels_closed = false;
};

}  // namespace agentroom

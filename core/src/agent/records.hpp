// The records of an agent's store as plain values, and their codec. Protobuf stays behind the .cpp files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"
#include "crypto/keys.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::agent {

struct MetaRecord {
  std::uint32_t schema = 0;
  AgentId agent;
};

struct PeerRecord {
  AgentId id;
  std::string given_name;  ///< by the owner; empty: none
  std::string own_name;    ///< by the peer, cleaned
  std::uint32_t generation = 0;
};

/// A session without its ratchet, which is serialised beside it.
struct SessionFacts {
  SessionId id;
  AgentId peer;
  std::uint32_t generation = 0;
  bool invitee = false;
  bool confirmed = false;      ///< a message of the peer was read
  bool acknowledged = false;   ///< invitee: the SessionAck was read
  bool claim_pending = false;  ///< invitee: the relay has not answered the claim; nothing else is sent
  crypto::MailboxToken token_out;
  crypto::MailboxToken token_in;
  std::string url;
  InviteId invite_id;
  MsgId claim_msg_id;
  UnixMs created_at = 0;
  UnixMs last_used = 0;
  UnixMs superseded_at = 0;
  UnixMs claimed_at = 0;  ///< invitee: when the relay had taken the claim
  UnixMs lapsed_at = 0;   ///< invitee: since when it only receives, for the inviter did not answer in time; 0: it did
  std::vector<std::string> relay_urls;                ///< of the peer: where the session's relay answers too
  std::uint64_t relay_urls_at = 0;                    ///< the place of the message that told them
  std::optional<std::vector<std::string>> announced;  ///< what the peer was told last
  std::uint64_t order = 0;
};
struct SessionRecord {
  SessionFacts facts;
  crypto::Ratchet ratchet;
};

struct KeptKeyRecord {
  SessionId session_id;
  crypto::KeptKey key;
  std::uint64_t order = 0;
};

struct OutgoingRecord {
  AgentId to;
  SessionId session_id;
  MsgId msg_id;
  crypto::MailboxToken token;
  std::string url;
  Bytes envelope;
  UnixMs created_at = 0;
  bool control = false;     ///< not a text of the owner or handler
  bool relay_urls = false;  ///< tells where a relay answers
};

struct IncomingRecord {
  AgentId from;
  MsgId msg_id;
  ConversationId conversation_id;
  std::optional<MsgId> in_reply_to;
  std::uint32_t hops = 0;
  UnixMs sent_at = 0;
  std::uint32_t attempts = 0;
  std::string text;
};

struct UnreadableRecord {
  AgentId from;
  MsgId msg_id;
  UnixMs at = 0;
  std::string why;
  Bytes envelope;
};

enum class InviteStage : std::uint8_t {
  kPublishing,  ///< the relay has not confirmed it: nobody has its URL
  kOpen,
  kRevoking,  ///< until the relay confirms that nobody can claim it any more
  kClaimed,   ///< the relay says it was claimed in time: the SessionInit is on its way
};
struct InviteRecord {
  InviteId invite_id;
  crypto::InviteNonce nonce;
  crypto::AgreementPair prekey;
  std::string url;
  std::string named_url;  ///< what the invite says in place of `url`; empty: nothing else
  RelayId relay_pk;
  UnixMs expires_at = 0;
  InviteStage stage = InviteStage::kPublishing;
};

struct ClaimRecord {
  MsgId msg_id;
  InviteId invite_id;
  SessionId session_id;
  AgentId inviter;
  Bytes envelope;
  Signature sig;
  std::string url;
  UnixMs expires_at = 0;
};

struct PinRecord {
  std::string url;
  RelayId relay_pk;
  bool invited = false;     ///< an invite brought the URL: its owner never configured it
  std::uint64_t order = 0;  ///< which was made first
};

/// Each value may hold secrets: the caller seals it at once and wipes it (see `wipe`).
Bytes encode(const MetaRecord& record);
Bytes encode(const PeerRecord& record);
Bytes encode(const SessionFacts& facts, const crypto::Ratchet& ratchet);
Bytes encode(const KeptKeyRecord& record);
Bytes encode(const OutgoingRecord& record);
Bytes encode(const IncomingRecord& record);
Bytes encode_seen(UnixMs at);
Bytes encode(const UnreadableRecord& record);
Bytes encode(const InviteRecord& record);
Bytes encode(const ClaimRecord& record);
Bytes encode(const PinRecord& record);

/// Errors: kCorrupt.
Result<MetaRecord> decode_meta(ByteView value);
Result<PeerRecord> decode_peer(ByteView value);
/// `kept` are the session's kept keys, oldest first.
Result<SessionRecord> decode_session(ByteView value, std::vector<crypto::KeptKey> kept);
/// The session a record belongs to, before its kept keys are known.
Result<SessionId> session_of(ByteView session_value);
Result<KeptKeyRecord> decode_kept_key(ByteView value);
Result<OutgoingRecord> decode_outgoing(ByteView value);
Result<IncomingRecord> decode_incoming(ByteView value);
Result<UnixMs> decode_seen(ByteView value);
Result<UnreadableRecord> decode_unreadable(ByteView value);
Result<InviteRecord> decode_invite(ByteView value);
Result<ClaimRecord> decode_claim(ByteView value);
Result<PinRecord> decode_pin(ByteView value);

/// Overwrites the bytes before they are freed.
void wipe(Bytes& bytes);

}  // namespace agentroom::agent

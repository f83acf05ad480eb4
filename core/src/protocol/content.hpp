// What the two agents say to each other inside the ratchet, and the envelope around it (protocol section 5).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"
#include "crypto/keys.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::protocol {

struct SessionHello {
  std::uint32_t generation = 0;  ///< below 2^32 − 1
  crypto::MailboxToken token;
  std::string name;                       ///< valid UTF-8, at most 64 bytes
  std::vector<std::string> capabilities;  ///< at most kCapabilities, each like a name
};
struct SessionAck {
  std::uint32_t generation = 0;
  std::string name;
};
struct Text {
  std::string text;  ///< valid UTF-8, at most 131,072 bytes
};
struct RelayUrls {
  std::vector<std::string> urls;  ///< at most kRelayUrls, each ws:// or wss:// and at most kServerUrlBytes
};
/// A body that this version does not know: acknowledged and ignored.
struct UnknownBody {};

struct Content {
  UnixMs sent_at = 0;
  ConversationId conversation_id;
  std::optional<MsgId> in_reply_to;
  std::uint32_t hops = 0;
  std::variant<UnknownBody, SessionHello, SessionAck, Text, RelayUrls> body;
};

Bytes encode_content(const Content& content);
/// Errors: kInvalid (malformed, wrong sizes, text that is not UTF-8 or too long).
Result<Content> decode_content(ByteView bytes);

/// A SessionInit before its keys were checked by crypto.
struct SessionInit {
  InviteId invite_id;
  AgentId invitee_ed;
  AgreementKey invitee_x;
  AgreementKey e_pk;
  Signature sig;
  crypto::RatchetMessage first;
};

using Envelope = std::variant<SessionInit, crypto::RatchetMessage>;

Bytes encode_envelope(const Envelope& envelope);
/// Errors: kInvalid.
Result<Envelope> decode_envelope(ByteView bytes);

}  // namespace agentroom::protocol

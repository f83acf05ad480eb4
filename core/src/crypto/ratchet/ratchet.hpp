// The Double Ratchet with header encryption (protocol section 4).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/time.hpp"
#include "crypto/handshake.hpp"
#include "crypto/keys.hpp"

namespace agentroom::crypto {

inline constexpr std::size_t kSealedHeaderBytes = 80;
inline constexpr std::uint32_t kMaxSkip = 20'000;   ///< keys one message may skip, both chains together
inline constexpr std::size_t kMaxKeptKeys = 2'000;  ///< kept for one session, newest stay
inline constexpr std::int64_t kKeptKeyLifeMs = 30LL * 24 * 3600 * 1000;
inline constexpr std::uint32_t kLongSkip = 2'000;  ///< a skip beyond it counts against the session when unreadable
inline constexpr int kLongSkipFailures = 3;        ///< within an hour: long skips are refused for an hour
inline constexpr std::int64_t kLongSkipWindowMs = 3600LL * 1000;

using SealedHeader = FixedBytes<struct SealedHeaderTag, kSealedHeaderBytes>;

/// A message as it travels (the `Message` of an envelope).
struct RatchetMessage {
  SessionId session_id;
  SealedHeader sealed_header;
  Bytes body;
};

/// Who speaks to whom; part of what each message is bound to.
struct MessageContext {
  AgentId from;
  AgentId to;
  MsgId msg_id;
};

/// A message key that was skipped and waits for its late message. Records of their own in the store.
struct KeptKey {
  HeaderKey hk;
  std::uint32_t n = 0;
  MessageKey mk;
  UnixMs kept_at = 0;
};

/// What a step changed among the kept keys, for the store: indices are never stable, keys are named by (hk, n).
struct KeptKeyChange {
  enum class Kind : std::uint8_t { kAdded, kRemoved };
  Kind kind = Kind::kAdded;
  KeptKey key;
};

/// One side of a session's ratchet.
///
/// State advances on a copy: `encrypt` and `decrypt` leave the object as it was unless they succeed, and the caller
/// makes the new state durable before anything that depends on it leaves the process. Thread: the owner's.
class Ratchet {
 public:
  /// The invitee: sends first. `random` makes DHs.
  static Result<Ratchet> initiate(SessionSecrets secrets, const AgreementKey& prekey, Random& random);
  /// The inviter: DHs is the prekey pair.
  static Ratchet respond(SessionSecrets secrets, AgreementPair prekey);

  Ratchet(Ratchet&&) noexcept;
  Ratchet& operator=(Ratchet&&) noexcept;
  ~Ratchet();

  const SessionId& session_id() const;

  /// False for an inviter that has received nothing yet.
  bool can_send() const;

  /// Pads and encrypts. Errors: kInvalid when it cannot send, or the chain is at its end (n = 2^32 − 1).
  Result<RatchetMessage> encrypt(const MessageContext& context, ByteView plaintext, Random& random);

  struct Opened {
    Bytes plaintext;
    std::vector<KeptKeyChange> changes;  ///< in order; evictions included
  };
  /// Errors: kUnreadable (no key opens it, a key is gone, the body does not authenticate, too long a skip); the state
  /// is then unchanged but for the memory of failed long skips.
  Result<Opened> decrypt(const MessageContext& context, const RatchetMessage& message, UnixMs now, Random& random);

  /// Kept keys that are older than 30 days, removed.
  std::vector<KeptKeyChange> expire(UnixMs now);

  /// Everything but the kept keys, as bytes that only `restore` reads; secret: to be sealed at once and wiped.
  Bytes serialize() const;
  /// `kept` oldest first, as the changes told of them: the oldest go first when more come. Errors: kCorrupt.
  static Result<Ratchet> restore(ByteView state, std::vector<KeptKey> kept);

  std::size_t kept_keys() const;

  Ratchet clone() const;

 private:
  struct State;
  explicit Ratchet(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::crypto

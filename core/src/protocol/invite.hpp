// The invite and its URL (protocol section 2).
#pragma once

#include <string>
#include <string_view>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"
#include "crypto/identity.hpp"
#include "crypto/invite_keys.hpp"

namespace agentroom::protocol {

/// An invite as its URL carries it. `nonce` is its secret: whoever has it can accept. Never logged.
struct Invite {
  InviteId invite_id;
  AgentId inviter;
  AgreementKey inviter_x;
  std::string server_url;
  UnixMs expires_at = 0;
  crypto::InviteNonce nonce;
  AgreementKey prekey;
  RelayId relay_pk;
  Signature sig;
};

/// Signs the members with the inviter's key; fills `sig`.
void sign_invite(Invite& invite, const crypto::Identity& inviter);

/// `agentroom://invite/<base64url>`. It holds the secret: to be printed once, for the person who asked. Nobody can read
/// it unless `server_url` is a bare one (protocol/server_url.hpp), which the caller checks.
std::string invite_url(const Invite& invite);

/// Parses and verifies: prefix, base64url, JSON (no duplicates at any depth, no lone surrogates), version first,
/// members, key validity, signature. Does not look at the time (see `check_invite_time`).
/// Errors: kInvalid (with what is wrong), kUnsupportedVersion, kBadSignature. No message holds any part of the URL.
Result<Invite> parse_invite(std::string_view url);

/// The invitee's check. Errors: kInviteExpired, kInvalid (expires too far ahead).
Result<void> check_invite_time(const Invite& invite, UnixMs now);

}  // namespace agentroom::protocol

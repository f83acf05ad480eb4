#include "relay/records.hpp"

#include <agentroom_relay/records.pb.h>

#include <numeric>

namespace agentroom::relay {
namespace {

namespace pb = agentroom::relay::records;

Bytes serialise(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data()));
  return out;
}

bool parse(google::protobuf::MessageLite& message, ByteView bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("a stored ") + what + " does not have the form that this version writes",
              "restore the relay's store from a backup");
}

template <class Fixed>
std::string text(const Fixed& value) {
  return std::string(as_text(value.view()));
}

template <class Fixed>
bool read(const std::string& from, Fixed& to) {
  const auto value = Fixed::from(as_bytes(from));
  if (value) to = *value;
  return value.has_value();
}

}  // namespace

Bytes encode_format() {
  pb::Format message;
  message.set_version(kFormatVersion);
  return serialise(message);
}

Result<void> decode_format(ByteView bytes) {
  pb::Format message;
  if (!parse(message, bytes)) return corrupt("format record");
  if (message.version() != kFormatVersion) {
    return fail(ErrorCode::kUnsupportedVersion,
                "the relay's store has format " + std::to_string(message.version()) + "; this version reads format " +
                    std::to_string(kFormatVersion),
                "run the version of agentroom that wrote it");
  }
  return {};
}

Bytes encode_segment(const SegmentRecord& record) {
  pb::Segment message;
  message.set_stored_at_ms(record.stored_at);
  message.set_from(record.from);
  message.set_to(record.to);
  message.set_msg_id(record.msg_id);
  message.set_token(record.token);
  message.mutable_size()->Add(record.size.begin(), record.size.end());
  message.mutable_claims()->Add(record.claims.begin(), record.claims.end());
  message.set_envelopes(record.envelopes);
  return serialise(message);
}

Result<SegmentRecord> decode_segment(ByteView bytes) {
  pb::Segment message;
  if (!parse(message, bytes)) return corrupt("segment");
  SegmentRecord record;
  record.stored_at = message.stored_at_ms();
  record.from = std::move(*message.mutable_from());
  record.to = std::move(*message.mutable_to());
  record.msg_id = std::move(*message.mutable_msg_id());
  record.token = std::move(*message.mutable_token());
  record.size.assign(message.size().begin(), message.size().end());
  record.claims.assign(message.claims().begin(), message.claims().end());
  record.envelopes = std::move(*message.mutable_envelopes());

  const std::size_t count = record.size.size();
  const std::uint64_t bytes_in_all = std::accumulate(record.size.begin(), record.size.end(), std::uint64_t{0});
  if (count == 0 || count > 0xffff || record.from.size() != count * AgentId::kSize ||
      record.to.size() != count * AgentId::kSize || record.msg_id.size() != count * MsgId::kSize ||
      record.token.size() != count * TokenHash::kSize || record.envelopes.size() != bytes_in_all) {
    return corrupt("segment");
  }
  for (const std::uint32_t index : record.claims) {
    if (index >= count) return corrupt("segment");
  }
  return record;
}

Result<std::string> decode_segment_envelopes(ByteView bytes) {
  pb::Segment message;
  if (!parse(message, bytes)) return corrupt("segment");
  return std::move(*message.mutable_envelopes());
}

Bytes encode_receipts(const std::vector<bool>& done) {
  std::string bits((done.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (done[i]) bits[i / 8] = static_cast<char>(bits[i / 8] | (1 << (i % 8)));
  }
  pb::Receipts message;
  message.set_done(std::move(bits));
  return serialise(message);
}

Result<std::vector<bool>> decode_receipts(ByteView bytes) {
  pb::Receipts message;
  if (!parse(message, bytes)) return corrupt("list of receipts");
  const std::string& bits = message.done();
  std::vector<bool> done(bits.size() * 8);
  for (std::size_t i = 0; i < done.size(); ++i) done[i] = ((bits[i / 8] >> (i % 8)) & 1) != 0;
  return done;
}

Bytes encode_mailbox(const MailboxRecord& record) {
  pb::Mailbox message;
  message.set_agent(text(record.agent));
  message.mutable_allowed()->reserve(record.allowed.size() * TokenHash::kSize);
  for (const TokenHash& hash : record.allowed) message.mutable_allowed()->append(as_text(hash.view()));
  message.set_claimed_here(record.claimed_here);
  message.set_known(record.known);
  return serialise(message);
}

Result<MailboxRecord> decode_mailbox(ByteView bytes) {
  pb::Mailbox message;
  MailboxRecord record;
  if (!parse(message, bytes) || !read(message.agent(), record.agent)) return corrupt("mailbox record");
  const ByteView hashes = as_bytes(message.allowed());
  if (hashes.size() % TokenHash::kSize != 0) return corrupt("mailbox record");
  for (std::size_t at = 0; at < hashes.size(); at += TokenHash::kSize) {
    record.allowed.push_back(*TokenHash::from(hashes.subspan(at, TokenHash::kSize)));
  }
  if (!std::ranges::is_sorted(record.allowed)) return corrupt("mailbox record");
  record.claimed_here = message.claimed_here();
  record.known = message.known();
  return record;
}

Bytes encode_invite(const InviteRecord& record) {
  pb::Invite message;
  message.set_invite_id(text(record.invite_id));
  message.set_inviter(text(record.inviter));
  message.set_claim_pk(text(record.claim_pk));
  message.set_expires_at_ms(record.expires_at);
  message.set_token(text(record.token));
  message.set_state(static_cast<pb::Invite::State>(record.state));
  if (record.state == InviteRecord::State::kClaimed) {
    message.set_claimant(text(record.claimant));
    message.set_claim_msg_id(text(record.claim_msg_id));
    message.set_envelope_hash(text(record.envelope_hash));
    message.set_receipted(record.receipted);
    message.set_listed(record.listed);
  }
  return serialise(message);
}

Result<InviteRecord> decode_invite(ByteView bytes) {
  pb::Invite message;
  InviteRecord record;
  if (!parse(message, bytes) || !read(message.invite_id(), record.invite_id) ||
      !read(message.inviter(), record.inviter) || !read(message.claim_pk(), record.claim_pk) ||
      !read(message.token(), record.token) || message.state() < pb::Invite::STATE_OPEN ||
      message.state() > pb::Invite::STATE_CLAIMED) {
    return corrupt("invite");
  }
  record.expires_at = message.expires_at_ms();
  record.state = static_cast<InviteRecord::State>(message.state());
  if (record.state == InviteRecord::State::kClaimed &&
      (!read(message.claimant(), record.claimant) || !read(message.claim_msg_id(), record.claim_msg_id) ||
       !read(message.envelope_hash(), record.envelope_hash))) {
    return corrupt("invite");
  }
  record.receipted = message.receipted();
  record.listed = message.listed();
  return record;
}

}  // namespace agentroom::relay

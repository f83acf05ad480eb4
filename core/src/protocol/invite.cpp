#include "protocol/invite.hpp"

#include <boost/json.hpp>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "crypto/little_endian.hpp"
#include "crypto/primitives.hpp"
#include "crypto/wiped.hpp"
#include "protocol/invite_json.hpp"
#include "protocol/limits.hpp"
#include "protocol/server_url.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "agentroom://invite/";
constexpr std::string_view kContext = "invite";

/// Hands what the signature covers, in order, to `use`.
template <class Use>
auto with_signed_parts(const Invite& invite, Use&& use) {
  std::array<std::byte, 8> expires;
  crypto::put_u64(expires, static_cast<std::uint64_t>(invite.expires_at));
  const std::initializer_list<ByteView> parts = {invite.invite_id.view(),
                                                 invite.inviter.view(),
                                                 invite.inviter_x.view(),
                                                 invite.prekey.view(),
                                                 invite.relay_pk.view(),
                                                 invite.nonce.view(),
                                                 expires,
                                                 as_bytes(invite.server_url)};
  return use(parts);
}

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorCode::kInvalid, "malformed invite: " + std::move(what),
              "copy the whole line, from agentroom:// to its end");
}

std::string quoted(InviteJson::Name member) {
  return "'" + std::string(InviteJson::name(member)) + "'";
}

/// Wipes a text that held the invite's secret.
class WipedText {
 public:
  explicit WipedText(std::string text) : text_(std::move(text)) {}
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  ~WipedText() { sodium_memzero(text_.data(), text_.size()); }
  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

template <class Fixed>
Result<void> read_fixed(const InviteJson& members, InviteJson::Name name, Fixed& out) {
  const JsonMember& member = members.at(name);
  if (member.kind != JsonMember::Kind::kText) return malformed("member " + quoted(name) + " is not a text");
  auto bytes = from_base64url(member.text);
  auto value = bytes ? Fixed::from(*bytes) : std::nullopt;
  if (bytes) sodium_memzero(bytes->data(), bytes->size());
  if (!value) {
    return malformed("member " + quoted(name) + " is not " + std::to_string(Fixed::kSize) +
                     " bytes of base64url without padding");
  }
  out = std::move(*value);
  return {};
}

Result<void> read_members(const InviteJson& members, Invite& invite) {
  using J = InviteJson;
  const auto& id = members.at(J::kInviteId);
  if (id.kind != JsonMember::Kind::kText) return malformed("member 'invite_id' is not a text");
  const auto invite_id = uuid_from_text<InviteId>(id.text);
  if (!invite_id || invite_id->data()[6] >> 4 != 4 || invite_id->data()[8] >> 6 != 2) {
    return malformed("member 'invite_id' is not a UUID of version 4 in lower case");
  }
  invite.invite_id = *invite_id;

  const auto& url = members.at(J::kServerUrl);
  if (url.kind != JsonMember::Kind::kText || !is_bare_server_url(url.text)) {
    return malformed("member 'server_url' is not a ws:// or wss:// URL of host and path alone");
  }
  invite.server_url = url.text;

  const auto& expires = members.at(J::kExpiresAt);
  if (expires.kind != JsonMember::Kind::kInteger || expires.integer < 0 ||
      static_cast<std::uint64_t>(expires.integer) > wire::kMaxInteger) {
    return malformed("member 'expires_at' is not a whole number of milliseconds");
  }
  invite.expires_at = expires.integer;

  Result<void> read = read_fixed(members, J::kInviterEd, invite.inviter);
  if (read) read = read_fixed(members, J::kInviterX, invite.inviter_x);
  if (read) read = read_fixed(members, J::kNonce, invite.nonce);
  if (read) read = read_fixed(members, J::kPrekey, invite.prekey);
  if (read) read = read_fixed(members, J::kRelayPk, invite.relay_pk);
  if (read) read = read_fixed(members, J::kSig, invite.sig);
  return read;
}

Result<void> check_keys(const Invite& invite) {
  using J = InviteJson;
  for (const auto& [name, valid] : {std::pair(J::kInviterEd, crypto::is_valid_signing_key(invite.inviter.view())),
                                    std::pair(J::kInviterX, crypto::is_valid_agreement_key(invite.inviter_x)),
                                    std::pair(J::kPrekey, crypto::is_valid_agreement_key(invite.prekey)),
                                    std::pair(J::kRelayPk, crypto::is_valid_signing_key(invite.relay_pk.view()))}) {
    if (!valid) return malformed("member " + quoted(name) + " is not a valid key");
  }
  return {};
}

}  // namespace

void sign_invite(Invite& invite, const crypto::Identity& inviter) {
  invite.sig = with_signed_parts(
      invite, [&](const auto& parts) { return crypto::sign(inviter.ed25519.secret, kContext, parts); });
}

std::string invite_url(const Invite& invite) {
  // The secret passes through the tree and its text: both stay in wiped memory.
  crypto::WipedArray<2 * kInviteUrlBytes> arena;
  json::monotonic_resource memory(arena.data(), 2 * kInviteUrlBytes);
  json::object blob(&memory);
  const auto set = [&blob](InviteJson::Name name, std::string_view value) {
    const auto key = InviteJson::name(name);
    blob.emplace(json::string_view(key.data(), key.size()), json::string_view(value.data(), value.size()));
  };
  const WipedText nonce(base64url(invite.nonce.view()));
  blob.emplace("v", kProtocolVersion);
  set(InviteJson::kInviteId, uuid_text(invite.invite_id.view()));
  set(InviteJson::kInviterEd, base64url(invite.inviter.view()));
  set(InviteJson::kInviterX, base64url(invite.inviter_x.view()));
  set(InviteJson::kServerUrl, invite.server_url);
  blob.emplace("expires_at", invite.expires_at);
  set(InviteJson::kNonce, nonce.view());
  set(InviteJson::kPrekey, base64url(invite.prekey.view()));
  set(InviteJson::kRelayPk, base64url(invite.relay_pk.view()));
  json::object root(&memory);
  root.emplace("blob", std::move(blob));
  root.emplace("sig", base64url(invite.sig.view()));

  json::serializer serializer;
  serializer.reset(&root);
  crypto::WipedBytes text(1'024 + 6 * invite.server_url.size());  // an escape takes six characters
  crypto::WipedArray<1'024> part;
  while (!serializer.done()) {
    const auto written = serializer.read(reinterpret_cast<char*>(part.data()), part.view().size());
    text.append(as_bytes(std::string_view(written.data(), written.size())));
  }
  const WipedText body(base64url(text.view()));
  return std::string(kPrefix) + std::string(body.view());
}

Result<Invite> parse_invite(std::string_view url) {
  if (url.size() > kInviteUrlBytes) return malformed("it is longer than 8,192 characters");
  if (!url.starts_with(kPrefix)) return malformed("it does not begin with agentroom://invite/");
  auto decoded = from_base64url(url.substr(kPrefix.size()));
  if (!decoded) return malformed("it is not base64url without padding");
  auto members = InviteJson::read(as_text(*decoded));
  sodium_memzero(decoded->data(), decoded->size());
  if (!members) return malformed(std::move(members.error().message));

  const JsonMember& version = members->at(InviteJson::kV);
  if (version.kind != JsonMember::Kind::kInteger) return malformed("member 'v' is not a whole number");
  if (version.integer != kProtocolVersion) {
    return fail(ErrorCode::kUnsupportedVersion,
                "this invite is of version " + std::to_string(version.integer) + ", version 3 was expected",
                "use the same release of agentroom on both sides");
  }

  Invite invite;
  if (auto read = read_members(*members, invite); !read) return pass(read);
  if (auto keys = check_keys(invite); !keys) return pass(keys);
  const bool holds = with_signed_parts(
      invite, [&](const auto& parts) { return crypto::verify(invite.inviter.view(), kContext, parts, invite.sig); });
  if (!holds) {
    return fail(ErrorCode::kBadSignature, "the invite was changed: its signature does not hold",
                "ask for a new invite");
  }
  return invite;
}

Result<void> check_invite_time(const Invite& invite, UnixMs now) {
  if (now > invite.expires_at + kClockSkewMs) {
    return fail(ErrorCode::kInviteExpired, "invite expired", "ask for a new one: agentroom invite create");
  }
  if (invite.expires_at > now + kInviteMaxLifeMs + kClockSkewMs) {
    return fail(ErrorCode::kInvalid, "malformed invite: it expires more than 7 days ahead",
                "check the clocks of both machines, then ask for a new invite");
  }
  return {};
}

}  // namespace agentroom::protocol

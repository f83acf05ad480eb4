// The URL of an invite, its JSON, and invites that their inviter signed.
//
//   u8 which, then: 0 a URL, 1 the JSON inside one, 2 the JSON's members as pieces, signed by an inviter
#include "base/base64url.hpp"
#include "protocol/invite.hpp"
#include "protocol/invite_json.hpp"
#include "protocol/limits.hpp"
#include "protocol/server_url.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

constexpr std::string_view kPrefix = "agentroom://invite/";

void check(const std::string& url) {
  const auto invite = protocol::parse_invite(url);
  if (!invite) {
    const ErrorCode code = invite.error().code;
    require(code == ErrorCode::kInvalid || code == ErrorCode::kUnsupportedVersion || code == ErrorCode::kBadSignature,
            "an invite is refused as malformed, of another version, or changed");
    return;
  }
  require(url.size() <= protocol::kInviteUrlBytes && url.starts_with(kPrefix), "an invite's URL has its bounds");
  require(protocol::is_bare_server_url(invite->server_url), "its server is one, without a query");
  const std::string own = protocol::invite_url(*invite);
  if (own.size() > protocol::kInviteUrlBytes) return;
  const auto again = protocol::parse_invite(own);
  require(again.has_value(), "what was read can be written and read again");
  require(protocol::invite_url(*again) == own && again->nonce.equals(invite->nonce), "and is the same");
}

void check_members(Input input) {
  static Sequence random(5);
  static const crypto::Identity kInviter = crypto::Identity::generate(random);
  protocol::Invite invite;
  const auto fill = [&input](auto& fixed) {
    const ByteView from = input.take(fixed.kSize);
    std::ranges::copy(from, fixed.mutable_view().begin());
  };
  fill(invite.invite_id);
  fill(invite.nonce);
  fill(invite.prekey);
  fill(invite.relay_pk);
  invite.inviter = kInviter.id();
  invite.inviter_x = kInviter.x25519.pk;
  invite.expires_at = static_cast<UnixMs>(std::uint64_t{input.u32()} << 32 | input.u32());
  invite.server_url = input.rest_text();
  protocol::sign_invite(invite, kInviter);
  if (protocol::is_bare_server_url(invite.server_url)) check(protocol::invite_url(invite));
}

void run(ByteView bytes) {
  Input input(bytes);
  const auto which = input.u8() % 3;
  if (which == 0) check(std::string(input.rest_text()));
  if (which == 1) {
    const std::string_view json = input.rest_text();
    const auto read = protocol::InviteJson::read(json);
    require(read || read.error().code == ErrorCode::kInvalid, "what is no invite's JSON is kInvalid");
    check(std::string(kPrefix) + base64url(as_bytes(json)));
  }
  if (which == 2) check_members(input);
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const Seed& url : text_seeds("protocol_invite.json", {"url"})) {
    if (url.bytes.size() > 1'500) continue;
    const std::string_view text = as_text(url.bytes);
    all.push_back({url.name, Script().u8(0).raw(url.bytes).bytes()});
    if (!text.starts_with(kPrefix)) continue;
    if (const auto json = from_base64url(text.substr(kPrefix.size())); json) {
      all.push_back({"json-of-" + url.name, Script().u8(1).raw(*json).bytes()});
    }
  }
  Script members;
  members.u8(2).raw(numbered<InviteId>(1).view()).raw(Bytes(32, std::byte{2})).raw(Bytes(32, std::byte{9}));
  members.raw(numbered<RelayId>(7).view()).u32(400).u32(7).raw("wss://relay.example/ws");
  all.push_back({"members", members.bytes()});
  return all;
}

const Registration kTarget({"invites", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

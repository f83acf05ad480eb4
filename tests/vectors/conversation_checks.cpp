// conversation.json, step by step.
#include "checks.hpp"
#include "crypto/primitives.hpp"
#include "crypto/ratchet/chain_key.hpp"
#include "crypto/ratchet/header.hpp"
#include "crypto/ratchet/message_key.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "crypto/ratchet/root_key.hpp"
#include "replay_random.hpp"
#include "state_layout.hpp"

namespace agentroom::vectors {

using namespace crypto;
using namespace crypto::test;

namespace {

constexpr UnixMs kNow = 1'750'000'000'000;

class Replay {
 public:
  explicit Replay(const Fields& start)
      : session_id_(start.as<SessionId>("T")),
        invitee_ed_(start.as<AgentId>("invitee_ed")),
        inviter_ed_(start.as<AgentId>("inviter_ed")),
        invitee_(initiate(start)),
        inviter_(
            Ratchet::respond(secrets(start), AgreementPair::from_secret(start.as<AgreementSecret>("prekey_secret")))) {}

  bool starts_as(const Fields& start) const {
    const auto shared = dh(start.as<AgreementSecret>("invitee_dhs_secret"), start.as<AgreementKey>("prekey")).value();
    return Check(start)
        .equal("T", invitee_.session_id().view())
        .equal("prekey", read_field(inviter_, kOwnPublic))
        .equal("root", read_field(inviter_, kRoot))
        .equal("hk_a", read_field(invitee_, kSendingHeaderKey))
        .equal("hk_a", read_field(inviter_, kNextReceiving))
        .equal("hk_b", read_field(invitee_, kNextReceiving))
        .equal("hk_b", read_field(inviter_, kNextSending))
        .equal("invitee_dhs", read_field(invitee_, kOwnPublic))
        .equal("dh", shared.view())
        .equal("rk", read_field(invitee_, kRoot))
        .equal("cks", read_field(invitee_, kSendingChainKey))
        .equal("nhks", read_field(invitee_, kNextSending))
        .holds();
  }

  bool send(const Fields& step) {
    const bool by_invitee = step.text("from") == "invitee";
    if (!by_invitee && step.text("from") != "inviter") return false;
    Ratchet& ratchet = by_invitee ? invitee_ : inviter_;
    const MessageContext context{by_invitee ? invitee_ed_ : inviter_ed_, by_invitee ? inviter_ed_ : invitee_ed_,
                                 step.as<MsgId>("msg_id")};
    Check check(step);
    check.that(step.number<std::size_t>("index") == sent_.size())
        .equal("ratchet_pk", read_field(ratchet, kOwnPublic))
        .equal("hks", read_field(ratchet, kSendingHeaderKey))
        .equal("cks", read_field(ratchet, kSendingChainKey))
        .equal("mk", message_key(step.as<ChainKey>("cks")).view())
        .that(read_field(ratchet, kPreviousCount) == little_endian(step.number<std::uint32_t>("pn")))
        .that(read_field(ratchet, kSendingNext) == little_endian(step.number<std::uint32_t>("n")));

    random_.expect(step.bytes("header_nonce"));
    const auto message = ratchet.encrypt(context, step.bytes("plaintext"), random_).value();
    const auto header =
        unbox(step.bytes("hks"), step.as<Nonce>("header_nonce"), message.sealed_header.view().subspan(kNonceBytes));
    const auto ad = associated_data(session_id_, context, message.sealed_header);
    std::array<std::byte, 56> both{};
    bh(both, step.bytes("mk"), ad.view(), "ar3.message");
    check.equal("cks_next", read_field(ratchet, kSendingChainKey))
        .equal("header", header.value())
        .equal("sealed_header", message.sealed_header.view())
        .equal("ad", ad.view())
        .equal("ek", std::span(both).first<32>())
        .equal("nonce", std::span(both).last<24>())
        .equal("body", message.body)
        .that(message.session_id == session_id_);
    sent_.push_back({by_invitee, context, message, step.bytes("plaintext"), step.as<AgreementKey>("ratchet_pk")});
    return check.holds();
  }

  bool receive(const Fields& step) {
    const Sent& sent = sent_.at(step.number<std::size_t>("index"));
    Ratchet& ratchet = sent.by_invitee ? inviter_ : invitee_;
    const Ratchet before = ratchet.clone();
    if (step.has("dhs_secret")) random_.expect(step.bytes("dhs_secret"));
    const auto opened = ratchet.decrypt(sent.context, sent.message, kNow, random_);
    if (!opened || opened->plaintext != sent.plaintext || !random_.used_up()) return false;
    Check check(step);
    const bool turned = read_field(before, kRoot) != read_field(ratchet, kRoot);
    check.that(turned == step.has("dhs_secret"))
        .that(step.text("case") == way_in(before, ratchet, *opened))
        .that(same_keys(step.array("keeps"), opened->changes, KeptKeyChange::Kind::kAdded))
        .that(same_keys(step.array("spends"), opened->changes, KeptKeyChange::Kind::kRemoved))
        .that(ratchet.kept_keys() == step.number<std::size_t>("kept"))
        .that(read_field(ratchet, kReceivingNext) == little_endian(step.number<std::uint32_t>("nr")))
        .equal("ckr", read_field(ratchet, kReceivingChainKey));
    return check.holds() && (!turned || turns(step, before, ratchet, sent.ratchet_pk));
  }

 private:
  struct Sent {
    bool by_invitee;
    MessageContext context;
    RatchetMessage message;
    Bytes plaintext;
    AgreementKey ratchet_pk;
  };

  static SessionSecrets secrets(const Fields& start) {
    return {start.as<SessionId>("T"), start.as<RootKey>("root"), start.as<HeaderKey>("hk_a"),
            start.as<HeaderKey>("hk_b")};
  }
  Ratchet initiate(const Fields& start) {
    random_.expect(start.bytes("invitee_dhs_secret"));
    return Ratchet::initiate(secrets(start), start.as<AgreementKey>("prekey"), random_).value();
  }

  static std::string way_in(const Ratchet& before, const Ratchet& after, const Ratchet::Opened& opened) {
    if (read_field(before, kRoot) != read_field(after, kRoot)) return "b";
    const bool late = opened.changes.size() == 1 && opened.changes[0].kind == KeptKeyChange::Kind::kRemoved;
    if (!late) return "a";
    const bool in_use = to_bytes(opened.changes[0].key.hk.view()) == read_field(after, kReceivingHeaderKey);
    return in_use ? "a, kept" : "c";
  }

  static bool same_keys(const json::array& expected, const std::vector<KeptKeyChange>& changes,
                        KeptKeyChange::Kind kind) {
    std::size_t at = 0;
    for (const KeptKeyChange& change : changes) {
      if (change.kind != kind) continue;
      if (at == expected.size()) return false;
      const Fields key(expected[at++].as_object());
      Check check(key);
      check.equal("hk", change.key.hk.view()).that(key.number<std::uint32_t>("n") == change.key.n);
      if (kind == KeptKeyChange::Kind::kAdded) check.equal("mk", change.key.mk.view());
      if (!check.holds()) return false;
    }
    return at == expected.size();
  }

  /// Case (b): the two steps of the root.
  static bool turns(const Fields& step, const Ratchet& before, const Ratchet& after, const AgreementKey& peer) {
    const auto own = *AgreementSecret::from(read_field(before, kOwnSecret));
    const auto shared = dh(own, peer).value();
    const RootStep in = advance_root(*RootKey::from(read_field(before, kRoot)), shared);
    const auto shared_back = dh(step.as<AgreementSecret>("dhs_secret"), peer).value();
    return Check(step)
        .equal("dh_receive", shared.view())
        .equal("rk_receive", in.root.view())
        .equal("ckr_start", in.chain.view())
        .equal("nhkr", in.next_header_key.view())
        .equal("nhkr", read_field(after, kNextReceiving))
        .equal("dhs", read_field(after, kOwnPublic))
        .equal("dh_send", shared_back.view())
        .equal("rk_send", read_field(after, kRoot))
        .equal("cks", read_field(after, kSendingChainKey))
        .equal("nhks", read_field(after, kNextSending))
        .holds();
  }

  ReplayRandom random_;
  SessionId session_id_;
  AgentId invitee_ed_;
  AgentId inviter_ed_;
  Ratchet invitee_;
  Ratchet inviter_;
  std::vector<Sent> sent_;
};

}  // namespace

bool conversation_holds(const json::object& conversation) {
  const Fields start(conversation.at("start").as_object());
  if (start.text("function") != "start") return false;
  Replay replay(start);
  if (!replay.starts_as(start)) return false;
  for (const auto& value : conversation.at("steps").as_array()) {
    const Fields step(value.as_object());
    const std::string function = step.text("function");
    const bool holds = function == "send" ? replay.send(step) : function == "receive" && replay.receive(step);
    if (!holds) return false;
  }
  return true;
}

}  // namespace agentroom::vectors

// Section 4: a session whole, with turns, skips and late arrivals.
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <stdexcept>

#include "files.hpp"
#include "ratchet_spec.hpp"

namespace agentroom::vectors {
namespace {

/// One side, named as the specification names its state. Empty text is "none".
struct Side {
  Text ed;
  Pair dhs;
  Text rk, hks, cks, nhks, hkr, ckr, nhkr;
  std::uint32_t ns = 0, nr = 0, pn = 0;
  std::map<std::pair<Text, std::uint32_t>, Text> kept;  ///< (hk, n) → mk
};

/// A message on its way, with what its receiver needs of the sender's view.
struct Sent {
  bool by_invitee;
  Text ratchet_pk, hk, mk;
  std::uint32_t pn, n;
};

boost::json::object key_name(const Text& hk, std::uint32_t n, const Text& mk) {
  boost::json::object key{{"hk", hex(hk)}, {"n", n}};
  if (!mk.empty()) key["mk"] = hex(mk);
  return key;
}

class Conversation {
 public:
  Conversation() {
    session_id_ = fixed_random(32, "conversation T");
    const Text root = fixed_random(32, "conversation root");
    const Text hk_a = fixed_random(32, "conversation hk_a");
    const Text hk_b = fixed_random(32, "conversation hk_b");
    const Pair prekey = agreement_pair("conversation prekey");

    invitee_.ed = signing_pair(fixed_random(32, "conversation invitee")).pk;
    invitee_.dhs = agreement_pair("conversation first DHs");
    const Text shared = dh(invitee_.dhs.secret, prekey.pk);
    const RootResult first = kdf_rk(root, shared);
    invitee_.rk = first.rk;
    invitee_.cks = first.ck;
    invitee_.nhks = first.nhk;
    invitee_.hks = hk_a;
    invitee_.nhkr = hk_b;

    inviter_.ed = signing_pair(fixed_random(32, "conversation inviter")).pk;
    inviter_.dhs = prekey;
    inviter_.rk = root;
    inviter_.nhks = hk_b;
    inviter_.nhkr = hk_a;

    start_ = vector_of("start", {{"T", session_id_},
                                 {"root", root},
                                 {"hk_a", hk_a},
                                 {"hk_b", hk_b},
                                 {"invitee_ed", invitee_.ed},
                                 {"inviter_ed", inviter_.ed},
                                 {"prekey_secret", prekey.secret},
                                 {"prekey", prekey.pk},
                                 {"invitee_dhs_secret", invitee_.dhs.secret},
                                 {"invitee_dhs", invitee_.dhs.pk},
                                 {"dh", shared},
                                 {"rk", first.rk},
                                 {"cks", first.ck},
                                 {"nhks", first.nhk}});
  }

  void invitee_sends(const Text& plaintext) { send(invitee_, inviter_, true, plaintext); }
  void inviter_sends(const Text& plaintext) { send(inviter_, invitee_, false, plaintext); }
  void arrives(std::size_t message) {
    const Sent& sent = sent_.at(message);
    receive(sent.by_invitee ? inviter_ : invitee_, sent, message);
  }

  boost::json::value done() && {
    return {
        {"description",
         "Section 4: a session whole. 'start' is the initial state; the invitee's secret DHs, the header nonces and "
         "the secrets of a turn are the randomness. 'steps' are in order: 'send' shows the sender's keys, 'receive' "
         "what the message with that index changes at the other side."},
        {"start", start_},
        {"steps", steps_}};
  }

 private:
  void send(Side& s, const Side& peer, bool by_invitee, const Text& plaintext) {
    const std::string name = "conversation message " + std::to_string(sent_.size());
    const Text msg_id = fixed_random(16, name + " msg_id");
    const Text header_nonce = fixed_random(24, name + " header nonce");
    const Text header = s.dhs.pk + u32(s.pn) + u32(s.ns);
    const Text sealed_header = header_nonce + box(s.hks, header_nonce, header);
    const ChainResult chain = kdf_ck(s.cks);
    const Text ad = session_id_ + s.ed + peer.ed + msg_id + sealed_header;
    const Text both = bh(56, chain.mk, ad, "ar3.message");
    const Text ek = both.substr(0, 32);
    const Text nonce = both.substr(32);
    auto step = vector_of("send", {{"msg_id", msg_id},
                                   {"plaintext", plaintext},
                                   {"header_nonce", header_nonce},
                                   {"ratchet_pk", s.dhs.pk},
                                   {"hks", s.hks},
                                   {"cks", s.cks},
                                   {"mk", chain.mk},
                                   {"cks_next", chain.ck},
                                   {"header", header},
                                   {"sealed_header", sealed_header},
                                   {"ad", ad},
                                   {"ek", ek},
                                   {"nonce", nonce},
                                   {"body", box(ek, nonce, pad(plaintext))}});
    step["index"] = sent_.size();
    step["from"] = by_invitee ? "invitee" : "inviter";
    step["pn"] = s.pn;
    step["n"] = s.ns;
    steps_.push_back(std::move(step));
    sent_.push_back({by_invitee, s.dhs.pk, s.hks, chain.mk, s.pn, s.ns});
    s.cks = chain.ck;
    s.ns += 1;
  }

  /// while Nr < u: (mk, CKr) = KDF_CK(CKr), keep (HKr, Nr) → mk, Nr += 1
  static void skip(Side& s, std::uint32_t u, boost::json::array& keeps) {
    while (s.nr < u) {
      const ChainResult chain = kdf_ck(s.ckr);
      keeps.push_back(key_name(s.hkr, s.nr, chain.mk));
      s.kept[{s.hkr, s.nr}] = chain.mk;
      s.ckr = chain.ck;
      s.nr += 1;
    }
  }

  /// skip(n), (mk, CKr) = KDF_CK(CKr), Nr = n + 1
  static Text advance(Side& s, std::uint32_t n, boost::json::array& keeps) {
    skip(s, n, keeps);
    const ChainResult chain = kdf_ck(s.ckr);
    s.ckr = chain.ck;
    s.nr = n + 1;
    return chain.mk;
  }

  void receive(Side& s, const Sent& sent, std::size_t message) {
    boost::json::object step{{"function", "receive"}, {"index", message}};
    boost::json::array keeps;
    boost::json::array spends;
    Text mk;
    if ((sent.hk == s.hkr && sent.n < s.nr) || s.kept.contains({sent.hk, sent.n})) {
      step["case"] = sent.hk == s.hkr ? "a, kept" : "c";
      mk = s.kept.at({sent.hk, sent.n});
      s.kept.erase({sent.hk, sent.n});
      spends.push_back(key_name(sent.hk, sent.n, ""));
    } else if (sent.hk == s.hkr) {
      step["case"] = "a";
      mk = advance(s, sent.n, keeps);
    } else if (sent.hk == s.nhkr) {
      step["case"] = "b";
      mk = turn(s, sent, message, step, keeps);
    } else {
      throw std::logic_error("no key opens the header");
    }
    if (mk != sent.mk) throw std::logic_error("the two sides differ");
    step["keeps"] = std::move(keeps);
    step["spends"] = std::move(spends);
    step["kept"] = s.kept.size();
    step["nr"] = s.nr;
    step["ckr"] = hex(s.ckr);
    steps_.push_back(std::move(step));
  }

  static Text turn(Side& s, const Sent& sent, std::size_t message, boost::json::object& step,
                   boost::json::array& keeps) {
    if (!s.ckr.empty()) skip(s, sent.pn, keeps);
    s.pn = s.ns;
    s.ns = s.nr = 0;
    s.hks = s.nhks;
    s.hkr = s.nhkr;
    const Text shared = dh(s.dhs.secret, sent.ratchet_pk);
    const RootResult in = kdf_rk(s.rk, shared);
    s.ckr = in.ck;
    s.nhkr = in.nhk;
    s.dhs = agreement_pair("conversation DHs after message " + std::to_string(message));
    const Text shared_back = dh(s.dhs.secret, sent.ratchet_pk);
    const RootResult out = kdf_rk(in.rk, shared_back);
    s.rk = out.rk;
    s.cks = out.ck;
    s.nhks = out.nhk;
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, Text>>{{"dh_receive", shared},
                                                                                         {"rk_receive", in.rk},
                                                                                         {"ckr_start", in.ck},
                                                                                         {"nhkr", in.nhk},
                                                                                         {"dhs_secret", s.dhs.secret},
                                                                                         {"dhs", s.dhs.pk},
                                                                                         {"dh_send", shared_back},
                                                                                         {"rk_send", out.rk},
                                                                                         {"cks", out.ck},
                                                                                         {"nhks", out.nhk}}) {
      step[name] = hex(value);
    }
    return advance(s, sent.n, keeps);
  }

  Text session_id_;
  Side invitee_;
  Side inviter_;
  std::vector<Sent> sent_;
  boost::json::object start_;
  boost::json::array steps_;
};

}  // namespace

boost::json::value conversation() {
  Conversation c;
  c.invitee_sends("hello");           // 0
  c.invitee_sends("are you there?");  // 1, late by two turns
  c.invitee_sends("");                // 2
  c.arrives(0);
  c.arrives(2);
  c.inviter_sends("I am");               // 3, late within its chain
  c.inviter_sends("what is it about?");  // 4
  c.inviter_sends(Text(255, 'w'));       // 5, late by a turn
  c.arrives(4);
  c.arrives(3);
  c.invitee_sends("a matter");        // 6, late by two turns
  c.invitee_sends(Text(256, 'x'));    // 7
  c.invitee_sends("of some weight");  // 8, late by a turn
  c.arrives(7);
  c.arrives(1);
  c.inviter_sends("go on");     // 9, late by a turn
  c.inviter_sends("I listen");  // 10
  c.arrives(10);
  c.arrives(5);
  c.invitee_sends("eleven");  // 11
  c.invitee_sends("twelve");  // 12
  c.arrives(11);
  c.arrives(12);
  c.inviter_sends("thirteen");  // 13
  c.arrives(13);
  c.arrives(9);
  c.arrives(8);
  c.arrives(6);
  c.invitee_sends("fourteen");  // 14 to 17 arrive in reverse
  c.invitee_sends("fifteen");
  c.invitee_sends("sixteen");
  c.invitee_sends("seventeen");
  c.arrives(17);
  c.arrives(16);
  c.arrives(15);
  c.arrives(14);
  c.inviter_sends("eighteen");
  c.inviter_sends("nineteen");
  c.invitee_sends("twenty crosses them");  // 20, of the chain of 14 to 17
  c.arrives(18);
  c.arrives(20);
  c.arrives(19);
  c.invitee_sends("twenty-one");
  c.invitee_sends("never arrives");
  c.arrives(21);
  c.inviter_sends("twenty-three");
  c.arrives(23);
  return std::move(c).done();
}

}  // namespace agentroom::vectors

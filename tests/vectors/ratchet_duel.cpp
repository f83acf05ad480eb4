#include "ratchet_duel.hpp"

#include <sodium.h>

namespace agentroom::vectors {
namespace {

constexpr std::size_t kUnderWay = 400;
constexpr std::int64_t kMinute = 60'000;

Text text_of(ByteView bytes) {
  return Text(as_text(bytes));
}

template <class Fixed>
Fixed fixed_of(const Text& bytes) {
  return *Fixed::from(as_bytes(bytes));
}

RatchetModel::Context plain(const crypto::MessageContext& context) {
  return {text_of(context.from.view()), text_of(context.to.view()), text_of(context.msg_id.view())};
}

RatchetModel::Message plain(const crypto::RatchetMessage& message) {
  return {text_of(message.session_id.view()), text_of(message.sealed_header.view()), text_of(message.body)};
}

crypto::RatchetMessage as_message(const RatchetModel::Message& message) {
  return {fixed_of<SessionId>(message.session_id), fixed_of<crypto::SealedHeader>(message.sealed_header),
          to_bytes(as_bytes(message.body))};
}

bool same(const RatchetModel::Message& a, const crypto::RatchetMessage& b) {
  return a.session_id == text_of(b.session_id.view()) && a.sealed_header == text_of(b.sealed_header.view()) &&
         a.body == text_of(b.body);
}

}  // namespace

void RatchetDuel::Drawn::fill(MutableByteView out) {
  last = text(out.size());
  std::ranges::copy(as_bytes(last), out.begin());
}

Text RatchetDuel::Drawn::text(std::size_t size) {
  while (pool_.size() < size) pool_ += fixed_random(4096, label_ + " " + std::to_string(calls_++));
  Text front = pool_.substr(pool_.size() - size);
  pool_.resize(pool_.size() - size);
  return front;
}

RatchetDuel::RatchetDuel(std::uint64_t seed, Choose choose) : choose_(std::move(choose)), random_(seed) {
  const RatchetModel::Start start{random_.text(32), random_.text(32), random_.text(32), random_.text(32)};
  const auto secrets = [&] {
    return crypto::SessionSecrets{fixed_of<SessionId>(start.session_id), fixed_of<crypto::RootKey>(start.root),
                                  fixed_of<crypto::HeaderKey>(start.hk_a), fixed_of<crypto::HeaderKey>(start.hk_b)};
  };
  const Text prekey_secret = random_.text(32);
  auto prekey = crypto::AgreementPair::from_secret(fixed_of<crypto::AgreementSecret>(prekey_secret));
  for (Party& party : parties_) party.name = fixed_of<AgentId>(random_.text(32));
  parties_[0].ratchet = crypto::Ratchet::initiate(secrets(), prekey.pk, random_).value();
  parties_[0].model = RatchetModel::invitee(start, text_of(prekey.pk.view()), random_.last);
  parties_[1].model = RatchetModel::inviter(start, prekey_secret);
  parties_[1].ratchet = crypto::Ratchet::respond(secrets(), std::move(prekey));
}

std::string RatchetDuel::step() {
  const std::uint32_t what = choose_(100);
  const std::size_t who = choose_(2);
  if (what < 40) return send(who, true);
  if (what < 80) return deliver();
  if (what < 86) return tamper();
  if (what < 90) return forge(who);
  if (what < 94) return burst(who);
  if (what < 98) return time_passes();
  return restart(who);
}

crypto::MessageContext RatchetDuel::context_from(std::size_t from) {
  return {parties_[from].name, parties_[1 - from].name, fixed_of<MsgId>(random_.text(16))};
}

std::string RatchetDuel::send(std::size_t from, bool keep) {
  Party& party = parties_[from];
  const crypto::MessageContext context = context_from(from);
  const Text plaintext(one_of(8) ? choose_(3'000) : choose_(40), 'p');
  random_.last.assign(24, '\0');
  auto message = party.ratchet->encrypt(context, as_bytes(plaintext), random_);
  const auto expected = party.model.send(plain(context), plaintext, random_.last);
  if (message.has_value() != expected.has_value()) return "one of them can send, the other cannot";
  if (!message) return compare(from, "a refusal to send");
  if (!same(*expected, *message)) return "the messages differ";
  ++counts_.sent;
  if (keep) {
    // The network is finite: what was longest under way is lost.
    if (under_way_.size() == kUnderWay) under_way_.erase(under_way_.begin());
    under_way_.push_back({1 - from, context, std::move(*message)});
  }
  return keep ? compare(from, "sending") : std::string();
}

/// Many messages of which only the last, or some, arrive.
std::string RatchetDuel::burst(std::size_t from) {
  if (!parties_[from].ratchet->can_send()) return {};
  static constexpr std::uint32_t kSizes[] = {5, 30, 200, 1'999, 2'000, 2'001, 2'500, 19'998, 20'001};
  // Long ones are slow: they come seldom.
  const std::uint32_t size = kSizes[one_of(100) ? choose_(9) : choose_(3)] + choose_(3);
  const std::uint32_t kept_from = size - std::min(size, choose_(20) + 1);
  for (std::uint32_t i = 0; i < size; ++i) {
    if (std::string wrong = send(from, i >= kept_from); !wrong.empty()) return wrong;
  }
  return compare(from, "a burst");
}

/// The peer itself breaks the rules: it holds the keys.
std::string RatchetDuel::forge(std::size_t from) {
  const Party& party = parties_[from];
  if (!party.ratchet->can_send()) return {};
  const std::uint32_t sent = party.model.sent();
  static constexpr std::uint32_t kJumps[] = {0, 1, 3, 1'999, 2'000, 2'001, 19'999, 20'000, 20'001, 0x7fffffff};
  const std::uint32_t jump = kJumps[one_of(5) ? choose_(10) : choose_(3)] + choose_(3);
  const std::uint32_t n = one_of(16) ? 0xffffffff : one_of(8) ? sent - std::min(sent, choose_(10)) : sent + jump;
  const std::uint32_t pn = one_of(3) ? kJumps[choose_(10)] : party.model.previously_sent();
  Text pk = party.model.ratchet_pk();
  if (one_of(4)) pk = random_.text(32);
  if (one_of(10)) pk.assign(32, '\xff');
  if (one_of(10)) pk.assign(32, '\0');
  const bool reachable = n >= sent && n - sent <= 25'000;
  const crypto::MessageContext context = context_from(from);
  const auto message = party.model.forge(plain(context), n, pn, pk, random_.text(24), reachable && !one_of(3));
  ++counts_.forged;
  return receive({1 - from, context, as_message(message)});
}

std::string RatchetDuel::deliver() {
  if (under_way_.empty()) return {};
  // Mostly in order, sometimes any.
  const auto size = static_cast<std::uint32_t>(under_way_.size());
  const auto at = under_way_.begin() + (one_of(3) ? choose_(size) : 0);
  if (one_of(10)) {  // doubled: it stays under way
    return receive(Mail(*at));
  }
  const Mail mail = std::move(*at);
  under_way_.erase(at);
  if (one_of(12)) return {};  // lost
  return receive(mail);
}

std::string RatchetDuel::tamper() {
  if (under_way_.empty()) return {};
  Mail mail = under_way_[choose_(static_cast<std::uint32_t>(under_way_.size()))];
  const auto flip = [&](MutableByteView bytes) {
    if (!bytes.empty()) bytes[choose_(static_cast<std::uint32_t>(bytes.size()))] ^= std::byte{1} << choose_(8);
  };
  switch (choose_(7)) {
    case 0:
      flip(mail.message.sealed_header.mutable_view());
      break;
    case 1:
      flip(mail.message.body);
      break;
    case 2:
      flip(mail.context.msg_id.mutable_view());
      break;
    case 3:
      flip(mail.context.from.mutable_view());
      break;
    case 4:
      flip(mail.message.session_id.mutable_view());
      break;
    case 5:
      mail.message.body.resize(choose_(static_cast<std::uint32_t>(mail.message.body.size())));
      break;
    default:
      mail.to = 1 - mail.to;
      break;
  }
  return receive(mail);
}

std::string RatchetDuel::receive(const Mail& mail) {
  Party& party = parties_[mail.to];
  random_.last.assign(32, '\0');
  const auto opened = party.ratchet->decrypt(mail.context, mail.message, now_, random_);
  const auto expected = party.model.receive(plain(mail.context), plain(mail.message), now_, random_.last);
  if (opened.has_value() != expected.has_value()) {
    return opened ? "the ratchet reads what the model refuses" : "the model reads what the ratchet refuses";
  }
  if (!opened) {
    ++counts_.refused;
    return compare(mail.to, "a refusal");
  }
  ++counts_.read;
  if (text_of(opened->plaintext) != *expected) return "the plaintexts differ";
  apply(party, opened->changes);
  return compare(mail.to, "reading");
}

std::string RatchetDuel::time_passes() {
  static constexpr std::int64_t kSpans[] = {
      1, kMinute, 59 * kMinute, 60 * kMinute, 24 * 60 * kMinute, 31 * 24 * 60 * kMinute};
  now_ += kSpans[one_of(4) ? choose_(6) : choose_(4)];
  if (!one_of(3)) return {};
  for (std::size_t who = 0; who < 2; ++who) {
    Party& party = parties_[who];
    apply(party, party.ratchet->expire(now_));
    party.model.expire(now_);
    if (std::string wrong = compare(who, "expiry"); !wrong.empty()) return wrong;
  }
  return {};
}

/// What the store has is all that there is.
std::string RatchetDuel::restart(std::size_t who) {
  Party& party = parties_[who];
  std::vector<crypto::KeptKey> kept;
  for (const auto& key : party.kept) {
    kept.push_back({fixed_of<crypto::HeaderKey>(key.hk), key.n, fixed_of<crypto::MessageKey>(key.mk), key.kept_at});
  }
  auto restored = crypto::Ratchet::restore(party.ratchet->serialize(), std::move(kept));
  if (!restored) return "what was stored cannot be restored: " + restored.error().message;
  party.ratchet = std::move(*restored);
  return compare(who, "a restart");
}

void RatchetDuel::apply(Party& party, const std::vector<crypto::KeptKeyChange>& changes) {
  for (const crypto::KeptKeyChange& change : changes) {
    const Text hk = text_of(change.key.hk.view());
    if (change.kind == crypto::KeptKeyChange::Kind::kAdded) {
      party.kept.push_back({hk, change.key.n, text_of(change.key.mk.view()), change.key.kept_at});
      continue;
    }
    const auto found = std::ranges::find_if(
        party.kept, [&](const RatchetModel::KeptKey& key) { return key.n == change.key.n && key.hk == hk; });
    if (found == party.kept.end()) {
      party.kept.clear();  // never so again: the comparison that follows tells
      return;
    }
    if (found == party.kept.begin()) ++counts_.evicted;
    party.kept.erase(found);
  }
}

std::string RatchetDuel::compare(std::size_t who, const char* what) {
  const Party& party = parties_[who];
  const std::string side = who == 0 ? " of the invitee" : " of the inviter";
  counts_.most_kept = std::max(counts_.most_kept, party.kept.size());
  if (text_of(party.ratchet->serialize()) != party.model.state()) {
    return "the states" + side + " differ after " + what;
  }
  if (party.kept != party.model.kept() || party.ratchet->kept_keys() != party.kept.size()) {
    return "the kept keys" + side + " differ after " + what;
  }
  return {};
}

}  // namespace agentroom::vectors

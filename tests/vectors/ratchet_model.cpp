#include "ratchet_model.hpp"

#include <sodium.h>

#include <algorithm>

namespace agentroom::vectors {
namespace {

constexpr std::uint64_t kMostSkipped = 20'000;
constexpr std::uint64_t kLongSkip = 2'000;
constexpr std::size_t kMostKept = 2'000;
constexpr std::int64_t kHour = 3600LL * 1000;
constexpr std::int64_t kKeptFor = 30 * 24 * kHour;
constexpr std::uint32_t kNeverSent = 0xffffffff;

const unsigned char* in(const Text& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(Text& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::optional<Text> unbox(const Text& key, const Text& nonce, const Text& boxed) {
  if (boxed.size() < crypto_secretbox_MACBYTES) return std::nullopt;
  Text text(boxed.size() - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(out(text), in(boxed), boxed.size(), in(nonce), in(key)) != 0) return std::nullopt;
  return text;
}

/// Section 1: refused when the high bit is set or the number is not below p = 2^255 − 19.
bool is_key(const Text& pk) {
  Text p(32, '\xff');
  p.front() = '\xed';
  p.back() = '\x7f';
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  return std::lexicographical_compare(pk.rbegin(), pk.rend(), p.rbegin(), p.rend(),
                                      [&](char a, char b) { return byte(a) < byte(b); });
}

std::optional<Text> dh_or_nothing(const Text& secret, const Text& pk) {
  Text shared(32, '\0');
  if (crypto_scalarmult(out(shared), in(secret), in(pk)) != 0) return std::nullopt;
  return shared;
}

std::uint32_t number_at(const Text& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

/// The text before the last byte that is not zero, which has to be 0x80; the size has to be the one of that text.
std::optional<Text> unpad(const Text& padded) {
  const std::size_t mark = padded.find_last_not_of('\0');
  if (mark == Text::npos || padded[mark] != '\x80') return std::nullopt;
  const Text text = padded.substr(0, mark);
  if (pad(text) != padded) return std::nullopt;
  return text;
}

bool within_an_hour(std::int64_t a, std::int64_t b) {
  return a - b < kHour && b - a < kHour;
}

}  // namespace

RatchetModel RatchetModel::invitee(const Start& start, const Text& prekey, const Text& dhs_secret) {
  RatchetModel m;
  m.session_id_ = start.session_id;
  m.dhs_secret_ = dhs_secret;
  m.dhs_pk_ = x25519_public(dhs_secret);
  const RootResult root = kdf_rk(start.root, dh(dhs_secret, prekey));
  m.rk_ = root.rk;
  m.cks_ = root.ck;
  m.nhks_ = root.nhk;
  m.hks_ = start.hk_a;
  m.nhkr_ = start.hk_b;
  return m;
}

RatchetModel RatchetModel::inviter(const Start& start, const Text& prekey_secret) {
  RatchetModel m;
  m.session_id_ = start.session_id;
  m.dhs_secret_ = prekey_secret;
  m.dhs_pk_ = x25519_public(prekey_secret);
  m.rk_ = start.root;
  m.nhks_ = start.hk_b;
  m.nhkr_ = start.hk_a;
  return m;
}

RatchetModel::Message RatchetModel::seal(const Context& context, const Text& plaintext, const Header& header,
                                         const Text& mk, const Text& header_nonce) const {
  Message message;
  message.session_id = session_id_;
  message.sealed_header = header_nonce + box(*hks_, header_nonce, header.ratchet_pk + u32(header.pn) + u32(header.n));
  const Text ad = session_id_ + context.from + context.to + context.msg_id + message.sealed_header;
  const Text both = bh(56, mk, ad, "ar3.message");
  message.body = box(both.substr(0, 32), both.substr(32), pad(plaintext));
  return message;
}

std::optional<RatchetModel::Message> RatchetModel::send(const Context& context, const Text& plaintext,
                                                        const Text& header_nonce) {
  if (!cks_ || ns_ == kNeverSent) return std::nullopt;
  const ChainResult chain = kdf_ck(*cks_);
  Message message = seal(context, plaintext, {dhs_pk_, pn_, ns_}, chain.mk, header_nonce);
  cks_ = chain.ck;
  ++ns_;
  return message;
}

RatchetModel::Message RatchetModel::forge(const Context& context, std::uint32_t n, std::uint32_t pn,
                                          const Text& ratchet_pk, const Text& header_nonce, bool true_body) const {
  Text ck = *cks_;
  if (true_body) {
    for (std::uint32_t i = ns_; i < n; ++i) ck = kdf_ck(ck).ck;
  }
  return seal(context, "forged", {ratchet_pk, pn, n}, kdf_ck(ck).mk, header_nonce);
}

std::optional<RatchetModel::Header> RatchetModel::open_header(const Text& key, const Text& sealed) {
  const auto header = unbox(key, sealed.substr(0, 24), sealed.substr(24));
  if (!header) return std::nullopt;
  return Header{header->substr(0, 32), number_at(*header, 32), number_at(*header, 36)};
}

std::optional<Text> RatchetModel::open_body(const Text& mk, const Context& context, const Message& message) const {
  const Text ad = session_id_ + context.from + context.to + context.msg_id + message.sealed_header;
  const Text both = bh(56, mk, ad, "ar3.message");
  const auto padded = unbox(both.substr(0, 32), both.substr(32), message.body);
  return padded ? unpad(*padded) : std::nullopt;
}

void RatchetModel::skip(std::uint32_t until, std::int64_t now) {
  while (nr_ < until) {
    const ChainResult chain = kdf_ck(*ckr_);
    kept_.push_back({*hkr_, nr_, chain.mk, now});
    ckr_ = chain.ck;
    ++nr_;
  }
}

void RatchetModel::bound_kept(std::int64_t now) {
  while (kept_.size() > kMostKept) kept_.pop_front();
  expire(now);
}

void RatchetModel::expire(std::int64_t now) {
  std::erase_if(kept_, [&](const KeptKey& key) { return now - key.kept_at > kKeptFor; });
}

bool RatchetModel::refuses_long_skips(std::int64_t now) const {
  return refused_at_ && within_an_hour(*refused_at_, now);
}

void RatchetModel::remember_failure(std::int64_t now) {
  std::erase_if(failed_at_, [&](std::int64_t at) { return !within_an_hour(at, now); });
  failed_at_.push_back(now);
  if (failed_at_.size() < 3) return;
  failed_at_.clear();
  refused_at_ = now;
}

std::optional<Text> RatchetModel::take_kept(const Text& hk, std::uint32_t n, const Context& context,
                                            const Message& message, std::int64_t now) {
  const auto found = std::ranges::find_if(
      kept_, [&](const KeptKey& key) { return key.hk == hk && key.n == n && now - key.kept_at <= kKeptFor; });
  if (found == kept_.end()) return std::nullopt;
  auto plaintext = open_body(found->mk, context, message);
  if (!plaintext) return std::nullopt;
  kept_.erase(found);
  bound_kept(now);
  return plaintext;
}

std::optional<Text> RatchetModel::receive(const Context& context, const Message& message, std::int64_t now,
                                          const Text& fresh) {
  if (message.session_id != session_id_) return std::nullopt;

  std::optional<Header> header;
  bool step = false;
  if (hkr_) header = open_header(*hkr_, message.sealed_header);
  if (!header) {
    header = open_header(nhkr_, message.sealed_header);
    step = header.has_value();
  }
  Text late_key;
  if (!header) {
    for (const KeptKey& key : kept_) {
      if (key.hk == late_key) continue;
      late_key = key.hk;
      header = open_header(late_key, message.sealed_header);
      if (header) break;
    }
    if (!header) return std::nullopt;
  } else if (!step) {
    late_key = *hkr_;
  }
  if (header->n == kNeverSent || !is_key(header->ratchet_pk)) return std::nullopt;
  const bool in_chain = hkr_ && !step && late_key == *hkr_;
  if (!step && (!in_chain || header->n < nr_)) return take_kept(late_key, header->n, context, message, now);

  std::uint64_t skips = 0;
  if (!step) skips = header->n - nr_;
  if (step) skips = header->n + (ckr_ && header->pn > nr_ ? std::uint64_t{header->pn - nr_} : 0);
  // Beyond the bound nothing is walked, so such a message does not count as a failed long skip.
  if (skips > kMostSkipped) return std::nullopt;
  if (skips > kLongSkip && refuses_long_skips(now)) return std::nullopt;
  const auto failed = [&] {
    if (skips > kLongSkip) remember_failure(now);
    return std::nullopt;
  };

  RatchetModel next = *this;
  if (step) {
    if (next.ckr_) next.skip(header->pn, now);
    next.pn_ = next.ns_;
    next.ns_ = 0;
    next.nr_ = 0;
    next.hks_ = next.nhks_;
    next.hkr_ = next.nhkr_;
    const auto shared = dh_or_nothing(next.dhs_secret_, header->ratchet_pk);
    if (!shared) return failed();
    const RootResult received = kdf_rk(next.rk_, *shared);
    next.rk_ = received.rk;
    next.ckr_ = received.ck;
    next.nhkr_ = received.nhk;
    next.dhs_secret_ = fresh;
    next.dhs_pk_ = x25519_public(fresh);
    const auto back = dh_or_nothing(fresh, header->ratchet_pk);
    if (!back) return failed();
    const RootResult sent = kdf_rk(next.rk_, *back);
    next.rk_ = sent.rk;
    next.cks_ = sent.ck;
    next.nhks_ = sent.nhk;
  }
  next.skip(header->n, now);
  const ChainResult last = kdf_ck(*next.ckr_);
  const auto plaintext = next.open_body(last.mk, context, message);
  if (!plaintext) return failed();
  next.ckr_ = last.ck;
  next.nr_ = header->n + 1;
  next.bound_kept(now);
  *this = std::move(next);
  return plaintext;
}

Text RatchetModel::state() const {
  const Text none(32, '\0');
  Text bytes = "\x01";
  bytes += static_cast<char>((cks_ ? 1 : 0) | (ckr_ ? 2 : 0) | (refused_at_ ? 4 : 0));
  bytes += session_id_ + rk_ + dhs_secret_ + dhs_pk_ + nhks_ + nhkr_ + u32(pn_);
  bytes += hks_.value_or(none) + cks_.value_or(none) + u32(ns_);
  bytes += hkr_.value_or(none) + ckr_.value_or(none) + u32(nr_);
  bytes += static_cast<char>(failed_at_.size());
  for (std::size_t i = 0; i < 2; ++i) {
    bytes += u64(i < failed_at_.size() ? static_cast<std::uint64_t>(failed_at_[i]) : 0);
  }
  return bytes + u64(static_cast<std::uint64_t>(refused_at_.value_or(0)));
}

}  // namespace agentroom::vectors

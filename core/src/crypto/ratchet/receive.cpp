// The receiving half of the ratchet. Each way in works on copies and commits after the body authenticated.
#include <utility>

#include "crypto/primitives.hpp"
#include "crypto/ratchet/message_key.hpp"
#include "crypto/ratchet/state.hpp"

namespace agentroom::crypto {
namespace {

std::unexpected<Error> unreadable(std::string_view why) {
  return fail(ErrorCode::kUnreadable, "the message does not decrypt: " + std::string(why));
}

/// Why a header is refused although its box opened; empty when it is not.
std::string_view fault(const Header& header) {
  if (header.n == kChainEnd) return "its number is the one that is never sent";
  if (!is_valid_agreement_key(header.ratchet_pk)) return "its ratchet key is malformed";
  return {};
}

std::string_view fault(const LongSkips& long_skips, std::uint64_t skips, UnixMs now) {
  if (skips > kMaxSkip) return "it skips more messages than one may";
  if (skips > kLongSkip && long_skips.refused(now)) return "it skips many messages, and the last such were false";
  return {};
}

/// The keys that one message skips, gathered while copies of its chains walk to it.
class SkippedKeys {
 public:
  SkippedKeys(std::uint64_t skips, UnixMs now) : drop_(skips > kMaxKeptKeys ? skips - kMaxKeptKeys : 0), now_(now) {
    keys_.reserve(skips - drop_);
  }

  void walk(Chain& chain, std::uint32_t until) {
    for (; chain.next < until; ++chain.next) {
      if (drop_ > 0) {
        --drop_;  // it could not stay: its key is never made
      } else {
        keys_.push_back({chain.header_key.clone(), chain.next, message_key(chain.key), now_});
      }
      chain.key = next_chain_key(chain.key);
    }
  }

  void commit(KeptKeys& kept, std::vector<KeptKeyChange>& changes) && {
    for (KeptKey& key : keys_) {
      KeptKeyChange change = key_added(key);
      if (kept.add(std::move(key))) changes.push_back(std::move(change));
    }
    kept.evict(now_, changes);
  }

 private:
  std::uint64_t drop_;
  UnixMs now_;
  std::vector<KeptKey> keys_;
};

constexpr std::string_view kFalseBody = "it was changed on its way, or is not meant for this session";

}  // namespace

Result<Ratchet::Opened> Ratchet::decrypt(const MessageContext& context, const RatchetMessage& message, UnixMs now,
                                         Random& random) {
  State& s = *state_;
  const State::Incoming in{context, message, now};
  if (message.session_id != s.session_id) return unreadable("it belongs to another session");
  if (s.receiving) {
    if (const auto header = open_header(s.receiving->header_key, message.sealed_header)) {
      if (const auto why = fault(*header); !why.empty()) return unreadable(why);
      if (header->n < s.receiving->next) return s.open_late(s.receiving->header_key, *header, in);
      return s.open_in_chain(*header, in);
    }
  }
  if (const auto header = open_header(s.next_receiving, message.sealed_header)) {
    if (const auto why = fault(*header); !why.empty()) return unreadable(why);
    return s.open_in_next_chain(*header, in, random);
  }
  std::optional<Header> header;
  const HeaderKey* hk = s.kept.find_header_key([&](const HeaderKey& key) {
    header = open_header(key, message.sealed_header);
    return header.has_value();
  });
  if (hk == nullptr) return unreadable("no key opens its header");
  if (const auto why = fault(*header); !why.empty()) return unreadable(why);
  return s.open_late(*hk, *header, in);
}

Result<Ratchet::Opened> Ratchet::State::open_late(const HeaderKey& hk, const Header& header, const Incoming& in) {
  const KeptKey* key = kept.find(hk, header.n, in.now);
  if (key == nullptr) return unreadable("its key was used before, or is no longer kept");
  const auto ad = associated_data(session_id, in.context, in.message.sealed_header);
  auto plaintext = open_body(key->mk, ad, in.message.body);
  if (!plaintext) return unreadable(kFalseBody);

  Opened opened{.plaintext = std::move(*plaintext), .changes = {}};
  opened.changes.push_back(key_removed(key->hk, key->n, key->kept_at));
  kept.remove(hk, header.n);
  kept.evict(in.now, opened.changes);
  return opened;
}

Result<Ratchet::Opened> Ratchet::State::open_in_chain(const Header& header, const Incoming& in) {
  const std::uint64_t skips = header.n - receiving->next;
  if (const auto why = fault(long_skips, skips, in.now); !why.empty()) return unreadable(why);
  Chain chain = receiving->clone();
  SkippedKeys skipped(skips, in.now);
  skipped.walk(chain, header.n);
  const auto ad = associated_data(session_id, in.context, in.message.sealed_header);
  auto plaintext = open_body(message_key(chain.key), ad, in.message.body);
  if (!plaintext) {
    if (skips > kLongSkip) long_skips.record_failure(in.now);
    return unreadable(kFalseBody);
  }

  receiving->key = next_chain_key(chain.key);
  receiving->next = header.n + 1;
  Opened opened{.plaintext = std::move(*plaintext), .changes = {}};
  std::move(skipped).commit(kept, opened.changes);
  return opened;
}

Result<Ratchet::Opened> Ratchet::State::open_in_next_chain(const Header& header, const Incoming& in, Random& random) {
  const bool leaves_gap = receiving && header.pn > receiving->next;
  const std::uint64_t skips = std::uint64_t{header.n} + (leaves_gap ? header.pn - receiving->next : 0);
  if (const auto why = fault(long_skips, skips, in.now); !why.empty()) return unreadable(why);
  const auto failed = [&](std::string_view why) {
    if (skips > kLongSkip) long_skips.record_failure(in.now);
    return unreadable(why);
  };
  const auto shared = dh(own.secret, header.ratchet_pk);
  if (!shared) return failed("its ratchet key is of low order");
  RootStep in_step = advance_root(root, *shared);
  SkippedKeys skipped(skips, in.now);
  if (leaves_gap) {
    Chain finished = receiving->clone();
    skipped.walk(finished, header.pn);
  }
  Chain chain{.header_key = next_receiving.clone(), .key = std::move(in_step.chain), .next = 0};
  skipped.walk(chain, header.n);
  const auto ad = associated_data(session_id, in.context, in.message.sealed_header);
  auto plaintext = open_body(message_key(chain.key), ad, in.message.body);
  if (!plaintext) return failed(kFalseBody);
  chain.key = next_chain_key(chain.key);
  ++chain.next;
  AgreementPair fresh = AgreementPair::generate(random);
  const auto shared_back = dh(fresh.secret, header.ratchet_pk);
  if (!shared_back) return failed("its ratchet key is of low order");
  RootStep out_step = advance_root(in_step.root, *shared_back);

  previous = sending ? sending->next : 0;
  sending = Chain{.header_key = std::move(next_sending), .key = std::move(out_step.chain), .next = 0};
  receiving = std::move(chain);
  next_sending = std::move(out_step.next_header_key);
  next_receiving = std::move(in_step.next_header_key);
  root = std::move(out_step.root);
  own = std::move(fresh);
  Opened opened{.plaintext = std::move(*plaintext), .changes = {}};
  std::move(skipped).commit(kept, opened.changes);
  return opened;
}

}  // namespace agentroom::crypto

// The state as bytes: fixed layout, version 1, integers little-endian; what is absent is zeros.
//
//   u8 version ‖ u8 flags (1 sending, 2 receiving, 4 refusing) ‖ session_id ‖ RK ‖ DHs secret ‖ DHs public ‖
//   NHKs ‖ NHKr ‖ u32 PN ‖ HKs ‖ CKs ‖ u32 Ns ‖ HKr ‖ CKr ‖ u32 Nr ‖
//   u8 failures ‖ u64 failed_at × 2 ‖ u64 refused_at
#include "crypto/little_endian.hpp"
#include "crypto/ratchet/state.hpp"

namespace agentroom::crypto {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kHasSending = 1;
constexpr std::uint8_t kHasReceiving = 2;
constexpr std::uint8_t kRefusing = 4;
constexpr std::size_t kChainBytes = 32 + 32 + 4;
constexpr std::size_t kStateBytes = 1 + 1 + 6 * 32 + 4 + 2 * kChainBytes + 1 + 8 * (LongSkips::kRemembered + 1);
constexpr UnixMs kLatest = 1LL << 53;  ///< times beyond it are damage

class Writer {
 public:
  explicit Writer(MutableByteView out) : left_(out) {}
  void u8(std::uint8_t value) { next<1>()[0] = std::byte{value}; }
  void u32(std::uint32_t value) { put_u32(next<4>(), value); }
  void time(UnixMs value) { put_u64(next<8>(), static_cast<std::uint64_t>(value)); }
  template <class Value>
  void value(const Value& value) {
    std::ranges::copy(value.view(), next<Value::kSize>().begin());
  }
  void chain(const std::optional<Chain>& chain) {
    if (!chain) {
      next<kChainBytes>();
      return;
    }
    value(chain->header_key);
    value(chain->key);
    u32(chain->next);
  }

 private:
  template <std::size_t N>
  std::span<std::byte, N> next() {
    const auto here = left_.first<N>();
    left_ = left_.subspan(N);
    return here;
  }
  MutableByteView left_;
};

class Reader {
 public:
  explicit Reader(ByteView in) : left_(in) {}
  std::uint8_t u8() { return std::to_integer<std::uint8_t>(next<1>()[0]); }
  std::uint32_t u32() { return get_u32(next<4>()); }
  UnixMs time() { return static_cast<UnixMs>(get_u64(next<8>())); }
  template <class Value>
  Value value() {
    return *Value::from(next<Value::kSize>());
  }
  std::optional<Chain> chain(bool present) {
    Chain chain{.header_key = value<HeaderKey>(), .key = value<ChainKey>(), .next = u32()};
    if (!present) return std::nullopt;
    return chain;
  }

 private:
  template <std::size_t N>
  std::span<const std::byte, N> next() {
    const auto here = left_.first<N>();
    left_ = left_.subspan(N);
    return here;
  }
  ByteView left_;
};

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorrupt, "the stored state of a session is damaged: " + std::string(what));
}

bool plausible(UnixMs time) {
  return time > -kLatest && time < kLatest;
}

}  // namespace

Bytes Ratchet::serialize() const {
  const State& s = *state_;
  Bytes out(kStateBytes);
  Writer w(out);
  w.u8(kVersion);
  w.u8(static_cast<std::uint8_t>((s.sending ? kHasSending : 0) | (s.receiving ? kHasReceiving : 0) |
                                 (s.long_skips.refusing ? kRefusing : 0)));
  w.value(s.session_id);
  w.value(s.root);
  w.value(s.own.secret);
  w.value(s.own.pk);
  w.value(s.next_sending);
  w.value(s.next_receiving);
  w.u32(s.previous);
  w.chain(s.sending);
  w.chain(s.receiving);
  w.u8(s.long_skips.failures);
  for (const UnixMs at : s.long_skips.failed_at) w.time(at);
  w.time(s.long_skips.refused_at);
  return out;
}

Result<Ratchet> Ratchet::restore(ByteView state, std::vector<KeptKey> kept) {
  if (state.empty() || state[0] != std::byte{kVersion}) return corrupt("unknown version");
  if (state.size() != kStateBytes) return corrupt("wrong size");
  auto restored = std::make_unique<State>();
  State& s = *restored;
  Reader r(state.subspan(1));
  const std::uint8_t flags = r.u8();
  if ((flags & ~(kHasSending | kHasReceiving | kRefusing)) != 0) return corrupt("unknown flags");
  s.session_id = r.value<SessionId>();
  s.root = r.value<RootKey>();
  s.own.secret = r.value<AgreementSecret>();
  s.own.pk = r.value<AgreementKey>();
  s.next_sending = r.value<HeaderKey>();
  s.next_receiving = r.value<HeaderKey>();
  s.previous = r.u32();
  s.sending = r.chain((flags & kHasSending) != 0);
  s.receiving = r.chain((flags & kHasReceiving) != 0);
  s.long_skips.failures = r.u8();
  if (s.long_skips.failures > LongSkips::kRemembered) return corrupt("too many failures");
  for (UnixMs& at : s.long_skips.failed_at) {
    at = r.time();
    if (!plausible(at)) return corrupt("impossible time");
  }
  s.long_skips.refusing = (flags & kRefusing) != 0;
  s.long_skips.refused_at = r.time();
  if (!plausible(s.long_skips.refused_at)) return corrupt("impossible time");

  for (KeptKey& key : kept) {
    if (!plausible(key.kept_at)) return corrupt("impossible time of a kept key");
    if (!s.kept.add(std::move(key))) return corrupt("a kept key twice");
  }
  return Ratchet(std::move(restored));
}

}  // namespace agentroom::crypto

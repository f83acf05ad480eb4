#include "crypto/sealed_record.hpp"

namespace agentroom::crypto {
namespace {

using RecordKey = Secret<struct RecordKeyTag, 32>;

RecordKey sealing_key(const StoreKey& store_key, ByteView record_key) {
  RecordKey key;
  bh(key.mutable_view(), store_key.view(), record_key, "ar3.record");
  return key;
}

}  // namespace

Bytes RecordSealer::seal(ByteView record_key, ByteView value, Random& random) const {
  const RecordKey key = sealing_key(key_, record_key);
  Nonce nonce;
  random.fill_public(nonce.mutable_view());
  Bytes sealed(kOverhead + value.size());
  std::ranges::copy(nonce.view(), sealed.begin());
  std::ranges::copy(value, sealed.begin() + kOverhead);
  box_in_place(key.view(), nonce, MutableByteView(sealed).subspan(kNonceBytes));
  return sealed;
}

Result<Bytes> RecordSealer::open(ByteView record_key, ByteView sealed) const {
  if (sealed.size() >= kOverhead) {
    const RecordKey key = sealing_key(key_, record_key);
    const auto nonce = Nonce::from(sealed.first(kNonceBytes));
    if (auto value = unbox(key.view(), *nonce, sealed.subspan(kNonceBytes))) return std::move(*value);
  }
  return fail(ErrorCode::kCorrupt, "a stored record does not open: it is damaged, or belongs to another identity",
              "restore the store from a backup that belongs to this identity");
}

FixedBytes<struct BlindedTag, 16> RecordSealer::blind(std::initializer_list<ByteView> parts) const {
  FixedBytes<struct BlindedTag, 16> blinded;
  bh(blinded.mutable_view(), key_.view(), parts, "ar3.recordkey");
  return blinded;
}

}  // namespace agentroom::crypto

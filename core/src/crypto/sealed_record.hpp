// Records as they lie in a store: sealed, under keys that reveal nothing.
#pragma once

#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "crypto/keys.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::crypto {

/// Seals values for one store. A sealed value is bound to its record key, so that values cannot be exchanged:
/// nonce (24 random) ‖ box(bh(32, store_key, record key, "ar3.record"), nonce, value).
class RecordSealer {
 public:
  static constexpr std::size_t kOverhead = kNonceBytes + kMacBytes;

  explicit RecordSealer(StoreKey key) : key_(std::move(key)) {}

  Bytes seal(ByteView record_key, ByteView value, Random& random) const;
  /// Errors: kCorrupt (damaged, of another record, or of another identity).
  Result<Bytes> open(ByteView record_key, ByteView sealed) const;

  /// `bh(16, store_key, parts, "ar3.recordkey")`: stands in a record key for an id that must not be seen on disk.
  FixedBytes<struct BlindedTag, 16> blind(std::initializer_list<ByteView> parts) const;

 private:
  StoreKey key_;
};

}  // namespace agentroom::crypto

#include "crypto/sealed_record.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

class SealedRecord : public testing::Test {
 protected:
  static StoreKey key(unsigned char byte) {
    StoreKey key;
    key.data()[0] = byte;
    return key;
  }
  SeededRandom random{1};
  RecordSealer sealer{key(1)};
};

TEST_F(SealedRecord, OpensToWhatWasSealed) {
  for (const std::string_view value : {"", "v", "a longer value"}) {
    const Bytes sealed = sealer.seal(as_bytes("key"), as_bytes(value), random);
    EXPECT_EQ(sealed.size(), value.size() + RecordSealer::kOverhead);
    const auto opened = sealer.open(as_bytes("key"), sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(*opened), value);
  }
}

TEST_F(SealedRecord, BelongsToItsKey) {
  const Bytes sealed = sealer.seal(as_bytes("key"), as_bytes("value"), random);
  const auto opened = sealer.open(as_bytes("kez"), sealed);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST_F(SealedRecord, BelongsToItsIdentity) {
  const Bytes sealed = sealer.seal(as_bytes("key"), as_bytes("value"), random);
  EXPECT_FALSE(RecordSealer(key(2)).open(as_bytes("key"), sealed));
}

TEST_F(SealedRecord, DoesNotOpenWhenDamaged) {
  const Bytes sealed = sealer.seal(as_bytes("key"), as_bytes("value"), random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= std::byte{0x80};
    EXPECT_FALSE(sealer.open(as_bytes("key"), changed)) << i;
    EXPECT_FALSE(sealer.open(as_bytes("key"), ByteView(sealed).first(i))) << i;
  }
}

TEST_F(SealedRecord, LooksDifferentEachTime) {
  EXPECT_NE(sealer.seal(as_bytes("key"), as_bytes("value"), random),
            sealer.seal(as_bytes("key"), as_bytes("value"), random));
}

TEST_F(SealedRecord, BlindsIdsStablyUnderItsKey) {
  const auto blinded = sealer.blind({as_bytes("peer"), as_bytes("id")});
  EXPECT_EQ(blinded, sealer.blind({as_bytes("peerid")}));
  EXPECT_NE(blinded, sealer.blind({as_bytes("peerie")}));
  EXPECT_NE(blinded, RecordSealer(key(2)).blind({as_bytes("peerid")}));
}

}  // namespace
}  // namespace agentroom::crypto::test

#include "relay/rows.hpp"

#include <gtest/gtest.h>

#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

MsgId numbered(std::uint32_t n) {
  MsgId id;
  std::memcpy(id.data(), &n, sizeof n);
  return id;
}

struct RowsTest : testing::Test {
  Sequence random{1};
  Rows rows{KeyedHash(random)};
};

TEST_F(RowsTest, AreFoundByWhoWroteToWhomAndTheId) {
  const RowId id = rows.add(1, 2, numbered(3));
  EXPECT_EQ(rows.find(1, 2, numbered(3)), id);
  EXPECT_EQ(rows.find(2, 1, numbered(3)), kNone);
  EXPECT_EQ(rows.find(1, 2, numbered(4)), kNone);
}

TEST_F(RowsTest, StayFindableInGreatNumberAndWhileOthersGo) {
  std::vector<RowId> ids;
  for (std::uint32_t i = 0; i < 50'000; ++i) ids.push_back(rows.add(i % 7, i % 11, numbered(i)));
  for (std::uint32_t i = 0; i < 50'000; i += 2) rows.erase(ids[i]);
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    EXPECT_EQ(rows.find(i % 7, i % 11, numbered(i)), i % 2 == 0 ? kNone : ids[i]);
  }
  EXPECT_EQ(rows.size(), 25'000U);
}

TEST_F(RowsTest, GiveTheirMemoryBackAndGoOn) {
  std::vector<RowId> ids;
  for (std::uint32_t i = 0; i < 50'000; ++i) ids.push_back(rows.add(1, 2, numbered(i)));
  for (const RowId id : ids) rows.erase(id);
  const RowId id = rows.add(1, 2, numbered(9));
  EXPECT_LT(id, 1024U);
  EXPECT_EQ(rows.find(1, 2, numbered(9)), id);
}

TEST_F(RowsTest, MayBeHiddenWhileAnotherTakesTheirKey) {
  const RowId old = rows.add(1, 2, numbered(3));
  rows.hide(old);
  EXPECT_EQ(rows.find(1, 2, numbered(3)), kNone);
  const RowId fresh = rows.add(1, 2, numbered(3));
  rows.erase(old);
  EXPECT_EQ(rows.find(1, 2, numbered(3)), fresh);
}

}  // namespace
}  // namespace agentroom::relay::test

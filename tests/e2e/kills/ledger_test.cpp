// The judge of a crash run finds what it is there for.
#include "ledger.hpp"

#include <gtest/gtest.h>

namespace agentroom::e2e::kills {
namespace {

const Pair kAsking{"alice", "bob"};
const Pair kAnswering{"bob", "alice"};

Arrival question(int number, int attempt = 1, int process = 0) {
  return {kAsking, number, false, "q" + std::to_string(number), attempt, process};
}

Arrival answer(int number, int process = 0) {
  return {kAnswering, number, true, "a" + std::to_string(number), 1, process};
}

/// Alice listens and asks Bob, who has a handler, three times; all is well.
class Judgement : public testing::Test {
 protected:
  Judgement() {
    for (int n = 1; n <= 3; ++n) {
      ledger.sendings.push_back({kAsking, n, "q" + std::to_string(n), "delivered"});
      bob().arrivals.push_back(question(n));
      alice().arrivals.push_back(answer(n));
    }
    bob().handles = true;
    bob().generations = {End::kStillRuns};
    alice().generations = {End::kStillRuns};
  }

  Sight& alice() { return ledger.sights["alice"]; }
  Sight& bob() { return ledger.sights["bob"]; }
  /// Bob's second question is handled again by his next process.
  void run_again(End end_of_first, int attempt) {
    bob().generations = {end_of_first, End::kStillRuns};
    bob().arrivals = {question(1), question(2), question(2, attempt, 1), question(3, 1, 1)};
  }
  void expect(std::size_t lost, std::size_t twice, std::size_t out_of_order) {
    const Verdict verdict = judge(ledger);
    EXPECT_EQ(verdict.lost, lost) << testing::PrintToString(verdict.findings);
    EXPECT_EQ(verdict.twice, twice) << testing::PrintToString(verdict.findings);
    EXPECT_EQ(verdict.out_of_order, out_of_order) << testing::PrintToString(verdict.findings);
    EXPECT_EQ(verdict.findings.size(), lost + twice + out_of_order);
    EXPECT_EQ(verdict.held(), lost + twice + out_of_order == 0);
  }

  Ledger ledger;
};

TEST_F(Judgement, CountsARunInWhichAllIsWell) {
  ledger.sendings[1].status = "queued";
  ledger.sendings[2].status = "pending";
  const Verdict verdict = judge(ledger);
  EXPECT_EQ(verdict.sent, 3U);
  EXPECT_EQ(verdict.delivered, 1U);
  EXPECT_EQ(verdict.queued, 1U);
  EXPECT_EQ(verdict.pending, 1U);
  EXPECT_EQ(verdict.untold, 0U);
  EXPECT_EQ(verdict.handled, 6U);
  EXPECT_EQ(verdict.replies, 3U);
  expect(0, 0, 0);
}

TEST_F(Judgement, MissesWhatWasAcknowledgedAndNeverHandled) {
  bob().arrivals.erase(bob().arrivals.begin() + 1);
  alice().arrivals.erase(alice().arrivals.begin() + 1);
  for (const char* status : {"delivered", "queued", "pending"}) {
    ledger.sendings[1].status = status;
    expect(1, 0, 0);
  }
}

TEST_F(Judgement, MissesNothingThatNobodyWasToldOf) {
  bob().arrivals.pop_back();
  alice().arrivals.pop_back();
  ledger.sendings[2] = {kAsking, 3, "", ""};
  expect(0, 0, 0);
  EXPECT_EQ(judge(ledger).untold, 1U);
}

TEST_F(Judgement, MissesAnAnswer) {
  alice().arrivals.pop_back();
  expect(1, 0, 0);
}

TEST_F(Judgement, MissesTheAnswerToWhatCameWithoutHavingBeenTold) {
  ledger.sendings[2] = {kAsking, 3, "", ""};
  alice().arrivals.pop_back();
  expect(1, 0, 0);
}

TEST_F(Judgement, TakesTheThirdAttemptForTheLast) {
  bob().arrivals.pop_back();
  alice().arrivals.pop_back();
  bob().cut_short.insert("q3");
  expect(0, 0, 0);
  EXPECT_EQ(judge(ledger).given_up, 1U);
}

TEST_F(Judgement, TakesAnAnswerThatWasGivenUpForNoneLost) {
  alice().handles = true;
  alice().arrivals.pop_back();
  alice().cut_short.insert("a3");
  expect(0, 0, 0);
  alice().arrivals.pop_back();
  expect(1, 0, 0);
}

TEST_F(Judgement, ExcusesNoAnswerByWhatIsKnownToBeAnother) {
  alice().handles = true;
  alice().arrivals.pop_back();
  alice().cut_short.insert("a2");
  expect(1, 0, 0);
}

TEST_F(Judgement, CountsWhatAPartyComplainedOf) {
  bob().complaints.push_back("unreadable q4");
  expect(1, 0, 0);
}

TEST_F(Judgement, FindsASecondAnswer) {
  Arrival second = answer(3);
  second.msg_id = "another";
  alice().arrivals.push_back(second);
  expect(0, 1, 0);
}

TEST_F(Judgement, FindsAMessageThatCameTwice) {
  bob().arrivals.push_back(question(3));
  expect(0, 1, 0);
}

TEST_F(Judgement, FindsAMessageThatCameUnderAnotherId) {
  ledger.sendings[2].msg_id = "other";
  expect(0, 1, 0);
}

TEST_F(Judgement, FindsWhatWasRefusedAndCameAllTheSame) {
  ledger.sendings[2] = {kAsking, 3, "", "", "queue_full"};
  expect(0, 1, 0);
  ledger.sendings[2].error = "cancelled";
  expect(0, 0, 0);
  EXPECT_EQ(judge(ledger).errors.at("cancelled"), 1U);
}

TEST_F(Judgement, LetsAKilledHandlerRunAgainWhenItIsToldSo) {
  run_again(End::kKilled, 2);
  expect(0, 0, 0);
  EXPECT_EQ(judge(ledger).handled_again, 1U);
}

TEST_F(Judgement, FindsASecondRunThatIsNotMarked) {
  run_again(End::kKilled, 1);
  expect(0, 1, 0);
}

TEST_F(Judgement, LetsAStoppedHandlerRunAgainAsTheFirstTime) {
  run_again(End::kStopped, 1);
  expect(0, 0, 0);
}

TEST_F(Judgement, FindsAFourthAttempt) {
  run_again(End::kKilled, 4);
  expect(0, 1, 0);
}

TEST_F(Judgement, LetsAListenerTellAgainAfterAKillAlone) {
  alice().generations = {End::kKilled, End::kStillRuns};
  alice().arrivals = {answer(1), answer(2), answer(2, 1), answer(3, 1)};
  expect(0, 0, 0);
  alice().generations.front() = End::kStopped;
  expect(0, 1, 0);
}

TEST_F(Judgement, FindsQuestionsOutOfOrder) {
  std::swap(bob().arrivals[0], bob().arrivals[1]);
  expect(0, 0, 1);
}

TEST_F(Judgement, FindsAnswersOutOfOrder) {
  std::swap(alice().arrivals[1], alice().arrivals[2]);
  expect(0, 0, 1);
}

TEST_F(Judgement, FindsARunAgainThatComesTooLate) {
  bob().generations = {End::kKilled, End::kStillRuns};
  bob().arrivals = {question(1), question(2), question(3), question(2, 2, 1)};
  expect(0, 0, 1);
}

TEST_F(Judgement, LetsWhatAKillCutShortComeAgainWithAllThatCameAfterIt) {
  bob().generations = {End::kKilled, End::kStillRuns};
  bob().arrivals = {question(1), question(2), question(3), question(2, 2, 1), question(3, 2, 1)};
  expect(0, 0, 0);
  EXPECT_EQ(judge(ledger).handled_again, 2U);
  bob().arrivals = {question(1), question(2), question(3), question(3, 2, 1), question(2, 2, 1)};
  expect(0, 0, 1);
}

}  // namespace
}  // namespace agentroom::e2e::kills

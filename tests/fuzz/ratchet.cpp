// A session: the input decides what two parties send, lose, double, change and forge. The ratchet has to say the same
// as the model of docs/protocol.md section 4, and to be as it was after each refusal.
//
//   u8 seed of the keys, then what tests/vectors/ratchet_duel.cpp chooses, a byte for each choice among up to 256,
//   four for one among more
#include "../vectors/ratchet_duel.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

constexpr int kSteps = 200;

void run(ByteView bytes) {
  Input input(bytes);
  const auto seed = input.u8();
  bool over = false;
  vectors::RatchetDuel duel(seed, [&](std::uint32_t bound) {
    over = over || input.empty();
    return (bound <= 256 ? input.u8() : input.u32()) % bound;
  });
  for (int step = 0; step < kSteps && !over; ++step) {
    const std::string wrong = duel.step();
    require(wrong.empty(), wrong.c_str());
  }
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    Sequence choices(seed);
    Bytes bytes(400);
    choices.fill(bytes);
    all.push_back({"choices-" + std::to_string(seed), bytes});
  }
  return all;
}

const Registration kTarget({"ratchet", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

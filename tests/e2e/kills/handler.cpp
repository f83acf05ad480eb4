// The handler of a crash run: writes down what it was given, then answers questions and is silent on answers.
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>

#include "journal.hpp"

namespace kills = agentroom::e2e::kills;

namespace {

/// Every so many messages are long in the making, so that a kill finds a handler at work.
constexpr int kSlowEvery = 8;
constexpr std::chrono::milliseconds kSlow{25};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

}  // namespace

int main() {
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  auto arrival = kills::parse(text);
  if (!arrival) {
    std::cerr << "no message of a crash run: " << text << '\n';
    return 1;
  }
  arrival->msg_id = variable("AGENTROOM_MSG_ID");
  arrival->attempt = std::atoi(variable("AGENTROOM_ATTEMPT").c_str());
  arrival->generation = std::atoi(variable(kills::kGenerationVariable).c_str());
  if (!kills::append(variable(kills::kJournalVariable), *arrival, text)) {
    std::cerr << "cannot write the journal\n";
    return 1;
  }
  if (arrival->number % kSlowEvery == 0) std::this_thread::sleep_for(kSlow);
  if (!kills::is_answer(text)) std::cout << kills::answer_to(text) << std::flush;
  return 0;
}

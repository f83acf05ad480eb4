// What instructions.sh counts of agents: messages from one to the other, with their stores and the recipient's handler.
//
//   bench-instructions-agent MESSAGES PAYLOAD
#include <cstdio>
#include <cstdlib>
#include <string>

#include "crypto/primitives.hpp"
#include "world.hpp"

namespace agentroom::bench {
namespace {

constexpr std::size_t kBatch = 16;

void run(std::size_t messages, std::size_t payload) {
  test::World world;
  test::TestAgent& sender = world.connected();
  test::TestAgent& recipient = world.connected(true);
  recipient.handler = [](const HandlerMessage&) { return HandlerOutcome(std::nullopt); };
  world.befriend(sender, recipient);
  const std::string text(payload, 'x');
  for (std::size_t sent = 0; sent < messages; sent += kBatch) {
    for (std::size_t i = 0; i < kBatch; ++i) sender.send(recipient.id(), text);
    world.run();
    world.advance(std::chrono::milliseconds(10));
  }
  if (recipient.handled.size() < messages || sender.engine().outbox_size() != 0) {
    std::fputs("bench-instructions-agent: a message was not handled\n", stderr);
    std::exit(1);
  }
}

}  // namespace
}  // namespace agentroom::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench-instructions-agent MESSAGES PAYLOAD\n", stderr);
    return 2;
  }
  agentroom::crypto::init();
  agentroom::bench::run(std::stoul(argv[1]), std::stoul(argv[2]));
}

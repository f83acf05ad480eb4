// What instructions.sh counts: messages through a relay's engine, without a socket, a disk, or anything that differs
// from run to run.
//
//   bench-instructions route|queue MESSAGES PAYLOAD
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "crypto/primitives.hpp"
#include "relay_world.hpp"

namespace agentroom::bench {
namespace {

using namespace relay::test;

constexpr std::size_t kLinkBytes = 65'536;  // of a link message, about
constexpr std::size_t kMostMessages = 16;   // in one

RelayConfig without_limits() {
  RelayConfig config;
  config.limits.frames_per_second = 1'000'000;
  config.limits.frame_burst = 1'000'000;
  config.limits.mailbox_messages = 1'000'000;
  config.limits.mailbox_bytes = 2ULL << 30;
  config.limits.newcomer_percent = 100;
  return config;
}

void run(bool queued, std::size_t messages, std::size_t payload) {
  RelayWorld world(without_limits());
  TestAgent sender(1);
  TestAgent recipient(2);
  world.connect(sender);
  world.connect(recipient);
  world.allow(recipient, {&sender});
  if (queued) world.disconnect(recipient);
  const std::size_t batch = std::clamp<std::size_t>(kLinkBytes / payload, 1, kMostMessages);
  const Bytes envelope(payload, std::byte{'x'});
  std::size_t acknowledged = 0;
  for (std::size_t sent = 0; sent < messages; sent += batch) {
    std::vector<protocol::Frame> frames;
    for (std::size_t i = 0; i < batch; ++i) {
      frames.emplace_back(
          protocol::Send{world.new_msg_id(), recipient.id(), token_for(sender, recipient), ByteView(envelope)});
    }
    world.tell(sender, std::move(frames));
    world.settle();
    world.receipt_all(recipient);
    world.turn();
    acknowledged += sender.acks.size();
    sender.acks.clear();
  }
  if (acknowledged < messages) {
    std::fputs("bench-instructions: a message was not acknowledged\n", stderr);
    std::exit(1);
  }
}

}  // namespace
}  // namespace agentroom::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench-instructions route|queue MESSAGES PAYLOAD\n", stderr);
    return 2;
  }
  agentroom::crypto::init();
  agentroom::bench::run(std::string_view(argv[1]) == "queue", std::stoul(argv[2]), std::stoul(argv[3]));
}

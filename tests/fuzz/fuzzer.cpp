// One target under libFuzzer, which brings `main`.
#include "crypto/primitives.hpp"
#include "target.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  agentroom::crypto::init();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  agentroom::fuzz::targets().front().run(std::as_bytes(std::span(data, size)));
  return 0;
}

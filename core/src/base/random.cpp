#include "base/random.hpp"

#include <sodium.h>

namespace agentroom {

void SystemRandom::fill(MutableByteView out) {
  randombytes_buf(out.data(), out.size());
}

}  // namespace agentroom

// Randomness as the engines see it.
#pragma once

#include "agentroom/bytes.hpp"

namespace agentroom {

/// A source of unpredictable bytes: libsodium's in production, a seeded generator in the simulation.
/// Thread: the owner's only.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteView out) = 0;
  /// For what everybody may see afterwards, nonces and identifiers: unpredictable before, and no secret in memory.
  virtual void fill_public(MutableByteView out) { fill(out); }
};

}  // namespace agentroom

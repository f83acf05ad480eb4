// What a relay's store needs after the relay's secret changed.
#pragma once

#include <cstdint>
#include <memory>

#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "agentroom/store.hpp"

namespace agentroom {

namespace crypto {
struct RelayIdentity;
}

/// A relay's records are sealed under its secret. When it has another one now and names the one before, this seals all
/// of them anew, in batches of bounded size, so that nothing that waits is lost.
///
///   untouched --mark--> begun --records, batch by batch--> begun --format record, mark gone--> done
///
/// A crash between any two batches leaves a store that the next start with both secrets finishes, whichever of the two
/// is the new one; every other start refuses it and writes nothing. Does no I/O of its own but reads of the store.
class RelayReseal {
 public:
  /// All references must outlive it.
  RelayReseal(const crypto::RelayIdentity& identity, Store& store, Random& random);
  ~RelayReseal();
  RelayReseal(const RelayReseal&) = delete;
  RelayReseal& operator=(const RelayReseal&) = delete;

  /// The next batch, which must be durable before this is called again; empty when nothing is left to do. A store that
  /// needs nothing, or that opens under neither secret, gives none: reading it says what is wrong.
  /// Errors: kCorrupt (a record that opens under neither; a change that was begun with another secret), kIo.
  Result<StoreBatch> next();

  /// Records sealed anew.
  std::uint64_t resealed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom

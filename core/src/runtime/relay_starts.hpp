// Counts the starts of a relay, so that an older copy of its store is seen to be one.
#pragma once

#include "agentroom/outside_epoch.hpp"
#include "crypto/relay_identity.hpp"
#include "runtime/epoch_store.hpp"

namespace agentroom::runtime {

/// Each start is an epoch. Compares the store's with the one noted outside and begins the next, which `done` is told of
/// once it is durable and noted. The store is known to open under the identity. Its counter may still be sealed under
/// the secret before, and is sealed anew with the next epoch; one that opens under neither tells nothing (kUnnoted) and
/// is written over. Errors: kCorrupt (the note is damaged), kPermission, kIo; then nothing is written.
Result<EpochState> count_relay_start(Store& store, const crypto::RelayIdentity& identity, Random& random,
                                     OutsideEpoch& outside, Store::Completion done);

}  // namespace agentroom::runtime

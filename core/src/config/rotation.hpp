// A new identity in the place of the old one, and nothing left of what the old one kept.
#pragma once

#include <filesystem>
#include <string_view>

#include "agentroom/result.hpp"
#include "config/home.hpp"

namespace agentroom::config {

/// The new identity while it replaces the old one: `<home>/identity.json.next` (0600).
std::filesystem::path next_identity_file(const Home& home);

/// Replaces the identity and removes the store of the old one, with the counter beside it. A process that is killed on
/// the way leaves a home of either identity:
///
///   [old, its store] --identity.json.next written--> [old, its store]
///        --identity.json replaced by the same bytes--> [new, a dead store] --store removed, next removed--> [new]
///
/// A dead store is removed by whoever takes the home next (`finish_rotation`). The caller holds the home's lock.
/// Errors: kPermission, kIo; the home then is one of those above.
Result<void> rotate_identity(const Home& home, std::string_view json);

/// Ends a rotation that was cut short. For everyone who took the home's lock, before a store is opened.
/// Errors: kPermission, kIo.
Result<void> finish_rotation(const Home& home);

}  // namespace agentroom::config

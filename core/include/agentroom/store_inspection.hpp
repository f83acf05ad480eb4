// What lies in a store, told without a secret, and whether it holds together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agentroom/result.hpp"
#include "agentroom/store.hpp"

namespace agentroom {

namespace crypto {
struct Identity;
struct RelayIdentity;
}  // namespace crypto

struct StoreInspection {
  struct Kind {
    std::string name;  ///< "sessions"
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  ///< of their sealed values
  };
  std::vector<Kind> kinds;            ///< all that there are, those without records too
  std::vector<std::string> problems;  ///< the first 20, for people; without a secret
  std::uint64_t problem_count = 0;

  static constexpr std::size_t kProblemsTold = 20;
  void problem(std::string text) {
    if (++problem_count <= kProblemsTold) problems.push_back(std::move(text));
  }
};

/// Reads every record: it opens under the identity, has the form of its kind, lies under the key that it belongs to,
/// and what it refers to is there. A store without records is whole. Changes nothing.
/// Errors: kCorrupt (it is not the store of this identity at all), kIo.
Result<StoreInspection> inspect_agent_store(Store& store, const crypto::Identity& identity);

/// The same for what a relay keeps.
Result<StoreInspection> inspect_relay_store(Store& store, const crypto::RelayIdentity& identity);

}  // namespace agentroom

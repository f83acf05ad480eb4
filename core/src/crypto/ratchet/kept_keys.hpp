// Message keys that were skipped and wait for their late messages (protocol section 4).
#pragma once

#include <list>
#include <map>
#include <vector>

#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::crypto {

/// The kept keys of one session, in the order in which they were kept. Bound: `add` does not look at it, `evict` does,
/// once a step, so that what a step adds and what it drives out are told together.
class KeptKeys {
 public:
  KeptKeys() = default;
  KeptKeys(KeptKeys&&) noexcept = default;
  KeptKeys& operator=(KeptKeys&&) noexcept = default;
  KeptKeys(const KeptKeys&) = delete;
  KeptKeys& operator=(const KeptKeys&) = delete;
  ~KeptKeys() = default;

  std::size_t size() const { return order_.size(); }

  /// The key, unless it is not kept or is older than 30 days.
  const KeptKey* find(const HeaderKey& hk, std::uint32_t n, UnixMs now) const;

  /// The newest place. False when (hk, n) is kept already.
  bool add(KeptKey key);

  /// Takes the key (hk, n) out.
  void remove(const HeaderKey& hk, std::uint32_t n);

  /// Drives out the oldest until 2,000 stay, and those older than 30 days that head the order.
  void evict(UnixMs now, std::vector<KeptKeyChange>& changes);

  /// Drives out all that are older than 30 days.
  void expire(UnixMs now, std::vector<KeptKeyChange>& changes);

  /// The first distinct header key for which `accept` returns true, or null.
  template <class Accept>
  const HeaderKey* find_header_key(Accept&& accept) const {
    for (const auto& chain : chains_) {
      if (accept(chain.header_key)) return &chain.header_key;
    }
    return nullptr;
  }

  KeptKeys clone() const;

 private:
  using Order = std::list<KeptKey>;
  struct ChainKeys {
    HeaderKey header_key;
    std::map<std::uint32_t, Order::iterator> keys;
  };

  /// chains_.size() when no key of that chain is kept.
  std::size_t chain_of(const HeaderKey& hk) const;
  Order::iterator drop(Order::iterator at);

  Order order_;                    ///< oldest first
  std::vector<ChainKeys> chains_;  ///< none is empty
};

/// One key for the store's records: a copy that names it, with or without its secret.
KeptKeyChange key_added(const KeptKey& key);
KeptKeyChange key_removed(const HeaderKey& hk, std::uint32_t n, UnixMs kept_at);

}  // namespace agentroom::crypto

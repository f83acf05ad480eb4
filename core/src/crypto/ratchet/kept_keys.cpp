#include "crypto/ratchet/kept_keys.hpp"

namespace agentroom::crypto {
namespace {

bool expired(const KeptKey& key, UnixMs now) {
  return key.kept_at < now - kKeptKeyLifeMs;
}

KeptKey copy_of(const KeptKey& key) {
  return {key.hk.clone(), key.n, key.mk.clone(), key.kept_at};
}

}  // namespace

std::size_t KeptKeys::chain_of(const HeaderKey& hk) const {
  // From the newest: a step adds to, and takes from, the last chains.
  for (std::size_t i = chains_.size(); i > 0; --i) {
    if (chains_[i - 1].header_key.equals(hk)) return i - 1;
  }
  return chains_.size();
}

const KeptKey* KeptKeys::find(const HeaderKey& hk, std::uint32_t n, UnixMs now) const {
  const std::size_t chain = chain_of(hk);
  if (chain == chains_.size()) return nullptr;
  const auto found = chains_[chain].keys.find(n);
  if (found == chains_[chain].keys.end() || expired(*found->second, now)) return nullptr;
  return &*found->second;
}

bool KeptKeys::add(KeptKey key) {
  const std::size_t chain = chain_of(key.hk);
  if (chain == chains_.size()) chains_.push_back({key.hk.clone(), {}});
  const auto [place, fresh] = chains_[chain].keys.try_emplace(key.n);
  if (!fresh) return false;
  order_.push_back(std::move(key));
  place->second = std::prev(order_.end());
  return true;
}

KeptKeys::Order::iterator KeptKeys::drop(Order::iterator at) {
  const std::size_t chain = chain_of(at->hk);
  chains_[chain].keys.erase(at->n);
  if (chains_[chain].keys.empty()) chains_.erase(chains_.begin() + static_cast<std::ptrdiff_t>(chain));
  return order_.erase(at);
}

void KeptKeys::remove(const HeaderKey& hk, std::uint32_t n) {
  const std::size_t chain = chain_of(hk);
  if (chain == chains_.size()) return;
  const auto found = chains_[chain].keys.find(n);
  if (found != chains_[chain].keys.end()) drop(found->second);
}

void KeptKeys::evict(UnixMs now, std::vector<KeptKeyChange>& changes) {
  while (!order_.empty() && (order_.size() > kMaxKeptKeys || expired(order_.front(), now))) {
    const KeptKey& oldest = order_.front();
    changes.push_back(key_removed(oldest.hk, oldest.n, oldest.kept_at));
    drop(order_.begin());
  }
}

void KeptKeys::expire(UnixMs now, std::vector<KeptKeyChange>& changes) {
  for (auto key = order_.begin(); key != order_.end();) {
    if (!expired(*key, now)) {
      ++key;
      continue;
    }
    changes.push_back(key_removed(key->hk, key->n, key->kept_at));
    key = drop(key);
  }
}

KeptKeys KeptKeys::clone() const {
  KeptKeys copy;
  for (const KeptKey& key : order_) copy.add(copy_of(key));
  return copy;
}

KeptKeyChange key_added(const KeptKey& key) {
  return {KeptKeyChange::Kind::kAdded, copy_of(key)};
}

KeptKeyChange key_removed(const HeaderKey& hk, std::uint32_t n, UnixMs kept_at) {
  return {KeptKeyChange::Kind::kRemoved, {hk.clone(), n, MessageKey{}, kept_at}};
}

}  // namespace agentroom::crypto

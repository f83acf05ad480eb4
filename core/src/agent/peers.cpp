#include "agent/peers.hpp"

#include "agent/words.hpp"
#include "base/base64url.hpp"
#include "base/text.hpp"

namespace agentroom::agent {
namespace {

constexpr std::size_t kShortestPrefix = 4;

}  // namespace

Result<void> Peers::load() {
  return context_.journal.read_all(RecordKind::kPeer, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_peer(value);
    if (!record) return pass(record);
    peers_[record->id] = std::move(*record);
    return {};
  });
}

const PeerRecord* Peers::find(const AgentId& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

PeerRecord& Peers::add(const AgentId& peer) {
  const auto [place, fresh] = peers_.try_emplace(peer);
  if (fresh) {
    place->second.id = peer;
    save(place->second);
  }
  return place->second;
}

void Peers::forget(AgentId peer) {
  if (peers_.erase(peer) > 0) context_.journal.remove(key_of(peer));
}

void Peers::set_own_name(const AgentId& peer, std::string_view name) {
  PeerRecord& record = add(peer);
  std::string cleaned = clean_name(name);
  if (record.own_name == cleaned) return;
  record.own_name = std::move(cleaned);
  save(record);
}

void Peers::raise_generation(const AgentId& peer, std::uint32_t generation) {
  PeerRecord& record = add(peer);
  if (generation <= record.generation) return;
  record.generation = generation;
  save(record);
}

Result<void> Peers::rename(const AgentId& peer, std::string_view name) {
  if (clean_name(name) != name) {
    return fail(ErrorCode::kInvalid, "a name is printable text of at most 64 bytes",
                "choose another: `agentroom peers rename PEER NAME`");
  }
  if (fixed_from_base64url<AgentId>(name)) {
    return fail(ErrorCode::kInvalid, "a name must not look like a key",
                "choose another: `agentroom peers rename PEER NAME`");
  }
  for (const auto& [id, record] : peers_) {
    if (!name.empty() && id != peer && record.given_name == name) {
      return fail(ErrorCode::kExists, "another peer has the name " + printable(name),
                  "`agentroom peers` lists the names");
    }
  }
  PeerRecord& record = add(peer);
  record.given_name = std::string(name);
  save(record);
  return {};
}

std::string Peers::name(const AgentId& peer) const {
  const PeerRecord* record = find(peer);
  if (record == nullptr) return {};
  return record->given_name.empty() ? record->own_name : record->given_name;
}

std::string Peers::label(const AgentId& peer) const {
  std::string known = name(peer);
  return known.empty() ? short_key(base64url(peer.view())) : known;
}

Result<AgentId> Peers::resolve(std::string_view text) const {
  if (auto key = fixed_from_base64url<AgentId>(text); key && find(*key) != nullptr) return *key;
  std::vector<AgentId> fitting;
  for (const auto& [id, record] : peers_) {
    if (text.empty()) break;
    if (record.given_name == text) return id;
    const bool prefix = text.size() >= kShortestPrefix && base64url(id.view()).starts_with(text);
    // A peer that the owner named goes by that name only.
    if (prefix || (record.given_name.empty() && record.own_name == text)) fitting.push_back(id);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty()) return std::unexpected(words::no_session(text));
  return fail(ErrorCode::kAmbiguous, std::to_string(fitting.size()) + " peers fit " + printable(text),
              "`agentroom peers` lists them; use a longer part of the key, or `agentroom peers rename KEY NAME`");
}

void Peers::save(const PeerRecord& peer) {
  context_.journal.put(key_of(peer.id), encode(peer));
}

Bytes Peers::key_of(const AgentId& peer) const {
  return blinded_key(RecordKind::kPeer, context_.journal.sealer(), peer.view());
}

}  // namespace agentroom::agent

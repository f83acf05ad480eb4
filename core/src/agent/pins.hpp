// Which key each relay has (protocol section 6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/context.hpp"
#include "agent/records.hpp"
#include "protocol/link.hpp"

namespace agentroom::agent {

/// Pins by server URL. A pin is made on first use or from an invite, moved by a succession or by the owner's word, and
/// only after a valid HelloAck; that of a relay whose key the owner knows (`AgentConfig::relay`) is set at the start.
/// One that an invite brought goes with its last session.
class Pins {
 public:
  explicit Pins(Context& context) : context_(context) {}
  Result<void> load();

  std::optional<RelayId> find(const std::string& url) const;

  /// True when the relay of `proof` may be spoken to as the one that has `expected`.
  bool matches(const protocol::RelayProof& proof, const RelayId& expected) const;

  /// Before anything is sent: the pin, and without one the keys that waiting invites name. Errors: kIdentityChanged.
  Result<void> judge(const std::string& url, const protocol::RelayProof& proof,
                     std::span<const RelayId> expected) const;

  /// The same for a URL that only a peer or another URL of the relay stands for: the pin of `url`, whatever the owner
  /// trusts. False without a pin.
  bool holds(const std::string& url, const protocol::RelayProof& proof) const;

  /// After a valid HelloAck. A succession moves every pin of the old key: it is that key's word.
  void confirm(const std::string& url, const protocol::RelayProof& proof);

  void forget(const std::string& url);

  const std::map<std::string, PinRecord>& all() const { return pins_; }

 private:
  void pin(const std::string& url, const RelayId& key);
  Bytes key_of(const std::string& url) const;

  Context& context_;
  std::map<std::string, PinRecord> pins_;
  std::uint64_t next_order_ = 1;
};

}  // namespace agentroom::agent

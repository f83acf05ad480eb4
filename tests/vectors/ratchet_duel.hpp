// Two parties, each with the product's ratchet and the model of section 4 side by side, and a network that delays,
// drops, doubles, mixes up and forges what they say. Every ciphertext, every plaintext, every refusal and every state
// has to be the same in both.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <optional>
#include <vector>

#include "crypto/ratchet/ratchet.hpp"
#include "ratchet_model.hpp"

namespace agentroom::vectors {

/// Where a conversation gets its decisions from: a number below `bound`, which is at least 1.
using Choose = std::function<std::uint32_t(std::uint32_t bound)>;

class RatchetDuel {
 public:
  /// `seed` makes the keys; `choose` everything that happens.
  RatchetDuel(std::uint64_t seed, Choose choose);

  /// One thing happens. Empty, or what differs between ratchet and model.
  std::string step();

  struct Counts {
    std::size_t sent = 0;
    std::size_t read = 0;
    std::size_t refused = 0;
    std::size_t forged = 0;
    std::size_t most_kept = 0;
    std::size_t evicted = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  /// Remembers what the ratchet drew, for the model.
  class Drawn final : public Random {
   public:
    explicit Drawn(std::uint64_t seed) : label_("duel " + std::to_string(seed)) {}
    void fill(MutableByteView out) override;
    /// A piece for this file's own use.
    Text text(std::size_t size);
    Text last;

   private:
    std::string label_;
    std::uint64_t calls_ = 0;
    Text pool_;
  };
  struct Party {
    AgentId name;
    std::optional<crypto::Ratchet> ratchet;
    RatchetModel model;
    std::list<RatchetModel::KeptKey> kept;  ///< as the ratchet told of its changes
  };
  struct Mail {
    std::size_t to = 0;
    crypto::MessageContext context;
    crypto::RatchetMessage message;
  };

  bool one_of(std::uint32_t n) { return choose_(n) == 0; }
  crypto::MessageContext context_from(std::size_t from);
  std::string send(std::size_t from, bool keep);
  std::string burst(std::size_t from);
  std::string forge(std::size_t from);
  std::string deliver();
  std::string tamper();
  std::string receive(const Mail& mail);
  std::string time_passes();
  std::string restart(std::size_t who);
  /// Empty, or that the states differ after `what`.
  std::string compare(std::size_t who, const char* what);
  void apply(Party& party, const std::vector<crypto::KeptKeyChange>& changes);

  Choose choose_;
  Drawn random_;
  std::array<Party, 2> parties_;  ///< invitee, inviter
  std::vector<Mail> under_way_;   ///< at most kUnderWay
  std::int64_t now_ = 1'750'000'000'000;
  Counts counts_;
};

}  // namespace agentroom::vectors

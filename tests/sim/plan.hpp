// What a seed decides before its run begins: who there is, what they do, and what may go wrong.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "dice.hpp"

namespace agentroom::sim {

/// What strikes from outside.
enum class Fault : std::uint8_t {
  kCut,          ///< a link breaks; both ends hear of it soon
  kHalfOpen,     ///< a link breaks; each end hears of it late, the other may be back long before
  kStall,        ///< a link moves nothing for a while
  kTamper,       ///< a link message arrives cut short, changed, twice or out of order
  kCrash,        ///< a party loses all but its disk, at once or between two effects of a later turn
  kRestart,      ///< a party is asked to end, and started again
  kSecondOwner,  ///< another connection proves the identity of an agent
  kClock,        ///< the Unix clock of a party is set, by seconds to days
  kSleep,        ///< everybody is away for hours to days
  kAway,         ///< so is one agent, and for a while the others go on without it
  kRemovedPeer,  ///< an owner forgets a peer
  kCount,
};

/// What an owner does once all else has come to rest.
enum class Aftermath : std::uint8_t {
  kNone,
  kRelayMoved,     ///< the relay gets a new secret that succeeds its old one, and an empty store
  kRelayRestored,  ///< the relay's store is put back as it was at some moment of the storm
  kAgentRestored,  ///< an agent's store is
  kDisorder,       ///< the relay hands over in another order what it sends together
};

struct DiskPlan {
  std::uint32_t fails = 0;    ///< of a million commits: it and all behind it, until the store is resumed
  std::uint32_t misread = 0;  ///< of a million reads
  Duration sync{};            ///< a commit is durable at latest so long after its turn came
  Duration told{};            ///< and its completion called at latest so long after that
};

/// The dice are thrown once for each chance, and most chances are often none at all: so a run meets few kinds of fault
/// many times rather than all kinds a little (swarm testing).
struct Plan {
  explicit Plan(Dice& dice);
  std::string summary() const;
  /// Hundreds of texts at once go through in seconds.
  bool roomy() const;

  std::uint32_t agents = 3;
  Duration storm{};  ///< so long faults strike
  std::array<std::uint32_t, static_cast<std::size_t>(Fault::kCount)> weights{};
  Duration between_strikes{};
  DiskPlan relay_disk;
  DiskPlan agent_disk;
  Duration latency{};

  // What people do.
  struct Friendship {
    std::size_t inviter;
    std::size_t invitee;
  };
  std::vector<Friendship> friendships;
  std::uint32_t texts = 0;  ///< of each agent to each of its friends
  std::uint32_t burst = 1;  ///< so many at once
  std::uint32_t flood = 0;  ///< so many more in the first friendship, at once
  std::uint32_t largest_text = 200;
  Duration pause{};             ///< an owner does something so often
  std::uint32_t replies = 0;    ///< a text asks for at most so many answers to and fro
  std::int64_t invite_ttl = 0;  ///< ms
  std::uint32_t revoked = 0;    ///< of a million invites
  std::uint32_t shared = 0;     ///< of a million invites: somebody else has the URL too, and is as quick
  bool weeks_unheard = false;   ///< one agent writes for weeks without a relay: keys are skipped by the thousand

  // What handlers do.
  Duration handling{};
  std::uint32_t fails = 0;      ///< of a million runs
  std::uint32_t cancelled = 0;  ///< of a million runs
  std::uint32_t unheard = 0;    ///< of a million lives: the agent runs no handler
  std::uint32_t concurrency = 4;

  std::uint32_t late_receipts = 0;  ///< of a million link messages of an agent: their first receipt comes with the next

  Aftermath aftermath = Aftermath::kNone;

  RelayLimits limits;
};

}  // namespace agentroom::sim

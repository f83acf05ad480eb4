// Sealed records: what an agent and a relay keep on disk.
#include <boost/json.hpp>

#include "files.hpp"
#include "spec.hpp"

namespace agentroom::vectors {
namespace {

boost::json::object record(const std::string& name, const Text& record_key, const Text& value) {
  const Text store_key = fixed_random(32, "store key");
  const Text nonce = fixed_random(24, name + " nonce");
  const Text key = bh(32, store_key, record_key, "ar3.record");
  return vector_of("sealed_record", {{"store_key", store_key},
                                     {"record_key", record_key},
                                     {"key", key},
                                     {"nonce", nonce},
                                     {"value", value},
                                     {"sealed", nonce + box(key, nonce, value)}});
}

}  // namespace

boost::json::value records() {
  const Text agent_seed = fixed_random(32, "agent of the store");
  const std::string relay_secret = "a relay secret of at least 32 letters";
  const Text relay_seed = bh(32, "", relay_secret, "ar3.relay");
  auto relay = vector_of("relay_store_key", {{"seed", relay_seed}, {"store_key", bh(32, relay_seed, "", "ar3.store")}});
  relay["secret"] = relay_secret;
  const Text store_key = fixed_random(32, "store key");
  const Text first = fixed_random(16, "blinded id");
  const Text second = fixed_random(32, "blinded key");
  return {{"description", "Records as they lie in a store; the store key comes from the seed of the Ed25519 pair."},
          {"vectors",
           {vector_of("agent_store_key", {{"seed", agent_seed}, {"store_key", bh(32, agent_seed, "", "ar3.store")}}),
            relay, record("first record", "session/1", "the value of a record"), record("empty record", "outbox/2", ""),
            vector_of("blinded_id", {{"store_key", store_key},
                                     {"part_1", first},
                                     {"part_2", second},
                                     {"blinded", bh(16, store_key, first + second, "ar3.recordkey")}})}}};
}

}  // namespace agentroom::vectors

// The words of docs/protocol.md section 1, straight on libsodium. Nothing of core/src/crypto is used here: the vectors
// are a second reading of the specification, and the implementation is measured against them.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

namespace agentroom::vectors {

/// Bytes; characters stand for nothing but their codes.
using Text = std::string;

Text u32(std::uint32_t value);
Text u64(std::uint64_t value);
std::string hex(const Text& bytes);

/// The deterministic source: the first n bytes of randombytes_buf_deterministic under the seed
/// BLAKE2b-256("agentroom vectors " ‖ label).
Text fixed_random(std::size_t n, const std::string& label);

Text bh(std::size_t n, const Text& key, const Text& msg, const std::string& label);

Text x25519_public(const Text& secret);
Text dh(const Text& secret, const Text& pk);

struct Pair {
  Text secret;  ///< X25519: 32 bytes; Ed25519: the seed
  Text pk;
};
Pair agreement_pair(const std::string& label);
Pair signing_pair(const Text& seed);

/// "agentroom/3 " ‖ context ‖ 0x00 ‖ data
Text signed_text(const std::string& context, const Text& data);
/// Ed25519 over it.
Text sign(const Text& seed, const std::string& context, const Text& data);

Text box(const Text& key, const Text& nonce, const Text& msg);

/// A JSON object of bytes in hexadecimal, in the order given.
boost::json::object hex_object(std::initializer_list<std::pair<const char*, Text>> members);

/// A vector: an object that names its function first.
boost::json::object vector_of(const char* function, std::initializer_list<std::pair<const char*, Text>> members);

}  // namespace agentroom::vectors

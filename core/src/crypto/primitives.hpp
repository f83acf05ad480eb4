// The primitives of protocol section 1, all from libsodium.
#pragma once

#include <string_view>

#include "agentroom/bytes.hpp"
#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "crypto/keys.hpp"

namespace agentroom::crypto {

inline constexpr std::size_t kMacBytes = 16;
inline constexpr std::size_t kNonceBytes = 24;
using Nonce = FixedBytes<struct NonceTag, kNonceBytes>;

/// Initialises libsodium; idempotent, thread-safe. Everything below may be used after it returned.
void init();

/// `bh(out.size(), key, msg, label)`: BLAKE2b, salt of zeros, `label` (ASCII, at most 16) as personalisation, 1 to 64
/// bytes out, key of at most 64 bytes (empty: none).
void bh(MutableByteView out, ByteView key, ByteView msg, std::string_view label);

/// The same, of several pieces concatenated.
void bh(MutableByteView out, ByteView key, std::initializer_list<ByteView> msg, std::string_view label);

/// X25519. Errors: kInvalid when the key is malformed or the result is all zero.
Result<SharedSecret> dh(const AgreementSecret& secret, const AgreementKey& pk);

/// Ed25519 over "agentroom/3 " ‖ context ‖ 0x00 ‖ data.
Signature sign(const SigningKey& key, std::string_view context, std::initializer_list<ByteView> data);
bool verify(ByteView pk, std::string_view context, std::initializer_list<ByteView> data, const Signature& sig);

/// `box`: MAC ‖ ciphertext, 16 bytes longer than the message. `key` holds 32 bytes.
Bytes box(ByteView key, const Nonce& nonce, ByteView message);
/// In place: `buffer` holds 16 free bytes, then the message.
void box_in_place(ByteView key, const Nonce& nonce, MutableByteView buffer);
/// The message inside, or nothing. In place: the result is a view into `boxed`.
std::optional<MutableByteView> unbox_in_place(ByteView key, const Nonce& nonce, MutableByteView boxed);
std::optional<Bytes> unbox(ByteView key, const Nonce& nonce, ByteView boxed);

}  // namespace agentroom::crypto

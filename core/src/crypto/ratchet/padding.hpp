// Padding of plaintexts (protocol section 4): sizes on the wire fall into few classes.
#pragma once

#include "agentroom/bytes.hpp"

namespace agentroom::crypto {

/// The padded size of `length` bytes of plaintext.
std::size_t padded_size(std::size_t length);

/// Appends 0x80 and zeros.
void pad(Bytes& plaintext);

/// The size of the plaintext inside, or nothing unless `padded` is exactly what `pad` produces.
std::optional<std::size_t> unpadded_size(ByteView padded);

}  // namespace agentroom::crypto

// From a message key to the body: the key is spent on one associated data, so nothing in it can be changed
// (protocol section 4).
#pragma once

#include <optional>

#include "crypto/keys.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::crypto {

/// session_id ‖ from_ed ‖ to_ed ‖ msg_id ‖ sealed_header
using AssociatedData = FixedBytes<struct AssociatedDataTag, 192>;

AssociatedData associated_data(const SessionId& session_id, const MessageContext& context, const SealedHeader& header);

/// Pads and boxes.
Bytes seal_body(const MessageKey& key, const AssociatedData& ad, ByteView plaintext);

/// The plaintext, or nothing when the body does not authenticate or its padding is not exactly what `pad` makes.
std::optional<Bytes> open_body(const MessageKey& key, const AssociatedData& ad, ByteView body);

}  // namespace agentroom::crypto

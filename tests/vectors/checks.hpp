// What each vector claims, asked of the implementation.
#pragma once

#include "vector_file.hpp"

namespace agentroom::vectors {

/// Whether all that `vector` says of its function is true of core/src/crypto. An unknown function is not.
/// Throws when a field is missing or malformed.
bool holds(const json::object& vector);

/// The same; a malformed vector does not hold.
bool holds_quietly(const json::object& vector);

/// Whether the whole of conversation.json is what two ratchets do, step by step.
bool conversation_holds(const json::object& conversation);

}  // namespace agentroom::vectors

// Who an agent is: the identity that its home keeps.
#pragma once

#include "agentroom/result.hpp"
#include "config/home.hpp"
#include "crypto/identity.hpp"

namespace agentroom::home {

/// The identity of the home. Errors: kNotFound, kPermission, kCorrupt.
Result<crypto::Identity> identity(const config::Home& home);

/// The same; when there is none yet, makes the home and a new one. `made` tells which.
Result<crypto::Identity> identity_or_new(const config::Home& home, bool* made = nullptr);

}  // namespace agentroom::home

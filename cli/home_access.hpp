// Who has the home: one process at a time.
#pragma once

#include <optional>

#include "context.hpp"
#include "runtime/control_client.hpp"
#include "runtime/home_lock.hpp"

namespace agentroom::cli {

/// One of the two.
struct HomeAccess {
  std::optional<runtime::HomeLock> lock;        ///< this process has the home
  std::optional<runtime::ControlClient> owner;  ///< another one serves it and takes requests
};

/// Makes the home when there is none. Waits at most 30 s while another command, that takes no requests, has it.
/// Errors: kHomeInUse, kPermission, kIo.
Result<HomeAccess> access_home(const Context& context);

/// For a command that serves: another that does is an error at once. Errors: as above.
Result<runtime::HomeLock> take_home(const Context& context);

}  // namespace agentroom::cli

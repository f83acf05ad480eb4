#include "home_access.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "config/rotation.hpp"
#include "spinner.hpp"

namespace agentroom::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr Duration kFirstPause = std::chrono::milliseconds(2);
constexpr Duration kLongestPause = std::chrono::milliseconds(20);

}  // namespace

Result<HomeAccess> access_home(const Context& context) {
  if (auto home = context.ensure_home(); !home) return pass(home);
  const SystemClock clock;
  const Duration until = clock.now().steady + kPatience;
  std::optional<Spinner> spinner;
  for (Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto owner = runtime::ControlClient::connect(context.home().root());
    if (!owner) return pass(owner);
    if (*owner) return HomeAccess{.lock = {}, .owner = std::move(*owner)};
    auto lock = runtime::HomeLock::acquire(context.home().root(), "home");
    if (lock) {
      if (auto whole = config::finish_rotation(context.home()); !whole) return pass(whole);
      return HomeAccess{.lock = std::move(*lock), .owner = {}};
    }
    if (lock.error().code != ErrorCode::kHomeInUse || clock.now().steady >= until) return pass(lock);
    if (!spinner) spinner.emplace(context.out(), lock.error().message + "; waiting for it to end");
    std::this_thread::sleep_for(pause);
  }
}

Result<runtime::HomeLock> take_home(const Context& context) {
  auto access = access_home(context);
  if (!access) return pass(access);
  if (access->lock) return std::move(*access->lock);
  const std::string pid = std::to_string(access->owner->owner_pid());
  return fail(ErrorCode::kHomeInUse, "home is in use by pid " + pid,
              "send, invite, peers and listen work beside it; to replace it: kill " + pid);
}

}  // namespace agentroom::cli

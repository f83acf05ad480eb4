#include "base/clock.hpp"

namespace agentroom {

Now SystemClock::now() const {
  using std::chrono::duration_cast;
  return {duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()),
          duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

}  // namespace agentroom

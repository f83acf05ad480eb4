// What every part of the agent works with.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "agent/journal.hpp"
#include "agentroom/agent_engine.hpp"
#include "agentroom/random.hpp"
#include "agentroom/time.hpp"
#include "crypto/identity.hpp"

namespace agentroom::agent {

struct Context {
  const AgentConfig& config;
  const crypto::Identity& self;
  AgentIo& io;
  Random& random;
  Journal& journal;
  Now now{};              ///< of the call that runs; of the last one inside a store completion
  bool stopping = false;  ///< shut_down was called
  std::vector<std::move_only_function<void()>> answers{};  ///< `done` callbacks, run by the next flush

  template <class T>
  void answer(AgentEngine::Done<T> done, Result<T> result) {
    if (!done) return;
    answers.push_back([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  void emit(const AgentEvent& event) { io.on_event(event); }
};

}  // namespace agentroom::agent

// The engine thread of one client, and the way there.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agentroom/agent_engine.hpp"
#include "agentroom/client/client.hpp"
#include "answer.hpp"
#include "event_queue.hpp"
#include "held_messages.hpp"
#include "runtime/agent_service.hpp"
#include "runtime/process.hpp"
#include "setting.hpp"

namespace agentroom::client {

/// Makes, runs and ends an agent on a thread of its own. What the program asks for is posted there, and waits here for
/// its answer. Thread: any, every public method.
class AgentThread {
 public:
  static agentroom::Result<std::unique_ptr<AgentThread>> open(const ClientOptions& options);
  ~AgentThread() { close(); }
  AgentThread(const AgentThread&) = delete;
  AgentThread& operator=(const AgentThread&) = delete;

  const std::string& id() const { return id_; }
  EventQueue& events() { return events_; }

  agentroom::Result<CreatedInvite> create_invite(std::int64_t life_ms);
  agentroom::Result<PeerSummary> accept_invite(const std::string& url);
  agentroom::Result<void> revoke_invite(const std::string& id);
  agentroom::Result<std::vector<PeerSummary>> peers();
  agentroom::Result<SentMessage> send(const std::string& peer, std::string text);
  /// The id of the reply; empty where `outcome` has none.
  agentroom::Result<std::string> answer(const std::string& peer, const std::string& id, HandlerOutcome outcome);
  void close();

 private:
  AgentThread();
  void run(const ClientOptions& options, std::promise<agentroom::Result<void>> opened);
  agentroom::Result<void> build(const ClientOptions& options);
  void stop();
  void see(const AgentEvent& event);
  void keep_server(const std::string& url);
  AgentEngine& engine() { return agent_->engine(); }

  bool post(Executor::Task task);
  /// Runs `begin` on the engine thread and waits for the answer.
  template <class T>
  agentroom::Result<T> ask(std::move_only_function<void(std::shared_ptr<Answer<T>>)> begin);

  EventQueue events_;
  std::string id_;  // set before the thread that opened it goes on

  std::mutex mutex_;
  runtime::EventLoop* loop_ = nullptr;  // guarded by mutex_; null: it takes nothing

  // The engine thread's own.
  std::shared_ptr<agentroom::Error> why_;  // why what is under way comes to nothing
  HeldMessages held_{events_};
  std::optional<Setting> setting_;
  std::unique_ptr<runtime::Process> process_;
  std::unique_ptr<runtime::AgentService> agent_;
  bool closing_ = false;
  bool stopping_ = false;

  std::mutex join_mutex_;
  std::thread thread_;  // guarded by join_mutex_
};

}  // namespace agentroom::client

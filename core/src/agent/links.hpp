// All links of an agent, by server URL.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/link.hpp"

namespace agentroom::agent {

class Links {
 public:
  Links(Context& context, LinkOwner& owner) : context_(context), owner_(owner) {}

  /// Where a session, an invite or a claim with this URL is served: `--server` stands in for all.
  const std::string& resolve(const std::string& url) const;

  Link* find(const std::string& url);
  Link* find(ChannelId channel);

  /// A request wants this link now, even where a backoff runs.
  void hurry(const std::string& url);

  /// Connects what is wanted and lets go of the rest. At the end of a turn, so that nothing fails inside a call.
  void update(const std::vector<std::string>& wanted);

  template <class F>
  void each(F&& f) {
    for (auto& [url, link] : links_) f(*link);
  }
  std::optional<Duration> deadline() const;
  /// No link holds back frames or receipts.
  bool sent_all() const;

 private:
  Context& context_;
  LinkOwner& owner_;
  std::map<std::string, std::unique_ptr<Link>> links_;
  std::vector<std::string> hurried_;
};

}  // namespace agentroom::agent

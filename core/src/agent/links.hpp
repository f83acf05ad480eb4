// All links of an agent, one a relay.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "agent/link.hpp"

namespace agentroom::agent {

class Links {
 public:
  Links(Context& context, LinkOwner& owner) : context_(context), owner_(owner) {}

  /// What `--server` stands in for.
  const std::string& named(const std::string& url) const;
  /// The link that serves a session, an invite or a claim with this URL: that of `--server`, or of the relay that
  /// answers under this URL too.
  const std::string& resolve(const std::string& url) const;

  /// `from` and `to` are URLs of one relay: the link `to` serves both from now on, and that of `from` ends. Two
  /// connections of one identity would replace each other at the relay.
  void join(const std::string& from, const std::string& to);
  /// The same where the link of `to` is none yet: `link` becomes it as it is, connected, and what `to` had ends.
  void rename(Link& link, const std::string& to);
  /// `url` is of another relay than the link that serves it.
  void part(const std::string& url) { joined_.erase(url); }
  /// The URLs that the link `to` serves beside its own.
  std::vector<std::string> joined(const std::string& to) const;

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
  /// Its URL has another link, `to`.
  void leave_to(Link& link, const std::string& to);

  Context& context_;
  LinkOwner& owner_;
  std::map<std::string, std::unique_ptr<Link>> links_;
  std::vector<std::string> hurried_;
  std::map<std::string, std::string> joined_;  ///< URL to link
};

}  // namespace agentroom::agent

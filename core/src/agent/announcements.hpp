// Where the own relay answers beside its URL, told to peers (protocol section 5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/context.hpp"
#include "agent/links.hpp"
#include "agent/outbox.hpp"
#include "agent/sessions.hpp"

namespace agentroom::agent {

/// Of the URLs that one side tells the other, at most so many are told and kept.
inline constexpr std::size_t kRelayUrlsKept = 8;

/// Those of a list that can be dialled, each once, in its order.
std::vector<std::string> usable_relay_urls(std::vector<std::string> urls);

/// Those of a peer's list that its word is enough for, in a session of the relay at `own`. Dialling is a request that
/// the peer makes from inside this network: it never goes to this machine, unless the relay is here anyway.
std::vector<std::string> relay_urls_of_peer(std::vector<std::string> urls, const std::string& own);

/// Tells each peer once, in the session that sends and over the relay of `config.server`; a newer list takes the place
/// of one that no relay has taken yet.
class Announcements {
 public:
  Announcements(Context& context, Links& links, Sessions& sessions, Outbox& outbox)
      : context_(context), links_(links), sessions_(sessions), outbox_(outbox) {}

  /// Errors: kUsage.
  Result<void> set(std::vector<std::string> urls);
  /// A session may have come that was told nothing.
  void look_again() { due_ = urls_.has_value(); }
  /// Stages what is to be told.
  void pump();

 private:
  Context& context_;
  Links& links_;
  Sessions& sessions_;
  Outbox& outbox_;
  std::optional<std::vector<std::string>> urls_;
  bool due_ = false;
};

}  // namespace agentroom::agent

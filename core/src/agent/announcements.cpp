#include "agent/announcements.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/uuid.hpp"
#include "protocol/server_url.hpp"
#include "protocol/told_url.hpp"

namespace agentroom::agent {

std::vector<std::string> usable_relay_urls(std::vector<std::string> urls) {
  std::vector<std::string> usable;
  for (std::string& url : urls) {
    if (usable.size() == kRelayUrlsKept) break;
    if (protocol::is_server_url(url) && std::ranges::find(usable, url) == usable.end())
      usable.push_back(std::move(url));
  }
  return usable;
}

std::vector<std::string> relay_urls_of_peer(std::vector<std::string> urls, const std::string& own) {
  const bool here = protocol::leads_here(own);
  std::erase_if(urls, [&](const std::string& url) {
    return !protocol::is_told_url(url) || (!here && protocol::leads_here(url));
  });
  return usable_relay_urls(std::move(urls));
}

Result<void> Announcements::set(std::vector<std::string> urls) {
  if (!context_.config.server) return fail(ErrorCode::kUsage, "there is no relay whose URLs could be told to peers");
  if (urls.size() > kRelayUrlsKept) {
    return fail(ErrorCode::kUsage, "peers are told at most 8 URLs of a relay", "leave out those that matter least");
  }
  for (const std::string& url : urls) {
    if (protocol::is_server_url(url)) continue;
    return fail(ErrorCode::kUsage, "no URL of a relay: " + printable(url), "give one like wss://relay.example.org/ws");
  }
  urls_ = usable_relay_urls(std::move(urls));
  due_ = true;
  return {};
}

void Announcements::pump() {
  if (!std::exchange(due_, false)) return;
  const std::string& relay = links_.resolve(*context_.config.server);
  std::vector<Session*> untold;
  for (const auto& [id, session] : sessions_.all()) {
    const SessionFacts& facts = session->facts;
    if (!facts.confirmed || links_.resolve(facts.url) != relay || sessions_.sending(facts.peer) != session.get())
      continue;
    // Who was told nothing needs no word that there is nothing.
    if (facts.announced ? *facts.announced != *urls_ : !urls_->empty()) untold.push_back(session.get());
  }
  std::ranges::sort(untold, {}, [](const Session* session) { return session->facts.order; });
  for (Session* session : untold) {
    outbox_.drop_relay_urls(session->facts.id);
    protocol::Content content;
    content.sent_at = context_.now.unix_ms;
    content.conversation_id = make_uuid_v4<ConversationId>(context_.random);
    content.body = protocol::RelayUrls{*urls_};
    // A session at the end of its chain says nothing any more.
    if (outbox_.post(*session, content)) session->facts.announced = urls_;
  }
}

}  // namespace agentroom::agent

// Which links there are, under which names, and what passes through them.
#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/engine_state.hpp"
#include "agent/words.hpp"

namespace agentroom {
namespace {

/// Deliveries whose commit is not done; above it nothing more is read.
constexpr std::size_t kMaxUncommitted = std::size_t{8} * 1024 * 1024;
/// URLs of one relay that a round dials.
constexpr std::size_t kMaxRoutes = 16;
/// Of them those that one peer told.
constexpr std::size_t kRoutesOfPeer = 2;

}  // namespace

bool AgentEngine::State::one_relay(const std::string& url, const agent::Link& link) const {
  if (url == link.url() || (!config.server_overrides && links.resolve(url) == link.url())) return true;
  const auto pin = pins.find(url);
  return pin && pin == pins.find(link.url());
}

std::vector<agent::Route> AgentEngine::State::routes(const agent::Link& link) {
  std::vector<agent::Route> routes{{.url = link.url()}};
  if (!pins.find(link.url())) return routes;  // there is no key to know the relay by
  std::size_t urls = 1;
  const auto add = [&](const std::string& url, bool foreign) {
    if (urls == kMaxRoutes || std::ranges::find(routes, url, &agent::Route::url) != routes.end()) return false;
    // Whatever peers tell, the own URL is never left alone for longer than one attempt at another.
    if (foreign && routes.back().foreign) routes.push_back({.url = link.url()});
    routes.push_back({.url = url, .foreign = foreign});
    ++urls;
    return true;
  };
  std::set<std::string> own;
  if (config.server) own.insert(*config.server);
  std::vector<const agent::SessionFacts*> told;
  for (const auto& [id, session] : sessions.all()) {
    if (!session->facts.claim_pending) own.insert(session->facts.url);
    if (!session->facts.relay_urls.empty() && one_relay(session->facts.url, link)) told.push_back(&session->facts);
  }
  // Until the relay takes the claim, the URL of an invite is but its maker's word.
  for (const bool foreign : {false, true}) {
    for (const std::string& url : links.joined(link.url())) {
      if (own.contains(url) != foreign) add(url, foreign);
    }
  }
  std::ranges::sort(told, {}, [](const auto* facts) { return std::pair(-facts->last_used, facts->order); });
  // The first of everybody, then the second: no peer crowds the others out. The next ones in the next round.
  std::map<AgentId, std::size_t> dialled;
  for (std::size_t rank = 0; rank < kRoutesOfPeer; ++rank) {
    for (const agent::SessionFacts* facts : told) {
      const auto& of_peer = facts->relay_urls;
      if (rank >= of_peer.size() || dialled[facts->peer] == kRoutesOfPeer) continue;
      const std::size_t next = (link.failed_rounds() * kRoutesOfPeer + rank) % of_peer.size();
      if (add(of_peer[next], true)) ++dialled[facts->peer];
    }
  }
  return routes;
}

Result<agent::Verdict> AgentEngine::State::judge(const agent::Link& link, const protocol::RelayProof& proof) {
  if (link.dialled() != link.url()) {
    if (!pins.holds(link.url(), proof)) return std::unexpected(agent::words::another_relay(link.dialled()));
  } else if (auto good = pins.judge(link.url(), proof, claims.expected(link.url())); !good) {
    return pass(good);
  }
  agent::Link* rival = nullptr;
  links.each([&](agent::Link& other) {
    if (&other != &link && other.relay() == proof.relay_pk) rival = &other;
  });
  if (rival == nullptr) return agent::Verdict::kGo;
  if (!rival->ready()) return agent::Verdict::kWait;
  // Its owner knows the relay by this one, which takes over once the relay has answered: a challenge alone, which
  // anybody may repeat, ends no link that works.
  if (config.server == link.url()) return agent::Verdict::kGo;
  // Pinned on its challenge, so that the next start knows it at once. A challenge may be an old one of that relay,
  // which somebody else plays again; but what has no pin yet is dialled for an invite, which names the key.
  pins.confirm(link.url(), proof);
  join(link.url(), rival->url());
  return agent::Verdict::kJoined;
}

void AgentEngine::State::join(const std::string& from, const std::string& to) {
  if (links.resolve(from) == to) return;
  links.join(from, to);
  regroup();
}

void AgentEngine::State::regroup() {
  outbox.regroup();
  tokens_changed_ = true;
}

void AgentEngine::State::join_known() {
  if (config.server_overrides) return;
  const std::map<RelayId, std::string> known = names();
  for (const std::string& url : urls_in_use()) {
    const auto pin = pins.find(url);
    const auto name = pin ? known.find(*pin) : known.end();
    if (name != known.end() && name->second != url) join(url, name->second);
  }
}

std::map<RelayId, std::string> AgentEngine::State::names() const {
  std::map<RelayId, std::tuple<std::uint64_t, std::uint64_t, std::string>> oldest;
  for (const auto& [id, session] : sessions.all()) {
    const agent::SessionFacts& facts = session->facts;
    const auto pin = pins.all().find(facts.url);
    if (facts.claim_pending || pin == pins.all().end()) continue;
    const std::tuple age(pin->second.order, facts.order, facts.url);
    auto& first = oldest.try_emplace(pin->second.relay_pk, age).first->second;
    first = std::min(first, age);
  }
  std::map<RelayId, std::string> names;
  for (const auto& [relay, age] : oldest) names[relay] = std::get<std::string>(age);
  if (config.server) {
    if (const auto pin = pins.find(*config.server)) names[*pin] = *config.server;
  }
  return names;
}

std::set<std::string> AgentEngine::State::urls_in_use() const {
  std::set<std::string> urls = invites.made_at();
  if (config.server) urls.insert(*config.server);
  for (const auto& [id, session] : sessions.all()) urls.insert(session->facts.url);
  return urls;
}

void AgentEngine::State::forget_pins() {
  const std::set<std::string> in_use = urls_in_use();
  std::vector<std::string> over;
  for (const auto& [url, pin] : pins.all()) {
    // A link that other URLs lead to keeps its pin until it goes by one of them.
    if (pin.invited && !in_use.contains(url) && links.joined(url).empty()) over.push_back(url);
  }
  for (const std::string& url : over) {
    links.part(url);
    pins.forget(url);
  }
}

void AgentEngine::State::on_ready(agent::Link& link) {
  if (link.dialled() == link.url() || link.proof().relay_pk != pins.find(link.url())) {
    pins.confirm(link.url(), link.proof());
  }
  // A URL of the own that was reached is pinned like any; one that a peer told is not.
  const std::vector<std::string> own = links.joined(link.url());
  if (std::ranges::find(own, link.dialled()) != own.end()) pins.confirm(link.dialled(), link.proof());
  if (!config.server_overrides) settle_names(link);
  allow(link);
  invites.on_ready(link);
  claims.on_ready(link);
  outbox.on_ready(link);
}

void AgentEngine::State::settle_names(agent::Link& link) {
  const RelayId relay = link.proof().relay_pk;
  // Its owner trusts a new key at this URL alone.
  for (const std::string& url : links.joined(link.url())) {
    const auto pin = pins.find(url);
    if (!pin || *pin == relay) continue;
    links.part(url);
    regroup();
  }
  const std::map<RelayId, std::string> known = names();
  if (const auto name = known.find(relay); name != known.end() && name->second != link.url()) {
    links.rename(link, name->second);
    regroup();
  }
  for (const std::string& url : urls_in_use()) {
    if (pins.find(url) == relay) join(url, link.url());
  }
}

bool AgentEngine::State::replaced_by_own(const agent::Link& link) {
  bool own = false;
  links.each([&](agent::Link& other) { own = own || (&other != &link && other.took_over(link.proof().relay_pk)); });
  return own;
}

void AgentEngine::State::on_frame(agent::Link& link, const protocol::Frame& frame) {
  if (const auto* delivery = std::get_if<protocol::Delivery>(&frame)) return receiver.receive(link, *delivery);
  const auto* ack = std::get_if<protocol::Ack>(&frame);
  if (ack == nullptr) return;
  for (const protocol::AckItem& item : ack->items) {
    if (!claims.on_ack(link, item) && !invites.on_ack(link, item)) outbox.on_ack(link, item);
  }
}

void AgentEngine::State::on_down(agent::Link& link, const Error& why, bool was_ready, bool more) {
  const bool hopeless = (!was_ready && !more) || link.stopped();
  invites.on_down(link, why, hopeless);
  claims.on_down(link, why, hopeless);
}

void AgentEngine::State::allow(agent::Link& link) {
  link.allow(sessions.tokens([&](const std::string& url) { return links.resolve(url) == link.url(); }));
}

void AgentEngine::State::connect_what_is_wanted() {
  std::vector<std::string> wanted = invites.urls();
  if (config.server) wanted.push_back(links.resolve(*config.server));
  for (std::string& url : claims.urls()) wanted.push_back(std::move(url));
  for (const std::string& url : outbox.urls()) wanted.push_back(url);
  links.update(wanted);
}

void AgentEngine::State::serve_links() {
  const bool tokens_changed = std::exchange(tokens_changed_, false);
  const bool too_much = receiver.uncommitted() > kMaxUncommitted;
  links.each([&](agent::Link& link) {
    if (!link.ready()) return;
    link.pause_reading(too_much);
    if (tokens_changed || link.allow_is_due()) allow(link);
    invites.pump(link);
    claims.pump(link);
    outbox.pump(link);
  });
  // What the pumps staged; a link is flushed once for all of them.
  journal.commit(context.now, false);
  links.each([](agent::Link& link) { link.flush(); });
}

}  // namespace agentroom

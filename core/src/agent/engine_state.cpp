#include "agent/engine_state.hpp"

#include <algorithm>
#include <utility>

#include "agent/words.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "protocol/limits.hpp"

namespace agentroom {
namespace {

constexpr Duration kHousekeeping = std::chrono::seconds(60);
/// An answer may ask for more, which is answered in the same turn so often.
constexpr int kRounds = 16;

PeerState state_of(const agent::SessionFacts& facts) {
  if (facts.claim_pending) return PeerState::kClaiming;
  if (facts.confirmed) return PeerState::kReady;
  return facts.lapsed_at != 0 ? PeerState::kUnanswered : PeerState::kWaiting;
}

}  // namespace

AgentEngine::State::State(const AgentConfig& config_in, const crypto::Identity& self_in, Store& store, AgentIo& io,
                          Random& random)
    : config(config_in),
      self(self_in),
      journal(store, self_in.store_key(), random, [this](const Error& why) { on_store_failed(why); }),
      context{.config = config, .self = self, .io = io, .random = random, .journal = journal},
      links(context, *this),
      pins(context),
      peers(context),
      sessions(context, peers),
      outbox(context, links, peers, sessions),
      inbox(context),
      unreadable(context),
      invites(context, links),
      claims(context, links, pins, peers, sessions, outbox),
      turns(context, inbox, outbox, peers, sessions),
      receiver(context, links, peers, sessions, invites, outbox, inbox, unreadable),
      announcements(context, links, sessions, outbox) {
  const auto offer = [this](const AgentId& peer) { turns.offer(peer); };
  const auto note_tokens = [this] { tokens_changed_ = true; };
  outbox.on_room = offer;
  receiver.on_row = offer;
  receiver.on_tokens = note_tokens;
  receiver.on_session = [this] { announcements.look_again(); };
  claims.on_usable = offer;
  claims.on_tokens = note_tokens;
}

Result<void> AgentEngine::State::start(const Now& now) {
  context.now = now;
  if (auto opened = journal.open(self.id()); !opened) return opened;
  // Sessions before what refers to them.
  if (auto loaded = pins.load(); !loaded) return loaded;
  if (auto loaded = peers.load(); !loaded) return loaded;
  if (auto loaded = sessions.load(); !loaded) return loaded;
  if (auto loaded = outbox.load(); !loaded) return loaded;
  if (auto loaded = inbox.load(); !loaded) return loaded;
  if (auto loaded = unreadable.load(); !loaded) return loaded;
  if (auto loaded = invites.load(); !loaded) return loaded;
  if (auto loaded = claims.load(); !loaded) return loaded;
  forget_pins();
  join_known();
  for (const AgentId& peer : inbox.peers()) turns.offer(peer);
  // What never runs for long sees time pass by its starts. What is over goes later: its last messages may wait in the
  // mailbox.
  lapse();
  next_housekeeping_ = now.steady + kHousekeeping;
  return {};
}

// ---- a turn ----

void AgentEngine::State::flush(const Now& now) {
  context.now = now;
  for (int round = 0; round < kRounds; ++round) {
    if (!dead()) {
      journal.run_ready();
      turns.pump();
      receiver.expire(false);
      if (!context.stopping) announcements.pump();
      journal.commit(now, context.stopping);
    }
    if (!dead() && !context.stopping) {
      connect_what_is_wanted();
      serve_links();
    }
    if (context.answers.empty() && (dead() || !journal.has_ready())) return;
    run_answers();
  }
}

void AgentEngine::State::run_answers() {
  for (auto& answer : std::exchange(context.answers, {})) answer();
}

void AgentEngine::State::on_time(const Now& now) {
  context.now = now;
  if (dead()) return;
  if (now.steady >= next_housekeeping_) keep_house();
  links.each([](agent::Link& link) { link.on_time(); });
  outbox.on_time();
  turns.on_time();
  invites.on_time();
  claims.on_time();
}

void AgentEngine::State::keep_house() {
  next_housekeeping_ = context.now.steady + kHousekeeping;
  if (context.stopping) return;
  outbox.expire();
  invites.expire();
  claims.expire();
  lapse();
  if (sessions.expire()) journal.then([this] { tokens_changed_ = true; });
  forget_pins();
  receiver.expire(true);
}

void AgentEngine::State::lapse() {
  for (const agent::Session* session : sessions.lapse()) {
    const Error why = agent::words::never_answered(peers.label(session->facts.peer));
    outbox.drop_session(session->facts.id, why);
    journal.then([this, invite = session->facts.invite_id, why = why.message] {
      context.emit(agent_events::InviteClosed{.invite_id = invite, .why = why});
    });
  }
}

std::optional<Duration> AgentEngine::State::next_deadline() const {
  if (!context.answers.empty()) return Duration{};
  if (dead()) return std::nullopt;
  std::optional<Duration> earliest = next_housekeeping_;
  for (const auto& due : {journal.deadline(), links.deadline(), outbox.deadline(), turns.deadline(), invites.deadline(),
                          claims.deadline()}) {
    if (due && *due < *earliest) earliest = due;
  }
  return earliest;
}

// ---- what the owner asks for ----

void AgentEngine::State::send(const AgentId& to, std::string text, Done<SentMessage> done) {
  const auto refuse = [&](Error why) {
    context.answer(std::move(done), Result<SentMessage>(std::unexpected(std::move(why))));
  };
  agent::Session* session = sessions.sending(to);
  if (session == nullptr) {
    const std::vector<agent::Session*> all = sessions.of(to);
    const std::string peer = peers.label(to);
    if (all.empty()) return refuse(agent::words::no_session(peer));
    const bool claiming = std::ranges::any_of(all, [](const auto* each) { return each->facts.claim_pending; });
    return refuse(claiming ? agent::words::session_not_started(peer) : agent::words::never_answered(peer));
  }
  if (text.size() > protocol::kTextBytes) {
    return refuse({ErrorCode::kTooLarge,
                   "the text has " + std::to_string(text.size()) + " bytes; 131072 is the most a message holds",
                   "send it in parts, or a reference to it"});
  }
  if (!is_utf8(text)) return refuse({ErrorCode::kInvalid, "the text is not UTF-8", "convert it, e.g. with iconv"});
  if (outbox.full(to)) return refuse(agent::words::recipient_queue_full());
  protocol::Content content;
  content.sent_at = context.now.unix_ms;
  content.conversation_id = make_uuid_v4<ConversationId>(context.random);
  content.body = protocol::Text{std::move(text)};
  auto posted = outbox.post(*session, content);
  if (!posted) return refuse(std::move(posted.error()));
  std::string url = links.resolve(session->facts.url);
  links.hurry(url);  // who asks for it now should not wait out a pause that an earlier failure began
  journal.finally([this, to, msg_id = *posted, url = std::move(url),
                   done = std::move(done)](Result<void> stored) mutable {
    context.answer(std::move(done),
                   stored ? Result<SentMessage>(SentMessage{.msg_id = msg_id, .to = to, .server_url = std::move(url)})
                          : Result<SentMessage>(std::unexpected(agent::words::store_failed(stored.error()))));
  });
}

void AgentEngine::State::remove_peer(const AgentId& peer, Done<void> done) {
  if (sessions.of(peer).empty() && peers.find(peer) == nullptr) {
    return context.answer(std::move(done), Result<void>(std::unexpected(agent::words::no_session(peers.label(peer)))));
  }
  claims.drop_peer(peer);
  outbox.drop_peer(peer);
  inbox.drop_peer(peer);
  turns.drop_peer(peer);
  for (const agent::Session* session : sessions.of(peer)) sessions.remove(SessionId(session->facts.id));
  peers.forget(peer);
  journal.finally([this, done = std::move(done)](Result<void> stored) mutable {
    if (stored) tokens_changed_ = true;
    context.answer(std::move(done), std::move(stored));
  });
}

void AgentEngine::State::rename_peer(const AgentId& peer, const std::string& name, Done<void> done) {
  Result<void> renamed = sessions.of(peer).empty()
                             ? Result<void>(std::unexpected(agent::words::no_session(peers.label(peer))))
                             : peers.rename(peer, name);
  if (!renamed) return context.answer(std::move(done), std::move(renamed));
  journal.finally([this, done = std::move(done)](Result<void> stored) mutable {
    context.answer(std::move(done), std::move(stored));
  });
}

std::vector<PeerSummary> AgentEngine::State::summaries() {
  std::vector<PeerSummary> all;
  for (const auto& [id, record] : peers.all()) {
    const std::vector<agent::Session*> with = sessions.of(id);
    if (with.empty()) continue;
    const agent::Session* sender = sessions.sending(id);
    if (sender == nullptr)
      sender = *std::ranges::max_element(
          with, {}, [](const auto* each) { return std::pair(each->facts.claim_pending, each->facts.order); });
    PeerSummary summary{.id = id,
                        .name = peers.name(id),
                        .server_url = sender->facts.url,
                        .generation = sender->facts.generation,
                        .confirmed = sender->facts.confirmed,
                        .state = state_of(sender->facts),
                        .created_at = sender->facts.created_at,
                        .last_used = sender->facts.last_used,
                        .outbox = outbox.count(id),
                        .inbox = inbox.count(id)};
    for (const agent::Session* session : with) {
      summary.created_at = std::min(summary.created_at, session->facts.created_at);
      summary.last_used = std::max(summary.last_used, session->facts.last_used);
    }
    all.push_back(std::move(summary));
  }
  std::ranges::sort(all, {}, [](const PeerSummary& peer) { return std::tie(peer.created_at, peer.id); });
  return all;
}

// ---- the end ----

void AgentEngine::State::shut_down(const Now& now) {
  if (std::exchange(context.stopping, true) || dead()) return;
  context.now = now;
  turns.stop();
  invites.shut_down();
  claims.shut_down();
  links.each([](agent::Link& link) {
    link.flush();
    link.close("shutting down");
  });
}

bool AgentEngine::State::idle() const {
  if (!context.answers.empty()) return false;
  return dead() || (journal.quiet() && turns.running() == 0 && links.sent_all());
}

void AgentEngine::State::on_store_failed(const Error& why) {
  // Without a flush: what waits in the links may depend on what was not stored.
  links.each([](agent::Link& link) { link.close("the store failed"); });
  invites.shut_down();
  claims.shut_down();
  context.emit(agent_events::StoreFailed{why});
}

}  // namespace agentroom

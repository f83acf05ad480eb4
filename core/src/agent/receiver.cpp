#include "agent/receiver.hpp"

#include <utility>

#include "agent/announcements.hpp"
#include "agent/session_start.hpp"
#include "agent/words.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"

namespace agentroom::agent {
void Receiver::receive(Link& link, const protocol::Delivery& delivery) {
  auto seen = dedupe_.seen(delivery.from, delivery.msg_id);
  if (!seen) return context_.journal.end(words::store_failed(seen.error()));
  const std::size_t size = delivery.envelope.size();
  uncommitted_ += size;
  if (*seen) {
    receipt(link, delivery, protocol::ReceiptStatus::kStored);
  } else if (auto envelope = protocol::decode_envelope(delivery.envelope); !envelope) {
    refuse(link, delivery, "its envelope is malformed");
  } else if (auto* init = std::get_if<protocol::SessionInit>(&*envelope)) {
    take_start(link, delivery, *init);
  } else {
    take_message(link, delivery, std::get<crypto::RatchetMessage>(*envelope));
  }
  context_.journal.then([this, size] { uncommitted_ -= size; });
}

void Receiver::take_start(Link& link, const protocol::Delivery& delivery, const protocol::SessionInit& init) {
  const auto drop = [&](const std::string& why) {
    tell_unreadable(delivery, why);
    receipt(link, delivery, protocol::ReceiptStatus::kRefused);
  };
  const InviteRecord* invite = invites_.find(init.invite_id);
  if (invite == nullptr || invite->stage == InviteStage::kPublishing) {
    return drop("a session start was refused: it names no open invite");
  }
  const PeerRecord* peer = peers_.find(delivery.from);
  auto answered = answer_session(context_.self, *invite, delivery.from, delivery.msg_id, init,
                                 peer == nullptr ? 0 : peer->generation, context_.now.unix_ms, context_.random);
  if (!answered) return drop(answered.error().message);

  answered->facts.url = link.url();
  const std::uint32_t generation = answered->facts.generation;
  Session& session = sessions_.add(std::move(answered->facts), std::move(answered->ratchet));
  invites_.close(init.invite_id);
  peers_.set_own_name(delivery.from, answered->peer_name);
  peers_.raise_generation(delivery.from, generation);
  sessions_.settle(delivery.from);
  dedupe_.record(delivery.from, delivery.msg_id);
  protocol::Content content;
  content.sent_at = context_.now.unix_ms;
  content.conversation_id = make_uuid_v4<ConversationId>(context_.random);
  content.body = protocol::SessionAck{.generation = generation, .name = clean_name(context_.config.name)};
  if (auto posted = outbox_.post(session, content); !posted) {
    return context_.journal.end(posted.error());  // a fresh session that cannot send is a bug
  }
  receipt(link, delivery, protocol::ReceiptStatus::kStored);
  context_.journal.then([this, peer_id = delivery.from] {
    if (on_tokens) on_tokens();
    if (on_session) on_session();
    context_.emit(agent_events::PeerOnline{.peer = peer_id, .name = peers_.name(peer_id)});
    if (on_row) on_row(peer_id);
  });
}

void Receiver::take_message(Link& link, const protocol::Delivery& delivery, const crypto::RatchetMessage& message) {
  Session* session = sessions_.find(message.session_id);
  if (session == nullptr || session->facts.peer != delivery.from) {
    return refuse(link, delivery, "there is no such session with its sender");
  }
  if (has_no_room(*session, delivery, message)) {
    tell_unreadable(delivery, "the own inbox is full; start `agentroom serve` or `agentroom listen` to empty it");
    return receipt(link, delivery, protocol::ReceiptStatus::kRefused);
  }
  auto plaintext = sessions_.decrypt(*session, delivery.msg_id, message);
  if (!plaintext) {
    return refuse(link, delivery,
                  plaintext.error().message + "; if either side was restored from a backup, exchange a new invite");
  }
  auto content = protocol::decode_content(*plaintext);
  wipe(*plaintext);
  confirm(*session);
  if (!content) return refuse(link, delivery, "its content is malformed: " + content.error().message);
  take_content(*session, delivery, std::move(*content));
  receipt(link, delivery, protocol::ReceiptStatus::kStored);
}

bool Receiver::has_no_room(const Session& session, const protocol::Delivery& delivery,
                           const crypto::RatchetMessage& message) {
  if (!inbox_.full(message.body.size())) return false;
  crypto::Ratchet copy = session.ratchet.clone();
  auto opened = copy.decrypt({.from = delivery.from, .to = context_.self.id(), .msg_id = delivery.msg_id}, message,
                             context_.now.unix_ms, context_.random);
  if (!opened) return false;
  auto content = protocol::decode_content(opened->plaintext);
  wipe(opened->plaintext);
  return content && std::holds_alternative<protocol::Text>(content->body);
}

void Receiver::confirm(Session& session) {
  if (std::exchange(session.facts.confirmed, true)) return;
  session.facts.lapsed_at = 0;
  sessions_.settle(session.facts.peer);
  if (on_session) on_session();
  if (on_row) on_row(session.facts.peer);
}

void Receiver::take_content(Session& session, const protocol::Delivery& delivery, protocol::Content content) {
  dedupe_.record(delivery.from, delivery.msg_id);
  if (auto* text = std::get_if<protocol::Text>(&content.body)) {
    take_text(delivery, content, std::move(text->text));
  } else if (const auto* ack = std::get_if<protocol::SessionAck>(&content.body)) {
    take_ack(session, *ack);
  } else if (auto* relays = std::get_if<protocol::RelayUrls>(&content.body)) {
    // What came late does not undo what was said after it.
    if (session.place >= session.facts.relay_urls_at) {
      session.facts.relay_urls = relay_urls_of_peer(std::move(relays->urls), session.facts.url);
      session.facts.relay_urls_at = session.place;
    }
  }
  // Anything else is acknowledged and ignored.
}

void Receiver::take_ack(Session& session, const protocol::SessionAck& ack) {
  if (!session.facts.invitee || std::exchange(session.facts.acknowledged, true)) return;
  const AgentId peer = session.facts.peer;
  session.facts.generation = std::max(session.facts.generation, ack.generation);
  peers_.raise_generation(peer, session.facts.generation);
  peers_.set_own_name(peer, ack.name);
  sessions_.settle(peer);
  context_.journal.then(
      [this, peer] { context_.emit(agent_events::PeerOnline{.peer = peer, .name = peers_.name(peer)}); });
}

void Receiver::take_text(const protocol::Delivery& delivery, const protocol::Content& content, std::string text) {
  // A copy of its own: the row may be handled in the very commit that brings it.
  agent_events::Received received{.from = delivery.from,
                                  .from_name = peers_.name(delivery.from),
                                  .msg_id = delivery.msg_id,
                                  .text = text,
                                  .in_reply_to = content.in_reply_to,
                                  .conversation_id = content.conversation_id,
                                  .sent_at = content.sent_at};
  inbox_.add({.from = delivery.from,
              .msg_id = delivery.msg_id,
              .conversation_id = content.conversation_id,
              .in_reply_to = content.in_reply_to,
              .hops = content.hops,
              .sent_at = content.sent_at,
              .attempts = 0,
              .text = std::move(text)});
  context_.journal.then([this, received = std::move(received)] { context_.emit(received); });
  if (on_row) on_row(delivery.from);
}

void Receiver::refuse(Link& link, const protocol::Delivery& delivery, const std::string& why) {
  if (!unreadable_.holds(delivery.from, delivery.msg_id)) {
    unreadable_.keep(delivery.from, delivery.msg_id, delivery.envelope, why);
    tell_unreadable(delivery, why);
  }
  receipt(link, delivery, protocol::ReceiptStatus::kRefused);
}

void Receiver::tell_unreadable(const protocol::Delivery& delivery, const std::string& why) {
  context_.journal.then([this, from = delivery.from, msg_id = delivery.msg_id, why] {
    context_.emit(agent_events::Unreadable{.from = from, .msg_id = msg_id, .why = why});
  });
}

void Receiver::receipt(const Link& link, const protocol::Delivery& delivery, protocol::ReceiptStatus status) {
  const protocol::ReceiptItem item{.from = delivery.from, .msg_id = delivery.msg_id, .status = status};
  context_.journal.then([this, channel = link.channel(), item] {
    // Only on the connection that brought it: on another one the relay delivers it again.
    if (Link* same = links_.find(channel)) same->receipt(item);
  });
}

void Receiver::expire(bool always) {
  if (!always && !dedupe_.expiry_due()) return;
  if (auto expired = dedupe_.expire_some(); !expired) context_.journal.end(words::store_failed(expired.error()));
}

}  // namespace agentroom::agent

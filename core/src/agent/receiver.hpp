// What happens to a delivery (protocol sections 3, 5 and 7.4).
#pragma once

#include <functional>
#include <string>

#include "agent/context.hpp"
#include "agent/dedupe.hpp"
#include "agent/inbox.hpp"
#include "agent/invites.hpp"
#include "agent/links.hpp"
#include "agent/outbox.hpp"
#include "agent/peers.hpp"
#include "agent/sessions.hpp"
#include "agent/unreadable.hpp"
#include "protocol/content.hpp"
#include "protocol/frames.hpp"

namespace agentroom::agent {

/// Takes deliveries in the order in which they come, on the state in memory; each is receipted once all it changed is
/// durable.
class Receiver {
 public:
  Receiver(Context& context, Links& links, Peers& peers, Sessions& sessions, Invites& invites, Outbox& outbox,
           Inbox& inbox, UnreadableMessages& unreadable)
      : context_(context),
        links_(links),
        peers_(peers),
        sessions_(sessions),
        invites_(invites),
        outbox_(outbox),
        inbox_(inbox),
        unreadable_(unreadable),
        dedupe_(context) {}

  /// A peer has a new row, or a session that sends.
  std::function<void(const AgentId&)> on_row;
  /// A session was confirmed.
  std::function<void()> on_session;
  /// The tokens that a mailbox accepts changed, durably.
  std::function<void()> on_tokens;

  void receive(Link& link, const protocol::Delivery& delivery);
  void expire(bool always);
  /// Bytes of deliveries whose commit is not done.
  std::size_t uncommitted() const { return uncommitted_; }

 private:
  void take_start(Link& link, const protocol::Delivery& delivery, const protocol::SessionInit& init);
  void take_message(Link& link, const protocol::Delivery& delivery, const crypto::RatchetMessage& message);
  void take_content(Session& session, const protocol::Delivery& delivery, protocol::Content content);
  void take_ack(Session& session, const protocol::SessionAck& ack);
  void take_text(const protocol::Delivery& delivery, const protocol::Content& content, std::string text);
  /// True when nothing but a text could be in it and the inbox has no room; decided on a copy of the session.
  bool has_no_room(const Session& session, const protocol::Delivery& delivery, const crypto::RatchetMessage& message);
  void confirm(Session& session);

  /// Keeps it apart, tells the owner, refuses it.
  void refuse(Link& link, const protocol::Delivery& delivery, const std::string& why);
  void tell_unreadable(const protocol::Delivery& delivery, const std::string& why);
  void receipt(const Link& link, const protocol::Delivery& delivery, protocol::ReceiptStatus status);

  Context& context_;
  Links& links_;
  Peers& peers_;
  Sessions& sessions_;
  Invites& invites_;
  Outbox& outbox_;
  Inbox& inbox_;
  UnreadableMessages& unreadable_;
  Dedupe dedupe_;
  std::size_t uncommitted_ = 0;
};

}  // namespace agentroom::agent

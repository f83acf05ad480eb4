// Promises as they are made on the wire.
#include <utility>

#include "promises.hpp"
#include "protocol/content.hpp"

namespace agentroom::sim {

using protocol::AckStatus;
using protocol::Code;

void Promises::on_frame(const Wiretap::Overheard& overheard) {
  if (retired_) return;
  const AgentId& agent = overheard.agent;
  if (const auto* send = std::get_if<protocol::Send>(&overheard.frame)) {
    on_send(agent, *send);
  } else if (const auto* claim = std::get_if<protocol::InviteClaim>(&overheard.frame)) {
    on_claim(agent, *claim);
  } else if (const auto* publish = std::get_if<protocol::InvitePublish>(&overheard.frame)) {
    invites_.try_emplace(publish->invite_id,
                         Publication{.inviter = agent, .expires_at = publish->expires_at, .claim = {}});
  } else if (const auto* delivery = std::get_if<protocol::Delivery>(&overheard.frame)) {
    on_delivery(agent, *delivery);
  } else if (const auto* receipt = std::get_if<protocol::Receipt>(&overheard.frame)) {
    for (const auto& item : receipt->items) on_receipt(agent, item);
  } else if (const auto* ack = std::get_if<protocol::Ack>(&overheard.frame)) {
    for (const auto& item : ack->items) on_ack(agent, item);
  }
}

void Promises::on_send(const AgentId& agent, const protocol::Send& send) {
  Letter* letter = find(send.msg_id);
  if (letter == nullptr || letter->from != agent) {
    return chronicle_.violate(around_.name(agent) + " sent a message that was not durable in its outbox");
  }
  tell(agent, *letter, "sends");
  if (letter->sent_at) return chronicle_.met(Way::kResent);
  letter->sent_at = around_.relay_clock();
}

void Promises::on_claim(const AgentId& agent, const protocol::InviteClaim& claim) {
  const auto invite = invites_.find(claim.invite_id);
  const auto envelope = protocol::decode_envelope(claim.envelope);
  const auto* init = envelope ? std::get_if<protocol::SessionInit>(&*envelope) : nullptr;
  if (invite == invites_.end() || init == nullptr) return chronicle_.violate("a malformed claim was sent");
  const auto [at, fresh] = letters_.try_emplace(claim.msg_id);
  if (!fresh) return;
  Letter& letter = at->second;
  letter.from = agent;
  letter.to = invite->second.inviter;
  letter.msg_id = claim.msg_id;
  letter.session = init->first.session_id;
  letter.created_at = around_.latest(agent);
  letter.sent_at = around_.relay_clock();
  letter.control = letter.claim = true;
  letter.place = order_.size() + 1;
  order_.push_back(claim.msg_id);
  claim_of_[letter.session] = claim.msg_id;
  invite_of_[claim.msg_id] = claim.invite_id;
  tell(agent, letter, "sent");
}

void Promises::on_delivery(const AgentId& agent, const protocol::Delivery& delivery) {
  Letter* letter = find(delivery.msg_id);
  if (letter == nullptr || letter->from != delivery.from || letter->to != agent) {
    return chronicle_.violate("the relay delivered to " + around_.name(agent) + " what was not sent to it");
  }
  tell(agent, *letter, "is handed");
  if (std::exchange(letter->handed, true)) chronicle_.met(Way::kHandedAgain);
  if (!letter->taken) may_be_taken(*letter);
  if (letter->claim && !letter->taken && !letter->refused) starts_[agent].insert(delivery.msg_id);
}

void Promises::on_receipt(const AgentId& agent, const protocol::ReceiptItem& item) {
  Letter* letter = find(item.msg_id);
  if (letter == nullptr) return chronicle_.violate(around_.name(agent) + " receipted what was never sent");
  if (item.status == protocol::ReceiptStatus::kRefused) {
    tell(agent, *letter, "refuses");
    letter->refused = true;
    starts_[agent].erase(item.msg_id);
    if (starts_[agent].empty()) starts_.erase(agent);
    leave_mailbox(*letter);
    letter->excused = !excuse(*letter).empty();
    if (!letter->excused) violate(*letter, "was refused without a reason");
    return;
  }
  tell(agent, *letter, "receipts");
  if (letter->receipted) chronicle_.met(Way::kReceiptedAgain);
  if (!letter->taken && !around_.has_seen(agent, item.from, item.msg_id)) {
    return violate(*letter, "was receipted before it was durable at its recipient");
  }
  letter->receipted = true;
  if (letter->control && !std::exchange(letter->taken, true)) may_be_taken(*letter);
  if (letter->control) leave_mailbox(*letter);
  if (!letter->claim) return;
  if (around_.relay_clock() > invites_.at(invite_of_.at(item.msg_id)).expires_at) chronicle_.met(Way::kLateStart);
  starts_[agent].erase(item.msg_id);
  if (starts_[agent].empty()) starts_.erase(agent);
}

void Promises::on_ack(const AgentId& agent, const protocol::AckItem& item) {
  Letter* letter = find(*MsgId::from(item.id.view()));
  if (letter == nullptr || letter->from != agent) return;  // a request's
  switch (item.status) {
    case AckStatus::kDelivered:
      tell(agent, *letter, "is told DELIVERED for");
      if (!letter->receipted) violate(*letter, "was acknowledged as delivered before its recipient receipted it");
      letter->promised = true;
      return chronicle_.met(Way::kDelivered);
    case AckStatus::kQueued:
    case AckStatus::kOk:
      return on_kept(agent, *letter, item.status);
    case AckStatus::kRejected:
      break;
  }
  on_rejected(agent, *letter, item.code);
}

void Promises::on_kept(const AgentId& agent, Letter& letter, AckStatus status) {
  tell(agent, letter, status == AckStatus::kOk ? "is told OK for" : "is told QUEUED for");
  if (status == AckStatus::kQueued) chronicle_.met(letter.handed ? Way::kQueuedInFlight : Way::kQueued);
  if (letter.claim) {
    std::optional<MsgId>& first = invites_.at(invite_of_.at(letter.msg_id)).claim;
    if (!first) first = letter.msg_id;
    if (*first != letter.msg_id) return violate(letter, "claimed an invite that was claimed before");
    if (letter.promised) chronicle_.met(Way::kClaimAnsweredAgain);
    if (!letter.promised && !around_.running(letter.to)) chronicle_.met(Way::kClaimedWhileAway);
  }
  letter.promised = true;
  keep(letter);
}

void Promises::on_rejected(const AgentId& agent, Letter& letter, Code code) {
  switch (code) {
    case Code::kQueueFull:
      chronicle_.met(Way::kQueueFull);
      break;
    case Code::kNoMailbox:
      chronicle_.met(Way::kNoMailbox);
      break;
    case Code::kNotAllowed:
      chronicle_.met(Way::kNotAllowed);
      break;
    case Code::kUnreadable:
      if (!letter.refused) violate(letter, "was answered UNREADABLE before its recipient refused it");
      chronicle_.met(Way::kUnreadable);
      break;
    case Code::kExpired:
      chronicle_.met(Way::kClaimExpired);
      break;
    case Code::kRevoked:
      chronicle_.met(Way::kClaimRevoked);
      break;
    case Code::kAlreadyClaimed:
      chronicle_.met(Way::kClaimUsed);
      break;
    default:
      break;
  }
  const bool for_now = code == Code::kQueueFull || code == Code::kNoMailbox || code == Code::kInternal;
  if (chronicle_.traced()) tell(agent, letter, (std::string(code_text(code)) + " for").c_str());
  if (for_now) return;
  letter.rejected = true;
  letter.unlisted = code == Code::kNotAllowed && start_expired(letter);
  if ((!letter.claim || letter.promised) && excuse(letter).empty()) {
    violate(letter, "was rejected: " + std::string(code_text(code)));
  }
}

}  // namespace agentroom::sim

// Promises as they are made on the wire.
#include "promises.hpp"
#include "protocol/content.hpp"

namespace agentroom::sim {

using protocol::AckStatus;
using protocol::Code;

void Promises::on_frame(const Wiretap::Overheard& overheard) {
  const AgentId& agent = overheard.agent;
  if (const auto* send = std::get_if<protocol::Send>(&overheard.frame)) {
    on_send(agent, *send);
  } else if (const auto* claim = std::get_if<protocol::InviteClaim>(&overheard.frame)) {
    on_claim(agent, *claim);
  } else if (const auto* publish = std::get_if<protocol::InvitePublish>(&overheard.frame)) {
    inviters_[publish->invite_id] = agent;
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
  if (!letter->sent_at) letter->sent_at = around_.relay_clock();
}

void Promises::on_claim(const AgentId& agent, const protocol::InviteClaim& claim) {
  const auto inviter = inviters_.find(claim.invite_id);
  const auto envelope = protocol::decode_envelope(claim.envelope);
  const auto* init = envelope ? std::get_if<protocol::SessionInit>(&*envelope) : nullptr;
  if (inviter == inviters_.end() || init == nullptr) return chronicle_.violate("a malformed claim was sent");
  const auto [at, fresh] = letters_.try_emplace(claim.msg_id);
  if (!fresh) return;
  Letter& letter = at->second;
  letter.from = agent;
  letter.to = inviter->second;
  letter.msg_id = claim.msg_id;
  letter.session = init->first.session_id;
  letter.created_at = around_.latest(agent);
  letter.sent_at = around_.relay_clock();
  letter.control = letter.claim = true;
  letter.place = order_.size() + 1;
  order_.push_back(claim.msg_id);
  claim_of_[letter.session] = claim.msg_id;
  tell(agent, letter, "sent");
}

void Promises::on_delivery(const AgentId& agent, const protocol::Delivery& delivery) {
  const Letter* letter = find(delivery.msg_id);
  if (letter == nullptr || letter->from != delivery.from || letter->to != agent) {
    return chronicle_.violate("the relay delivered to " + around_.name(agent) + " what was not sent to it");
  }
  tell(agent, *letter, "is handed");
}

void Promises::on_receipt(const AgentId& agent, const protocol::ReceiptItem& item) {
  Letter* letter = find(item.msg_id);
  if (letter == nullptr) return chronicle_.violate(around_.name(agent) + " receipted what was never sent");
  if (item.status == protocol::ReceiptStatus::kRefused) {
    tell(agent, *letter, "refuses");
    letter->refused = true;
    if (excuse(*letter).empty()) violate(*letter, "was refused without a reason");
    return;
  }
  tell(agent, *letter, "receipts");
  if (!letter->taken && !around_.has_seen(agent, item.from, item.msg_id)) {
    return violate(*letter, "was receipted before it was durable at its recipient");
  }
  if (letter->control) letter->taken = true;
}

void Promises::on_ack(const AgentId& agent, const protocol::AckItem& item) {
  Letter* letter = find(*MsgId::from(item.id.view()));
  if (letter == nullptr || letter->from != agent) return;  // a request's
  switch (item.status) {
    case AckStatus::kDelivered:
      tell(agent, *letter, "is told DELIVERED for");
      if (!letter->taken && !around_.has_seen(letter->to, letter->from, letter->msg_id)) {
        violate(*letter, "was acknowledged as delivered before it was durable at its recipient");
      }
      letter->promised = true;
      return;
    case AckStatus::kQueued:
    case AckStatus::kOk:
      tell(agent, *letter, item.status == AckStatus::kOk ? "is told OK for" : "is told QUEUED for");
      letter->promised = true;
      return;
    case AckStatus::kRejected:
      break;
  }
  const bool for_now = item.code == Code::kQueueFull || item.code == Code::kNoMailbox || item.code == Code::kInternal;
  if (chronicle_.traced()) tell(agent, *letter, (std::string(code_text(item.code)) + " for").c_str());
  if (for_now) return;
  letter->rejected = true;
  if ((!letter->claim || letter->promised) && excuse(*letter).empty()) {
    violate(*letter, "was rejected: " + std::string(code_text(item.code)));
  }
}

}  // namespace agentroom::sim

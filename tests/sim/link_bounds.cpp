#include "link_bounds.hpp"

#include "protocol/limits.hpp"

namespace agentroom::sim {

void LinkBounds::see(const Wiretap::Overheard& overheard) {
  Link& link = links_[overheard.link];
  if (const auto* delivery = std::get_if<protocol::Delivery>(&overheard.frame)) {
    link.delivered[{delivery->from, delivery->msg_id}] = delivery->envelope.size();
    link.delivered_bytes += delivery->envelope.size();
    if (link.delivered.size() == protocol::kWindowFrames) chronicle_.met(Way::kRelayWindowFull);
    const bool one = link.delivered.size() == 1;
    if (link.delivered.size() > protocol::kWindowFrames || (!one && link.delivered_bytes > protocol::kWindowBytes)) {
      chronicle_.violate("the relay delivered beyond the window: " + std::to_string(link.delivered.size()) +
                         " messages without a receipt");
    }
  } else if (const auto* receipt = std::get_if<protocol::Receipt>(&overheard.frame)) {
    for (const protocol::ReceiptItem& item : receipt->items) {
      const auto found = link.delivered.find({item.from, item.msg_id});
      if (found == link.delivered.end()) continue;
      link.delivered_bytes -= found->second;
      link.delivered.erase(found);
    }
  } else if (const auto* send = std::get_if<protocol::Send>(&overheard.frame)) {
    if (link.answered_before.erase(send->msg_id) > 0 || !link.asked.try_emplace(send->msg_id, send->to).second) return;
    const std::size_t asked = ++link.asked_of[send->to];
    if (asked == protocol::kWindowFrames) chronicle_.met(Way::kAgentWindowFull);
    if (asked > protocol::kWindowFrames) {
      chronicle_.violate("an agent sent beyond the window: more than 64 messages to one recipient without an answer");
    }
  } else if (const auto* ack = std::get_if<protocol::Ack>(&overheard.frame)) {
    for (const protocol::AckItem& item : ack->items) {
      const MsgId id = *MsgId::from(item.id.view());
      const auto found = link.asked.find(id);
      if (found == link.asked.end()) {
        link.answered_before.insert(id);
        continue;
      }
      --link.asked_of[found->second];
      link.asked.erase(found);
    }
  }
}

}  // namespace agentroom::sim

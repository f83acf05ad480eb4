#include "channel_table.hpp"

#include <utility>

#include "channel.hpp"

namespace agentroom::ws {

ChannelTable::ChannelTable() = default;
ChannelTable::~ChannelTable() = default;

void ChannelTable::add(ar_channel id, std::shared_ptr<Channel> channel) {
  channels_.emplace(id, std::move(channel));
}

void ChannelTable::remove(ar_channel id) {
  channels_.erase(id);
}

Channel* ChannelTable::find(ar_channel id) const {
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : found->second.get();
}

void ChannelTable::clear() {
  channels_.clear();
}

}  // namespace agentroom::ws

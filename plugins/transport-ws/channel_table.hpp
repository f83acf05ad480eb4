// The channels of one instance, by their ids.
#pragma once

#include <memory>
#include <unordered_map>

#include "agentroom/abi/transport.h"

namespace agentroom::ws {

class Channel;

/// Holds every channel from its first moment until its `closed`.
class ChannelTable {
 public:
  ChannelTable();
  ChannelTable(const ChannelTable&) = delete;
  ChannelTable& operator=(const ChannelTable&) = delete;
  ~ChannelTable();

  /// An id that no channel had.
  ar_channel new_id() { return ++last_id_; }
  void add(ar_channel id, std::shared_ptr<Channel> channel);
  void remove(ar_channel id);
  /// Null when it has ended or never was.
  Channel* find(ar_channel id) const;
  void clear();

 private:
  ar_channel last_id_ = 0;
  std::unordered_map<ar_channel, std::shared_ptr<Channel>> channels_;
};

}  // namespace agentroom::ws

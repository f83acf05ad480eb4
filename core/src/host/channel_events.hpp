// Events of channels on their way from a transport plugin to an engine.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <unordered_map>

#include "agentroom/abi/transport.h"
#include "agentroom/transport.hpp"

namespace agentroom::host {

/// One `ar_channel_events` for each receiver, valid as long as this object. An exception of a receiver must not cross
/// the plugin: it waits until the turn has ended, and events that come meanwhile are dropped. Thread: engine.
class EventTable {
 public:
  EventTable() = default;
  EventTable(const EventTable&) = delete;
  EventTable& operator=(const EventTable&) = delete;

  const ar_channel_events* of(ChannelEvents& receiver);
  /// `ctx` of `request`; answers plain requests for `receiver`.
  void* request_ctx(ListenerEvents& receiver);
  static void request(void* ctx, const ar_http_request* request, ar_http_response* response) noexcept;

  /// Throws what a receiver threw since the last time.
  void rethrow();

 private:
  struct Entry {
    EventTable* table = nullptr;
    ChannelEvents* receiver = nullptr;
    ar_channel_events abi{};
  };
  struct ListenerEntry {
    EventTable* table = nullptr;
    ListenerEvents* receiver = nullptr;
  };

  template <class Body>
  void deliver(Body&& body) noexcept;
  ar_string keep_content_type(const std::string& type);

  std::unordered_map<ChannelEvents*, std::unique_ptr<Entry>> entries_;
  std::unordered_map<ListenerEvents*, std::unique_ptr<ListenerEntry>> listeners_;
  std::unordered_map<std::string, bool> content_types_;  // the few that engines use; the keys stay where they are
  std::exception_ptr thrown_;
};

}  // namespace agentroom::host

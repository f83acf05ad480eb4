// The client's side of a WebSocket connection, as far as a relay and mosquitto need it.
#pragma once

#include <string>
#include <string_view>

#include "wire/fleet.hpp"

namespace agentroom::bench {

class WsAgent : public Agent {
 public:
  /// Asks for `path` and `subprotocol`.
  WsAgent(std::string_view path, std::string_view subprotocol);

 protected:
  virtual void on_upgraded() = 0;
  /// The payload of one binary frame.
  virtual void on_message(MutableByteView payload) = 0;
  /// Appends the payloads of binary messages, each between `begin_message` and `end_message`.
  virtual void pack_messages(Bytes& out) = 0;

  /// Space for the header; `end_message` fills it in and masks what was appended meanwhile.
  static std::size_t begin_message(Bytes& out);
  static void end_message(Bytes& out, std::size_t begin);

 private:
  std::size_t take(MutableByteView bytes) final;
  void pack(Bytes& out) final;
  std::size_t take_upgrade(MutableByteView bytes);

  std::string request_;
  bool upgraded_ = false;
};

}  // namespace agentroom::bench

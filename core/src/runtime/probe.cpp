#include "runtime/probe.hpp"

#include <optional>

#include "base/text.hpp"
#include "protocol/link.hpp"

namespace agentroom::runtime {
namespace {

class ProbeEvents final : public ChannelEvents {
 public:
  void on_opened(ChannelId /*channel*/, const PeerInfo& /*peer*/) override {}
  void on_message(ChannelId /*channel*/, MutableByteView message) override {
    if (answer) return;
    auto handshake = protocol::AgentHandshake::start(message);
    answer = handshake ? Result<RelayId>(handshake->proof().relay_pk) : pass(handshake);
  }
  void on_drained(ChannelId /*channel*/) override {}
  void on_closed(ChannelId /*channel*/, const CloseInfo& why) override {
    closed = true;
    if (!answer) answer = fail(ErrorCode::kNetwork, printable(why.reason), printable(why.hint));
  }

  std::optional<Result<RelayId>> answer;
  bool closed = false;
};

}  // namespace

Result<ProbeAnswer> probe_relay(Process& process, const std::string& url, Duration timeout, const std::string& hint) {
  const Duration started = process.now().steady;
  ProbeEvents events;
  auto channel = process.transport().connect({.url = url, .timeout = timeout}, events);
  if (!channel) return pass(channel);
  process.run_until([&] { return events.answer.has_value(); }, timeout);
  const Duration took = process.now().steady - started;

  process.transport().close(*channel, 1000, "probe");
  process.loop().run_until([&] { return events.closed; },
                           std::chrono::seconds(6));  // `events` must outlive the channel
  if (!events.answer) return fail(ErrorCode::kTimeout, "no answer from the relay at " + printable(url), hint);
  if (!*events.answer) {
    const Error& why = events.answer->error();
    return fail(why.code, "the relay at " + printable(url) + " cannot be used: " + why.message,
                why.hint.empty() ? hint : why.hint);
  }
  return ProbeAnswer{**events.answer, took};
}

}  // namespace agentroom::runtime

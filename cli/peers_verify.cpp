#include "base/base64url.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "crypto/safety_number.hpp"
#include "events.hpp"
#include "one_shot.hpp"

namespace agentroom::cli {
namespace {

/// Three lines of four groups, each line indented.
std::string in_lines(const std::string& number) {
  constexpr std::size_t kColumns = 24;  // four groups with the space after each
  std::string text;
  for (std::size_t at = 0; at < number.size(); at += kColumns) {
    text += (at == 0 ? "  " : "\n  ") + number.substr(at, kColumns - 1);
  }
  return text;
}

}  // namespace

int run(const PeersVerifyCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  auto peer = (*agent)->engine().find_peer(command.peer);
  if (!peer) return out.error(peer.error());
  const std::string pk = base64url(peer->view());
  const std::string number = crypto::safety_number((*agent)->self(), *peer);
  out.result({{"ok", true}, {"pk", pk}, {"safety_number", number}});
  out.line(out.styled(Style::kBold, in_lines(number)));
  out.remark(
      "Compare it with the peer's owner over a channel that is not this one, such as a call: the command\n"
      "agentroom peers verify shows both of you the same digits, or somebody stands between you.");
  return 0;
}

}  // namespace agentroom::cli

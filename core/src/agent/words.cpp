#include "agent/words.hpp"

#include "base/text.hpp"

namespace agentroom::agent::words {
namespace {

constexpr const char* kAskForInvite = "ask the inviter for a new one: `agentroom invite create`";
constexpr const char* kCheckRelay =
    "check that the URL is right and that a relay runs there: `agentroom relay` starts one";
constexpr const char* kExchangeInvite =
    "one of you makes a new invite with `agentroom invite create`, the other accepts it with `agentroom invite accept "
    "URL`";

Error make(ErrorCode code, std::string message, std::string hint) {
  return {code, std::move(message), std::move(hint)};
}

}  // namespace

Error invite_expired() {
  return make(ErrorCode::kInviteExpired, "invite expired", kAskForInvite);
}
Error invite_used() {
  return make(ErrorCode::kInviteUsed, "invite already used",
              std::string("an invite is good for one acceptance; ") + kAskForInvite);
}
Error invite_revoked() {
  return make(ErrorCode::kInviteRevoked, "invite revoked", kAskForInvite);
}
Error own_invite() {
  return make(ErrorCode::kUsage, "this invite was made by this identity",
              "give it to the peer, who accepts it with `agentroom invite accept URL`");
}
Error accepted_already() {
  return make(ErrorCode::kExists, "this invite is being accepted already", "wait for the answer");
}
Error no_session(std::string_view peer) {
  return make(ErrorCode::kNoSession, "no session with " + printable(peer),
              "`agentroom peers` lists the sessions; `agentroom invite accept URL` starts one");
}
Error session_not_started(std::string_view peer) {
  return make(ErrorCode::kNoSession,
              "no session with " + printable(peer) + ": the relay has not confirmed the invite yet",
              "`agentroom listen` connects and finishes it");
}
Error never_answered(std::string_view peer) {
  return make(ErrorCode::kNoSession, printable(peer) + " did not connect within 7 days after you accepted its invite",
              kAskForInvite);
}
Error no_longer_accepts(std::string_view peer) {
  return make(ErrorCode::kNotAllowed, printable(peer) + " no longer accepts messages from you",
              "ask for a new invite and accept it with `agentroom invite accept URL`");
}
Error peer_cannot_read(std::string_view peer) {
  return make(ErrorCode::kUnreadable,
              printable(peer) + " could not take the message: its sessions do not match yours, or its inbox is full",
              kExchangeInvite);
}
Error recipient_queue_full() {
  return make(ErrorCode::kQueueFull, "recipient queue full",
              "the peer has to read first; what waits is sent again by `agentroom serve` or `agentroom listen`");
}
Error ack_timeout(std::string_view what) {
  return make(ErrorCode::kTimeout, "ACK timeout: " + std::string(what), kCheckRelay);
}
Error identity_changed(std::string_view url) {
  return make(ErrorCode::kIdentityChanged, "relay identity changed: " + printable(url),
              "nothing was sent to it; if you know why its key is another one, repeat the command with --trust-relay");
}
Error another_relay(std::string_view url) {
  return make(ErrorCode::kNetwork, "another relay answers at " + printable(url) + ": nothing was sent to it", {});
}
Error no_server() {
  return make(ErrorCode::kUsage, "no relay is configured", "name one with --server URL or in agentroom.toml");
}
Error store_failed(const Error& cause) {
  return make(cause.code, "the store failed: " + cause.message, cause.hint);
}
Error refused(std::string_view what, protocol::Code code) {
  return make(ErrorCode::kInternal, "the relay refused " + std::string(what) + ": " + std::string(code_text(code)),
              kCheckRelay);
}
Error unreachable(std::string_view url, std::string_view reason, std::string_view hint) {
  return make(ErrorCode::kNetwork, "cannot reach " + printable(url) + (reason.empty() ? "" : ": " + printable(reason)),
              hint.empty() ? kCheckRelay : printable(hint));
}
Error connection_ended(std::string_view url, std::string_view reason, std::string_view hint) {
  return make(ErrorCode::kNetwork,
              "the connection to " + printable(url) + " ended" + (reason.empty() ? "" : ": " + printable(reason)),
              hint.empty() ? kCheckRelay : printable(hint));
}
Error replaced() {
  return make(ErrorCode::kNetwork, "replaced by another connection of the same identity",
              "one identity has one owner: stop the other process, or give it a home of its own with --home");
}
Error shutting_down() {
  return make(ErrorCode::kCancelled, "the agent is shutting down", {});
}

}  // namespace agentroom::agent::words

// The errors that a user meets, in the words that are promised, each with the next command.
#pragma once

#include <string>
#include <string_view>

#include "agentroom/result.hpp"
#include "protocol/frames.hpp"

namespace agentroom::agent::words {

Error invite_expired();
Error invite_used();
Error invite_revoked();
Error own_invite();
Error accepted_already();
/// `peer`: a name or the beginning of a key, printable.
Error no_session(std::string_view peer);
Error session_not_started(std::string_view peer);
/// The inviter did not take up the session in time.
Error never_answered(std::string_view peer);
Error no_longer_accepts(std::string_view peer);
Error peer_cannot_read(std::string_view peer);
Error recipient_queue_full();
Error ack_timeout(std::string_view what);
Error identity_changed(std::string_view url);
/// Where a peer says that the relay answers, somebody else does.
Error another_relay(std::string_view url);
Error no_server();
Error store_failed(const Error& cause);
/// A relay's refusal that has no words of its own.
Error refused(std::string_view what, protocol::Code code);
/// `reason` may be a stranger's text.
/// `hint`: what the transport proposes; without one, to check the relay.
Error unreachable(std::string_view url, std::string_view reason, std::string_view hint = {});
Error connection_ended(std::string_view url, std::string_view reason, std::string_view hint = {});
Error replaced();
Error shutting_down();

}  // namespace agentroom::agent::words

#include "crypto/ratchet/ratchet.hpp"

#include "crypto/primitives.hpp"
#include "crypto/ratchet/message_key.hpp"
#include "crypto/ratchet/state.hpp"

namespace agentroom::crypto {

Ratchet::Ratchet(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ratchet::Ratchet(Ratchet&&) noexcept = default;
Ratchet& Ratchet::operator=(Ratchet&&) noexcept = default;
Ratchet::~Ratchet() = default;

Result<Ratchet> Ratchet::initiate(SessionSecrets secrets, const AgreementKey& prekey, Random& random) {
  auto state = std::make_unique<State>();
  state->own = AgreementPair::generate(random);
  auto shared = dh(state->own.secret, prekey);
  if (!shared) return pass(shared);
  RootStep step = advance_root(secrets.root, *shared);
  state->session_id = secrets.session_id;
  state->root = std::move(step.root);
  state->sending = Chain{.header_key = std::move(secrets.hk_a), .key = std::move(step.chain), .next = 0};
  state->next_sending = std::move(step.next_header_key);
  state->next_receiving = std::move(secrets.hk_b);
  return Ratchet(std::move(state));
}

Ratchet Ratchet::respond(SessionSecrets secrets, AgreementPair prekey) {
  auto state = std::make_unique<State>();
  state->session_id = secrets.session_id;
  state->root = std::move(secrets.root);
  state->own = std::move(prekey);
  state->next_sending = std::move(secrets.hk_b);
  state->next_receiving = std::move(secrets.hk_a);
  return Ratchet(std::move(state));
}

const SessionId& Ratchet::session_id() const {
  return state_->session_id;
}

bool Ratchet::can_send() const {
  return state_->sending && state_->sending->next != kChainEnd;
}

Result<RatchetMessage> Ratchet::encrypt(const MessageContext& context, ByteView plaintext, Random& random) {
  if (!state_->sending) return fail(ErrorCode::kInvalid, "the session cannot send before it has received");
  Chain& chain = *state_->sending;
  if (chain.next == kChainEnd) return fail(ErrorCode::kInvalid, "the session's sending chain is at its end");

  const MessageKey key = message_key(chain.key);
  ChainKey advanced = next_chain_key(chain.key);
  RatchetMessage message;
  message.session_id = state_->session_id;
  message.sealed_header = seal_header(chain.header_key, {state_->own.pk, state_->previous, chain.next}, random);
  message.body = seal_body(key, associated_data(state_->session_id, context, message.sealed_header), plaintext);

  chain.key = std::move(advanced);
  ++chain.next;
  return message;
}

std::vector<KeptKeyChange> Ratchet::expire(UnixMs now) {
  std::vector<KeptKeyChange> changes;
  state_->kept.expire(now, changes);
  return changes;
}

std::size_t Ratchet::kept_keys() const {
  return state_->kept.size();
}

Ratchet Ratchet::clone() const {
  return Ratchet(std::make_unique<State>(state_->clone()));
}

}  // namespace agentroom::crypto

#include "crypto/ratchet/message_key.hpp"

#include "crypto/primitives.hpp"
#include "crypto/ratchet/padding.hpp"
#include "crypto/wiped.hpp"

namespace agentroom::crypto {
namespace {

/// ek ‖ nonce = bh(56, mk, ad, "ar3.message")
class BodyKey {
 public:
  BodyKey(const MessageKey& key, const AssociatedData& ad) {
    bh(both_.view(), key.view(), ad.view(), "ar3.message");
    nonce_ = *Nonce::from(both_.view().last<kNonceBytes>());
  }
  ByteView key() { return both_.view().first<32>(); }
  const Nonce& nonce() const { return nonce_; }

 private:
  WipedArray<32 + kNonceBytes> both_;
  Nonce nonce_;
};

}  // namespace

AssociatedData associated_data(const SessionId& session_id, const MessageContext& context, const SealedHeader& header) {
  AssociatedData ad;
  auto out = ad.mutable_view().begin();
  for (ByteView piece :
       {session_id.view(), context.from.view(), context.to.view(), context.msg_id.view(), header.view()}) {
    out = std::ranges::copy(piece, out).out;
  }
  return ad;
}

Bytes seal_body(const MessageKey& key, const AssociatedData& ad, ByteView plaintext) {
  BodyKey body_key(key, ad);
  Bytes body;
  body.reserve(kMacBytes + padded_size(plaintext.size()));
  body.resize(kMacBytes);
  append(body, plaintext);
  body.push_back(std::byte{0x80});
  body.resize(kMacBytes + padded_size(plaintext.size()));
  box_in_place(body_key.key(), body_key.nonce(), body);
  return body;
}

std::optional<Bytes> open_body(const MessageKey& key, const AssociatedData& ad, ByteView body) {
  BodyKey body_key(key, ad);
  auto text = unbox(body_key.key(), body_key.nonce(), body);
  if (!text) return std::nullopt;
  const auto size = unpadded_size(*text);
  if (!size) {
    sodium_memzero(text->data(), text->size());
    return std::nullopt;
  }
  text->resize(*size);
  return text;
}

}  // namespace agentroom::crypto

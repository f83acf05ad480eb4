#include "crypto/primitives.hpp"

#include <sodium.h>

#include <stdexcept>

#include "crypto/wiped.hpp"

namespace agentroom::crypto {
namespace {

constexpr std::string_view kSignaturePrefix = "agentroom/3 ";

unsigned char* raw(MutableByteView bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

/// BLAKE2b's personalisation: the label, zero-padded.
class Personal {
 public:
  explicit Personal(std::string_view label) {
    require(label.size() <= bytes_.size(), "bh: label longer than 16 bytes");
    std::ranges::copy(label, bytes_.begin());
  }
  const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, crypto_generichash_blake2b_PERSONALBYTES> bytes_{};
};

constexpr std::array<unsigned char, crypto_generichash_blake2b_SALTBYTES> kNoSalt{};

void require_bh_sizes(MutableByteView out, ByteView key) {
  require(!out.empty() && out.size() <= crypto_generichash_blake2b_BYTES_MAX, "bh: output of 1 to 64 bytes");
  require(key.size() <= crypto_generichash_blake2b_KEYBYTES_MAX, "bh: key longer than 64 bytes");
}

/// "agentroom/3 " ‖ context ‖ 0x00 ‖ data. Wiped: an invite's data holds its secret.
class SignedText {
 public:
  SignedText(std::string_view context, std::initializer_list<ByteView> data) : text_(size(context, data)) {
    text_.append(as_bytes(kSignaturePrefix));
    text_.append(as_bytes(context));
    text_.append(as_bytes(std::string_view("\0", 1)));
    for (ByteView piece : data) text_.append(piece);
  }
  ByteView view() const { return text_.view(); }

 private:
  static std::size_t size(std::string_view context, std::initializer_list<ByteView> data) {
    std::size_t total = kSignaturePrefix.size() + context.size() + 1;
    for (ByteView piece : data) total += piece.size();
    return total;
  }
  WipedBytes text_;
};

}  // namespace

void init() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
}

void bh(MutableByteView out, ByteView key, ByteView msg, std::string_view label) {
  require_bh_sizes(out, key);
  const Personal personal(label);
  crypto_generichash_blake2b_salt_personal(raw(out), out.size(), raw(msg), msg.size(), raw(key), key.size(),
                                           kNoSalt.data(), personal.data());
}

void bh(MutableByteView out, ByteView key, std::initializer_list<ByteView> msg, std::string_view label) {
  require_bh_sizes(out, key);
  const Personal personal(label);
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init_salt_personal(&state, raw(key), key.size(), out.size(), kNoSalt.data(),
                                                personal.data());
  for (ByteView piece : msg) crypto_generichash_blake2b_update(&state, raw(piece), piece.size());
  crypto_generichash_blake2b_final(&state, raw(out), out.size());
  sodium_memzero(&state, sizeof state);
}

Result<SharedSecret> dh(const AgreementSecret& secret, const AgreementKey& pk) {
  if (!is_valid_agreement_key(pk)) return fail(ErrorCode::kInvalid, "malformed X25519 key");
  SharedSecret shared;
  if (crypto_scalarmult_curve25519(shared.data(), secret.data(), pk.data()) != 0) {
    return fail(ErrorCode::kInvalid, "X25519 key of low order");
  }
  return shared;
}

Signature sign(const SigningKey& key, std::string_view context, std::initializer_list<ByteView> data) {
  const SignedText text(context, data);
  Signature sig;
  crypto_sign_ed25519_detached(sig.data(), nullptr, raw(text.view()), text.view().size(), key.data());
  return sig;
}

bool verify(ByteView pk, std::string_view context, std::initializer_list<ByteView> data, const Signature& sig) {
  if (pk.size() != crypto_sign_ed25519_PUBLICKEYBYTES) return false;
  const SignedText text(context, data);
  return crypto_sign_ed25519_verify_detached(sig.data(), raw(text.view()), text.view().size(), raw(pk)) == 0;
}

Bytes box(ByteView key, const Nonce& nonce, ByteView message) {
  Bytes boxed(kMacBytes + message.size());
  std::ranges::copy(message, boxed.begin() + kMacBytes);
  box_in_place(key, nonce, boxed);
  return boxed;
}

void box_in_place(ByteView key, const Nonce& nonce, MutableByteView buffer) {
  require(key.size() == crypto_secretbox_KEYBYTES, "box: key of 32 bytes");
  require(buffer.size() >= kMacBytes, "box: no room for the MAC");
  MutableByteView text = buffer.subspan(kMacBytes);
  crypto_secretbox_detached(raw(text), raw(buffer), raw(text), text.size(), nonce.data(), raw(key));
}

std::optional<MutableByteView> unbox_in_place(ByteView key, const Nonce& nonce, MutableByteView boxed) {
  require(key.size() == crypto_secretbox_KEYBYTES, "box: key of 32 bytes");
  if (boxed.size() < kMacBytes) return std::nullopt;
  MutableByteView text = boxed.subspan(kMacBytes);
  if (crypto_secretbox_open_detached(raw(text), raw(text), raw(boxed), text.size(), nonce.data(), raw(key)) != 0) {
    return std::nullopt;
  }
  return text;
}

std::optional<Bytes> unbox(ByteView key, const Nonce& nonce, ByteView boxed) {
  require(key.size() == crypto_secretbox_KEYBYTES, "box: key of 32 bytes");
  if (boxed.size() < kMacBytes) return std::nullopt;
  Bytes message(boxed.size() - kMacBytes);
  if (crypto_secretbox_open_easy(raw(MutableByteView(message)), raw(boxed), boxed.size(), nonce.data(), raw(key)) !=
      0) {
    return std::nullopt;
  }
  return message;
}

}  // namespace agentroom::crypto

#include "spec.hpp"

#include <sodium.h>

#include <stdexcept>

namespace agentroom::vectors {
namespace {

const unsigned char* in(const Text& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out(Text& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

void must(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

}  // namespace

Text u32(std::uint32_t value) {
  Text bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

Text u64(std::uint64_t value) {
  Text bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string hex(const Text& bytes) {
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), in(bytes), bytes.size());
  text.pop_back();
  return text;
}

Text fixed_random(std::size_t n, const std::string& label) {
  const Text phrase = "agentroom vectors " + label;
  Text seed(randombytes_SEEDBYTES, '\0');
  crypto_generichash_blake2b(out(seed), seed.size(), in(phrase), phrase.size(), nullptr, 0);
  Text bytes(n, '\0');
  randombytes_buf_deterministic(out(bytes), n, in(seed));
  return bytes;
}

Text bh(std::size_t n, const Text& key, const Text& msg, const std::string& label) {
  Text personal = label;
  personal.resize(16, '\0');
  const Text salt(16, '\0');
  Text hash(n, '\0');
  must(crypto_generichash_blake2b_salt_personal(out(hash), n, in(msg), msg.size(), in(key), key.size(), in(salt),
                                                in(personal)) == 0,
       "bh");
  return hash;
}

Text x25519_public(const Text& secret) {
  Text pk(32, '\0');
  must(crypto_scalarmult_base(out(pk), in(secret)) == 0, "x25519_public");
  return pk;
}

Text dh(const Text& secret, const Text& pk) {
  Text shared(32, '\0');
  must(crypto_scalarmult(out(shared), in(secret), in(pk)) == 0, "dh");
  return shared;
}

Pair agreement_pair(const std::string& label) {
  const Text secret = fixed_random(32, label);
  return {secret, x25519_public(secret)};
}

Pair signing_pair(const Text& seed) {
  Text pk(32, '\0');
  Text secret(64, '\0');
  crypto_sign_seed_keypair(out(pk), out(secret), in(seed));
  return {seed, pk};
}

Text signed_text(const std::string& context, const Text& data) {
  return "agentroom/3 " + context + '\0' + data;
}

Text sign(const Text& seed, const std::string& context, const Text& data) {
  Text pk(32, '\0');
  Text secret(64, '\0');
  crypto_sign_seed_keypair(out(pk), out(secret), in(seed));
  const Text text = signed_text(context, data);
  Text sig(64, '\0');
  crypto_sign_detached(out(sig), nullptr, in(text), text.size(), in(secret));
  return sig;
}

Text box(const Text& key, const Text& nonce, const Text& msg) {
  must(key.size() == 32 && nonce.size() == 24, "box");
  Text boxed(16 + msg.size(), '\0');
  crypto_secretbox_easy(out(boxed), in(msg), msg.size(), in(nonce), in(key));
  return boxed;
}

boost::json::object hex_object(std::initializer_list<std::pair<const char*, Text>> members) {
  boost::json::object object;
  for (const auto& [name, bytes] : members) object[name] = hex(bytes);
  return object;
}

boost::json::object vector_of(const char* function, std::initializer_list<std::pair<const char*, Text>> members) {
  boost::json::object object{{"function", function}};
  for (const auto& [name, bytes] : members) object[name] = hex(bytes);
  return object;
}

}  // namespace agentroom::vectors

#include "crypto/identity.hpp"

#include <boost/json.hpp>

#include "base/base64url.hpp"
#include "crypto/primitives.hpp"
#include "crypto/signing_pair.hpp"
#include "crypto/wiped.hpp"

namespace agentroom::crypto {
namespace {

constexpr std::size_t kMaxJsonBytes = 4096;  ///< four members need less than 400

/// The parser's memory, wiped as it is given back: the text of secret keys passes through it. Boost.JSON gives some of
/// it back under another alignment than it asked for; it never asks for more than operator new grants.
class WipingMemory final : public boost::json::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t /*alignment*/) override { return ::operator new(bytes); }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t /*alignment*/) override {
    sodium_memzero(memory, bytes);
    ::operator delete(memory);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

std::unexpected<Error> corrupt(std::string what) {
  return fail(ErrorCode::kCorrupt, std::move(what),
              "restore identity.json from a backup, or make a new identity with 'agentroom setup --force'");
}

/// Reads a base64url member of exactly `out.size()` bytes.
Result<void> read_member(const boost::json::object& object, std::string_view name, MutableByteView out) {
  const auto* member = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (member == nullptr) return corrupt("member '" + std::string(name) + "' is missing");
  const auto* text = member->if_string();
  if (text == nullptr) return corrupt("member '" + std::string(name) + "' is not a string");
  auto bytes = from_base64url({text->data(), text->size()});
  const bool fits = bytes && bytes->size() == out.size();
  if (fits) std::ranges::copy(*bytes, out.begin());
  if (bytes) sodium_memzero(bytes->data(), bytes->size());
  if (!fits) {
    return corrupt("member '" + std::string(name) + "' is not " + std::to_string(out.size()) +
                   " bytes of base64url without padding");
  }
  return {};
}

void append_member(std::string& json, std::string_view name, ByteView value) {
  std::string text = base64url(value);
  json += json.empty() ? "{\"" : ",\"";
  json += name;
  json += "\":\"";
  json += text;
  json += '"';
  sodium_memzero(text.data(), text.size());
}

}  // namespace

Identity Identity::generate(Random& random) {
  Identity identity;
  do {
    SigningSeed seed;
    random.fill(seed.mutable_view());
    identity.ed25519 = signing_pair_from_seed<AgentId>(seed);
    // The first character of base64url is the first six bits; '-' is 62. A name that begins with it reads as an option.
  } while (identity.ed25519.pk.data()[0] >> 2 == 62);
  identity.x25519 = AgreementPair::generate(random);
  return identity;
}

std::string Identity::to_json() const {
  std::string json;
  json.reserve(kMaxJsonBytes);
  append_member(json, "ed25519_pk", ed25519.pk.view());
  append_member(json, "ed25519_sk", ed25519.secret.view());
  append_member(json, "x25519_pk", x25519.pk.view());
  append_member(json, "x25519_sk", x25519.secret.view());
  json += '}';
  return json;
}

Result<Identity> Identity::from_json(std::string_view json) {
  if (json.size() > kMaxJsonBytes) return corrupt("longer than " + std::to_string(kMaxJsonBytes) + " bytes");
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) return corrupt("empty");
  WipingMemory memory;
  WipedArray<kMaxJsonBytes> scratch;
  boost::json::parser parser(boost::json::storage_ptr{}, {}, scratch.data(), kMaxJsonBytes);
  parser.reset(&memory);
  boost::json::error_code error;
  parser.write(json.data(), json.size(), error);
  if (error) return corrupt("not a JSON text: " + error.message());
  const boost::json::value value = parser.release();
  const auto* object = value.if_object();
  if (object == nullptr) return corrupt("not a JSON object");

  Identity identity;
  AgentId ed_pk;
  AgreementKey x_pk;
  SigningKey ed_sk;
  AgreementSecret x_sk;
  for (auto [name, out] :
       std::initializer_list<std::pair<std::string_view, MutableByteView>>{{"ed25519_pk", ed_pk.mutable_view()},
                                                                           {"ed25519_sk", ed_sk.mutable_view()},
                                                                           {"x25519_pk", x_pk.mutable_view()},
                                                                           {"x25519_sk", x_sk.mutable_view()}}) {
    if (auto read = read_member(*object, name, out); !read) return pass(read);
  }

  identity.ed25519 = signing_pair_from_seed<AgentId>(*SigningSeed::from(seed_of(ed_sk)));
  if (!identity.ed25519.secret.equals(ed_sk) || identity.ed25519.pk != ed_pk) {
    return corrupt("member 'ed25519_sk' does not belong to 'ed25519_pk'");
  }
  identity.x25519 = AgreementPair::from_secret(std::move(x_sk));
  if (identity.x25519.pk != x_pk) return corrupt("member 'x25519_sk' does not belong to 'x25519_pk'");
  return identity;
}

StoreKey Identity::store_key() const {
  StoreKey key;
  bh(key.mutable_view(), seed_of(ed25519.secret), ByteView{}, "ar3.store");
  return key;
}

Identity Identity::clone() const {
  return {{ed25519.secret.clone(), ed25519.pk}, x25519.clone()};
}

}  // namespace agentroom::crypto

// Section 4, each function alone.
#include <boost/json.hpp>

#include "files.hpp"
#include "ratchet_spec.hpp"

namespace agentroom::vectors {

RootResult kdf_rk(const Text& rk, const Text& d) {
  const Text both = bh(64, rk, d + '\x01', "ar3.root");
  return {both.substr(0, 32), both.substr(32), bh(32, rk, d + '\x02', "ar3.root")};
}

ChainResult kdf_ck(const Text& ck) {
  return {bh(32, ck, "\x01", "ar3.chain"), bh(32, ck, "\x02", "ar3.chain")};
}

std::size_t padded_length(std::size_t length) {
  const std::size_t l = length + 1;
  if (l <= 256) return 256;
  std::size_t e = 0;  // ⌊log2 L⌋
  while ((l >> (e + 1)) != 0) ++e;
  std::size_t s = 0;  // ⌊log2 E⌋ + 1
  while ((e >> s) != 0) ++s;
  const std::size_t m = (std::size_t{1} << (e - s)) - 1;
  return (l + m) & ~m;
}

Text pad(const Text& plaintext) {
  Text padded = plaintext + '\x80';
  padded.resize(padded_length(plaintext.size()), '\0');
  return padded;
}

namespace {

boost::json::object kdf_rk_vector(const std::string& name) {
  const Text rk = fixed_random(32, name + " rk");
  const Text d = fixed_random(32, name + " d");
  const RootResult result = kdf_rk(rk, d);
  return vector_of("kdf_rk", {{"rk", rk}, {"d", d}, {"rk_next", result.rk}, {"ck", result.ck}, {"nhk", result.nhk}});
}

boost::json::object kdf_ck_vector(const std::string& name) {
  const Text ck = fixed_random(32, name + " ck");
  const ChainResult result = kdf_ck(ck);
  return vector_of("kdf_ck", {{"ck", ck}, {"mk", result.mk}, {"ck_next", result.ck}});
}

boost::json::object header_vector(const std::string& name, std::uint32_t pn, std::uint32_t n) {
  const Text hk = fixed_random(32, name + " hk");
  const Text nonce = fixed_random(24, name + " nonce");
  const Text ratchet_pk = agreement_pair(name + " ratchet").pk;
  const Text header = ratchet_pk + u32(pn) + u32(n);
  auto vector = vector_of("sealed_header", {{"hk", hk}, {"nonce", nonce}, {"ratchet_pk", ratchet_pk}});
  vector["pn"] = pn;
  vector["n"] = n;
  vector["header"] = hex(header);
  vector["sealed_header"] = hex(nonce + box(hk, nonce, header));
  return vector;
}

boost::json::object body_vector(const std::string& name, const Text& plaintext) {
  const Text mk = fixed_random(32, name + " mk");
  const Text session_id = fixed_random(32, name + " session_id");
  const Text from_ed = fixed_random(32, name + " from_ed");
  const Text to_ed = fixed_random(32, name + " to_ed");
  const Text msg_id = fixed_random(16, name + " msg_id");
  const Text sealed_header = fixed_random(80, name + " sealed_header");
  const Text ad = session_id + from_ed + to_ed + msg_id + sealed_header;
  const Text both = bh(56, mk, ad, "ar3.message");
  const Text ek = both.substr(0, 32);
  const Text nonce = both.substr(32);
  return vector_of("body", {{"mk", mk},
                            {"session_id", session_id},
                            {"from_ed", from_ed},
                            {"to_ed", to_ed},
                            {"msg_id", msg_id},
                            {"sealed_header", sealed_header},
                            {"ad", ad},
                            {"ek", ek},
                            {"nonce", nonce},
                            {"plaintext", plaintext},
                            {"padded", pad(plaintext)},
                            {"body", box(ek, nonce, pad(plaintext))}});
}

/// All lengths that are padded to the same size as `length`.
boost::json::object padding_class(std::size_t length) {
  const std::size_t padded = padded_length(length);
  std::size_t smallest = length;
  while (smallest > 0 && padded_length(smallest - 1) == padded) --smallest;
  std::size_t largest = length;
  while (padded_length(largest + 1) == padded) ++largest;
  return {{"function", "padding_class"}, {"smallest", smallest}, {"largest", largest}, {"padded", padded}};
}

}  // namespace

boost::json::value ratchet() {
  boost::json::array vectors{
      kdf_rk_vector("first root"),
      kdf_rk_vector("second root"),
      kdf_ck_vector("first chain"),
      kdf_ck_vector("second chain"),
      header_vector("first header", 0, 0),
      header_vector("second header", 0x01020304, 0xfffffffe),
      body_vector("empty body", ""),
      body_vector("short body", "a text"),
      body_vector("longer body", fixed_random(300, "longer body plaintext")),
  };
  for (const std::size_t length : {0U, 256U, 300U, 511U, 512U, 1000U, 4096U, 65'535U, 65'536U, 131'072U, 140'000U}) {
    vectors.push_back(padding_class(length));
  }
  return {{"description",
           "Section 4, each function alone. 'padding_class': all lengths from smallest to largest, and no others, are "
           "padded to that size."},
          {"vectors", std::move(vectors)}};
}

}  // namespace agentroom::vectors

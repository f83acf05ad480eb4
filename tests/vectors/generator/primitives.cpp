// Section 1.
#include <boost/json.hpp>

#include "files.hpp"
#include "spec.hpp"

namespace agentroom::vectors {
namespace {

boost::json::object bh_vector(std::size_t n, const Text& key, const Text& msg, const std::string& label) {
  return {{"function", "bh"}, {"n", n},         {"key", hex(key)},
          {"msg", hex(msg)},  {"label", label}, {"out", hex(bh(n, key, msg, label))}};
}

boost::json::object dh_vector(const std::string& name) {
  const Text secret = fixed_random(32, name + " secret");
  const Pair peer = agreement_pair(name + " peer");
  return vector_of("dh", {{"secret", secret}, {"pk", peer.pk}, {"shared", dh(secret, peer.pk)}});
}

boost::json::object sign_vector(const std::string& context, const Text& data) {
  const Pair pair = signing_pair(fixed_random(32, "signer of " + context));
  auto vector = vector_of("sign", {{"seed", pair.secret},
                                   {"pk", pair.pk},
                                   {"data", data},
                                   {"signed_text", signed_text(context, data)},
                                   {"sig", sign(pair.secret, context, data)}});
  vector["context"] = context;
  return vector;
}

boost::json::object box_vector(std::size_t size) {
  const std::string name = "box of " + std::to_string(size);
  const Text key = fixed_random(32, name + " key");
  const Text nonce = fixed_random(24, name + " nonce");
  const Text msg = fixed_random(size, name + " msg");
  return vector_of("box", {{"key", key}, {"nonce", nonce}, {"msg", msg}, {"boxed", box(key, nonce, msg)}});
}

boost::json::object refused(const char* what, const char* key, const char* why) {
  return {{"function", what}, {"key", key}, {"why", why}};
}

}  // namespace

boost::json::value primitives() {
  boost::json::array vectors{
      bh_vector(64, "", "", ""),
      bh_vector(32, "", "message", "ar3.test"),
      bh_vector(16, fixed_random(32, "bh key"), "", "ar3.test"),
      bh_vector(56, fixed_random(32, "bh key"), fixed_random(192, "bh msg"), "ar3.test"),
      bh_vector(1, fixed_random(64, "bh long key"), "x", "sixteen letters."),
      dh_vector("first agreement"),
      dh_vector("second agreement"),
      sign_vector("test", ""),
      sign_vector("another", fixed_random(100, "signed data")),
      box_vector(0),
      box_vector(1),
      box_vector(300),
  };
  boost::json::array malformed{
      refused("agreement key", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "p"),
      refused("agreement key", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "p + 1"),
      refused("agreement key", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "2^255 - 1"),
      refused("agreement key", "0900000000000000000000000000000000000000000000000000000000000080", "high bit set"),
      refused("signing key", "0100000000000000000000000000000000000000000000000000000000000000", "neutral element"),
      refused("signing key", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "of order 2"),
      refused("signing key", "0000000000000000000000000000000000000000000000000000000000000000", "of order 4"),
      refused("signing key", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "of order 8"),
      refused("signing key", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "not canonical"),
      refused("signing key", "0200000000000000000000000000000000000000000000000000000000000000", "not on the curve"),
  };
  boost::json::array low_order{
      refused("dh", "0000000000000000000000000000000000000000000000000000000000000000", "of low order"),
      refused("dh", "0100000000000000000000000000000000000000000000000000000000000000", "of low order"),
      refused("dh", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "of low order"),
      refused("dh", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "of low order"),
      refused("dh", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "of low order"),
  };
  return {
      {"description",
       "Section 1. 'refused_on_receipt': keys that are malformed. 'refused_by_dh': keys that are well-formed and give "
       "an all-zero result."},
      {"vectors", std::move(vectors)},
      {"refused_on_receipt", std::move(malformed)},
      {"refused_by_dh", std::move(low_order)}};
}

}  // namespace agentroom::vectors

// The functions of section 4.
#pragma once

#include "spec.hpp"

namespace agentroom::vectors {

struct RootResult {
  Text rk;
  Text ck;
  Text nhk;
};
RootResult kdf_rk(const Text& rk, const Text& d);

struct ChainResult {
  Text mk;
  Text ck;
};
ChainResult kdf_ck(const Text& ck);

std::size_t padded_length(std::size_t length);
Text pad(const Text& plaintext);

}  // namespace agentroom::vectors

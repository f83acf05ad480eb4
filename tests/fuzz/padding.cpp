// Padding: what unpadding accepts is exactly what padding makes.
#include "crypto/ratchet/padding.hpp"

#include "target.hpp"

namespace agentroom::fuzz {
namespace {

void run(ByteView input) {
  if (const auto size = crypto::unpadded_size(input); size) {
    Bytes again = to_bytes(input.first(*size));
    crypto::pad(again);
    require(std::ranges::equal(again, input), "what unpadding accepts is what padding made of the text");
  }
  Bytes padded = to_bytes(input);
  crypto::pad(padded);
  require(padded.size() == crypto::padded_size(input.size()), "the size is the one that was promised");
  require(crypto::unpadded_size(padded) == input.size(), "padding comes off again");
  padded.push_back(std::byte{0});
  require(!crypto::unpadded_size(padded), "one zero more is refused");
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const std::size_t size : {0U, 1U, 255U, 256U, 300U, 511U, 700U}) {
    Bytes bytes(size, std::byte{'x'});
    all.push_back({"text-" + std::to_string(size), bytes});
    crypto::pad(bytes);
    all.push_back({"padded-" + std::to_string(size), bytes});
  }
  return all;
}

const Registration kTarget({"padding", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

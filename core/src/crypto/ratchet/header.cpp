#include "crypto/ratchet/header.hpp"

#include "crypto/little_endian.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::crypto {

static_assert(kSealedHeaderBytes == kNonceBytes + kMacBytes + Header::kSize);

SealedHeader seal_header(const HeaderKey& key, const Header& header, Random& random) {
  Nonce nonce;
  random.fill(nonce.mutable_view());
  SealedHeader sealed;
  const auto out = sealed.mutable_view();
  std::ranges::copy(nonce.view(), out.begin());
  const auto text = out.last<Header::kSize>();
  std::ranges::copy(header.ratchet_pk.view(), text.begin());
  put_u32(text.subspan<32, 4>(), header.pn);
  put_u32(text.subspan<36, 4>(), header.n);
  box_in_place(key.view(), nonce, out.subspan<kNonceBytes>());
  return sealed;
}

std::optional<Header> open_header(const HeaderKey& key, const SealedHeader& sealed) {
  SealedHeader copy = sealed;
  const auto nonce = Nonce::from(sealed.view().first(kNonceBytes));
  if (!unbox_in_place(key.view(), *nonce, copy.mutable_view().subspan<kNonceBytes>())) return std::nullopt;
  const std::span<const std::byte, Header::kSize> text = copy.mutable_view().last<Header::kSize>();
  Header header;
  std::ranges::copy(text.first<32>(), header.ratchet_pk.mutable_view().begin());
  header.pn = get_u32(text.subspan<32, 4>());
  header.n = get_u32(text.subspan<36, 4>());
  return header;
}

}  // namespace agentroom::crypto

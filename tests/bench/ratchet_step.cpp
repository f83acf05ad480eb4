// One step of the ratchet and the box of 256 bytes, same direction, against the libsodium calls that it cannot do
// without: KDF_CK, the header's box (and its nonce, when sending), the body's key, the body's box.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "base/random.hpp"
#include "crypto/handshake.hpp"
#include "crypto/primitives.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace {

using namespace agentroom;
using namespace agentroom::crypto;

constexpr std::size_t kTextBytes = 255;  // with its mark 256
constexpr std::size_t kMessages = 20'000;

template <std::size_t N>
using Buffer = std::array<unsigned char, N>;

void keyed_hash(unsigned char* out, std::size_t n, const unsigned char* in, std::size_t size,
                const unsigned char* key) {
  static constexpr Buffer<16> kSalt{};
  static constexpr Buffer<16> kLabel{'a', 'r', '3'};
  crypto_generichash_blake2b_salt_personal(out, n, in, size, key, 32, kSalt.data(), kLabel.data());
}

/// What both directions hash: mk, ck', ek ‖ nonce.
struct Hashes {
  Buffer<32> mk{};
  Buffer<32> ck{};
  Buffer<56> body_key{};
  Buffer<192> ad{};

  void step() {
    const unsigned char one = 1;
    const unsigned char two = 2;
    keyed_hash(mk.data(), mk.size(), &one, 1, ck.data());
    keyed_hash(ck.data(), ck.size(), &two, 1, ck.data());
    keyed_hash(body_key.data(), body_key.size(), ad.data(), ad.size(), mk.data());
  }
};

void encrypt_primitives(benchmark::State& state) {
  Hashes hashes;
  Buffer<32> hk{};
  Buffer<24> nonce{};
  Buffer<40> header{};
  Buffer<56> boxed_header{};
  Buffer<256> text{};
  Buffer<272> boxed{};
  for (auto _ : state) {
    hashes.step();
    randombytes_buf(nonce.data(), nonce.size());
    crypto_secretbox_easy(boxed_header.data(), header.data(), header.size(), nonce.data(), hk.data());
    crypto_secretbox_easy(boxed.data(), text.data(), text.size(), hashes.body_key.data() + 32, hashes.body_key.data());
    benchmark::DoNotOptimize(boxed);
  }
}

void decrypt_primitives(benchmark::State& state) {
  Hashes hashes;
  Buffer<32> hk{};
  Buffer<24> nonce{};
  Buffer<40> header{};
  Buffer<56> boxed_header{};
  Buffer<256> text{};
  Buffer<272> boxed{};
  crypto_secretbox_easy(boxed_header.data(), header.data(), header.size(), nonce.data(), hk.data());
  crypto_secretbox_easy(boxed.data(), text.data(), text.size(), nonce.data(), hk.data());
  for (auto _ : state) {
    hashes.step();
    int failed =
        crypto_secretbox_open_easy(header.data(), boxed_header.data(), boxed_header.size(), nonce.data(), hk.data());
    failed |= crypto_secretbox_open_easy(text.data(), boxed.data(), boxed.size(), nonce.data(), hk.data());
    benchmark::DoNotOptimize(failed);
    benchmark::DoNotOptimize(text);
  }
}

/// A session whose invitee sends and whose inviter has received once.
struct Session {
  SystemRandom random;
  Identity invitee_identity = Identity::generate(random);
  Identity inviter_identity = Identity::generate(random);
  AgreementPair prekey = AgreementPair::generate(random);
  AgreementPair e = AgreementPair::generate(random);
  InviteNonce nonce;
  HandshakeInvite invite{{}, inviter_identity.id(), inviter_identity.x25519.pk, prekey.pk};
  MessageContext context{invitee_identity.id(), inviter_identity.id(), {}};
  Ratchet invitee =
      Ratchet::initiate(start_session(invitee_identity, invite, nonce, e).value(), prekey.pk, random).value();
  Ratchet inviter = Ratchet::respond(
      answer_session(inviter_identity, invite, nonce, prekey, {invitee_identity.id(), invitee_identity.x25519.pk, e.pk})
          .value(),
      prekey.clone());
  Bytes text = Bytes(kTextBytes, std::byte{'x'});

  Session() { receive(send()); }
  RatchetMessage send() { return invitee.encrypt(context, text, random).value(); }
  Ratchet::Opened receive(const RatchetMessage& message, UnixMs now = 0) {
    return inviter.decrypt(context, message, now, random).value();
  }
};

void encrypt_step(benchmark::State& state) {
  Session session;
  for (auto _ : state) benchmark::DoNotOptimize(session.send());
}

/// The argument is how many kept keys the receiving session holds meanwhile.
void decrypt_step(benchmark::State& state) {
  Session session;
  for (std::int64_t i = 0; i < state.range(0); ++i) session.send();
  if (state.range(0) > 0) session.receive(session.send());
  if (session.inviter.kept_keys() != static_cast<std::size_t>(state.range(0))) throw std::logic_error("kept keys");
  std::vector<RatchetMessage> messages;
  for (std::size_t i = 0; i < kMessages; ++i) messages.push_back(session.send());
  auto message = messages.begin();
  for (auto _ : state) benchmark::DoNotOptimize(session.receive(*message++));
}

BENCHMARK(encrypt_primitives);
BENCHMARK(encrypt_step);
BENCHMARK(decrypt_primitives);
BENCHMARK(decrypt_step)->Arg(0)->Arg(2'000)->Iterations(kMessages);

}  // namespace

int main(int argc, char** argv) {
  crypto::init();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

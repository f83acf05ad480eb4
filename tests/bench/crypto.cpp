// One step of the ratchet and the box of 256 bytes, same direction, against the libsodium calls that it cannot do
// without: KDF_CK, the header's box (and its nonce, when sending), the body's key, the body's box.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "base/random.hpp"
#include "crypto/handshake.hpp"
#include "crypto/primitives.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "loop.hpp"
#include "modes.hpp"

namespace agentroom::bench {
namespace {

using namespace crypto;

constexpr std::size_t kTextBytes = 255;  // with its mark 256
constexpr std::size_t kSteps = 200;      // timed together, in less than a turn of the scheduler

template <std::size_t N>
using Buffer = std::array<unsigned char, N>;

void keyed_hash(unsigned char* out, std::size_t n, const unsigned char* in, std::size_t size,
                const unsigned char* key) {
  static constexpr Buffer<16> kSalt{};
  static constexpr Buffer<16> kLabel{'a', 'r', '3'};
  crypto_generichash_blake2b_salt_personal(out, n, in, size, key, 32, kSalt.data(), kLabel.data());
}

/// What both directions do, and one of them.
struct Primitives {
  Buffer<32> mk{};
  Buffer<32> ck{};
  Buffer<56> body_key{};
  Buffer<192> ad{};
  Buffer<32> hk{};
  Buffer<24> nonce{};
  Buffer<40> header{};
  Buffer<56> boxed_header{};
  Buffer<256> text{};
  Buffer<272> boxed{};
  int failed = 0;

  Primitives() {
    crypto_secretbox_easy(boxed_header.data(), header.data(), header.size(), nonce.data(), hk.data());
    crypto_secretbox_easy(boxed.data(), text.data(), text.size(), nonce.data(), hk.data());
  }
  void hash() {
    const unsigned char one = 1;
    const unsigned char two = 2;
    keyed_hash(mk.data(), mk.size(), &one, 1, ck.data());
    keyed_hash(ck.data(), ck.size(), &two, 1, ck.data());
    keyed_hash(body_key.data(), body_key.size(), ad.data(), ad.size(), mk.data());
  }
  void send() {
    hash();
    randombytes_buf(nonce.data(), nonce.size());
    crypto_secretbox_easy(boxed_header.data(), header.data(), header.size(), nonce.data(), hk.data());
    crypto_secretbox_easy(boxed.data(), text.data(), text.size(), body_key.data() + 32, body_key.data());
  }
  void receive() {
    hash();
    failed |=
        crypto_secretbox_open_easy(header.data(), boxed_header.data(), boxed_header.size(), nonce.data(), hk.data());
    failed |= crypto_secretbox_open_easy(text.data(), boxed.data(), boxed.size(), nonce.data(), hk.data());
  }
};

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
  void receive(const RatchetMessage& message) {
    if (inviter.decrypt(context, message, 0, random).value().plaintext.size() != kTextBytes) {
      throw std::runtime_error("the ratchet opened another text");
    }
  }
};

/// Microseconds of one of `kSteps` calls.
template <class Step>
double time(Step&& step) {
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < kSteps; ++i) step(i);
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / kSteps;
}

}  // namespace

void run_crypto(const Options& options, Report& report) {
  crypto::init();
  Primitives primitives;
  Session session;
  std::vector<RatchetMessage> messages(kSteps);
  // The least of many short times: a machine that does something else besides only ever adds to one. Both kinds are
  // timed by turns.
  double primitives_send = 1e9;
  double primitives_receive = 1e9;
  double send = 1e9;
  double receive = 1e9;
  const auto begin = Clock::now();
  do {
    primitives_send = std::min(primitives_send, time([&](std::size_t) { primitives.send(); }));
    send = std::min(send, time([&](std::size_t i) { messages[i] = session.send(); }));
    primitives_receive = std::min(primitives_receive, time([&](std::size_t) { primitives.receive(); }));
    receive = std::min(receive, time([&](std::size_t i) { session.receive(messages[i]); }));
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < options.seconds);
  report.add("ratchet_send_us", send, "us");
  report.add("ratchet_receive_us", receive, "us");
  report.add("ratchet_primitives_send_us", primitives_send, "us");
  report.add("ratchet_primitives_receive_us", primitives_receive, "us");
  report.add("ratchet_ratio", std::max(send / primitives_send, receive / primitives_receive), "times");
}

}  // namespace agentroom::bench

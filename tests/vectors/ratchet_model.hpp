// Section 4 of docs/protocol.md written down line by line, slow and plain, to be compared with the ratchet of the
// product. Only libsodium and the generator's reading of sections 1 and 4 are used here.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "generator/ratchet_spec.hpp"

namespace agentroom::vectors {

class RatchetModel {
 public:
  struct Message {
    Text session_id;
    Text sealed_header;
    Text body;
  };
  /// from_ed, to_ed and msg_id.
  struct Context {
    Text from;
    Text to;
    Text msg_id;
  };
  struct KeptKey {
    Text hk;
    std::uint32_t n = 0;
    Text mk;
    std::int64_t kept_at = 0;

    friend bool operator==(const KeptKey&, const KeptKey&) = default;
  };
  /// What section 3 gives both sides.
  struct Start {
    Text session_id;
    Text root;
    Text hk_a;
    Text hk_b;
  };

  static RatchetModel invitee(const Start& start, const Text& prekey, const Text& dhs_secret);
  static RatchetModel inviter(const Start& start, const Text& prekey_secret);

  /// Nothing when it cannot send.
  std::optional<Message> send(const Context& context, const Text& plaintext, const Text& header_nonce);

  /// Nothing when the message is unreadable. `fresh` is the secret of the pair that a step makes.
  std::optional<Text> receive(const Context& context, const Message& message, std::int64_t now, const Text& fresh);

  /// Kept keys older than 30 days go.
  void expire(std::int64_t now);

  /// A message as a peer would send it that holds the keys and breaks the rules: `n`, `pn` and `ratchet_pk` as they are
  /// told, the body under the key of number `n` when that can be reached, else under any.
  Message forge(const Context& context, std::uint32_t n, std::uint32_t pn, const Text& ratchet_pk,
                const Text& header_nonce, bool true_body) const;

  /// The layout of core/src/crypto/ratchet/state_codec.cpp.
  Text state() const;
  const std::list<KeptKey>& kept() const { return kept_; }
  std::uint32_t sent() const { return ns_; }
  std::uint32_t previously_sent() const { return pn_; }
  const Text& ratchet_pk() const { return dhs_pk_; }

 private:
  struct Header {
    Text ratchet_pk;
    std::uint32_t pn = 0;
    std::uint32_t n = 0;
  };
  static std::optional<Header> open_header(const Text& key, const Text& sealed);
  std::optional<Text> open_body(const Text& mk, const Context& context, const Message& message) const;
  Message seal(const Context& context, const Text& plaintext, const Header& header, const Text& mk,
               const Text& header_nonce) const;
  std::optional<Text> take_kept(const Text& hk, std::uint32_t n, const Context& context, const Message& message,
                                std::int64_t now);
  void skip(std::uint32_t until, std::int64_t now);
  void bound_kept(std::int64_t now);
  bool refuses_long_skips(std::int64_t now) const;
  void remember_failure(std::int64_t now);

  Text session_id_;
  Text rk_;
  Text dhs_secret_;
  Text dhs_pk_;
  std::optional<Text> hks_;
  std::optional<Text> cks_;
  std::optional<Text> hkr_;
  std::optional<Text> ckr_;
  Text nhks_;
  Text nhkr_;
  std::uint32_t ns_ = 0;
  std::uint32_t nr_ = 0;
  std::uint32_t pn_ = 0;
  std::list<KeptKey> kept_;  ///< oldest first
  std::vector<std::int64_t> failed_at_;
  std::optional<std::int64_t> refused_at_;
};

}  // namespace agentroom::vectors

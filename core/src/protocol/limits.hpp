// The numbers of the protocol (sections 2, 4, 6, 7 and 8), in bytes, milliseconds and counts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace agentroom::protocol {

inline constexpr int kProtocolVersion = 3;
inline constexpr const char* kSubprotocol = "agentroom.v3";

inline constexpr std::size_t kLinkMessageBytes = 262'144;  ///< one WebSocket message, MAC included
inline constexpr std::size_t kTextBytes = 131'072;         ///< one text, UTF-8
inline constexpr std::size_t kNameBytes = 64;
inline constexpr std::size_t kAllowHashes = 10'000;
inline constexpr std::size_t kLinkFrames = 4'096;      ///< in one link message; lists carry more than that
inline constexpr std::size_t kChallengeBytes = 4'096;  ///< the first and the second message of a link
inline constexpr std::size_t kHelloBytes = 4'096;
inline constexpr std::size_t kErrorTextBytes = 1'024;  ///< the text of an Error frame
inline constexpr std::size_t kCapabilities = 32;       ///< of a SessionHello, each of at most kNameBytes
inline constexpr std::size_t kRelayUrls = 16;          ///< of a RelayUrls, each of at most kServerUrlBytes
inline constexpr std::size_t kServerUrlBytes = 2'048;
inline constexpr std::size_t kInviteUrlBytes = 8'192;
inline constexpr std::size_t kInviteDepth = 8;    ///< objects and arrays inside each other
inline constexpr std::size_t kWindowFrames = 64;  ///< deliveries without a receipt
inline constexpr std::size_t kWindowBytes = 1'048'576;
inline constexpr std::size_t kUnsentBytes = 1'048'576;  ///< queued on one connection before it is left alone
inline constexpr std::size_t kOutboxPerPeer = 500;

inline constexpr std::int64_t kMessageLifeMs = 7LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kInviteLifeMs = 24LL * 3600 * 1000;
inline constexpr std::int64_t kInviteMaxLifeMs = 7LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kClockSkewMs = 30'000;
inline constexpr std::int64_t kClaimMemoryMs = 14LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kDedupeLifeMs = 30LL * 24 * 3600 * 1000;
inline constexpr std::int64_t kSupersededSessionLifeMs = 14LL * 24 * 3600 * 1000;

inline constexpr std::int64_t kHandshakeTimeoutMs = 10'000;
inline constexpr std::int64_t kPingAfterMs = 20'000;
inline constexpr std::int64_t kSilenceMs = 45'000;
inline constexpr std::int64_t kReceiptTimeoutMs = 60'000;  ///< a recipient that receipts nothing is closed
inline constexpr std::int64_t kHoldInFlightMs = 5'000;     ///< then a delivery without receipt is stored

inline constexpr std::uint32_t kDefaultMaxHops = 100;
inline constexpr std::uint32_t kHandlerAttempts = 3;
inline constexpr std::size_t kUnreadableKept = 100;
inline constexpr std::size_t kUnreadableBytes = 1'048'576;

}  // namespace agentroom::protocol

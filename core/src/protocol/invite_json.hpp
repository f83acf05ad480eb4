// The JSON of an invite, before its members mean anything (protocol section 2).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agentroom/result.hpp"

namespace agentroom::protocol {

/// One member as it was read. Only whole-number literals are integers: 1.0 and 1e3 are not.
struct JsonMember {
  enum class Kind : std::uint8_t { kAbsent, kText, kInteger, kOther };
  Kind kind = Kind::kAbsent;
  std::string text;  ///< wiped with the InviteJson it stands in
  std::int64_t integer = 0;
};

/// The members of `{"blob":{…},"sig":"…"}` that version 3 knows; others were skipped.
class InviteJson {
 public:
  enum Name : std::uint8_t {
    kV,
    kInviteId,
    kInviterEd,
    kInviterX,
    kServerUrl,
    kExpiresAt,
    kNonce,
    kPrekey,
    kRelayPk,
    kSig,
    kCount,
  };

  /// As it stands in the JSON, e.g. "inviter_ed25519_pk".
  static std::string_view name(Name member);

  InviteJson() = default;
  InviteJson(const InviteJson&) = delete;
  InviteJson& operator=(const InviteJson&) = delete;
  InviteJson(InviteJson&&) noexcept = default;
  InviteJson& operator=(InviteJson&&) noexcept = default;
  ~InviteJson();

  /// Errors: kInvalid, for what is not JSON in UTF-8, for a member that stands twice anywhere, and for objects or
  /// arrays inside each other deeper than kInviteDepth. No message holds any of the text.
  static Result<InviteJson> read(std::string_view json);

  const JsonMember& at(Name member) const { return members_[member]; }

 private:
  friend class InviteJsonHandler;
  std::array<JsonMember, kCount> members_;
};

}  // namespace agentroom::protocol

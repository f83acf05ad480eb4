#include "protocol/invite_json.hpp"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <vector>

#include "base/secret.hpp"
#include "protocol/limits.hpp"

namespace agentroom::protocol {
namespace {

namespace json = boost::json;

constexpr std::string_view kNames[] = {
    "v",        "invite_id", "inviter_ed25519_pk", "inviter_x25519_pk", "server_url", "expires_at", "nonce", "prekey",
    "relay_pk", "sig"};
static_assert(std::size(kNames) == InviteJson::kCount);

}  // namespace

/// Takes the parser's events. The library's own tree keeps the last of two members with one name, so the names of every
/// open object are kept here; what they can take is bounded by the text.
class InviteJsonHandler {
 public:
  static constexpr std::size_t max_object_size = kInviteUrlBytes;
  static constexpr std::size_t max_array_size = kInviteUrlBytes;
  static constexpr std::size_t max_key_size = kInviteUrlBytes;
  static constexpr std::size_t max_string_size = kInviteUrlBytes;

  /// No text is longer than `capacity`, so that growing leaves no copy of a secret behind.
  InviteJsonHandler(InviteJson& out, std::size_t capacity) : out_(out) { text_.reserve(capacity); }
  InviteJsonHandler(const InviteJsonHandler&) = delete;
  InviteJsonHandler& operator=(const InviteJsonHandler&) = delete;
  ~InviteJsonHandler() { sodium_memzero(text_.data(), text_.capacity()); }

  bool is_object() const { return is_object_; }
  bool has_duplicate() const { return has_duplicate_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) {
    if (open_.empty()) is_object_ = true;
    take(JsonMember::Kind::kOther);
    open_.push_back({true, in_blob_next(), {}, {}});
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) {
    take(JsonMember::Kind::kOther);
    open_.push_back({});
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    open_.pop_back();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    text_.append(part.data(), part.size());
    auto& object = open_.back();
    object.key = text_;
    text_.clear();
    if (object.keys.insert(object.key).second) return true;
    has_duplicate_ = true;
    error = json::error::syntax;
    return false;
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    if (JsonMember* member = take(JsonMember::Kind::kText)) member->text = text_;
    text_.clear();
    return true;
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    if (JsonMember* member = take(JsonMember::Kind::kInteger)) member->integer = value;
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return other(); }  // beyond int64
  bool on_double(double, json::string_view, json::error_code&) { return other(); }
  bool on_bool(bool, json::error_code&) { return other(); }
  bool on_null(json::error_code&) { return other(); }
  bool on_comment_part(json::string_view, json::error_code&) { return false; }
  bool on_comment(json::string_view, json::error_code&) { return false; }

 private:
  struct Open {
    bool is_object = false;
    bool is_blob = false;
    std::string key;
    std::set<std::string, std::less<>> keys;
  };

  bool other() {
    take(JsonMember::Kind::kOther);
    return true;
  }

  /// The object that begins now is the root's member "blob".
  bool in_blob_next() const { return open_.size() == 1 && open_.back().is_object && open_.back().key == "blob"; }

  /// The member whose value has just been read, marked with its kind; nullptr when version 3 does not know it.
  JsonMember* take(JsonMember::Kind kind) {
    if (open_.empty() || !open_.back().is_object) return nullptr;
    const bool root = open_.size() == 1;
    if (!root && !open_.back().is_blob) return nullptr;
    for (std::size_t i = 0; i < InviteJson::kCount; ++i) {
      if ((i == InviteJson::kSig) != root || kNames[i] != open_.back().key) continue;
      out_.members_[i].kind = kind;
      return &out_.members_[i];
    }
    return nullptr;
  }

  InviteJson& out_;
  std::string text_;
  std::vector<Open> open_;
  bool is_object_ = false;
  bool has_duplicate_ = false;
};

std::string_view InviteJson::name(Name member) {
  return kNames[member];
}

InviteJson::~InviteJson() {
  for (auto& member : members_) sodium_memzero(member.text.data(), member.text.size());
}

Result<InviteJson> InviteJson::read(std::string_view text) {
  json::parse_options options;
  options.max_depth = kInviteDepth;
  InviteJson out;
  json::basic_parser<InviteJsonHandler> parser(options, out, text.size());
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().has_duplicate()) return fail(ErrorCode::kInvalid, "a member stands twice");
  if (error == json::error::too_deep) return fail(ErrorCode::kInvalid, "its JSON is nested too deep");
  if (error || used != text.size()) return fail(ErrorCode::kInvalid, "it does not hold JSON in UTF-8");
  if (!parser.handler().is_object()) return fail(ErrorCode::kInvalid, "it does not hold a JSON object");
  return out;
}

}  // namespace agentroom::protocol

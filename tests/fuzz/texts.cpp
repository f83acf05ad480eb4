// Text from outside: base64url, UUIDs, UTF-8 and what a terminal is shown.
#include "base/text.hpp"

#include "../../plugins/handler-exec/text.hpp"
#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "protocol/limits.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

/// No byte of `text` moves a cursor or ends a line.
bool is_tame(std::string_view text, bool multiline) {
  return std::ranges::all_of(text, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || (multiline && (c == '\n' || c == '\t'));
  });
}

void run(ByteView input) {
  const std::string_view text = as_text(input);
  require(from_base64url(base64url(input)) == to_bytes(input), "bytes survive base64url");
  if (const auto bytes = from_base64url(text); bytes) require(base64url(*bytes) == text, "base64url is canonical");
  if (const auto id = parse_uuid(text); id) require(uuid_text(*id) == text, "the text of a UUID is canonical");

  const bool utf8 = is_utf8(text);
  require(utf8 == handler_exec::is_utf8(text), "both readers of UTF-8 agree");
  for (const bool multiline : {false, true}) {
    const std::string shown = printable(text, multiline);
    require(is_utf8(shown) && is_tame(shown, multiline), "what is shown is tame");
    require(printable(shown, multiline) == shown, "showing it twice changes nothing");
  }
  const std::string name = clean_name(text);
  require(is_utf8(name) && is_tame(name, false) && name.size() <= protocol::kNameBytes, "a name is short and tame");
  require(clean_name(name) == name, "cleaning a name twice changes nothing");
  require(is_utf8(short_key(base64url(input))), "a short key is text");
  for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{400}}) {
    const std::string end = handler_exec::readable_end(text, most);
    require(end.size() <= most && handler_exec::is_utf8(end), "the readable end is short and text");
  }
  require(is_tame(handler_exec::without_controls(text), false), "an environment variable has no control characters");
}

std::vector<Seed> seeds() {
  std::vector<Seed> all{
      seed("ascii", "plain text"),
      seed("key", base64url(numbered<AgentId>(1).view())),
      seed("uuid", "01890a5d-ac96-774b-bcce-b302099a8057"),
      seed("umlaut", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
      seed("above-ascii", "Zm9\xff"),
      seed("controls", "a\x1b[31mred\x1b[0m\r\n\tb\x7f\xc2\x9b"),
      seed("bidi", "a\xe2\x80\xae txt.exe \xe2\x80\x8b\xe2\x80\xa8"),
      seed("cut", "half \xf0\x9f\x98"),
      seed("overlong", "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xff"),
      seed("longest-name", std::string(62, 'n') + "\xe2\x82\xac"),
  };
  return all;
}

const Registration kTarget({"texts", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

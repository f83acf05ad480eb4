// Changes every field of a vector, one at a time.
#pragma once

#include <functional>
#include <vector>

#include "vector_file.hpp"

namespace agentroom::vectors {

/// Which bytes of a text are changed.
enum class Places { kFirstMiddleAndLast, kMiddle };

inline std::vector<std::size_t> positions(Places places, std::size_t size) {
  if (places == Places::kMiddle) return {size / 2};
  return {0, size / 2, size - 1};
}

/// Calls `check` with one thing about `value` changed: of a text a byte (of hexadecimal a bit that X25519 does not
/// ignore), of a number its value, of a list its length and each element. `value` is what it was afterwards.
/// `where` says what was changed.
inline void corrupt_each(json::value& value, const std::string& where, Places places,
                         const std::function<void(const std::string& where)>& check) {
  const auto with = [&](json::value changed) {
    std::swap(value, changed);
    check(where);
    std::swap(value, changed);
  };
  if (value.is_object()) {
    for (auto& member : value.get_object())
      corrupt_each(member.value(), where + "." + std::string(member.key()), places, check);
  } else if (value.is_array()) {
    json::array longer = value.get_array();
    longer.emplace_back("00000000000000000000000000000000");
    with(std::move(longer));
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      json::array shorter = value.get_array();
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      with(std::move(shorter));
      corrupt_each(value.get_array()[i], where + "[" + std::to_string(i) + "]", places, check);
    }
  } else if (value.is_string()) {
    const auto text = json::value_to<std::string>(value);
    const bool is_hex = text.size() % 2 == 0 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (text.empty()) {
      with("00");
    } else if (is_hex) {
      const Bytes bytes = crypto::test::from_hex(text);
      for (const std::size_t at : positions(places, bytes.size())) {
        Bytes changed = bytes;
        changed[at] ^= std::byte{0x10};
        with(json::value(crypto::test::hex(changed)));
      }
    } else {
      for (const std::size_t at : positions(places, text.size())) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        with(json::value(changed));
      }
    }
  } else {
    with(value.to_number<std::uint64_t>() + 1);
  }
}

}  // namespace agentroom::vectors

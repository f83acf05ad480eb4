// What the record codecs share. Included by .cpp files that include the generated header.
#pragma once

#include <string>

#include "agentroom/bytes.hpp"
#include "agentroom/result.hpp"
#include "base/secret.hpp"

namespace agentroom::agent {

inline void put(std::string* field, ByteView bytes) {
  field->assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

inline void wipe(std::string* field) {
  wipe_bytes(std::as_writable_bytes(std::span(*field)));
}

inline std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("the store holds a damaged ") + what + " record",
              "restore the store from a backup, or move it away and exchange new invites");
}

template <class Message>
Bytes serialise(const Message& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

template <class Message>
bool parse(Message& message, ByteView value) {
  return message.ParseFromArray(value.data(), static_cast<int>(value.size()));
}

/// Reads fields of fixed size; remembers whether all of them fitted.
class FixedReader {
 public:
  template <class Fixed>
  void operator()(const std::string& field, Fixed& out) {
    if (auto value = Fixed::from(as_bytes(field))) {
      out = std::move(*value);
    } else {
      good_ = false;
    }
  }
  bool good() const { return good_; }

 private:
  bool good_ = true;
};

}  // namespace agentroom::agent

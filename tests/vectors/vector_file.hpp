// The files of the vectors as a test reads them.
#pragma once

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "hex.hpp"

namespace agentroom::vectors {

namespace json = boost::json;

inline std::string read_text(const std::string& name) {
  std::ifstream file(std::string(AGENTROOM_VECTORS_DIR "/") + name, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline json::value read_file(const std::string& name) {
  return json::parse(read_text(name));
}

/// A vector's fields, read by the type that a check wants. Throws when one is missing or of another shape.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  bool has(json::string_view name) const { return object_.contains(name); }
  std::string text(json::string_view name) const { return json::value_to<std::string>(object_.at(name)); }
  Bytes bytes(json::string_view name) const { return crypto::test::from_hex(text(name)); }
  template <class Value>
  Value as(json::string_view name) const {
    return crypto::test::from_hex_as<Value>(text(name));
  }
  template <class Integer>
  Integer number(json::string_view name) const {
    return object_.at(name).to_number<Integer>();
  }
  const json::array& array(json::string_view name) const { return object_.at(name).as_array(); }

 private:
  const json::object& object_;
};

/// Gathers whether everything a vector says was found true.
class Check {
 public:
  explicit Check(const Fields& fields) : fields_(fields) {}

  Check& equal(json::string_view name, ByteView value) {
    const Bytes expected = fields_.bytes(name);
    holds_ = holds_ && std::ranges::equal(expected, value);
    return *this;
  }
  Check& that(bool condition) {
    holds_ = holds_ && condition;
    return *this;
  }
  bool holds() const { return holds_; }

 private:
  const Fields& fields_;
  bool holds_ = true;
};

}  // namespace agentroom::vectors

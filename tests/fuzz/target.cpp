#include "target.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace agentroom::fuzz {
namespace {

namespace json = boost::json;

std::vector<Target>& registered() {
  static std::vector<Target> all;
  return all;
}

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

using Found = std::function<void(const std::string& name, std::string_view text)>;

void walk(const json::value& value, std::string_view name, std::initializer_list<std::string_view> members,
          const Found& found) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) walk(member.value(), member.key(), members, found);
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) walk(item, name, members, found);
  } else if (const auto* text = value.if_string()) {
    if (std::ranges::find(members, name) != members.end()) found(std::string(name), *text);
  }
}

void each(const std::string& vector_file, std::initializer_list<std::string_view> members, const Found& found) {
  walk(json::parse(source_file("tests/vectors/" + vector_file)), "", members, found);
}

}  // namespace

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "a promise does not hold: %s\n", what);
  std::abort();
}

Registration::Registration(const Target& target) {
  registered().push_back(target);
}

const std::vector<Target>& targets() {
  return registered();
}

std::vector<Seed> hex_seeds(const std::string& vector_file, std::initializer_list<std::string_view> members) {
  std::vector<Seed> seeds;
  each(vector_file, members, [&](const std::string& name, std::string_view text) {
    seeds.push_back({name + "-" + std::to_string(seeds.size()), from_hex(text)});
  });
  return seeds;
}

std::vector<Seed> text_seeds(const std::string& vector_file, std::initializer_list<std::string_view> members) {
  std::vector<Seed> seeds;
  each(vector_file, members, [&](const std::string& name, std::string_view text) {
    seeds.push_back(seed(name + "-" + std::to_string(seeds.size()), text));
  });
  return seeds;
}

std::string source_file(const std::string& path) {
  std::ifstream file(AGENTROOM_SOURCE "/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  require(file.good() && !text.str().empty(), ("cannot read " + path).c_str());
  return text.str();
}

}  // namespace agentroom::fuzz

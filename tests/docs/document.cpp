#include "document.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <sstream>

namespace agentroom::docs {
namespace {

namespace fs = std::filesystem;

/// As Markdown makes anchors: lower case, spaces to dashes, everything but letters, digits, dashes and underscores
/// gone.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(byte));
    if (c == ' ') anchor += '-';
  }
  return anchor;
}

void find_spans(const std::string& line, std::size_t number, Document& document) {
  static const std::regex code("`([^`]+)`");
  static const std::regex link("\\]\\(([^)]+)\\)");
  for (std::sregex_iterator it(line.begin(), line.end(), code), end; it != end; ++it) {
    document.code.push_back({(*it)[1], number});
  }
  for (std::sregex_iterator it(line.begin(), line.end(), link), end; it != end; ++it) {
    document.links.push_back({(*it)[1], number});
  }
}

Block begin_block(const std::string& info, std::size_t line, const std::string& section) {
  Block block{.language = {}, .where = {}, .file = {}, .section = section, .line = line, .lines = {}};
  std::istringstream words(info);
  words >> block.language;
  for (std::string word; words >> word;) (word.find('.') == std::string::npos ? block.where : block.file) = word;
  return block;
}

void read_markdown(std::istream& in, Document& document) {
  std::string section;
  bool in_block = false;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      in_block = !in_block;
      if (in_block) document.blocks.push_back(begin_block(line.substr(3), number, section));
      continue;
    }
    if (in_block) {
      document.blocks.back().lines.push_back(line);
      continue;
    }
    if (line.starts_with("#")) document.anchors.push_back(anchor_of(line.substr(line.find_first_not_of("# "))));
    if (line.starts_with("## ")) section = line.substr(3);
    find_spans(line, number, document);
  }
}

void read_comments(std::istream& in, Document& document) {
  static const std::regex command("^#\\s+\\$ (.*)$");
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::smatch match;
    if (std::regex_match(line, match, command)) {
      document.blocks.push_back({"sh", {}, {}, {}, number, {match[1]}});
    } else if (const auto hash = line.find('#'); hash != std::string::npos) {
      find_spans(line.substr(hash), number, document);
    }
  }
}

}  // namespace

std::string Block::text() const {
  std::string all;
  for (const std::string& each : lines) all += each + "\n";
  return all;
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Document read_document(const fs::path& root, const std::string& name) {
  Document document;
  document.name = name;
  std::istringstream in(read_text(root / name));
  name.ends_with(".md") ? read_markdown(in, document) : read_comments(in, document);
  return document;
}

std::vector<std::string> document_names(const fs::path& root) {
  std::vector<std::string> names;
  const auto add = [&](const fs::directory_entry& entry) {
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(root).string());
  };
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.path().extension() == ".md") add(entry);
  }
  for (const char* folder : {"docs", "examples", "skills"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) add(entry);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace agentroom::docs

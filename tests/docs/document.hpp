// A Markdown document as a reader who tries everything in it sees it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace agentroom::docs {

/// A fenced block. Its first line says the language and, for the reader and for this test, on whose machine it is typed
/// or which file it is: ```sh bob, ```toml relay.toml.
struct Block {
  std::string language;
  std::string where;    ///< persona, or empty
  std::string file;     ///< name of the file that it is, or empty
  std::string section;  ///< heading of the `##` section that it stands in; empty before the first
  std::size_t line = 0;
  std::vector<std::string> lines;

  std::string text() const;
};

/// A span of inline code, or the target of a link.
struct Span {
  std::string text;
  std::size_t line = 0;
};

struct Document {
  std::string name;  ///< path in the repository
  std::vector<Block> blocks;
  std::vector<Span> code;
  std::vector<Span> links;
  std::vector<std::string> anchors;  ///< of its headings, as links name them
};

/// A `.md` file whole; of any other the comments: a line `#   $ COMMAND` is a block of its own, `code` is code.
Document read_document(const std::filesystem::path& root, const std::string& name);

/// Every document of the repository that people read.
std::vector<std::string> document_names(const std::filesystem::path& root);

std::string read_text(const std::filesystem::path& file);

}  // namespace agentroom::docs

// The text of a file that the configuration names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agentroom/sdk/result.hpp"

namespace agentroom::ws {

/// Wiped when it goes, since it may be a key.
class FileText {
 public:
  explicit FileText(std::size_t size) : bytes_(size, '\0') {}
  FileText(FileText&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  FileText& operator=(FileText&&) = delete;
  ~FileText();

  std::vector<char>& bytes() { return bytes_; }
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

/// A regular file of at most 4 MiB; a `secret` one only when nobody else can read it. `setting` is the key of
/// [transport.ws] that names it. Errors: AR_INVALID (missing), AR_PERMISSION, AR_IO.
sdk::Result<FileText> read_file(const std::string& setting, const std::string& file, bool secret);

/// Whether a file could be one of certificates. Errors: the same.
sdk::Status looks_like_certificates(const std::string& setting, const std::string& file);

}  // namespace agentroom::ws

#include "file_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace agentroom::ws {

namespace {

using sdk::fail;

/// A bundle of every public authority has 220 KB.
constexpr std::size_t kMaxFile = std::size_t{4} * 1024 * 1024;

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

/// `setting` is the key of [transport.ws] that names the file.
sdk::Error cannot_read(const std::string& setting, const std::string& file, int error) {
  const std::string what = setting + " of [transport.ws]: cannot read " + file + ": " + std::strerror(error);
  if (error == ENOENT || error == ENOTDIR) return fail(AR_INVALID, what, "correct the path, or put the file there");
  if (error == EACCES || error == EPERM) return fail(AR_PERMISSION, what, "give this user the right to read it");
  return fail(AR_IO, what);
}

}  // namespace

FileText::~FileText() {
  if (!bytes_.empty()) ::explicit_bzero(bytes_.data(), bytes_.size());
}

sdk::Result<FileText> read_file(const std::string& setting, const std::string& file, bool secret) {
  const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status{};
  if (descriptor.number < 0 || ::fstat(descriptor.number, &status) != 0) return cannot_read(setting, file, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(AR_INVALID, setting + " of [transport.ws]: " + file + " is not a regular file");
  }
  if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(AR_PERMISSION, setting + " of [transport.ws]: other users can read the key " + file,
                "run: chmod 600 " + file);
  }
  if (static_cast<std::uint64_t>(status.st_size) > kMaxFile) {
    return fail(AR_INVALID, setting + " of [transport.ws]: " + file + " is larger than 4 MiB");
  }
  FileText text(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < text.bytes().size()) {
    const ssize_t got = ::read(descriptor.number, text.bytes().data() + size, text.bytes().size() - size);
    if (got < 0) return cannot_read(setting, file, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.bytes().resize(size);
  return text;
}

sdk::Status looks_like_certificates(const std::string& setting, const std::string& file) {
  const auto text = read_file(setting, file, false);
  if (!text) return text.error();
  for (const std::string_view begin : {"-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"}) {
    if (text->view().find(begin) != std::string_view::npos) return {};
  }
  return fail(AR_INVALID, setting + " of [transport.ws]: " + file + " holds no certificate",
              "expected PEM text with -----BEGIN CERTIFICATE-----");
}

}  // namespace agentroom::ws

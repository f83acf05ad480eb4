#include "tls_files.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace agentroom::ws {

namespace {

using sdk::fail;

/// A bundle of every public authority has 220 KB.
constexpr std::size_t kMaxFile = std::size_t{4} * 1024 * 1024;

/// The text of a file; wiped when it goes, since it may be a key.
class FileText {
 public:
  explicit FileText(std::size_t size) : text_(size, '\0') {}
  FileText(FileText&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  FileText& operator=(FileText&&) = delete;
  ~FileText() { OPENSSL_cleanse(text_.data(), text_.size()); }

  std::vector<char>& bytes() { return text_; }
  std::string_view view() const { return {text_.data(), text_.size()}; }
  BioPtr open() const { return BioPtr(BIO_new_mem_buf(text_.data(), static_cast<int>(text_.size()))); }

 private:
  std::vector<char> text_;
};

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

int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

sdk::Result<std::vector<CertificatePtr>> read_certificates(const std::string& setting, const std::string& file) {
  const auto text = read_file(setting, file, false);
  if (!text) return text.error();
  const BioPtr in = text->open();
  std::vector<CertificatePtr> all;
  ERR_clear_error();
  while (X509* next = PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)) all.emplace_back(next);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return fail(AR_INVALID, setting + " of [transport.ws]: certificate " + std::to_string(all.size() + 1) + " in " +
                                file + " is damaged");
  }
  if (all.empty()) {
    return fail(AR_INVALID, setting + " of [transport.ws]: " + file + " holds no certificate",
                "expected PEM text with -----BEGIN CERTIFICATE-----");
  }
  return all;
}

sdk::Result<KeyPtr> read_key(const std::string& file) {
  const auto text = read_file("key_file", file, true);
  if (!text) return text.error();
  const BioPtr in = text->open();
  bool encrypted = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, &encrypted));
  ERR_clear_error();
  if (encrypted) {
    return fail(AR_INVALID, "key_file of [transport.ws]: the key " + file + " is encrypted with a passphrase",
                "store it without one, for example: openssl pkey -in " + file + " -out key.pem");
  }
  if (!key) {
    return fail(AR_INVALID, "key_file of [transport.ws]: " + file + " holds no private key",
                "expected PEM text with -----BEGIN PRIVATE KEY-----");
  }
  return key;
}

}  // namespace

sdk::Result<ServerCertificate> read_server_certificate(const std::string& cert_file, const std::string& key_file) {
  auto chain = read_certificates("cert_file", cert_file);
  if (!chain) return chain.error();
  auto key = read_key(key_file);
  if (!key) return key.error();
  const bool match = X509_check_private_key(chain->front().get(), key->get()) == 1;
  ERR_clear_error();
  if (!match) {
    return fail(AR_INVALID, "[transport.ws]: the key " + key_file + " does not belong to the certificate " + cert_file,
                "in cert_file the server's own certificate comes first, then the ones between it and its authority");
  }
  return ServerCertificate{std::move(*chain), std::move(*key)};
}

sdk::Result<std::vector<CertificatePtr>> read_authorities(const std::string& ca_file) {
  return read_certificates("ca_file", ca_file);
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

// An authority of a test's own: makes certificates, right and wrong ones, that nobody else trusts.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace agentroom::test {

/// What a certificate says.
struct CertificateOrder {
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1"};  ///< subject alternative names; may be empty
  std::string common_name = "a relay";
  std::chrono::seconds from = -std::chrono::hours(1);  ///< relative to now
  std::chrono::seconds until = std::chrono::hours(24);
};

/// PEM texts.
struct Issued {
  std::string certificate;
  std::string key;

  /// Writes FOLDER/NAME.pem and FOLDER/NAME.key, the key with mode 0600, whole or not at all.
  void write(const std::filesystem::path& folder, const std::string& name = "relay") const;
};

class Authority {
 public:
  explicit Authority(const std::string& name = "Test Authority");
  ~Authority();
  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) = delete;

  /// Its own certificate.
  std::string certificate() const;
  Issued issue(const CertificateOrder& order = {}) const;
  /// An authority that this one vouches for.
  Authority intermediate(const std::string& name, const CertificateOrder& order = {}) const;

 private:
  struct Pair;
  explicit Authority(std::unique_ptr<Pair> pair);
  std::unique_ptr<Pair> pair_;
};

/// A certificate that is its own authority.
Issued self_signed(const CertificateOrder& order = {});

/// The same key under a passphrase.
std::string encrypted(const std::string& key, const std::string& passphrase);

void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace agentroom::test

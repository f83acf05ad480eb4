#include "certificates/authority.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>
#include <utility>

namespace agentroom::test {

namespace {

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;

void check(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

template <class Write>
std::string pem(Write write) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  check(out && write(out.get()) == 1, "write PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}
std::string pem(EVP_PKEY* key) {
  return pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  check(key != nullptr, "make a key");
  return key;
}

/// Signed by `issuer`, or by itself when there is none.
CertificatePtr make(const CertificateOrder& order, EVP_PKEY* key, bool is_authority, X509* issuer,
                    EVP_PKEY* issuer_key) {
  CertificatePtr made(X509_new());
  X509* const it = made.get();
  check(it != nullptr && X509_set_version(it, X509_VERSION_3) == 1, "make a certificate");
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(it), serial >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(it), static_cast<long>(order.from.count()));
  X509_gmtime_adj(X509_getm_notAfter(it), static_cast<long>(order.until.count()));
  const auto* name = reinterpret_cast<const unsigned char*>(order.common_name.c_str());
  X509_NAME_add_entry_by_NID(X509_get_subject_name(it), NID_commonName, MBSTRING_UTF8, name, -1, -1, 0);
  X509* const signer = issuer == nullptr ? it : issuer;
  check(X509_set_issuer_name(it, X509_get_subject_name(signer)) == 1 && X509_set_pubkey(it, key) == 1, "name it");
  extend(it, signer, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(it, signer, NID_key_usage, is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  extend(it, signer, NID_subject_key_identifier, "hash");
  if (!is_authority && !order.names.empty()) extend(it, signer, NID_subject_alt_name, joined(order.names));
  check(X509_sign(it, issuer_key == nullptr ? key : issuer_key, EVP_sha256()) > 0, "sign a certificate");
  return made;
}

}  // namespace

struct Authority::Pair {
  KeyPtr key;
  CertificatePtr certificate;
};

Authority::Authority(const std::string& name) : pair_(std::make_unique<Pair>()) {
  pair_->key = new_key();
  pair_->certificate = make({.names = {}, .common_name = name}, pair_->key.get(), true, nullptr, nullptr);
}

Authority::Authority(std::unique_ptr<Pair> pair) : pair_(std::move(pair)) {}
Authority::Authority(Authority&&) noexcept = default;
Authority::~Authority() = default;

std::string Authority::certificate() const {
  return pem(pair_->certificate.get());
}

Issued Authority::issue(const CertificateOrder& order) const {
  const KeyPtr key = new_key();
  const CertificatePtr made = make(order, key.get(), false, pair_->certificate.get(), pair_->key.get());
  return {pem(made.get()), pem(key.get())};
}

Authority Authority::intermediate(const std::string& name, const CertificateOrder& order) const {
  auto pair = std::make_unique<Pair>();
  pair->key = new_key();
  CertificateOrder named = order;
  named.common_name = name;
  pair->certificate = make(named, pair->key.get(), true, pair_->certificate.get(), pair_->key.get());
  return Authority(std::move(pair));
}

Issued self_signed(const CertificateOrder& order) {
  const KeyPtr key = new_key();
  const CertificatePtr made = make(order, key.get(), false, nullptr, nullptr);
  return {pem(made.get()), pem(key.get())};
}

std::string encrypted(const std::string& key, const std::string& passphrase) {
  const BioPtr in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const KeyPtr read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  check(read != nullptr, "read a key");
  return pem([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, read.get(), EVP_aes_256_cbc(), passphrase.data(),
                                         static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path beside = file.string() + ".new";
  {
    std::ofstream out(beside, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + file.string());
  }
  ::chmod(beside.c_str(), 0600);
  std::filesystem::rename(beside, file);
}

void Issued::write(const std::filesystem::path& folder, const std::string& name) const {
  write_text(folder / (name + ".key"), key);
  write_text(folder / (name + ".pem"), certificate);
}

}  // namespace agentroom::test

#include "trouble_texts.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <string_view>
#include <vector>

#include "openssl_handles.hpp"

namespace agentroom::ws {

namespace {

/// Of the names in a certificate, those that a message has room for.
constexpr std::size_t kNamesTold = 3;
constexpr std::size_t kMaxName = 100;

std::string text_of(const ASN1_STRING* text) {
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), size).substr(0, kMaxName);
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(bytes);
  if (size != 4 && size != 16) return "an odd address";
  ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text.data(), text.size());
  return text.data();
}

/// The hosts that a certificate is for: its subject alternative names.
std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const NamesPtr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(address_of(name->d.iPAddress));
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesTold; ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamesTold) text += " and " + std::to_string(names.size() - kNamesTold) + " more";
  return text;
}

/// "the certificate of relay.example", or of the authority above it.
std::string whose(const TlsPeer& peer, int depth, const X509* certificate) {
  if (depth == 0) return "the certificate of " + peer.host;
  std::string name;
  if (certificate != nullptr) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) name = ' ' + text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  }
  return "the certificate of the authority" + name + ", which vouches for " + peer.host + ",";
}

Trouble wrong_name(const TlsPeer& peer, const X509* certificate) {
  const auto names = certificate == nullptr ? std::vector<std::string>() : names_of(certificate);
  if (names.empty()) {
    return {"the certificate of " + peer.host + " names no host (it has no subject alternative name)",
            "its owner must have one made that names " + peer.host};
  }
  return {"the certificate is for " + listed(names) + ", not for " + peer.host,
          "use a URL with a name that the certificate has, or have one made that names " + peer.host};
}

Trouble not_trusted(const TlsPeer& peer, const std::string& what) {
  return {"the certificate of " + peer.host + what,
          peer.private_ca
              ? "ca_file in [transport.ws] names the only authorities that are trusted; is the right one in it?"
              : "to trust a private authority, set ca_file in [transport.ws] to its certificate"};
}

constexpr const char* kServesTls =
    "is it the URL of a relay that speaks TLS? That of one without TLS begins with ws://";

}  // namespace

std::string date_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown date";
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {text.data(), size};
}

Trouble certificate_trouble(const TlsPeer& peer, int code, int depth, const X509* certificate) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return not_trusted(peer, " is signed by an authority that is not trusted");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return not_trusted(peer, " is signed by itself, not by an authority that is trusted");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return wrong_name(peer, certificate);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {whose(peer, depth, certificate) + " expired on " +
                  (certificate == nullptr ? "an unknown date" : date_text(X509_get0_notAfter(certificate))),
              "its owner must renew it, unless the clock of this machine is wrong"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {whose(peer, depth, certificate) + " is not valid before " +
                  (certificate == nullptr ? "an unknown date" : date_text(X509_get0_notBefore(certificate))),
              "is the clock of this machine right?"};
    default:
      return {whose(peer, depth, certificate) + " is not accepted: " + X509_verify_cert_error_string(code),
              "its owner must have another one made"};
  }
}

Trouble handshake_trouble(const TlsPeer& peer, unsigned long error) {
  const std::string who = peer.host.empty() ? "the client" : peer.host;
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    switch (reason) {
      case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      case SSL_R_UNSUPPORTED_PROTOCOL:
      case SSL_R_VERSION_TOO_LOW:
        return {who + " speaks no version of TLS from 1.2 on", "TLS 1.2 or 1.3 must be switched on there"};
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return {who + " asks for a client's certificate, and there is none", ""};
      default:
        break;
    }
  }
  const char* words = error == 0 ? nullptr : ERR_reason_error_string(error);
  return {"TLS with " + who + " failed: " + (words == nullptr ? "no reason is known" : words), ""};
}

Trouble no_tls_trouble(const TlsPeer& peer) {
  return {peer.host + " answers, but does not speak TLS there", kServesTls};
}

}  // namespace agentroom::ws

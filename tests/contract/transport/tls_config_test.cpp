// The files of TLS in the table [transport.ws], and what is wrong with them.
#include <sys/stat.h>

#include <fstream>

#include "tls_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TlsConfig : public TlsFact {
 protected:
  TlsConfig() { authority_.issue().write(folder_.path()); }

  ar_status open(const std::string& config) {
    const ar_transport_open_params params{sizeof(ar_transport_open_params), as_abi(config)};
    ar_transport* transport = nullptr;
    const ar_status status = plugin_.transport().open(plugin_.host().abi(), &params, &transport, &error_);
    if (status == AR_OK) plugin_.transport().close(transport);
    return status;
  }

  ar_status listen() {
    server_.emplace(plugin_, server_config());
    ar_listening listening;
    return server_->try_listen("127.0.0.1:0", &listening, &error_);
  }

  Error error_;
};

TEST_F(TlsConfig, ACertificateNeedsItsKeyAndAKeyItsCertificate) {
  EXPECT_EQ(open("cert_file = '/cert.pem'"), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("cert_file without key_file"));
  EXPECT_EQ(open("key_file = '/key.pem'"), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("key_file without cert_file"));
}

TEST_F(TlsConfig, FilesAreNamedByPaths) {
  for (const char* key : {"cert_file", "key_file", "ca_file"}) {
    for (const char* value : {"\"\"", "1", "[]"}) {
      EXPECT_EQ(open(std::string(key) + " = " + value), AR_INVALID);
      EXPECT_THAT(error_.message, HasSubstr(key));
    }
  }
}

TEST_F(TlsConfig, AuthoritiesMustBeThere) {
  EXPECT_EQ(open("ca_file = '" + folder_.file("none.pem") + "'"), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(HasSubstr("ca_file"), HasSubstr("none.pem"), HasSubstr("No such file")));
  test::write_text(folder_.path() / "empty.pem", "");
  EXPECT_EQ(open("ca_file = '" + folder_.file("empty.pem") + "'"), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(HasSubstr("empty.pem"), HasSubstr("holds no certificate")));
  EXPECT_EQ(open("ca_file = '" + folder_.path().string() + "'"), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("is not a regular file"));
}

TEST_F(TlsConfig, DamagedAuthoritiesAreToldWhenTheyAreUsed) {
  std::string damaged = authority_.certificate();
  damaged[damaged.size() / 2] = '*';
  test::write_text(folder_.path() / "damaged.pem", authority_.certificate() + damaged);
  client_.emplace(plugin_, client_config("damaged.pem"));
  ar_channel channel = 0;
  EXPECT_EQ(client_->try_connect("wss://localhost:1/ws", &channel, &error_), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(HasSubstr("certificate 2 in"), HasSubstr("damaged.pem is damaged")));
}

TEST_F(TlsConfig, TheFilesOfAListenerAreNotReadBeforeItListens) {
  EXPECT_EQ(open("cert_file = '/nowhere/cert.pem'\nkey_file = '/nowhere/key.pem'"), AR_OK) << error_.message;
}

TEST(TlsLibrary, IsNamedWhenItIsNotThere) {
  const TemporaryFolder folder;
  const std::filesystem::path alone = folder.path() / "transport-ws.so";
  std::filesystem::copy_file(SuiteArguments::instance().plugin(), alone);
  PluginUnderTest plugin(alone);
  TransportUnderTest client(plugin, "");
  ar_channel channel = 0;
  Error error;
  EXPECT_EQ(client.try_connect("wss://localhost:1/ws", &channel, &error), AR_UNSUPPORTED);
  EXPECT_THAT(error.message, HasSubstr(folder.file("private/transport-ws-tls.so")));
  EXPECT_EQ(client.try_connect("ws://localhost:1/ws", &channel, &error), AR_OK) << "TLS is not needed";
}

TEST_F(TlsConfig, AMissingFileIsNamed) {
  std::filesystem::remove(folder_.path() / "relay.pem");
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(StartsWith("cert_file of [transport.ws]: cannot read "), HasSubstr("relay.pem")));
  authority_.issue().write(folder_.path());
  std::filesystem::remove(folder_.path() / "relay.key");
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(StartsWith("key_file of [transport.ws]: cannot read "), HasSubstr("relay.key")));
}

TEST_F(TlsConfig, AKeyThatOthersCanReadIsRefused) {
  for (const mode_t mode : {0640U, 0604U, 0644U, 0660U}) {
    ::chmod(folder_.file("relay.key").c_str(), mode);
    EXPECT_EQ(listen(), AR_PERMISSION) << mode;
    EXPECT_EQ(std::string(error_.hint), "run: chmod 600 " + folder_.file("relay.key"));
  }
  ::chmod(folder_.file("relay.key").c_str(), 0400);
  EXPECT_EQ(listen(), AR_OK) << error_.message;
}

TEST_F(TlsConfig, AKeyOfAnotherCertificateIsRefused) {
  test::write_text(folder_.path() / "relay.key", authority_.issue().key);
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, AllOf(HasSubstr("relay.key does not belong to the certificate"), HasSubstr("relay.pem")));
}

TEST_F(TlsConfig, AnEncryptedKeyIsRefused) {
  const test::Issued issued = authority_.issue();
  test::Issued{issued.certificate, test::encrypted(issued.key, "secret")}.write(folder_.path());
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("relay.key is encrypted with a passphrase"));
  EXPECT_NE(std::string(error_.hint), "");
}

TEST_F(TlsConfig, SwappedFilesAreTold) {
  const test::Issued issued = authority_.issue();
  test::Issued{issued.key, issued.certificate}.write(folder_.path());
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("relay.pem holds no certificate"));
  test::Issued{issued.certificate, issued.certificate}.write(folder_.path());
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(error_.message, HasSubstr("relay.key holds no private key"));
}

TEST_F(TlsConfig, NoErrorQuotesAKey) {
  const test::Issued issued = authority_.issue();
  test::Issued{issued.key, issued.key}.write(folder_.path());
  EXPECT_EQ(listen(), AR_INVALID);
  EXPECT_THAT(std::string(error_.message) + error_.hint, testing::Not(HasSubstr(issued.key.substr(40, 20))));
}

}  // namespace
}  // namespace agentroom::conformance

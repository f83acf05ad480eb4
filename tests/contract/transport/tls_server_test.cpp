// A listener with a certificate: what it takes from clients, and what clients can take from it.
#include <functional>
#include <vector>

#include "raw_tls.hpp"
#include "tls_fact.hpp"

namespace agentroom::conformance {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kHealth = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

/// Of the record at `at`, behind its header.
std::size_t record_size(const std::string& records, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(records.at(at + i)));
  };
  return byte(3) << 8U | byte(4);
}

class TlsServer : public TlsFact {
 protected:
  RawTls raw_client(const RawTls::Prepare& prepare = {}) {
    return RawTls::client(RawSocket::connect(server_->port()), prepare);
  }

  bool shake(RawTls& peer) {
    return drive({&*server_}, [&] { return peer.shake(); });
  }

  /// Sends a request and waits until `end` has come back.
  std::string ask(RawTls& peer, std::string_view request, std::string_view end) {
    peer.send(request);
    drive({&*server_}, [&] { return peer.receive().find(end) != std::string::npos || peer.socket().ended(); });
    return peer.receive();
  }

  /// A raw peer that is a channel.
  RawTls open_raw_channel(const RawTls::Prepare& prepare = {}) {
    const std::size_t before = server_->accepted().size();
    RawTls peer = raw_client(prepare);
    EXPECT_TRUE(shake(peer));
    EXPECT_THAT(ask(peer, upgrade_request(), "\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
    EXPECT_EQ(server_->accepted().size(), before + 1);
    far_ = server_->accepted().back();
    return peer;
  }

  static std::string subject_of(RawTls& peer) {
    X509* certificate = SSL_get1_peer_certificate(peer.ssl());
    if (certificate == nullptr) return {};
    char text[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
    X509_free(certificate);
    return text;
  }
};

TEST_F(TlsServer, AnswersPlainRequests) {
  serve();
  RawTls peer = raw_client();
  ASSERT_TRUE(shake(peer));
  EXPECT_STREQ(SSL_get_version(peer.ssl()), "TLSv1.3");
  EXPECT_THAT(ask(peer, kHealth, "}"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr(R"({"ok":true})")));
}

TEST_F(TlsServer, SpeaksVersion12) {
  serve();
  RawTls peer = open_raw_channel([](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
  EXPECT_STREQ(SSL_get_version(peer.ssl()), "TLSv1.2");
  peer.send(bytes_of({.payload = "hello"}));
  ASSERT_TRUE(drive({&*server_}, [&] { return !far().messages.empty(); }));
}

TEST_F(TlsServer, RefusesOlderVersions) {
  serve();
  RawTls peer = raw_client([](SSL_CTX* context) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  });
  ASSERT_TRUE(drive({&*server_}, [&] { return !peer.shake() && peer.socket().ended(); }));
  EXPECT_NE(SSL_is_init_finished(peer.ssl()), 1);
}

// OpenSSL then lets nothing be written before it has read the rest, though the socket would take it.
TEST_F(TlsServer, IsNotKeptBusyByAClientThatStopsInTheMiddleOfATlsMessage) {
  serve();
  for (const std::string& request : {std::string(kHealth), upgrade_request()}) {
    RawTls peer = raw_client([](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
    std::string name;  // long, so that a ClientHello takes two records
    for (int label = 0; label < 4; ++label) name += std::string(60, 'a') + ".";
    SSL_set_tlsext_host_name(peer.ssl(), (name + "x").c_str());
    SSL_set_cipher_list(peer.ssl(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    ASSERT_TRUE(shake(peer));
    SSL_set_max_send_fragment(peer.ssl(), 512);
    SSL_write(peer.ssl(), request.data(), static_cast<int>(request.size()));
    SSL_renegotiate(peer.ssl());
    SSL_do_handshake(peer.ssl());
    char* data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(SSL_get_wbio(peer.ssl()), &data));
    const std::string records(data, size);
    const std::size_t first = 5 + record_size(records, 0);
    const std::size_t both = first + 5 + record_size(records, first);
    ASSERT_LT(both, records.size()) << "there is a rest that never comes";
    BIO_reset(SSL_get_wbio(peer.ssl()));
    ASSERT_EQ(peer.socket().send(records.substr(0, both)), both);

    int turns = 0;
    const auto until = std::chrono::steady_clock::now() + 500ms;
    while (std::chrono::steady_clock::now() < until) {
      server_->turn(100ms);
      ++turns;
    }
    EXPECT_LT(turns, 40) << "turns that found nothing to wait for";
  }
}

TEST_F(TlsServer, AgreesOnHttp11Alone) {
  serve();
  const auto offering = [](std::string_view protocols) {
    return [protocols](SSL_CTX* context) {
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
    };
  };
  RawTls both = raw_client(offering("\x02h2\x08http/1.1"));
  ASSERT_TRUE(shake(both));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  RawTls other = raw_client(offering("\x02h2"));
  ASSERT_TRUE(drive({&*server_}, [&] { return !other.shake() && other.socket().ended(); }));
}

TEST_F(TlsServer, TellsAClientWithoutTlsToUseIt) {
  serve();
  RawSocket peer = RawSocket::connect(server_->port());
  peer.send(kHealth);
  ASSERT_TRUE(drive({&*server_}, [&] { return peer.ended(); }));
  EXPECT_THAT(peer.receive(), AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Upgrade: TLS/1.2"), HasSubstr("wss://")));
}

TEST_F(TlsServer, CutsRubbish) {
  serve();
  for (const std::string& bytes :
       {std::string("\x00\x01\x02", 3), std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x'),
        std::string("\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9), std::string("ssh-2.0\r\n").insert(0, 1, '\x7f')}) {
    RawSocket peer = RawSocket::connect(server_->port());
    peer.send(bytes);
    EXPECT_TRUE(drive({&*server_}, [&] { return peer.ended(); }));
  }
  open_channel();
}

TEST_F(TlsServer, CutsASlowHandshake) {
  serve(authority_.issue(), "request_timeout = \"100ms\"\n");
  RawSocket silent = RawSocket::connect(server_->port());
  RawSocket slow = RawSocket::connect(server_->port());
  const std::string begin("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
  std::size_t sent = 0;
  ASSERT_TRUE(drive({&*server_}, [&] {
    if (sent < begin.size()) sent += slow.send(begin.substr(sent, 1));
    return slow.ended() && silent.ended();
  }));
}

TEST_F(TlsServer, HandshakesCountAsRequests) {
  serve(authority_.issue(), "max_requests = 3\n");
  std::vector<RawSocket> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(RawSocket::connect(server_->port()));
    peers.back().send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
    server_->turn();
  }
  EXPECT_TRUE(drive({&*server_}, [&] { return peers[0].ended() && peers[1].ended(); }));
  EXPECT_FALSE(peers[2].ended());
  RawTls peer = raw_client();
  ASSERT_TRUE(shake(peer));
  EXPECT_TRUE(peers[2].ended());
}

TEST_F(TlsServer, SaysGoodbyeWhenAChannelEnds) {
  serve();
  RawTls peer = open_raw_channel();
  server_->close_channel(far_, AR_CLOSE_GOING_AWAY, "later");
  peer.send(bytes_of({.opcode = kClose, .payload = close_payload(AR_CLOSE_GOING_AWAY)}));
  EXPECT_TRUE(drive({&*server_}, [&] { return peer.said_goodbye() && peer.socket().ended(); }));
  EXPECT_THAT(peer.receive(), HasSubstr("later"));
}

TEST_F(TlsServer, AGoodbyeWithoutTheEndOfTheConnectionEndsAChannel) {
  serve();
  RawTls peer = open_raw_channel();
  SSL_shutdown(peer.ssl());
  peer.turn();
  ASSERT_TRUE(drive({&*server_}, [&] { return far().closed.has_value(); }));
  EXPECT_EQ(far().closed->code, AR_CLOSE_ABNORMAL);
}

TEST_F(TlsServer, AnEndWithoutGoodbyeEndsAChannel) {
  serve();
  RawTls peer = open_raw_channel();
  peer.send(bytes_of({.payload = "last words"}));
  peer.socket().finish_writing();
  ASSERT_TRUE(drive({&*server_}, [&] { return far().closed.has_value(); }));
  EXPECT_EQ(far().messages.back(), "last words");
  EXPECT_EQ(far().closed->code, AR_CLOSE_ABNORMAL);
}

TEST_F(TlsServer, AnswersAClientThatSaidGoodbyeBehindItsRequest) {
  serve();
  RawTls peer = raw_client();
  ASSERT_TRUE(shake(peer));
  SSL_write(peer.ssl(), kHealth, static_cast<int>(std::string_view(kHealth).size()));
  SSL_shutdown(peer.ssl());
  peer.turn();
  ASSERT_TRUE(drive({&*server_}, [&] { return peer.receive().ends_with("}"); }));
  EXPECT_TRUE(drive({&*server_}, [&] { return peer.socket().ended(); }));
}

TEST_F(TlsServer, KeysMayChangeOnTheWay) {
  serve();
  RawTls peer = open_raw_channel();
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    peer.send(bytes_of({.payload = "message " + std::to_string(i)}));
    ASSERT_TRUE(drive({&*server_}, [&] { return far().messages.size() == static_cast<std::size_t>(i + 1); }));
    const std::string reply = "reply " + std::to_string(i);
    server_->send(far_, reply);
    ASSERT_TRUE(drive({&*server_}, [&] { return peer.receive().ends_with(reply); }));
  }
}

TEST_F(TlsServer, CutsAClientThatChangesKeysAndReadsNothing) {
  serve();
  RawTls peer = open_raw_channel();
  ASSERT_TRUE(drive(
      {&*server_},
      [&] {
        for (int i = 0; i < 2'000 && peer.all_sent(); ++i) {
          SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
          SSL_do_handshake(peer.ssl());
        }
        peer.turn_out();
        return far().closed.has_value();
      },
      std::chrono::seconds(110)));  // a megabyte of the smallest answers
  EXPECT_EQ(far().closed->reason, "the peer reads too slowly");
}

TEST_F(TlsServer, DoesNotRenegotiate) {
  serve();
  RawTls peer = open_raw_channel([](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); });
  SSL_renegotiate(peer.ssl());
  SSL_do_handshake(peer.ssl());
  peer.turn();
  ASSERT_TRUE(drive({&*server_}, [&] {
    peer.receive();
    return far().closed || SSL_get_error(peer.ssl(), -1) == SSL_ERROR_SSL || SSL_renegotiate_pending(peer.ssl()) == 0;
  }));
  EXPECT_EQ(SSL_total_renegotiations(peer.ssl()), 1) << "the one that was asked for";
  EXPECT_NE(SSL_is_init_finished(peer.ssl()), 1) << "it was not granted";
}

TEST_F(TlsServer, CarriesLargeMessagesBothWays) {
  authority_.issue().write(folder_.path());
  server_.emplace(plugin_, server_config());
  constexpr std::uint64_t kLarge = std::uint64_t{12} * 1024 * 1024;
  server_->listen(kLarge);
  open_client();
  near_ = client_->connect(url(), kLarge);
  ASSERT_TRUE(drive_until([&] { return near().opened && !server_->accepted().empty(); }));
  far_ = server_->accepted().front();
  std::string large(kLarge, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 2'654'435'761U >> 24U);
  client_->send(near_, large);
  server_->send(far_, large);
  ASSERT_TRUE(drive_until([&] { return !near().messages.empty() && !far().messages.empty(); }));
  EXPECT_TRUE(near().messages.front() == large);
  EXPECT_TRUE(far().messages.front() == large);
}

TEST_F(TlsServer, WaitsForAClientThatReadsSlowly) {
  serve();
  open_channel();
  client_->pause(near_);
  client_->keep_messages = false;
  std::size_t received = 0;
  client_->message_hook = [&](ar_channel, ar_mut_bytes message) { received += message.size; };
  std::size_t sent = 0;
  std::uint64_t unsent = 0;
  while (unsent <= AR_TRANSPORT_HIGH_WATER) {
    unsent = server_->send(far_, std::string(100'000, 'x'));
    sent += 100'000;
    server_->turn();
  }
  EXPECT_EQ(far().drained, 0);
  client_->resume(near_);
  ASSERT_TRUE(drive_until([&] { return far().drained == 1 && received == sent; }));
}

TEST_F(TlsServer, UsesNewCertificatesAfterAReloadAndKeepsOldConnections) {
  serve(authority_.issue({.common_name = "first"}));
  RawTls before = open_raw_channel();
  const ar_channel old = far_;
  authority_.issue({.common_name = "second"}).write(folder_.path());
  Error error;
  ASSERT_EQ(server_->reload(&error), AR_OK) << error.message;
  RawTls after = open_raw_channel();
  EXPECT_EQ(subject_of(before), "first");
  EXPECT_EQ(subject_of(after), "second");
  before.send(bytes_of({.payload = "still here"}));
  ASSERT_TRUE(drive({&*server_}, [&] { return !server_->channel(old).messages.empty(); }));
}

TEST_F(TlsServer, KeepsTheOldCertificateWhenTheNewOneIsBroken) {
  serve(authority_.issue({.common_name = "first"}));
  test::write_text(folder_.path() / "relay.pem", authority_.issue({.common_name = "second"}).certificate);
  Error error;
  EXPECT_EQ(server_->reload(&error), AR_INVALID);
  EXPECT_THAT(error.message, HasSubstr("does not belong to the certificate"));
  RawTls peer = raw_client();
  ASSERT_TRUE(shake(peer));
  EXPECT_EQ(subject_of(peer), "first");
}

TEST_F(TlsServer, WarnsOfACertificateThatIsNotValidNow) {
  serve(authority_.issue({.from = -48h, .until = -1h}));
  EXPECT_THAT(plugin_.host().log_text(), AllOf(HasSubstr("relay.pem"), HasSubstr("expired on 20")));
}

}  // namespace
}  // namespace agentroom::conformance

// Whom a client trusts over wss://, and what it says when it does not.
#include "raw_tls.hpp"
#include "tls_fact.hpp"

namespace agentroom::conformance {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class TlsClient : public TlsFact {
 protected:
  /// How a server ends the attempt that does with the connection what `act` says until it is over.
  Closed refusal_by(const std::function<void(RawSocket&)>& act, const std::string& host = "127.0.0.1") {
    RawListener listener;
    open_client();
    const ar_channel attempt =
        client_->connect("wss://" + host + ":" + std::to_string(listener.port()) + "/ws", kMaxMessage, timeout_us_);
    std::optional<RawSocket> guest;
    EXPECT_TRUE(drive_until([&] {
      if (!guest && listener.has_guest()) guest.emplace(listener.accept());
      if (guest) act(*guest);
      return client_->channel(attempt).closed.has_value();
    }));
    EXPECT_FALSE(client_->channel(attempt).opened);
    return client_->channel(attempt).closed.value_or(Closed{});
  }

  std::uint64_t timeout_us_ = 10'000'000;
};

TEST_F(TlsClient, TrustsThePrivateAuthorityThatItWasGiven) {
  serve();
  EXPECT_EQ(server_->scheme(), "wss");
  open_channel("127.0.0.1");
  open_channel("localhost");
  client_->send(near_, "hello");
  ASSERT_TRUE(drive_until([&] { return !far().messages.empty(); }));
  EXPECT_EQ(far().messages.front(), "hello");
}

TEST_F(TlsClient, TrustsAnIntermediateThatTheServerShows) {
  const test::Authority between = authority_.intermediate("Between");
  test::Issued issued = between.issue();
  issued.certificate += between.certificate();
  serve(issued);
  open_channel();
}

TEST_F(TlsClient, TrustsAnIntermediateThatItWasGivenAlone) {
  const test::Authority between = authority_.intermediate("Between");
  serve(between.issue());
  test::write_text(folder_.path() / "between.pem", between.certificate());
  open_client(client_config("between.pem"));
  open_channel();
}

TEST_F(TlsClient, TrustsOneOfSeveralAuthorities) {
  serve();
  test::write_text(folder_.path() / "bundle.pem",
                   "Some text before\n" + test::Authority("Another").certificate() + authority_.certificate());
  open_client(client_config("bundle.pem"));
  open_channel();
}

TEST_F(TlsClient, RefusesAnUnknownAuthority) {
  serve(test::Authority("Stranger").issue());
  const Closed why = refusal(url());
  EXPECT_EQ(why.reason, "the certificate of 127.0.0.1 is signed by an authority that is not trusted");
  EXPECT_THAT(why.hint, HasSubstr("ca_file"));
}

TEST_F(TlsClient, RefusesAPrivateAuthorityWithoutCaFile) {
  serve();
  open_client("");
  const Closed why = refusal(url("localhost"));
  EXPECT_EQ(why.reason, "the certificate of localhost is signed by an authority that is not trusted");
  EXPECT_THAT(why.hint, HasSubstr("set ca_file in [transport.ws]"));
}

TEST_F(TlsClient, RefusesACertificateThatSignedItself) {
  serve(test::self_signed());
  EXPECT_EQ(refusal(url()).reason,
            "the certificate of 127.0.0.1 is signed by itself, not by an authority that is trusted");
}

TEST_F(TlsClient, TrustsACertificateThatSignedItselfWhenItWasGiven) {
  const test::Issued own = test::self_signed();
  serve(own);
  test::write_text(folder_.path() / "own.pem", own.certificate);
  open_client(client_config("own.pem"));
  open_channel();
}

TEST_F(TlsClient, RefusesAWrongNameAndTellsTheRightOnes) {
  serve(authority_.issue({.names = {"DNS:relay.example", "DNS:*.relay.example", "IP:192.0.2.1"}}));
  const Closed why = refusal(url("localhost"));
  EXPECT_EQ(why.reason, "the certificate is for relay.example, *.relay.example, 192.0.2.1, not for localhost");
  EXPECT_NE(why.hint, "");
}

TEST_F(TlsClient, RefusesAWrongAddress) {
  serve(authority_.issue({.names = {"DNS:localhost", "IP:127.0.0.2"}}));
  EXPECT_EQ(refusal(url("127.0.0.1")).reason, "the certificate is for localhost, 127.0.0.2, not for 127.0.0.1");
}

TEST_F(TlsClient, DoesNotTakeAnAddressInANameForAnAddress) {
  serve(authority_.issue({.names = {"DNS:127.0.0.1"}}));
  EXPECT_THAT(refusal(url("127.0.0.1")).reason, HasSubstr("not for 127.0.0.1"));
}

TEST_F(TlsClient, TellsOnlySomeOfManyNames) {
  serve(authority_.issue({.names = {"DNS:a", "DNS:b", "DNS:c", "DNS:d", "DNS:e"}}));
  EXPECT_EQ(refusal(url()).reason, "the certificate is for a, b, c and 2 more, not for 127.0.0.1");
}

TEST_F(TlsClient, DoesNotTakeTheCommonNameForAHost) {
  serve(authority_.issue({.names = {}, .common_name = "localhost"}));
  EXPECT_THAT(refusal(url("localhost")).reason, HasSubstr("names no host"));
}

TEST_F(TlsClient, RefusesAnExpiredCertificateWithTheDate) {
  serve(authority_.issue({.from = -48h, .until = -1h}));
  const Closed why = refusal(url());
  EXPECT_THAT(why.reason, MatchesRegex("the certificate of 127\\.0\\.0\\.1 expired on "
                                       "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9] UTC"));
  EXPECT_THAT(why.hint, HasSubstr("clock"));
}

TEST_F(TlsClient, RefusesACertificateOfTomorrowWithTheDate) {
  serve(authority_.issue({.from = 1h, .until = 48h}));
  EXPECT_THAT(refusal(url()).reason, MatchesRegex("the certificate of 127\\.0\\.0\\.1 is not valid before 20.* UTC"));
}

TEST_F(TlsClient, TellsWhichAuthorityExpired) {
  const test::Authority between = authority_.intermediate("Between", {.from = -48h, .until = -1h});
  test::Issued issued = between.issue();
  issued.certificate += between.certificate();
  serve(issued);
  EXPECT_THAT(refusal(url()).reason,
              StartsWith("the certificate of the authority Between, which vouches for 127.0.0.1, expired on 20"));
}

TEST_F(TlsClient, TellsThatAServerSpeaksNoTls) {
  server_.emplace(plugin_, "");
  server_->listen();
  const Closed why = refusal(url());
  EXPECT_EQ(why.reason, "127.0.0.1 answers, but does not speak TLS there");
  EXPECT_THAT(why.hint, HasSubstr("ws://"));
}

TEST_F(TlsClient, TellsThatAServerSpeaksOnlyTls) {
  serve();
  const Closed why = refusal(url("127.0.0.1", "ws"));
  EXPECT_EQ(why.reason, "the server speaks TLS, which this URL does not ask for");
  EXPECT_THAT(why.hint, HasSubstr("wss://"));
}

TEST_F(TlsClient, TellsThatAForeignServerSpeaksOnlyTls) {
  RawListener listener;
  open_client();
  const ar_channel attempt = client_->connect(listener.url());
  std::optional<RawSocket> guest;
  ASSERT_TRUE(drive_until([&] {
    if (!guest && listener.has_guest()) guest.emplace(listener.accept());
    if (guest && !guest->receive().empty()) guest->send(std::string_view("\x15\x03\x01\x00\x02\x02\x46", 7));
    return client_->channel(attempt).closed.has_value();
  }));
  EXPECT_EQ(client_->channel(attempt).closed->reason, "the server speaks TLS, which this URL does not ask for");
}

TEST_F(TlsClient, RefusesOldVersions) {
  const test::Issued issued = authority_.issue();
  std::optional<RawTls> old;
  const Closed why = refusal_by([&](RawSocket& guest) {
    if (!old) {
      old.emplace(RawTls::server(std::move(guest), issued, [](SSL_CTX* context) {
        SSL_CTX_set_security_level(context, 0);
        SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
      }));
    }
    old->shake();
  });
  EXPECT_EQ(why.reason, "127.0.0.1 speaks no version of TLS from 1.2 on");
}

TEST_F(TlsClient, SpeaksVersion12) {
  const test::Issued issued = authority_.issue();
  std::optional<RawTls> server;
  refusal_by([&](RawSocket& guest) {
    if (!server) {
      server.emplace(RawTls::server(std::move(guest), issued,
                                    [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); }));
    }
    if (server->shake() && !server->receive().empty()) server->send("HTTP/1.1 404 Not Found\r\n\r\n");
  });
  EXPECT_STREQ(SSL_get_version(server->ssl()), "TLSv1.2");
  EXPECT_THAT(server->receive(), StartsWith("GET /ws HTTP/1.1\r\n"));
}

TEST_F(TlsClient, TellsThatTheHandshakeWasCut) {
  const Closed why = refusal_by([](RawSocket& guest) {
    if (!guest.receive().empty()) guest.finish_writing();
  });
  EXPECT_EQ(why.reason, "127.0.0.1 closed the connection during the TLS handshake");
}

TEST_F(TlsClient, GivesUpAHandshakeInTime) {
  timeout_us_ = 100'000;
  const Closed why = refusal_by([](RawSocket&) {});
  EXPECT_THAT(why.reason, MatchesRegex("no answer to the TLS handshake from 127\\.0\\.0\\.1:[0-9]+ within 1 s"));
}

TEST_F(TlsClient, NamesTheHost) {
  const test::Issued issued = authority_.issue();
  std::optional<RawTls> server;
  refusal_by(
      [&](RawSocket& guest) {
        if (!server) server.emplace(RawTls::server(std::move(guest), issued));
        if (server->shake() && !server->receive().empty()) server->send("HTTP/1.1 404 Not Found\r\n\r\n");
      },
      "localhost");
  EXPECT_STREQ(SSL_get_servername(server->ssl(), TLSEXT_NAMETYPE_host_name), "localhost");
}

TEST_F(TlsClient, DoesNotNameAnAddress) {
  const test::Issued issued = authority_.issue();
  std::optional<RawTls> server;
  refusal_by([&](RawSocket& guest) {
    if (!server) server.emplace(RawTls::server(std::move(guest), issued));
    if (server->shake() && !server->receive().empty()) server->send("HTTP/1.1 404 Not Found\r\n\r\n");
  });
  EXPECT_EQ(SSL_get_servername(server->ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_F(TlsClient, AsksForHttp11) {
  const test::Issued issued = authority_.issue();
  std::optional<RawTls> server;
  std::string offered;
  refusal_by([&](RawSocket& guest) {
    if (!server) {
      server.emplace(RawTls::server(std::move(guest), issued, [&](SSL_CTX* context) {
        SSL_CTX_set_alpn_select_cb(
            context,
            [](SSL*, const unsigned char**, unsigned char*, const unsigned char* in, unsigned int size, void* out) {
              static_cast<std::string*>(out)->assign(reinterpret_cast<const char*>(in), size);
              return SSL_TLSEXT_ERR_NOACK;
            },
            &offered);
      }));
    }
    if (server->shake() && !server->receive().empty()) server->send("HTTP/1.1 404 Not Found\r\n\r\n");
  });
  EXPECT_EQ(offered, "\x08http/1.1");
}

TEST_F(TlsClient, SurvivesRubbish) {
  const std::string records[] = {
      std::string("\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9),             // a ServerHello of no size
      std::string("\x16\x03\x03\xff\xff", 5) + std::string(70'000, 'x'),  // a record beyond the limit
      std::string("\x15\x03\x03\x00\x02\x02\x28", 7),                     // handshake_failure
      std::string("\x16\x03\x03\x40\x00", 5) + std::string(16'384, '\xff')};
  for (const std::string& record : records) {
    const Closed why = refusal_by([&](RawSocket& guest) {
      if (!guest.receive().empty()) guest.send(record);
    });
    EXPECT_THAT(why.reason, StartsWith("TLS with 127.0.0.1 failed: ")) << record.substr(0, 9);
    EXPECT_THAT(why.reason, Not(HasSubstr("no reason is known")));
  }
}

TEST_F(TlsClient, TakesNewAuthoritiesAfterAReload) {
  const test::Authority next("Next");
  serve(next.issue());
  EXPECT_THAT(refusal(url()).reason, HasSubstr("not trusted"));
  test::write_text(folder_.path() / "ca.pem", next.certificate());
  EXPECT_THAT(refusal(url()).reason, HasSubstr("not trusted"));
  Error error;
  ASSERT_EQ(client_->reload(&error), AR_OK) << error.message;
  open_channel();
}

TEST_F(TlsClient, KeepsItsAuthoritiesWhenNewOnesAreBroken) {
  serve();
  open_channel();
  test::write_text(folder_.path() / "ca.pem", "nothing");
  Error error;
  EXPECT_EQ(client_->reload(&error), AR_INVALID);
  EXPECT_THAT(error.message, AllOf(HasSubstr("ca.pem"), HasSubstr("holds no certificate")));
  open_channel();
}

}  // namespace
}  // namespace agentroom::conformance

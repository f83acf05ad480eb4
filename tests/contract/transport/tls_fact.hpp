// Two instances of transport-ws with certificates: one listens, one connects.
#pragma once

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "certificates/authority.hpp"
#include "temporary_folder.hpp"
#include "ws_fact.hpp"

namespace agentroom::conformance {

class TlsFact : public testing::Test {
 protected:
  TlsFact() : plugin_(SuiteArguments::instance().plugin()) {
    test::write_text(folder_.path() / "ca.pem", authority_.certificate());
  }

  void TearDown() override {
    for (auto* each : {&server_, &client_}) {
      if (!*each) continue;
      (*each)->close();
      for (const std::string& violation : (*each)->violations()) ADD_FAILURE() << violation;
      each->reset();
    }
  }

  std::string server_config() const {
    return "cert_file = '" + folder_.file("relay.pem") + "'\nkey_file = '" + folder_.file("relay.key") + "'\n";
  }
  std::string client_config(const std::string& ca = "ca.pem") const { return "ca_file = '" + folder_.file(ca) + "'\n"; }

  /// Listens with a certificate.
  void serve(const test::Issued& issued, const std::string& more_config = {}) {
    issued.write(folder_.path());
    server_.emplace(plugin_, server_config() + more_config);
    server_->listen();
  }
  void serve() { serve(authority_.issue()); }

  std::string url(const std::string& host = "127.0.0.1", const std::string& scheme = "wss") const {
    return scheme + "://" + host + ":" + std::to_string(server_->port()) + "/ws";
  }

  void open_client(const std::string& config) { client_.emplace(plugin_, config); }
  void open_client() { open_client(client_config()); }

  bool drive_until(const std::function<bool()>& reached) {
    if (server_ && client_) return drive({&*server_, &*client_}, reached);
    return drive({server_ ? &*server_ : &*client_}, reached);
  }

  /// Both ends of a channel.
  void open_channel(const std::string& host = "127.0.0.1") {
    if (!client_) open_client();
    const std::size_t before = server_->accepted().size();
    near_ = client_->connect(url(host));
    ASSERT_TRUE(drive_until([&] { return near().closed || (near().opened && server_->accepted().size() > before); }));
    ASSERT_FALSE(near().closed) << near().closed->reason;
    far_ = server_->accepted().back();
  }

  /// How an attempt to connect to `to` ends; a failed test when it succeeds.
  Closed refusal(const std::string& to) {
    if (!client_) open_client();
    const ar_channel attempt = client_->connect(to);
    EXPECT_TRUE(drive_until([&] { return client_->channel(attempt).closed || client_->channel(attempt).opened; }));
    EXPECT_FALSE(client_->channel(attempt).opened);
    if (!client_->channel(attempt).closed) return {};
    EXPECT_EQ(client_->channel(attempt).closed->code, AR_CLOSE_ABNORMAL);
    return *client_->channel(attempt).closed;
  }

  ChannelRecord& near() { return client_->channel(near_); }
  ChannelRecord& far() { return server_->channel(far_); }

  TemporaryFolder folder_;
  test::Authority authority_;
  PluginUnderTest plugin_;
  std::optional<TransportUnderTest> server_;
  std::optional<TransportUnderTest> client_;
  ar_channel near_ = 0;  ///< the client's end
  ar_channel far_ = 0;   ///< the server's end
};

}  // namespace agentroom::conformance

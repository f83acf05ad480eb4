// TLS of one transport by OpenSSL: contexts made from its files.
#pragma once

#include "openssl_handles.hpp"
#include "tls.hpp"

namespace agentroom::ws {

/// OpenSSL does nothing before one of the sides is prepared. Thread: engine.
class OpenSslTls final : public Tls {
 public:
  OpenSslTls(const TlsFiles& files, const sdk::Host& host) : files_(files), host_(host) {}

  sdk::Status prepare_server() override;
  sdk::Status prepare_client() override;
  std::unique_ptr<TlsSession> accept(BufferPool& pool) override;
  std::unique_ptr<TlsSession> connect(BufferPool& pool, const std::string& host) override;
  sdk::Status reload() override;

 private:
  sdk::Result<ContextPtr> make_server();
  sdk::Result<ContextPtr> make_client() const;

  const TlsFiles files_;
  sdk::Host host_;
  ContextPtr server_;
  ContextPtr client_;
  TlsScratch scratch_;
};

}  // namespace agentroom::ws

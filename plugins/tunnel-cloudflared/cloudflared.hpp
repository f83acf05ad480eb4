// How cloudflared is run, and what its log says.
#pragma once

#include <filesystem>
#include <string>

#include "local_listener.hpp"
#include "options.hpp"
#include "program.hpp"

namespace agentroom::tunnel_cloudflared {

class Cloudflared final : public tunnel::Program {
 public:
  /// `folder`: of downloaded releases; empty: none is kept.
  Cloudflared(sdk::Host host, Options options, tunnel::LocalListener listener, std::filesystem::path folder);
  ~Cloudflared() override;

  std::string name() const override { return "cloudflared"; }
  sdk::Result<process::Command> prepare(const sdk::TunnelEvents& events, const tunnel::StopSignal& stop) override;
  tunnel::Sighting look(std::string_view line) const override;
  std::optional<std::string> known_url() const override;
  bool tells_when_connected() const override { return true; }
  bool tells_one_url() const override { return true; }
  bool is_secret(std::string_view line) const override;

 private:
  bool is_named() const { return !options_.token.empty(); }

  const sdk::Host host_;
  Options options_;
  const tunnel::LocalListener listener_;
  const std::filesystem::path folder_;
};

}  // namespace agentroom::tunnel_cloudflared

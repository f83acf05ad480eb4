// tunnel-cloudflared with a stand-in for cloudflared, and a folder of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "local_relay.hpp"
#include "tunnel_test.hpp"

namespace agentroom::conformance {

class CloudflaredFact : public testing::Test {
 protected:
  CloudflaredFact() : plugin_(TUNNEL_CLOUDFLARED_LIBRARY) {
    // What the machine of the test has is not to be found, and its proxies not to be asked.
    for (const char* name :
         {"AGENTROOM_CLOUDFLARED", "http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"}) {
      ::unsetenv(name);
    }
    fs::create_directory(records());
  }

  fs::path bin() const { return folder_.path() / "bin"; }
  fs::path records() const { return folder_.path() / "records"; }

  TunnelSite site() const { return {relay_.address(), "ws", bin().string()}; }

  /// Quick to try again, and with the stand-in's kind of URL.
  static std::string pace() {
    return "public_url_pattern = '^\\S+ INF \\|\\s+(http://127\\.0\\.0\\.1:\\d+)\\s+\\|\\s*$'\nrestart_delay = "
           "\"20ms\"\n"
           "check_interval = \"50ms\"\n";
  }

  TunnelUnderTest& open(const std::string& config) {
    tunnel_.emplace(plugin_, pace() + config, site());
    return *tunnel_;
  }
  TunnelUnderTest& open_standin(const std::string& config = {}) {
    return open("binary = \"" CLOUDFLARED_STANDIN "\"\n" + config);
  }

  /// A program whose log is `lines`, each as it is written, and that then waits. Its path.
  std::string program(const std::vector<std::string>& lines) const {
    const fs::path file = folder_.path() / "cloudflared";
    std::ofstream out(file);
    out << "#!/bin/sh\ncat >&2 <<'END'\n";
    for (const std::string& line : lines) out << line << '\n';
    out << "END\nexec sleep 1000\n";
    fs::permissions(file, fs::perms::owner_all);
    return file.string();
  }

  /// A process of its own that has a tunnel open, to be killed.
  pid_t start_host(const std::string& config) const {
    const std::string all = pace() + config;
    const std::string address = relay_.address();
    const std::string folder = bin().string();
    const pid_t host = ::fork();
    if (host == 0) {
      ::execl(TUNNEL_HOST, TUNNEL_HOST, TUNNEL_CLOUDFLARED_LIBRARY, all.c_str(), address.c_str(), folder.c_str(),
              static_cast<char*>(nullptr));
      ::_exit(127);
    }
    return host;
  }

  Error refusal(const std::string& config) {
    Error error;
    EXPECT_EQ(TunnelUnderTest::refusal(plugin_, config, site(), &error), error.status);
    return error;
  }

  TunnelStory wait_for(const std::function<bool(const TunnelStory&)>& reached) {
    EXPECT_TRUE(tunnel_->events().wait_until(reached)) << told(tunnel_->events().story()) << plugin_.host().log_text();
    return tunnel_->events().story();
  }

  /// What the stand-ins that were started saw, by process.
  std::map<pid_t, std::string> started() const {
    std::map<pid_t, std::string> all;
    for (const auto& entry : fs::directory_iterator(records())) {
      const std::string name = entry.path().filename().string();
      if (name.find_first_not_of("0123456789") == std::string::npos) all[std::stoi(name)] = content_of(entry.path());
    }
    return all;
  }

  TunnelFolder folder_;
  Variable record_{"LC_STANDIN_RECORD", records().string()};
  LocalRelay relay_;
  PluginUnderTest plugin_;
  std::optional<TunnelUnderTest> tunnel_;
};

}  // namespace agentroom::conformance

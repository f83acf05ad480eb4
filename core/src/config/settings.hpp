// The configuration as the rest of the program sees it: typed, checked, complete with defaults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "config/secret_text.hpp"

namespace agentroom::config {

/// The four kinds of plugin, as they are spelled in the file.
inline constexpr const char* kTransport = "transport";
inline constexpr const char* kStore = "store";
inline constexpr const char* kHandler = "handler";
inline constexpr const char* kTunnel = "tunnel";

/// Which plugin of a kind, and what it is told.
struct PluginChoice {
  std::string plugin;  ///< its name within the kind: "ws", "sqlite"
  std::string config;  ///< its own table as TOML, variables replaced and paths absolute; may hold secrets, never logged
};

struct HandlerSettings {
  bool named = false;  ///< the file or a flag says something of a handler; else `choice` is a default without a command
  PluginChoice choice{"exec", {}};
  std::uint32_t concurrency = 4;
  std::uint32_t max_hops = 100;
};

struct TunnelSettings {
  PluginChoice choice{"cloudflared", {}};
  bool standby = false;  ///< a second tunnel is kept open, and takes over when the first is lost
};

struct RelaySettings {
  std::string listen = "127.0.0.1:8787";
  RelayConfig config;
  std::string metrics = "auto";  ///< who gets /metrics: "anyone", "nobody", or "auto"
  bool require_secret = false;
  std::optional<SecretText> secret;           ///< at least 32 characters
  std::optional<SecretText> secret_previous;  ///< the same; the relay proves that it succeeds that identity

  /// `tunnelled`: this process opened a tunnel to the relay, so that all the world reaches its port.
  bool answers_metrics(bool tunnelled) const { return metrics == "anyone" || (metrics == "auto" && !tunnelled); }
};

struct LogSettings {
  std::string level = "warn";   ///< debug, info, warn, error or off
  std::string format = "text";  ///< text or json
};

struct Settings {
  std::optional<std::string> server;
  std::string name;  ///< printable, at most 64 bytes; may be empty
  std::vector<std::filesystem::path> plugin_path;
  PluginChoice transport{"ws", {}};
  PluginChoice store{"sqlite", {}};
  TunnelSettings tunnel;
  HandlerSettings handler;
  RelaySettings relay;
  LogSettings log;
};

}  // namespace agentroom::config

// Finds the cloudflared to run.
#pragma once

#include <filesystem>
#include <string>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "options.hpp"
#include "stop_signal.hpp"

namespace agentroom::tunnel_cloudflared {

/// The first that there is of these, told as progress of that state:
///
///   `env`            AGENTROOM_CLOUDFLARED, else the key `binary`, a whole path; when one is set, no other is looked
///   for `cached`         the pinned release, downloaded before and still the right one `downloading`    the pinned
///   release, with bytes, then `ready` `fallback_path`  one on PATH, when the download could not be reached or there is
///   none for this machine
///
/// The errors of `download`, AR_INVALID and AR_NOT_FOUND.
sdk::Result<std::string> find_binary(const Options& options, const std::filesystem::path& folder, const sdk::Host& host,
                                     const sdk::TunnelEvents& events, const tunnel::StopSignal& stop);

}  // namespace agentroom::tunnel_cloudflared

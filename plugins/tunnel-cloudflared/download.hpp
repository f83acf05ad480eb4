// Downloads a file over HTTPS and proves that it is the right one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"
#include "options.hpp"
#include "stop_signal.hpp"

namespace agentroom::tunnel_cloudflared {

/// Bytes done so far, and all of them; 0 when the server does not say.
using OnBytes = std::function<void(std::uint64_t bytes, std::uint64_t total)>;

/// Fetches `url` into `part`, and puts it at `target` once its digest is `sha256`. A break is followed by another
/// attempt, which goes on where the one before ended if the server can do that. Whatever else happens leaves no file.
/// Errors: AR_NETWORK and AR_TIMEOUT when another day may help; AR_CANCELLED; any other is for good.
sdk::Status download(const std::string& url, const std::string& sha256, const std::filesystem::path& part,
                     const std::filesystem::path& target, const DownloadOptions& options, const sdk::Host& host,
                     const tunnel::StopSignal& stop, const OnBytes& on_bytes);

}  // namespace agentroom::tunnel_cloudflared

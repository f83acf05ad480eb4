// From the C interfaces of the boundary to the interfaces of agentroom/*.hpp. Each holds its library and closes what it
// opened.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "agentroom/handler.hpp"
#include "agentroom/kept_store.hpp"
#include "agentroom/transport.hpp"
#include "agentroom/tunnel.hpp"
#include "host/library.hpp"

namespace agentroom::host {

Result<std::unique_ptr<KeptStore>> adapt_store(std::shared_ptr<Library> library, std::string_view config,
                                               const std::filesystem::path& location,
                                               StoreAccess access = StoreAccess::kReadWrite);
Result<std::unique_ptr<Transport>> adapt_transport(std::shared_ptr<Library> library, std::string_view config);
Result<std::unique_ptr<Handler>> adapt_handler(std::shared_ptr<Library> library, std::string_view config);
Result<std::unique_ptr<Tunnel>> adapt_tunnel(std::shared_ptr<Library> library, std::string_view config);

/// What `open` of an instance said. A configuration that the plugin refuses is kConfig.
Error open_error(Error error);

/// The fault of an `open` that returned AR_OK without an instance.
std::unexpected<Error> no_instance(const Library& library);

}  // namespace agentroom::host

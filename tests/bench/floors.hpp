// What the machine takes for the steps that no server can leave out.
#pragma once

#include <cstddef>
#include <filesystem>

#include "latency.hpp"

namespace agentroom::bench {

/// One write of 4 KiB to a file in `folder` and its fdatasync: the least for an acknowledgement that is durable.
Latency measure_fdatasync(const std::filesystem::path& folder);

/// A message of so many bytes to a recipient and its receipt back to the sender, through another process that does
/// nothing but read and write: the least for an acknowledgement that its recipient's receipt has to come before.
Latency measure_receipts(std::size_t message);

}  // namespace agentroom::bench

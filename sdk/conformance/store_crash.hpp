// The process that writes to a store until it is killed.
#pragma once

namespace agentroom::conformance {

/// Commits numbered batches to the store at --location, from --first on, and writes the number of each to standard
/// output (8 bytes, native order) once it was completed. Ends only when killed or when something fails.
int run_store_writer();

}  // namespace agentroom::conformance

// How many files, and so connections, this process may have open.
#pragma once

#include <cstdint>
#include <string>

namespace agentroom::runtime {

/// What the system allows now.
std::uint64_t file_limit();

/// Has the system allow as many as it lets an ordinary user have (the soft limit becomes the hard one); how many that
/// are. Thread: the first, before others open files.
std::uint64_t raise_file_limit();

/// Empty when `files` are enough for a relay of so many connections; else what to tell its owner, with numbers and the
/// way to have more.
std::string what_file_limit_lacks(std::uint64_t files, std::uint64_t connections);

}  // namespace agentroom::runtime

// A command that is killed at a chosen point of what it does to the disk.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "room.hpp"

namespace agentroom::e2e {

/// Runs `agentroom` and kills it (SIGKILL) just before its system call number `calls` (from 0) of those that change
/// files. True when it made fewer of them and ended by itself with exit code 0.
bool run_killed(const Home& home, const std::vector<std::string>& arguments, std::size_t calls);

}  // namespace agentroom::e2e

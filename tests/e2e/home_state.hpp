// Homes in the states that tests want them in.
#pragma once

#include <functional>
#include <string>

#include "mistake.hpp"

namespace agentroom::e2e {

using Prepare = std::function<void(Home&)>;

/// Runs both.
Prepare with(void (*first)(const Home&), const Prepare& then);

/// A mistake of the state of its home.
Mistake in_home(const char* name, std::vector<std::string> arguments, const char* code, std::string words,
                std::string hint, Prepare prepare, int exit = 1);

void set_mode(const fs::path& path, unsigned mode);
/// A file of mode 0600, with the folders above it.
void write_private(const fs::path& file, const std::string& content);
std::string read(const fs::path& file);

void make_home(Home& home, unsigned mode = 0700);
/// With an identity.
void set_up(const Home& home);
/// With a store that holds records of its identity.
void fill_store(const Home& home);

}  // namespace agentroom::e2e

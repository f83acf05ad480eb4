// A run of a handler of examples/handlers, as handler-exec starts it.
#pragma once

#include <string>
#include <vector>

#include "room.hpp"

namespace agentroom::handlers {

namespace fs = std::filesystem;

class HandlerRun {
 public:
  HandlerRun();

  /// Runs examples/handlers/`script` with `text` as the message; fails the test when it leaves a file behind.
  e2e::Ended run(const std::string& script, const std::string& text);
  /// The same, where nothing but these programs is found.
  e2e::Ended run_with_only(const std::vector<std::string>& programs, const std::string& script);

  /// For programs that are to be found before those of the system.
  fs::path bin() const { return folder_.path() / "bin"; }
  const fs::path& folder() const { return folder_.path(); }

  e2e::Environment environment;

 private:
  e2e::Ended run(const std::string& path, const std::string& script, const std::string& text);

  e2e::Folder folder_;
};

void write_text(const fs::path& file, const std::string& text);
void write_executable(const fs::path& file, const std::string& text);
std::string read_text(const fs::path& file);

/// Texts that would do something if anything but data were made of them; each holds the word `peer`.
const std::vector<std::string>& hostile_texts();

}  // namespace agentroom::handlers

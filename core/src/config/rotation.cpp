#include "config/rotation.hpp"

#include <string>
#include <vector>

#include "config/private_file.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestIdentity = 64 * 1024;

Result<void> cannot_remove(const fs::path& file, const std::error_code& error) {
  return fail(ErrorCode::kIo, "cannot remove " + file.string() + ": " + reason_text(error.value()),
              "give this user the right to write to " + file.parent_path().string() + ", then repeat the command");
}

/// Everything in the home whose name fits. A store plugin is given `<home>/store` and adds to that name.
Result<void> remove_all(const Home& home, bool (*fits)(const std::string& name)) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator file(home.root(), error), end; !error && file != end; file.increment(error)) {
    if (fits(file->path().filename().string())) files.push_back(file->path());
  }
  if (error) return cannot_remove(home.root() / "store", error);
  for (const fs::path& file : files) {
    fs::remove_all(file, error);
    if (error) return cannot_remove(file, error);
  }
  return sync_folder(home.root());
}

bool is_store(const std::string& name) {
  return name == "store" || name.starts_with("store.") || name.starts_with("store-");
}

/// What a writer of the identity that was killed left behind. It holds keys.
bool is_unfinished_identity(const std::string& name) {
  return name.starts_with(".identity.json.");
}

bool is_next(const std::string& name) {
  return name == "identity.json.next";
}

}  // namespace

fs::path next_identity_file(const Home& home) {
  return home.root() / "identity.json.next";
}

Result<void> rotate_identity(const Home& home, std::string_view json) {
  Result<void> done = finish_rotation(home);
  if (done) done = remove_all(home, is_unfinished_identity);
  if (done) done = write_file_atomically(next_identity_file(home), json, IfExists::kReplace);
  if (done) done = home.write_identity(json, IfExists::kReplace);
  return done ? finish_rotation(home) : done;
}

Result<void> finish_rotation(const Home& home) {
  auto next = read_private_file(next_identity_file(home), kLargestIdentity);
  if (!next && next.error().code == ErrorCode::kNotFound) return {};
  if (!next) return pass(next);
  auto current = read_private_file(home.identity_file(), kLargestIdentity);
  if (current && current->view() == next->view()) {
    if (auto removed = remove_all(home, is_store); !removed) return removed;
  }
  return remove_all(home, is_next);
}

}  // namespace agentroom::config

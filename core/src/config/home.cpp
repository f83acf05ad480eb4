#include "config/home.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/text.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestIdentity = 64 * 1024;
constexpr std::size_t kLargestUrlFile = 4096;
/// PATH_MAX without its final zero, less what the longest name under a home takes.
constexpr std::size_t kLongestRoot = 4095 - 64;

const std::string kAnotherHome = "use another home with --home DIR";

Result<Home> absolute_home(const std::string& path, const std::string& name) {
  if (path.empty()) return fail(ErrorCode::kUsage, name + " names no folder", "give one with --home DIR");
  std::error_code error;
  fs::path root = fs::absolute(path, error).lexically_normal();
  if (error) return fail(ErrorCode::kUsage, "cannot use " + name + ": " + error.message(), kAnotherHome);
  if (!root.has_filename()) root = root.parent_path();
  if (root.native().size() > kLongestRoot) {
    return fail(ErrorCode::kUsage,
                "the path of the home in " + name + " is " + std::to_string(root.native().size()) +
                    " bytes long; the longest that works is " + std::to_string(kLongestRoot),
                kAnotherHome);
  }
  return Home(root);
}

std::string octal(unsigned mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

bool is_link(const fs::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

Result<struct stat> status_of(const Home& home) {
  const std::string name = home.root().string();
  struct stat status{};
  if (::stat(home.root().c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return status;
    return fail(ErrorCode::kIo, "the home " + name + " is a file, not a folder", kAnotherHome);
  }
  const int error = errno;
  if (error != ENOENT) {
    return fail(error == EACCES ? ErrorCode::kPermission : ErrorCode::kIo,
                "cannot use the home " + name + ": " + reason_text(error), kAnotherHome);
  }
  if (is_link(home.root())) {
    return fail(ErrorCode::kIo, "the home " + name + " is a symbolic link to nothing",
                "make the folder that it names, or " + kAnotherHome);
  }
  return fail(ErrorCode::kNotFound, "there is no home at " + name, "run: agentroom setup");
}

Result<void> check_writable(const Home& home) {
  if (::faccessat(AT_FDCWD, home.root().c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return {};
  const std::string name = home.root().string();
  if (errno == EROFS) {
    return fail(ErrorCode::kPermission, "the home " + name + " is on a read-only file system", kAnotherHome);
  }
  return fail(ErrorCode::kPermission, "the home " + name + " is read-only", "run: chmod 700 " + name);
}

bool holds_nothing(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_empty(folder, ignored);
}

/// A folder that agentroom wrote to before.
bool is_home(const Home& home) {
  std::error_code ignored;
  for (const fs::path& file : {home.identity_file(), home.config_file(), home.server_url_file(), home.relay_folder()}) {
    if (fs::exists(file, ignored)) return true;
  }
  return false;
}

}  // namespace

Result<Home> Home::find(const std::optional<std::string>& flag, const Environment& environment) {
  if (flag) return absolute_home(*flag, "--home");
  if (const auto variable = non_empty(environment, "AGENTROOM_HOME")) return absolute_home(*variable, "AGENTROOM_HOME");
  const auto user = non_empty(environment, "HOME");
  if (!user) return fail(ErrorCode::kUsage, "HOME is not set, so there is no default home", "give one with --home DIR");
  if (!user->starts_with('/')) {
    return fail(ErrorCode::kUsage, "HOME must be an absolute path, not \"" + printable(*user) + "\"",
                "give the home with --home DIR");
  }
  return absolute_home(*user + "/.config/agentroom", "HOME");
}

Result<void> Home::create() const {
  auto status = status_of(*this);
  if (!status && status.error().code == ErrorCode::kNotFound) {
    if (auto made = make_private_folder(root_); !made) return made;
    return check();
  }
  if (!status) return pass(status);
  if (status->st_uid != ::geteuid() || (status->st_mode & 077U) == 0) return check();
  if (!holds_nothing(root_) && !is_home(*this)) {
    return fail(ErrorCode::kPermission,
                root_.string() + " is open to others (mode " + octal(status->st_mode) + ") and holds files of its own",
                "use a folder of its own: --home " + (root_ / "agentroom").string());
  }
  if (::chmod(root_.c_str(), 0700) != 0) {
    return fail(ErrorCode::kPermission, "cannot close " + root_.string() + " to others: " + reason_text(errno),
                "run: chmod 700 " + root_.string());
  }
  return check();
}

Result<void> Home::check() const {
  auto status = status_of(*this);
  if (!status) return pass(status);
  if (status->st_uid != ::geteuid()) {
    return fail(ErrorCode::kPermission, "the home " + root_.string() + " belongs to another user",
                "run as that user, or " + kAnotherHome);
  }
  if ((status->st_mode & 077U) != 0) {
    return fail(
        ErrorCode::kPermission,
        "the home " + root_.string() + " is open to others (mode " + octal(status->st_mode) + ", expected 0700)",
        "run: chmod 700 " + root_.string());
  }
  return check_writable(*this);
}

Result<void> Home::ensure() const {
  auto status = status_of(*this);
  const bool fresh = status ? holds_nothing(root_) : status.error().code == ErrorCode::kNotFound;
  return fresh ? create() : check();
}

Result<std::optional<SecretText>> Home::identity() const {
  auto json = read_private_file(identity_file(), kLargestIdentity);
  if (json) return std::optional(std::move(*json));
  // Where the home itself cannot be used its file is not what is wrong.
  auto status = status_of(*this);
  if (!status && status.error().code != ErrorCode::kNotFound) return pass(status);
  if (json.error().code == ErrorCode::kNotFound) {
    if (!is_link(identity_file())) return std::optional<SecretText>();
    return fail(ErrorCode::kCorrupt, identity_file().string() + " is a symbolic link to nothing",
                "put back what it names, or remove it: rm " + identity_file().string());
  }
  Error& error = json.error();
  if (error.code == ErrorCode::kTooLarge) error.code = ErrorCode::kCorrupt;
  if (error.hint.empty())
    error.hint = "restore the file from a backup; a new identity is made by: agentroom setup --force";
  return pass(json);
}

Result<void> Home::write_identity(std::string_view json, IfExists if_exists) const {
  return write_file_atomically(identity_file(), json, if_exists);
}

Result<std::optional<std::string>> Home::server_url() const {
  auto text = read_file(server_url_file(), kLargestUrlFile);
  if (!text) {
    Error& error = text.error();
    if (error.code == ErrorCode::kNotFound) return std::optional<std::string>();
    if (error.code == ErrorCode::kPermission) return pass(text);
    return fail(ErrorCode::kConfig, error.message, "it holds one URL; remove it: rm -r " + server_url_file().string());
  }
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text->find_first_not_of(kSpace);
  if (begin == std::string::npos) return std::optional<std::string>();
  return std::optional(text->substr(begin, text->find_last_not_of(kSpace) - begin + 1));
}

Result<void> Home::write_server_url(const std::string& url) const {
  return write_file_atomically(server_url_file(), url + "\n", IfExists::kReplace);
}

}  // namespace agentroom::config

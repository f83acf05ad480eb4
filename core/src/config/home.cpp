#include "config/home.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestIdentity = 64 * 1024;
constexpr std::size_t kLargestUrlFile = 4096;

Result<Home> absolute_home(const std::string& path, const std::string& name) {
  if (path.empty()) return fail(ErrorCode::kUsage, name + " names no folder");
  std::error_code error;
  fs::path root = fs::absolute(path, error).lexically_normal();
  if (error) return fail(ErrorCode::kUsage, "cannot use " + name + ": " + error.message());
  if (!root.has_filename()) root = root.parent_path();
  return Home(root);
}

}  // namespace

Result<Home> Home::find(const std::optional<std::string>& flag, const Environment& environment) {
  if (flag) return absolute_home(*flag, "--home");
  if (const auto variable = non_empty(environment, "AGENTROOM_HOME")) return absolute_home(*variable, "AGENTROOM_HOME");
  const auto user = non_empty(environment, "HOME");
  if (!user) return fail(ErrorCode::kUsage, "HOME is not set, so there is no default home", "give one with --home DIR");
  return absolute_home(*user + "/.config/agentroom", "HOME");
}

Result<void> Home::create() const {
  if (auto made = make_private_folder(root_); !made) return made;
  struct stat status{};
  if (::stat(root_.c_str(), &status) == 0 && status.st_uid == ::geteuid() && (status.st_mode & 077U) != 0) {
    if (::chmod(root_.c_str(), 0700) != 0) {
      return fail(ErrorCode::kPermission,
                  "cannot close " + root_.string() + " to others: " + std::strerror(errno),  // NOLINT
                  "run: chmod 700 " + root_.string());
    }
  }
  return check();
}

Result<void> Home::check() const {
  struct stat status{};
  if (::stat(root_.c_str(), &status) != 0) {
    if (errno == ENOENT)
      return fail(ErrorCode::kNotFound, "there is no home at " + root_.string(), "run: agentroom setup");
    return fail(ErrorCode::kPermission,
                "cannot use the home " + root_.string() + ": " + std::strerror(errno));  // NOLINT
  }
  if (!S_ISDIR(status.st_mode)) return fail(ErrorCode::kIo, "the home " + root_.string() + " is no folder");
  if (status.st_uid != ::geteuid()) {
    return fail(ErrorCode::kPermission, "the home " + root_.string() + " belongs to another user",
                "run as that user, or use another home with --home DIR");
  }
  if ((status.st_mode & 022U) != 0) {
    return fail(ErrorCode::kPermission, "others may write to the home " + root_.string(),
                "run: chmod 700 " + root_.string());
  }
  return {};
}

Result<std::optional<SecretText>> Home::identity() const {
  auto json = read_private_file(identity_file(), kLargestIdentity);
  if (json) return std::optional(std::move(*json));
  if (json.error().code == ErrorCode::kNotFound) return std::optional<SecretText>();
  return pass(json);
}

Result<void> Home::write_identity(std::string_view json, IfExists if_exists) const {
  return write_file_atomically(identity_file(), json, if_exists);
}

Result<std::optional<std::string>> Home::server_url() const {
  auto text = read_file(server_url_file(), kLargestUrlFile);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
    return pass(text);
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

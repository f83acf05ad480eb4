#include "config/relay_secret.hpp"

#include <unistd.h>

#include <array>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "config/private_file.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSecret = 1024;
constexpr std::size_t kLargestDotEnv = std::size_t{64} * 1024;
constexpr std::string_view kVariable = "HMAC_SECRET";

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  }
  return count;
}

Result<RelaySecret> checked(SecretText text, const std::string& origin) {
  if (const std::string what = what_is_wrong_with_secret(text.view()); !what.empty()) {
    return fail(ErrorCode::kConfig, "the relay's secret in " + origin + " " + what,
                "make one: head -c 32 /dev/urandom | base64");
  }
  return RelaySecret{std::move(text), false, {}};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

constexpr const char* kDotEnvHint = "the line looks like: HMAC_SECRET=\"...\"";

/// The value in `text`, which follows HMAC_SECRET in a line. `place` is for errors, which quote nothing.
Result<std::string_view> value_of(std::string_view text, const std::string& place) {
  if (!text.starts_with('=')) return fail(ErrorCode::kConfig, place + ": HMAC_SECRET has no value", kDotEnvHint);
  text = trimmed(text.substr(1));
  const bool opens = !text.empty() && (text.front() == '"' || text.front() == '\'');
  if (opens && (text.size() < 2 || text.back() != text.front())) {
    return fail(ErrorCode::kConfig,
                place + ": the value of HMAC_SECRET does not end with the quote that it begins with", kDotEnvHint);
  }
  if (opens) return text.substr(1, text.size() - 2);
  if (text.find_first_of(" \t") != std::string_view::npos) {
    return fail(ErrorCode::kConfig, place + ": the value of HMAC_SECRET holds a space and no quotes around it",
                kDotEnvHint);
  }
  return text;
}

/// The value of HMAC_SECRET in lines of NAME=VALUE, `export` before it and quotes around the value allowed; the last
/// wins. What belongs to other names is not looked at.
Result<std::string_view> find_in_dot_env(std::string_view text, const std::string& file) {
  std::string_view found;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    if (!line.starts_with(kVariable)) continue;
    line.remove_prefix(kVariable.size());
    const bool other_name = !line.empty() && line.front() != '=' && line.front() != ' ' && line.front() != '\t';
    if (other_name) continue;
    auto value = value_of(trimmed(line), file + ":" + std::to_string(number));
    if (!value) return value;
    found = *value;
  }
  return found;
}

Result<std::optional<RelaySecret>> from_dot_env(const fs::path& file) {
  // A folder of that name belongs to something else.
  if (std::error_code error; !fs::exists(file, error) || fs::is_directory(file, error)) {
    return std::optional<RelaySecret>();
  }
  auto read = read_owned_file(file, kLargestDotEnv);
  if (!read) {
    Error& error = read.error();
    if (error.code == ErrorCode::kTooLarge) error.code = ErrorCode::kConfig;
    if (error.hint.empty()) error.hint = "it is read from the working directory; run agentroom in another one";
    return pass(read);
  }
  auto found = find_in_dot_env(read->text, file.string());
  SecretText value(found ? *found : std::string_view());
  wipe(read->text);
  if (!found) return pass(found);
  if (value.empty()) return std::optional<RelaySecret>();
  if (!read->is_trusted_by(::geteuid())) {
    return fail(ErrorCode::kPermission, file.string() + " sets HMAC_SECRET and belongs to another user",
                "run agentroom in another folder, or set HMAC_SECRET in the environment");
  }
  if (read->writable_by_others()) {
    return fail(ErrorCode::kPermission, file.string() + " sets HMAC_SECRET and others can write to it",
                "if the secret is yours, run: chmod 600 " + file.string());
  }
  auto secret = checked(std::move(value), file.string());
  if (!secret) return pass(secret);
  if (read->readable_by_others())
    secret->warning = file.string() + " holds a secret and others can read it; run: chmod 600 " + file.string();
  return std::optional(std::move(*secret));
}

Result<RelaySecret> kept(const Home& home) {
  const fs::path file = home.relay_secret_file();
  auto text = read_private_file(file, kLargestSecret + 2);
  const bool damaged = !text && (text.error().code == ErrorCode::kTooLarge || text.error().code == ErrorCode::kIo);
  if (!text && !damaged) return pass(text);
  const std::string_view line = text ? trimmed(text->view().substr(0, text->view().find('\n'))) : "";
  const std::string what = text ? what_is_wrong_with_secret(line) : "";
  if (text && what.empty()) return RelaySecret{SecretText(line), false, {}};
  return fail(ErrorCode::kCorrupt, text ? "the relay's secret in " + file.string() + " " + what : text.error().message,
              "restore it from a backup; without it the relay takes a new identity: rm -r " + file.string());
}

Result<RelaySecret> generate(const Home& home, Random& random) {
  std::array<std::byte, 32> bytes{};
  random.fill(bytes);
  std::string text = base64url(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  RelaySecret secret{SecretText(text), true, {}};
  text += '\n';
  Result<void> written = make_private_folder(home.relay_folder());
  if (written) written = write_file_atomically(home.relay_secret_file(), text, IfExists::kFail);
  wipe(text);
  if (written) return secret;
  if (written.error().code == ErrorCode::kExists) return kept(home);  // another process was first
  return pass(written);
}

}  // namespace

std::string what_is_wrong_with_secret(std::string_view text) {
  if (!is_utf8(text)) return "is not UTF-8";
  if (count_characters(text) < kSecretCharacters) return "must be at least 32 characters long";
  if (text.size() > kLargestSecret) return "must be at most 1,024 bytes long";
  return {};
}

Result<RelaySecret> relay_secret(const RelaySettings& settings, const Home& home, const Environment& environment,
                                 const fs::path& working_directory, Random& random) {
  if (auto variable = non_empty(environment, std::string(kVariable))) {
    SecretText text(*variable);
    wipe(*variable);
    return checked(std::move(text), "HMAC_SECRET");
  }
  auto dot_env = from_dot_env(working_directory / ".env");
  if (!dot_env) return pass(dot_env);
  if (*dot_env) return std::move(**dot_env);
  if (settings.secret) return checked(settings.secret->clone(), "[relay] secret");
  if (settings.require_secret) {
    return fail(ErrorCode::kConfig, "HMAC_SECRET missing",
                "set it in the environment, in .env or as [relay] secret; make one: head -c 32 /dev/urandom | base64");
  }
  auto existing = kept(home);
  if (existing || existing.error().code != ErrorCode::kNotFound) return existing;
  return generate(home, random);
}

}  // namespace agentroom::config

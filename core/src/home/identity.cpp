#include "home/identity.hpp"

#include <sodium.h>

#include "base/random.hpp"
#include "crypto/primitives.hpp"

namespace agentroom::home {
namespace {

Result<crypto::Identity> parse_identity(const config::SecretText& json, const std::filesystem::path& file) {
  auto identity = crypto::Identity::from_json(json.view());
  if (identity) return identity;
  return fail(identity.error().code, file.string() + ": " + identity.error().message,
              "restore the file from a backup; a new identity is made by: agentroom setup --force");
}

}  // namespace

Result<crypto::Identity> identity(const config::Home& home) {
  crypto::init();
  auto json = home.identity();
  if (!json) return pass(json);
  if (!*json) {
    return fail(ErrorCode::kNotFound, "there is no identity in " + home.root().string(), "run: agentroom setup");
  }
  return parse_identity(**json, home.identity_file());
}

Result<crypto::Identity> identity_or_new(const config::Home& home, bool* made) {
  crypto::init();
  if (made != nullptr) *made = false;
  if (auto there = home.ensure(); !there) return pass(there);
  auto json = home.identity();
  if (!json) return pass(json);
  if (*json) return parse_identity(**json, home.identity_file());

  SystemRandom random;
  auto generated = crypto::Identity::generate(random);
  std::string text = generated.to_json();
  auto written = home.write_identity(text, config::IfExists::kFail);
  sodium_memzero(text.data(), text.size());
  if (!written && written.error().code == ErrorCode::kExists) return identity(home);  // another process was first
  if (!written) return pass(written);
  if (made != nullptr) *made = true;
  return generated;
}

}  // namespace agentroom::home

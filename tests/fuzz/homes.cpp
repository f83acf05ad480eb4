// The files that a home and a working directory hold.
//
//   u8 which: 0 identity.json, 1 relay/secret, 2 .env, 3 server_url
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/text.hpp"
#include "config/home.hpp"
#include "config/relay_secret.hpp"
#include "config/server_url.hpp"
#include "crypto/identity.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

namespace fs = std::filesystem;

void check_identity(std::string_view json) {
  const auto identity = crypto::Identity::from_json(json);
  if (!identity) return require(identity.error().code == ErrorCode::kCorrupt, "a bad identity is kCorrupt");
  const std::string own = identity->to_json();
  const auto again = crypto::Identity::from_json(own);
  require(again && again->to_json() == own && again->id() == identity->id(), "an identity survives its text");
}

/// A home that goes with the process.
class Folder {
 public:
  Folder() {
    // In memory where the system has such a place: a fuzzer writes many files.
    std::string name = fs::exists("/dev/shm") ? "/dev/shm/agentroom-fuzz-XXXXXX" : "/tmp/agentroom-fuzz-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "a folder can be made");
    root_ = name;
    fs::create_directory(root_ / "relay");
    fs::create_directory(root_ / "work");
    ::chmod((root_ / "relay").c_str(), 0700);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path write(const char* name, ByteView content) const {
    const fs::path path = root_ / name;
    std::ofstream(path, std::ios::binary) << as_text(content);
    ::chmod(path.c_str(), 0600);
    return path;
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

void check_file(unsigned which, ByteView content) {
  static const Folder folder;
  static const char* const kNames[] = {"identity.json", "relay/secret", "work/.env", "server_url"};
  const fs::path file = folder.write(kNames[which], content);
  const config::Home home(folder.root());
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  if (which == 3) {
    const auto server = config::choose_server({}, nothing, {}, home);
    if (!server) require(printable(server.error().message) == server.error().message, "a message is fit to be shown");
    if (server) require(config::what_is_wrong_with_server_url(server->url).empty(), "a server that is taken is one");
  } else {
    config::RelaySettings settings;
    settings.require_secret = which == 2;
    Sequence random;
    const auto secret = config::relay_secret(settings, home, nothing, folder.root() / "work", random);
    if (secret)
      require(config::what_is_wrong_with_secret(secret->text.view()).empty(), "a secret that is taken is one");
    const bool quoted = !secret && content.size() >= config::kSecretCharacters &&
                        secret.error().message.find(as_text(content)) != std::string::npos;
    require(!quoted, "no message holds a secret");
  }
  fs::remove(file);
}

void run(ByteView bytes) {
  Input input(bytes);
  const unsigned which = input.u8() % 4;
  const ByteView content = input.rest();
  if (which == 0) return check_identity(as_text(content));
  check_file(which, content);
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, unsigned which, std::string_view text) {
    all.push_back({name, Script().u8(which).raw(text).bytes()});
  };
  Sequence random;
  const crypto::Identity identity = crypto::Identity::generate(random);
  add("identity", 0, identity.to_json());
  add("identity-with-more", 0, "{\"x\":[1,2,{}]," + identity.to_json().substr(1));
  add("secret", 1, "a secret that has more than 32 characters\n");
  add("secret-short", 1, "short\n");
  add("env", 2, "# a comment\nOTHER=1\nexport HMAC_SECRET='a secret that has more than 32 characters'\r\n");
  add("env-open-quote", 2, "HMAC_SECRET=\"a secret that has more than 32 characters\n");
  add("env-spaces", 2, "HMAC_SECRET = a secret of more than 32 characters in all\nHMAC_SECRETS=1\n");
  add("server", 3, "  wss://relay.example.org/ws\n");
  add("server-wrong", 3, "https://relay.example.org\x1b[2J\n");
  return all;
}

const Registration kTarget({"homes", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

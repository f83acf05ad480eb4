#include "host/manifest.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "config/nearest.hpp"
#include "config/problem.hpp"
#include "host/manifest_key.hpp"
#include "host/plugin_id.hpp"

namespace agentroom::host {

namespace {

// A manifest is written by hand and has a few dozen keys at most.
constexpr std::size_t kMaxManifestBytes = 256UL * 1024;
constexpr std::size_t kMaxTextBytes = 512;

constexpr const char* kHint = "docs/plugin-abi.md describes the format of a manifest";

class Reader {
 public:
  Reader(const toml::table& root, std::filesystem::path file) : root_(root) { manifest_.file = std::move(file); }

  Result<Manifest> read() {
    const std::vector<std::string> known = {"id", "kind", "abi", "version", "library", "description", "config"};
    for (const auto& [key, node] : root_) {
      if (std::ranges::find(known, key.str()) == known.end()) {
        wrong(node, "unknown key `" + printable(key.str()) + "`" + config::suggestion(key.str(), known));
      }
    }
    read_id();
    read_kinds();
    read_abi();
    manifest_.version = text("version", true);
    manifest_.description = text("description", true);
    read_library();
    read_config();
    if (problem_) return std::unexpected(std::move(*problem_));
    return std::move(manifest_);
  }

 private:
  void wrong(const toml::node& node, const std::string& message) { wrong(node.source(), message); }

  // The first problem counts: what follows is often its consequence.
  void wrong(const toml::source_region& where, const std::string& message) {
    if (problem_) return;
    const config::Origin origin{manifest_.file.string(), where.begin.line, where.begin.column};
    problem_ = Error{ErrorCode::kPlugin, origin.text() + ": " + message, kHint};
  }

  /// The text of a top-level key; empty when it is absent or was wrong.
  std::string text(std::string_view key, bool required) {
    const toml::node* node = root_.get(key);
    if (node == nullptr) {
      if (required) wrong(root_, "the key `" + std::string(key) + "` is missing");
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value) {
      wrong(*node, "`" + std::string(key) + "` must be a string");
      return {};
    }
    if (value->empty() || value->size() > kMaxTextBytes || printable(*value) != *value) {
      wrong(*node, "`" + std::string(key) + "` must be 1 to 512 bytes of printable text");
      return {};
    }
    return *value;
  }

  void read_id() {
    manifest_.id = text("id", true);
    if (manifest_.id.empty()) return;
    const toml::node& node = *root_.get("id");
    if (!is_plugin_id(manifest_.id)) {
      wrong(node, "`id` must be 1 to 64 of a-z, 0-9 and -, not \"" + manifest_.id + "\"");
    } else if (manifest_.id != manifest_.file.stem().string()) {
      wrong(node, "`id` is \"" + manifest_.id + "\", but the file is named " + manifest_.file.filename().string());
    }
  }

  void read_kinds() {
    const toml::node* node = root_.get("kind");
    if (node == nullptr) return wrong(root_, "the key `kind` is missing");
    if (const toml::array* kinds = node->as_array(); kinds != nullptr) {
      if (kinds->empty()) return wrong(*node, "`kind` must name at least one kind");
      for (const toml::node& kind : *kinds) read_kind(kind);
    } else {
      read_kind(*node);
    }
  }

  void read_kind(const toml::node& node) {
    const auto name = node.value_exact<std::string>();
    const auto kind = name ? kind_from_name(*name) : std::nullopt;
    if (!kind) {
      return wrong(node, "`kind` must be \"transport\", \"tunnel\", \"store\" or \"handler\", or an array of them");
    }
    if (manifest_.has(*kind)) return wrong(node, "`kind` names \"" + *name + "\" twice");
    manifest_.kinds.push_back(*kind);
  }

  void read_abi() {
    const std::string abi = text("abi", true);
    if (abi.empty()) return;
    const char* const end = abi.data() + abi.size();
    const auto major = std::from_chars(abi.data(), end, manifest_.abi_major);
    if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.') {
      const auto minor = std::from_chars(major.ptr + 1, end, manifest_.abi_minor);
      if (minor.ec == std::errc() && minor.ptr == end) return;
    }
    wrong(*root_.get("abi"), "`abi` must be \"MAJOR.MINOR\", for example \"1.0\"");
  }

  void read_library() {
    std::string library = text("library", false);
    if (library.empty()) {
      library = manifest_.id + ".so";  // what an id may be is told already
    } else if (library.find('/') != std::string::npos || library == "." || library == "..") {
      wrong(*root_.get("library"), "`library` must be the name of a file beside the manifest, without a folder");
    }
    manifest_.library = manifest_.file.parent_path() / library;
  }

  void read_config() {
    const toml::node* node = root_.get("config");
    if (node == nullptr) return;
    const toml::table* keys = node->as_table();
    if (keys == nullptr) return wrong(*node, "`config` must be a table with one table for each key");
    for (const auto& [name, entry] : *keys) {
      const toml::table* description = entry.as_table();
      if (!is_key_name(name.str())) {
        wrong(entry, "a key of `config` must be 1 to 64 of a-z, 0-9 and _, not \"" + printable(name.str()) + "\"");
      } else if (description == nullptr) {
        wrong(entry, "`config." + std::string(name.str()) + "` must be a table");
      } else {
        manifest_.config.push_back(read_config_key(
            name.str(), *description, [this](const toml::node& at, const std::string& why) { wrong(at, why); }));
      }
    }
  }

  const toml::table& root_;
  Manifest manifest_;
  std::optional<Error> problem_;
};

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& file) {
  if (text.size() > kMaxManifestBytes) {
    return fail(ErrorCode::kPlugin, file.string() + ": a manifest is at most 256 KiB long", kHint);
  }
  try {
    const toml::table root = toml::parse(text, file.string());
    return Reader(root, file).read();
  } catch (const toml::parse_error& e) {
    const config::Origin origin{file.string(), e.source().begin.line, e.source().begin.column};
    return fail(ErrorCode::kPlugin, origin.text() + ": " + printable(e.description()), kHint);
  }
}

Result<Manifest> read_manifest(const std::filesystem::path& file) {
  const std::filesystem::path absolute = std::filesystem::absolute(file).lexically_normal();
  std::ifstream in(absolute, std::ios::binary);
  std::string text(kMaxManifestBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in.is_open())) {
    return fail(ErrorCode::kPlugin, "cannot read the manifest " + absolute.string(), "check that the file may be read");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_manifest(text, absolute);
}

}  // namespace agentroom::host

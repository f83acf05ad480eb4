// The dependency graph of docs/architecture.md, held against every #include of the tree.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace agentroom {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SOURCE_ROOT;

// What a folder may include, as regular expressions over the text between the quotes or brackets. `std` stands for the
// headers of the C++ and C standard libraries that do no I/O and start no thread, `system` for all of them and POSIX.
struct Layer {
  std::string folder;
  std::vector<std::string> allowed;
};

const std::string kQuietStd =
    "(algorithm|array|bit|charconv|chrono|compare|concepts|cstddef|cstdint|cstdlib|cstring|cmath|deque|exception|"
    "expected|"
    "functional|initializer_list|iterator|limits|list|map|memory|new|numeric|optional|ostream|queue|ranges|ratio|set|"
    "span|"
    "stdexcept|string|string_view|tuple|type_traits|typeinfo|unordered_map|unordered_set|utility|variant|vector|"
    "cassert)";
const std::string kAnySystem = "([a-z_0-9]+|[a-z_0-9]+\\.h|(sys|net|netinet|arpa|linux)/[a-z_0-9]+\\.h)";
const std::string kInterfaces = "agentroom/[a-z_]+\\.hpp";
const std::string kGenerated = "([a-z_]+/)?[a-z_]+\\.pb\\.h";
const std::string kAbi = "agentroom/abi/.*\\.h";

// arpa/inet.h: the protocol and the relay read IP addresses from text with inet_pton, which does no I/O.
std::vector<Layer> layers() {
  return {
      {"sdk/include/agentroom/abi", {"std(def|int|bool)\\.h", kAbi}},
      {"sdk/include/agentroom/sdk", {kQuietStd, "(atomic|mutex|thread|cstdio)", kAbi, "agentroom/sdk/.*"}},
      {"core/include", {kQuietStd, kInterfaces}},
      {"core/src/base", {kQuietStd, "sodium\\.h", kInterfaces, "base/.*", "boost/json/src\\.hpp"}},
      {"core/src/crypto", {kQuietStd, "sodium\\.h", kInterfaces, "(base|crypto)/.*", "boost/json.*"}},
      {"core/src/protocol",
       {kQuietStd, kInterfaces, "(base|crypto|protocol)/.*", "google/protobuf/.*", kGenerated, "boost/json.*",
        "arpa/inet\\.h"}},
      {"core/src/relay",
       {kQuietStd, kInterfaces, "(base|crypto|protocol|relay)/.*", "boost/unordered/.*", kGenerated, "arpa/inet\\.h"}},
      {"core/src/agent", {kQuietStd, kInterfaces, "(base|crypto|protocol|agent)/.*", "boost/unordered/.*", kGenerated}},
      {"core/src/config", {kAnySystem, kInterfaces, "(base|config)/.*", "toml\\+\\+/.*"}},
      {"core/src/host", {kAnySystem, kInterfaces, kAbi, "(base|config|host)/.*", "boost/dll.*", "toml\\+\\+/.*"}},
      {"core/src/home", {kAnySystem, "sodium\\.h", kInterfaces, "(base|crypto|config|host|home)/.*"}},
      {"core/src/runtime",
       {kAnySystem, kInterfaces, "(base|crypto|protocol|host|runtime)/.*", "boost/(asio|json).*", "spdlog/.*"}},
      {"plugins",
       {kAnySystem, kAbi, "agentroom/sdk/.*", "(boost|toml\\+\\+|openssl)/.*", "curl/curl\\.h", "sqlite3\\.h",
        "[a-z0-9_]+\\.hpp"}},
      {"client/include", {kQuietStd, "filesystem", "agentroom/client/[a-z_]+\\.hpp"}},
      {"client/src",
       {kAnySystem, kInterfaces, "agentroom/client/[a-z_]+\\.hpp", "(base|crypto|protocol|config|host|home|runtime)/.*",
        "[a-z_]+\\.hpp"}},
      {"cli",
       {kAnySystem, kInterfaces, "(base|crypto|protocol|config|host|home|runtime)/.*", "cli/.*", "[a-z_]+\\.hpp",
        "commands/.*", "CLI/.*", "boost/json.*"}},
  };
}

std::vector<std::string> includes_of(const fs::path& file) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::ifstream in(file);
  std::vector<std::string> found;
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_search(line, match, kInclude)) found.push_back(match[1]);
  }
  return found;
}

template <class Visit>
void for_each_source(const fs::path& folder, Visit visit) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".hpp" || extension == ".cpp" || extension == ".h" || extension == ".c") visit(entry.path());
  }
}

TEST(Architecture, EachLayerIncludesOnlyWhatTheGraphAllows) {
  std::size_t files = 0;
  for (const Layer& layer : layers()) {
    std::string joined;
    for (const std::string& pattern : layer.allowed) joined += (joined.empty() ? "(" : "|(") + pattern + ")";
    const std::regex allowed(joined);
    for_each_source(kRoot / layer.folder, [&](const fs::path& file) {
      ++files;
      for (const std::string& include : includes_of(file)) {
        EXPECT_TRUE(std::regex_match(include, allowed)) << fs::relative(file, kRoot).string() << " includes " << include
                                                        << ", which " << layer.folder << " may not";
      }
    });
  }
  EXPECT_GT(files, 100U) << "the test must have found the tree";
}

TEST(Architecture, AtMostThreeTranslationUnitsIncludeBeast) {
  std::vector<std::string> users;
  for (const char* folder : {"core", "sdk/include", "plugins", "cli", "client"}) {
    for_each_source(kRoot / folder, [&](const fs::path& file) {
      for (const std::string& include : includes_of(file)) {
        if (!include.starts_with("boost/beast")) continue;
        if (file.extension() == ".cpp") users.push_back(file.filename().string());
        break;
      }
    });
  }
  EXPECT_LE(users.size(), 3U) << testing::PrintToString(users);
}

TEST(Architecture, NoHeaderOfTheCoreIncludesProtobufOrBeast) {
  for_each_source(kRoot / "core", [&](const fs::path& file) {
    if (file.extension() != ".hpp") return;
    for (const std::string& include : includes_of(file)) {
      EXPECT_FALSE(include.starts_with("google/protobuf") || include.starts_with("boost/beast") ||
                   include.ends_with(".pb.h"))
          << fs::relative(file, kRoot).string() << " includes " << include;
    }
  });
}

}  // namespace
}  // namespace agentroom

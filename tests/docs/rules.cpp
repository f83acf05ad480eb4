#include "rules.hpp"

#include <algorithm>
#include <array>

namespace agentroom::docs {
namespace {

constexpr std::string_view kCi = "builds the whole tree; run by CI and by everyone who begins";

constexpr std::string_view kBuild = "makes a build tree; ./check does the same with the preset release";

constexpr std::string_view kPackages =
    "builds the whole tree, and installs; ./check --package does it in a Debian of its own";

constexpr std::string_view kService =
    "needs systemd; Documents.NameOnlyCommandsAndOptionsThatExist reads the unit, the end-to-end tests run its command";

constexpr std::string_view kTunnel =
    "opens a tunnel through the internet with cloudflared; tests/e2e/room_tunnel_test.cpp does it with a stand-in";

constexpr std::string_view kCompare =
    "installs servers and takes its time; the tests Bench.* run every mode of what it calls";

constexpr std::string_view kScale = "takes minutes; Bench.TablesOfScaleAreThoseOfItsFigures checks what it wrote";

constexpr std::string_view kInstalled =
    "needs the SDK installed; the tests Beginning.* do it for each kind and language";
constexpr std::string_view kExample =
    "Example.IsBuiltAgainstAnInstalledSdkAndAnswers does it with an installation of its own";

constexpr std::array kNotRun{
    NotRun{"README.md", "./quickstart", kCi},
    NotRun{"README.md", "./check", kCi},
    NotRun{"CONTRIBUTING.md", "./quickstart", kCi},
    NotRun{"CONTRIBUTING.md", "./check", kCi},
    NotRun{"CONTRIBUTING.md", "cmake --preset dev", kBuild},
    NotRun{"CONTRIBUTING.md", "cmake --build --preset dev --target unit_base", kBuild},
    NotRun{"CONTRIBUTING.md", "ctest --preset dev -R Base64", kBuild},
    NotRun{"docs/operations.md", "cmake --install build/quickstart --prefix /usr/local",
           "writes to the system; tests/abi installs into a folder of its own"},
    NotRun{"docs/operations.md", "scripts/package", kPackages},
    NotRun{"docs/operations.md", "apt-get install ./build/packages/agentroom_*.deb", kPackages},
    NotRun{"docs/operations.md", "systemctl enable --now agentroom-relay", kService},
    NotRun{"docs/operations.md", "systemctl reload agentroom-relay", kService},
    NotRun{"docs/performance.md", "tests/bench/compare.sh", kCompare},
    NotRun{"docs/performance.md", "tests/bench/compare.sh --quick --json", kCompare},
    NotRun{"docs/performance.md", "tests/bench/scale.sh", kScale},
    NotRun{"docs/performance.md", "tests/bench/instructions.sh build/release/tests --update",
           "writes to the tree; Bench.InstructionsAMessageStayWhatTheyWere runs it without"},
    NotRun{"docs/plugin-abi.md", "cmake -S hello -B hello/build && cmake --build hello/build", kInstalled},
    NotRun{"docs/plugin-abi.md", "ctest --test-dir hello/build --output-on-failure", kInstalled},
    NotRun{"README.md", "cmake -S hello -B hello/build && cmake --build hello/build", kInstalled},
    NotRun{"README.md", "ctest --test-dir hello/build --output-on-failure", kInstalled},
    NotRun{"examples/client/README.md", "cmake -S . -B build", kExample},
    NotRun{"examples/client/README.md", "cmake --build build", kExample},
    NotRun{"examples/client/README.md", "./build/agent ./home ws://localhost:8787/ws", kExample},
    NotRun{"README.md", "agentroom room open --on-message './brain.sh'", kTunnel},
    NotRun{"skills/agentroom/SKILL.md", "agentroom room open --on-message './brain.sh' --json", kTunnel},
    NotRun{"skills/agentroom/SKILL.md", "agentroom relay --tunnel --json", kTunnel},
};

constexpr std::array kBeginnings{
    Beginning{"README.md", "", Before::kNamedHomes},
    Beginning{"README.md", "Keep it running", Before::kSession},
    Beginning{"examples/handlers/agent.sh", "", Before::kNamedHomes},
    Beginning{"examples/handlers/claude-handler.sh", "", Before::kNamedHomes},
    Beginning{"examples/handlers/codex-handler.sh", "", Before::kNamedHomes},
    Beginning{"examples/handlers/openai-compatible-handler.sh", "", Before::kNamedHomes},
    Beginning{"examples/handlers/opencode-handler.sh", "", Before::kNamedHomes},
    Beginning{"examples/serve.toml", "", Before::kNamedHomes},
    Beginning{"docs/operations.md", "Its identity", Before::kSession},
    Beginning{"docs/operations.md", "Health and metrics", Before::kNamedHomes},
    Beginning{"docs/operations.md", "An agent as a service", Before::kSession},
    Beginning{"docs/operations.md", "Backup", Before::kSession},
    Beginning{"docs/operations.md", "The store", Before::kSession},
    Beginning{"skills/agentroom/SKILL.md", "Talk", Before::kSession},
    Beginning{"skills/agentroom/SKILL.md", "Invite without a room", Before::kNamedHomes},
};

constexpr std::array kSubstitutions{
    // The relay of the documents is the test's, on loopback and a port of the system's choice.
    Substitution{"wss?://(relay\\.example\\.org|192\\.168\\.1\\.20|localhost)(:[0-9]+)?/ws", "RELAY_URL"},
    Substitution{"http://localhost:8787", "http://localhost:RELAY_PORT"},
    Substitution{"--host 0\\.0\\.0\\.0", "--host 127.0.0.1"},
    // An invite is shown by its beginning; the last one that a command printed stands for it.
    Substitution{"agentroom://invite/[A-Za-z0-9_-]*…", "INVITE"},
    Substitution{"\\bPEER\\b", "PEER_KEY"},
    // An agent's command line that this machine does not have.
    Substitution{"AGENT='my-agent --print'", "AGENT='cat'"},
};

constexpr std::array kVariations{
    Substitution{"[0-9]{2}:[0-9]{2}:[0-9]{2}", "TIME"},
    Substitution{"agentroom://invite/[A-Za-z0-9_-]+(…)?", "INVITE"},
    Substitution{"wss?://[^ ]+", "URL"},
    Substitution{"[A-Za-z0-9_-]{43}", "KEY"},
    Substitution{"[A-Za-z0-9_-]{8}…", "KEY…"},
    Substitution{"[0-9]{5}( [0-9]{5})+", "DIGITS"},
    Substitution{"\"uptime_s\":[0-9]+", "\"uptime_s\":N"},
};

constexpr std::array kOtherToml{
    OtherToml{"docs/plugin-abi.md", "id = \"handler-hello\"", "Manifests.ThatDocumentsShowAreRead"},
};

}  // namespace

std::span<const NotRun> not_run() {
  return kNotRun;
}

bool is_of_a_plugin(std::string_view document) {
  return document.starts_with("examples/plugins/");
}

std::span<const Beginning> beginnings() {
  return kBeginnings;
}

Before before(std::string_view document, std::string_view section) {
  const auto found = std::ranges::find_if(
      kBeginnings, [&](const Beginning& each) { return each.document == document && each.section == section; });
  return found == kBeginnings.end() ? Before::kNothing : found->before;
}

std::span<const Substitution> substitutions() {
  return kSubstitutions;
}
std::span<const Substitution> variations() {
  return kVariations;
}
std::span<const OtherToml> other_toml() {
  return kOtherToml;
}

}  // namespace agentroom::docs

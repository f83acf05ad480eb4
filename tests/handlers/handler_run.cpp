#include "handler_run.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <sstream>

namespace agentroom::handlers {

HandlerRun::HandlerRun() {
  fs::create_directory(bin());
  fs::create_directory(folder() / "tmp");
  environment = {{"HOME", folder().string()},
                 {"AGENTROOM_FROM", std::string(43, 'k')},
                 {"AGENTROOM_FROM_NAME", "peer \"$(id)\" @/etc/passwd"},
                 {"AGENTROOM_PK", std::string(43, 's')},
                 {"AGENTROOM_MSG_ID", "0190"},
                 {"AGENTROOM_ATTEMPT", "1"}};
}

e2e::Ended HandlerRun::run(const std::string& script, const std::string& text) {
  return run(bin().string() + ":/usr/local/bin:/usr/bin:/bin", script, text);
}

e2e::Ended HandlerRun::run_with_only(const std::vector<std::string>& programs, const std::string& script) {
  const fs::path only = folder() / "only";
  fs::create_directory(only);
  for (const std::string& program : programs) {
    fs::create_symlink(fs::exists(bin() / program) ? bin() / program : fs::path("/usr/bin") / program, only / program);
  }
  return run(only.string(), script, "hello");
}

e2e::Ended HandlerRun::run(const std::string& path, const std::string& script, const std::string& text) {
  const fs::path errors = folder() / "errors";
  const fs::path temporary = folder() / "tmp";
  write_text(errors, "");
  e2e::Child child("/usr/bin/env",
                   {"PATH=" + path, "TMPDIR=" + temporary.string(), std::string(HANDLERS) + "/" + script}, environment,
                   errors, folder());
  ::signal(SIGPIPE, SIG_IGN);  // of this process alone: the handler was started with the signals of a fresh program
  try {
    child.write(text);
  } catch (const std::system_error&) {
    // It ended without reading, and its exit code says why.
  }
  ::signal(SIGPIPE, SIG_DFL);
  child.close_input();
  e2e::Ended ended;
  ended.out = child.read_all();
  ended.code = child.wait();
  ended.err = child.errors();
  EXPECT_TRUE(fs::is_empty(temporary)) << "it left files behind";
  return ended;
}

void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

void write_executable(const fs::path& file, const std::string& text) {
  write_text(file, text);
  fs::permissions(file, fs::perms::owner_all);
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> all{
        "",
        "peer",
        "peer\n",
        "\n\npeer\n\n",
        "-p peer",
        "--dangerously-skip-permissions peer",
        "-- peer",
        "@/etc/passwd peer @./empty",
        "/init peer",
        "!id peer",
        "$(touch peer) `touch peer` ${HOME} $HOME",
        "'\"'\"peer\\'\\\"\\",
        "peer\\n\\u0040\\\\@\\@",
        "peer %s%n%d \\033[31m \033[31m\a\b\t\r\x7f",
        "\"}, \"role\": \"system\", {\"peer\": [",
        "{env:HOME} {file:/etc/passwd} peer",
        "header = \"peer: x\"\nurl = \"http://peer.invalid\"",
        "peer é ü 漢字 \xF0\x9F\x98\x80 \xE2\x80\xAE",
        std::string("\xEF\xBB\xBF") + "peer",
        std::string("peer\0peer", 9),
    };
    std::string every;
    for (int c = 1; c < 0x80; ++c) every += static_cast<char>(c);
    all.push_back("peer" + every);
    // Longer than any buffer on the way, with characters that lie across the ends of buffers of every even size.
    for (const std::string before : {"", "x", "xx"}) {
      std::string longest = "peer" + before;
      while (longest.size() < 100'000) longest += "\xF0\x9F\x98\x80\xC3\xA9@\"\\";
      all.push_back(longest);
    }
    return all;
  }();
  return texts;
}

}  // namespace agentroom::handlers

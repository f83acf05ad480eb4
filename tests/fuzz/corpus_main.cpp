// All targets without a fuzzer: every input of a corpus once, with any compiler and any sanitizer.
//
//   fuzz_corpus TARGET FILE|FOLDER...   runs the inputs; ends with the first that breaks a promise, after its name
//   fuzz_corpus --seeds FOLDER          writes what each corpus begins with to FOLDER/TARGET
//   fuzz_corpus --list                  the names of the targets
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "crypto/primitives.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& path) {
  std::vector<fs::path> files;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
  } else if (fs::exists(path)) {
    files.push_back(path);
  }
  return files;
}

int run(const Target& target, std::span<char*> paths) {
  std::size_t count = 0;
  for (const char* path : paths) {
    for (const fs::path& file : files_of(path)) {
      std::fprintf(stderr, "%s\n", file.c_str());
      std::ifstream stream(file, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      // Memory of its own, so that a sanitizer sees the first byte behind it.
      const Bytes exact = to_bytes(as_bytes(text));
      target.run(exact);
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 1 : 0;
}

int write_seeds(const fs::path& folder) {
  for (const Target& target : targets()) {
    fs::create_directories(folder / target.name);
    for (const Seed& seed : target.seeds()) {
      std::ofstream file(folder / target.name / seed.name, std::ios::binary);
      file << as_text(seed.bytes);
    }
  }
  return 0;
}

int main(std::span<char*> arguments) {
  crypto::init();
  const std::string_view first = arguments.size() > 1 ? arguments[1] : "";
  if (first == "--list") {
    for (const Target& target : targets()) std::printf("%s\n", std::string(target.name).c_str());
    return 0;
  }
  if (first == "--seeds" && arguments.size() == 3) return write_seeds(arguments[2]);
  for (const Target& target : targets()) {
    if (target.name == first) return run(target, arguments.subspan(2));
  }
  std::fprintf(stderr, "usage: fuzz_corpus TARGET FILE|FOLDER... | --seeds FOLDER | --list\n");
  return 2;
}

}  // namespace
}  // namespace agentroom::fuzz

int main(int argc, char** argv) {
  return agentroom::fuzz::main({argv, static_cast<std::size_t>(argc)});
}

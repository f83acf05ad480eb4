// agentroom-texts FOLDER: writes the manual pages and the completion scripts that are installed beside the program.
// Part of the build; not installed.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "completion.hpp"
#include "man_page.hpp"

namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("expected one argument, the folder to write to");
    const fs::path folder = argv[1];
    for (const auto& page : agentroom::cli::man_pages()) write(folder / "man1" / (page.name + ".1"), page.text);
    const auto root = agentroom::cli::completed_commands();
    write(folder / "agentroom", agentroom::cli::bash_completion(root));
    write(folder / "_agentroom", agentroom::cli::zsh_completion(root));
    write(folder / "agentroom.fish", agentroom::cli::fish_completion(root));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "agentroom-texts: " << error.what() << '\n';
    return 1;
  }
}

// agentroom-vectors DIRECTORY: writes the test vectors there.
#include <fstream>
#include <iostream>

#include "files.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: agentroom-vectors DIRECTORY\n";
    return 2;
  }
  for (const auto& [name, text] : agentroom::vectors::all_files()) {
    const std::string path = std::string(argv[1]) + '/' + name;
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) {
      std::cerr << "cannot write " << path << '\n';
      return 1;
    }
    std::cout << path << '\n';
  }
}

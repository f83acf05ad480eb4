// tunnel_host LIBRARY CONFIG LOCAL_ADDRESS FOLDER: a process that has a tunnel open until it is killed.
#include <unistd.h>

#include <exception>
#include <iostream>

#include "tunnel_under_test.hpp"

int main(int argc, char** argv) {
  using namespace agentroom::conformance;
  if (argc != 5) return 2;
  try {
    PluginUnderTest plugin(argv[1]);
    TunnelUnderTest tunnel(plugin, argv[2], {argv[3], "ws", argv[4]});
    while (true) ::pause();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

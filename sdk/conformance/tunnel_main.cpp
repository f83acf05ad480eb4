// tunnel_suite --plugin=/path/NAME.so [--ready-config=TOML] [--lossy-config=TOML] [--stuck-config=TOML]
//              [--failing-config=TOML] [--hopeless-config=TOML] [--gtest_filter=...]
//
// Runs the promises of agentroom/abi/tunnel.h against a library. Each configuration makes the tunnel behave in one way;
// tunnel_suite.cpp says which. Facts without theirs are skipped.
#include <gtest/gtest.h>

#include <exception>
#include <iostream>

#include "suite_arguments.hpp"

int main(int argc, char** argv) {
  try {
    testing::InitGoogleTest(&argc, argv);
    agentroom::conformance::SuiteArguments::instance().parse(argc, argv);
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

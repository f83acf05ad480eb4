// transport_suite --plugin=/path/NAME.so [--config=TOML] [--gtest_filter=...]
//
// Runs the promises of agentroom/abi/transport.h against a library. The transport has to understand listeners on
// 127.0.0.1:0, and URLs like ws://127.0.0.1:PORT/ws that begin with the scheme of its listener.
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

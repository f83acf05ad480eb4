// handler_suite --plugin=/path/NAME.so [--echo-config=TOML] [--none-config=TOML] [--fail-config=TOML]
//               [--endless-config=TOML] [--timeout-config=TOML] [--gtest_filter=...]
//
// Runs the promises of agentroom/abi/handler.h against a library. Each configuration makes the handler behave in one
// way; handler_suite.cpp says which. Facts without theirs are skipped.
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

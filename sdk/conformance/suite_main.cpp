// What begins the programs of the suites.
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

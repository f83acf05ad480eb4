// What begins the suite of stores, which starts itself once more as the writer that is killed.
#include <gtest/gtest.h>

#include <exception>
#include <iostream>

#include "store_crash.hpp"
#include "suite_arguments.hpp"

int main(int argc, char** argv) {
  try {
    testing::InitGoogleTest(&argc, argv);
    auto& arguments = agentroom::conformance::SuiteArguments::instance();
    arguments.parse(argc, argv);
    if (arguments.has("store-writer")) return agentroom::conformance::run_store_writer();
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

// store_suite --plugin=/path/NAME.so [--config=TOML] [--full-config=TOML] [--gtest_filter=...]
//
// Runs the promises of agentroom/abi/store.h against a library. --full-config: a configuration with which a value of
// 3 MiB does not fit and small ones do; without it the suite limits the size of files. For a store that keeps nothing
// over a reopening, leave out StoreDurability.*, StoreCrash.* and StoreUpkeep.*; for one without the optional methods
// the last.
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

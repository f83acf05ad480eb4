// The suite of transports with certificates of its own: --config gets cert_file, key_file and ca_file.
#include <gtest/gtest.h>

#include <exception>
#include <iostream>
#include <vector>

#include "certificates/authority.hpp"
#include "suite_arguments.hpp"
#include "temporary_folder.hpp"

int main(int argc, char** argv) {
  try {
    testing::InitGoogleTest(&argc, argv);
    const agentroom::conformance::TemporaryFolder folder;
    const agentroom::test::Authority authority;
    authority.issue().write(folder.path());
    agentroom::test::write_text(folder.path() / "ca.pem", authority.certificate());
    std::string config = "--config=cert_file = '" + folder.file("relay.pem") + "'\nkey_file = '" +
                         folder.file("relay.key") + "'\nca_file = '" + folder.file("ca.pem") + "'\n";
    std::vector<char*> arguments(argv, argv + argc);
    arguments.push_back(config.data());
    agentroom::conformance::SuiteArguments::instance().parse(static_cast<int>(arguments.size()), arguments.data());
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

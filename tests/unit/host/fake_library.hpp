// A plugin that lives in the test itself, behind the same tables as one in a library.
#pragma once

#include <memory>

#include "agentroom/sdk/plugin.hpp"
#include "host/library.hpp"
#include "host_fixture.hpp"

namespace agentroom::test {

template <class Class>
std::shared_ptr<host::Library> fake_library(Executor& executor, const host::LogSink& log) {
  host::Manifest manifest;
  manifest.id = "fake";
  return std::make_shared<host::Library>(manifest, *sdk::PluginOf<Class>::entry("fake", "1"),
                                         std::make_shared<host::Services>("fake", executor, log));
}

}  // namespace agentroom::test

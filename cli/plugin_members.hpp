// A plugin as its manifest describes it, for programs and for people.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "host/discovery.hpp"

namespace agentroom::cli {

/// "store", "transport,tunnel".
std::string kinds_text(const host::Manifest& manifest);

/// What a value of the key must be, as a sentence: `From 1s to 7d.`, `One of "quick", "full".`; empty: anything.
std::string bounds_text(const config::PluginKey& key);

/// The whole manifest. Values stand as the file has them: durations and sizes are strings with a unit.
boost::json::object members(const host::FoundPlugin& found);

}  // namespace agentroom::cli

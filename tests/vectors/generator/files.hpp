// The files of the vectors, one function a file.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>

namespace agentroom::vectors {

boost::json::value primitives();    ///< section 1
boost::json::value invite();        ///< section 2
boost::json::value handshake();     ///< section 3
boost::json::value ratchet();       ///< section 4, each function alone
boost::json::value conversation();  ///< section 4, a session whole
boost::json::value link();          ///< section 6
boost::json::value records();       ///< how an agent and a relay seal what they keep

/// The text of each file by its name.
std::map<std::string, std::string> all_files();

}  // namespace agentroom::vectors

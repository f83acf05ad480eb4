// Pages for man(1), written from the tree of commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentroom::cli {

struct ManPage {
  std::string name;  ///< "agentroom-invite-create"; its section is 1
  std::string text;  ///< roff, with the macros of man(7)
};

/// One for agentroom itself and one for each command, in the order in which --help lists them.
std::vector<ManPage> man_pages();

/// As roff prints it, whatever it holds: no sign of it is a request or an escape, and each is the one that is typed.
std::string roff_text(std::string_view text);

}  // namespace agentroom::cli

// Texts of peers that mean harm to a shell, a format string, a terminal or a parser.
#pragma once

#include <string>
#include <vector>

namespace agentroom::conformance {

inline std::vector<std::string> hostile_texts() {
  return {
      "$(kill -9 $PPID)",
      "`touch /tmp/owned`",
      "'; exit 7; '",
      "\"; exit 7; \"",
      "a\nb\r\nc",
      "| cat /etc/passwd",
      "-n",
      "--help",
      "%s%n%x{}{0}",
      "\\0\\x41\\",
      "\x1b[2J\x1b]0;title\x07",
      "\t\x01\x02\x7f\x08",
      " leading and trailing ",
      "\xe2\x80\xae right to left",
      "\xf0\x9f\xa6\x8a fox",
      "~ * ? [a-z] {a,b} $HOME ${IFS}",
      std::string("NUL \0 inside", 12),
  };
}

}  // namespace agentroom::conformance

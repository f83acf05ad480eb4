// The words of the traffic, and the file that a handler writes of what it saw.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ledger.hpp"

namespace agentroom::e2e::kills {

/// Environment of the handler, beside what agentroom gives it.
inline constexpr const char* kJournalVariable = "KILLS_JOURNAL";
inline constexpr const char* kGenerationVariable = "KILLS_GENERATION";

/// "alice>bob 17"; an answer has "re " before it.
std::string question(const Pair& pair, int number);
std::string answer_to(const std::string& question);
bool is_answer(const std::string& text);

/// Pair, number and whether it is an answer, of the text of a message; nothing when it is none of the traffic's.
std::optional<Arrival> parse(const std::string& text);

/// One line, written by one call and synchronised, so that no kill leaves half of it.
bool append(const std::filesystem::path& journal, const Arrival& arrival, const std::string& text);
/// Throws when a line is none.
std::vector<Arrival> read_journal(const std::filesystem::path& journal);

}  // namespace agentroom::e2e::kills

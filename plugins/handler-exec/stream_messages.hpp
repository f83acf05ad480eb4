// The lines that agentroom and a command in stream mode exchange: one JSON object each, in UTF-8.
//
//   to the command    {"id":N,"from":KEY,"from_name":NAME,"pk":OWN KEY,"msg_id":UUID,"conversation_id":UUID,
//                      "attempt":N,"hops":N,"sent_at":UNIX MS,"text":TEXT}
//   from the command  {"id":N,"reply":TEXT}     the reply; null, "" or no `reply`: handled, nothing to say
//                     {"id":N,"error":TEXT}     the message could not be handled
//
// Messages of different peers may be answered in any order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agentroom/sdk/handler.hpp"

namespace agentroom::handler_exec {

/// A reply of 128 KiB takes up to six times that in JSON. A longer line ends the command.
inline constexpr std::size_t kAnswerLineBytes = std::size_t{1024} * 1024;

struct AnswerLine {
  std::uint64_t id = 0;
  sdk::Result<sdk::Reply> reply = sdk::Reply();
};

/// Ends with a newline.
std::string message_line(std::uint64_t id, const sdk::Message& message);

/// `line` without its newline. Errors: AR_INVALID when it is no answer at all; an answer that is wrong in itself
/// (longer than `max_reply` bytes) carries its error in `reply`.
sdk::Result<AnswerLine> parse_answer_line(std::string_view line, std::size_t max_reply);

}  // namespace agentroom::handler_exec

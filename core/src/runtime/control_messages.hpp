// What commands and the owner of their home say to each other over the control socket: JSON, one object a line.
//
//   command -> owner   {"agentroom_control":1,"request":NAME,"arguments":{...}}
//   owner -> command   {"working":true}            the request is being carried out from here on
//                      {"progress":{...}}          any number of them
//                      {"answer":{...}}            the last line, or
//                      {"error":{"message","code","hint"}}
//
// A connection carries one request. One that ends before `working`, or with an error of the code "aborted", was never
// begun and may be made again.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "agentroom/result.hpp"

namespace agentroom::runtime {

inline constexpr int kControlVersion = 1;
/// A line that is longer ends its connection. A request holds one text (128 KiB, up to six times that in JSON).
inline constexpr std::size_t kControlRequestBytes = 1'048'576;
inline constexpr std::size_t kControlReplyBytes = 16'777'216;

struct ControlRequest {
  std::string name;
  boost::json::object arguments;
};

struct ControlReply {
  enum class Kind { kWorking, kProgress, kAnswer, kError };
  Kind kind = Kind::kWorking;
  boost::json::object members;  ///< of kProgress and kAnswer
  Error error;                  ///< of kError
};

/// The request was not begun: the owner is stopping.
ControlReply not_begun();

/// Ends with a newline.
std::string to_line(const ControlRequest& request);
std::string to_line(const ControlReply& reply);

/// `line` without its newline. Errors: kInvalid, kUnsupportedVersion.
Result<ControlRequest> parse_control_request(std::string_view line);
/// Errors: kInvalid.
Result<ControlReply> parse_control_reply(std::string_view line);

}  // namespace agentroom::runtime

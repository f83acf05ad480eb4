#include "runtime/control_messages.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace agentroom::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 8;
constexpr const char* kVersion = "agentroom_control";

Result<json::object> parse_object(std::string_view line) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  json::value value = json::parse({line.data(), line.size()}, error, {}, options);
  if (error) return fail(ErrorCode::kInvalid, "a line of the control socket is not JSON: " + error.message());
  if (!value.is_object()) return fail(ErrorCode::kInvalid, "a line of the control socket is not a JSON object");
  return std::move(value.as_object());
}

std::string string_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

ErrorCode code_of(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kCancelled); ++code) {
    if (code_name(static_cast<ErrorCode>(code)) == name) return static_cast<ErrorCode>(code);
  }
  return ErrorCode::kInternal;
}

Result<Error> parse_error(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::kInvalid, "an error on the control socket is not an object");
  const json::object& members = value.as_object();
  return Error{code_of(string_member(members, "code")), string_member(members, "message"),
               string_member(members, "hint")};
}

}  // namespace

ControlReply not_begun() {
  return {.kind = ControlReply::Kind::kError,
          .members = {},
          .error = {ErrorCode::kAborted, "the process that serves this home is stopping", {}}};
}

std::string to_line(const ControlRequest& request) {
  const json::object object{{kVersion, kControlVersion}, {"request", request.name}, {"arguments", request.arguments}};
  return json::serialize(object) + "\n";
}

std::string to_line(const ControlReply& reply) {
  json::object object;
  switch (reply.kind) {
    case ControlReply::Kind::kWorking:
      object["working"] = true;
      break;
    case ControlReply::Kind::kProgress:
      object["progress"] = reply.members;
      break;
    case ControlReply::Kind::kAnswer:
      object["answer"] = reply.members;
      break;
    case ControlReply::Kind::kError:
      object["error"] = {
          {"message", reply.error.message}, {"code", code_name(reply.error.code)}, {"hint", reply.error.hint}};
      break;
  }
  return json::serialize(object) + "\n";
}

Result<ControlRequest> parse_control_request(std::string_view line) {
  auto object = parse_object(line);
  if (!object) return pass(object);
  const json::value* version = object->if_contains(kVersion);
  if (version == nullptr || !version->is_int64()) {
    return fail(ErrorCode::kInvalid, std::string("a request on the control socket has no ") + kVersion);
  }
  if (version->as_int64() != kControlVersion) {
    return fail(ErrorCode::kUnsupportedVersion,
                "the process that serves this home speaks version " + std::to_string(kControlVersion) +
                    " of the control protocol, this command version " + std::to_string(version->as_int64()),
                "restart the one that serves, so that both are the same agentroom");
  }
  ControlRequest request{string_member(*object, "request"), {}};
  if (request.name.empty()) return fail(ErrorCode::kInvalid, "a request on the control socket has no name");
  if (json::value* arguments = object->if_contains("arguments"); arguments != nullptr) {
    if (!arguments->is_object()) return fail(ErrorCode::kInvalid, "arguments on the control socket are no object");
    request.arguments = std::move(arguments->as_object());
  }
  return request;
}

Result<ControlReply> parse_control_reply(std::string_view line) {
  auto object = parse_object(line);
  if (!object) return pass(object);
  ControlReply reply;
  if (object->contains("working")) return reply;
  if (const json::value* error = object->if_contains("error"); error != nullptr) {
    auto parsed = parse_error(*error);
    if (!parsed) return pass(parsed);
    reply.kind = ControlReply::Kind::kError;
    reply.error = std::move(*parsed);
    return reply;
  }
  reply.kind = object->contains("answer") ? ControlReply::Kind::kAnswer : ControlReply::Kind::kProgress;
  json::value* members = object->if_contains(reply.kind == ControlReply::Kind::kAnswer ? "answer" : "progress");
  if (members == nullptr || !members->is_object()) {
    return fail(ErrorCode::kInvalid, "a line of the control socket is of no known kind");
  }
  reply.members = std::move(members->as_object());
  return reply;
}

}  // namespace agentroom::runtime

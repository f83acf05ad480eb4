// What a handler's command writes: answers in stream mode, the whole output in spawn mode, and its last words.
//
//   u8 which: 0 a line of stream mode; 1 an output: u8 how it ended, u8 exit code, piece of standard error, output
#include "../../plugins/handler-exec/answer.hpp"
#include "../../plugins/handler-exec/stream_messages.hpp"
#include "../../plugins/handler-exec/text.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

constexpr std::size_t kMost = 4'096;

void check_line(std::string_view line) {
  const auto answer = handler_exec::parse_answer_line(line, kMost);
  if (!answer) return require(answer.error().status == AR_INVALID, "a line that is no answer is AR_INVALID");
  if (!answer->reply) {
    const ar_status code = answer->reply.error().status;
    return require(code == AR_ABORTED || code == AR_TOO_LARGE, "an answer fails by itself or by its size");
  }
  if (const sdk::Reply& reply = *answer->reply; reply) {
    require(!reply->empty() && reply->size() <= kMost, "a reply is no longer than allowed, and not empty");
    require(handler_exec::is_utf8(*reply), "a reply is text");
  }
}

void check_output(Input input) {
  handler_exec::RunResult result;
  result.ending = static_cast<handler_exec::Ending>(input.u8() % 4);
  result.exit.kind = static_cast<handler_exec::ExitStatus::Kind>(input.u8() % 3);
  result.exit.number = input.u8();
  result.errors_end = as_text(input.piece());
  result.output = input.rest_text();
  const auto answer =
      handler_exec::answer(std::move(result), {.timeout = std::chrono::seconds(1), .max_output = kMost});
  if (!answer) return require(!answer.error().message.empty(), "a failure has a reason");
  if (*answer) {
    require(!(*answer)->empty() && (*answer)->size() <= kMost && handler_exec::is_utf8(**answer), "a reply is text");
  }
}

void run(ByteView bytes) {
  Input input(bytes);
  if (input.u8() % 2 == 0) return check_line(input.rest_text());
  check_output(input);
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto line = [&](const char* name, std::string_view text) {
    all.push_back({name, Script().u8(0).raw(text).bytes()});
  };
  line("reply", R"({"id":1,"reply":"hello \ud83d\ude00"})");
  line("silent", R"({"id":2,"reply":null})");
  line("error", R"({"id":18446744073709551615,"error":"no"})");
  line("negative", R"({"id":-1})");
  line("lone-surrogate", R"({"id":1,"reply":"\ud800"})");
  line("deep", R"({"id":1,"x":[[[[[[[[[1]]]]]]]]]})");
  const auto output = [&](const char* name, unsigned ending, unsigned kind, unsigned number, std::string_view errors,
                          std::string_view text) {
    all.push_back({name, Script().u8(1).u8(ending).u8(kind).u8(number).piece(errors).raw(text).bytes()});
  };
  output("good", 0, 0, 0, "", "an answer\n");
  output("not-found", 0, 0, 127, "sh: 1: x: not found\n", "");
  output("killed", 0, 1, 9, "\xff\xfe \xf0\x9f", "half");
  output("late", 1, 0, 0, std::string(600, 'e'), "");
  output("no-text", 0, 0, 0, "", "\xc3");
  return all;
}

const Registration kTarget({"handler_exec", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz

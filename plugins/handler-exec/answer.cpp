#include "answer.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "text.hpp"

namespace agentroom::handler_exec {
namespace {

using sdk::Error;
using sdk::fail;

/// As much of standard error as an ar_error has room for beside the reason.
constexpr std::size_t kQuoted = 400;

std::string with_last_words(std::string reason, const RunResult& result) {
  std::string words = readable_end(result.errors_end, kQuoted);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (!words.empty()) reason += "; its standard error ends with: " + words;
  return reason;
}

std::string in_words(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  return ms % 1'000 == 0 ? std::to_string(ms / 1'000) + " s" : std::to_string(ms) + " ms";
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  const char* description = sigdescr_np(signal);
  std::string text = name == nullptr ? "number " + std::to_string(signal) : std::string("SIG") + name;
  if (description != nullptr) text += std::string(" (") + description + ")";
  return text;
}

std::string exit_hint(int code) {
  if (code == 126) return "The shell found the program but may not run it: chmod +x may help.";
  if (code == 127) return "The shell did not find the program: check command of handler-exec.";
  return "";
}

Error too_large(const RunResult& result, const Limits& limits) {
  return fail(AR_TOO_LARGE,
              with_last_words("the command wrote more than " + std::to_string(limits.max_output) + " bytes", result),
              "A reply has at most that many bytes: max_output of handler-exec, 128KiB at most.");
}

}  // namespace

sdk::Result<sdk::Reply> answer(RunResult result, const Limits& limits) {
  switch (result.ending) {
    case Ending::kCancelled:
      return fail(AR_CANCELLED, "the command was ended because the message is to be handled later");
    case Ending::kTimeout:
      return fail(AR_TIMEOUT,
                  with_last_words("the command ran longer than " + in_words(limits.timeout) + " and was ended", result),
                  "A longer timeout of handler-exec gives it more time; \"0s\" all the time it takes.");
    case Ending::kTooLarge:
      return too_large(result, limits);
    case Ending::kItself:
      break;
  }
  if (result.exit.kind == ExitStatus::Kind::kUnknown) {
    return fail(AR_INTERNAL, "how the command ended is unknown: something else in this process has waited for it");
  }
  if (result.exit.kind == ExitStatus::Kind::kSignalled) {
    return fail(AR_ABORTED,
                with_last_words("the command was ended by signal " + signal_name(result.exit.number), result));
  }
  if (result.exit.number != 0) {
    return fail(AR_ABORTED,
                with_last_words("the command ended with exit code " + std::to_string(result.exit.number), result),
                exit_hint(result.exit.number));
  }
  if (result.output.ends_with('\n')) result.output.pop_back();
  if (result.output.size() > limits.max_output) return too_large(result, limits);
  if (result.output.empty()) return sdk::Reply();
  if (!is_utf8(result.output)) return fail(AR_INVALID, "the command wrote something that is not UTF-8 text");
  return sdk::Reply(std::move(result.output));
}

}  // namespace agentroom::handler_exec

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

std::string with_last_words(std::string reason, const std::string& errors_end) {
  std::string words = readable_end(errors_end, kQuoted);
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
  return fail(
      AR_TOO_LARGE,
      with_last_words("the command wrote more than " + std::to_string(limits.max_output) + " bytes", result.errors_end),
      "A reply has at most that many bytes: max_output of handler-exec, 128KiB at most.");
}

}  // namespace

sdk::Error timed_out(std::chrono::milliseconds timeout, const std::string& errors_end) {
  return fail(AR_TIMEOUT,
              with_last_words("the command ran longer than " + in_words(timeout) + " and was ended", errors_end),
              "A longer timeout of handler-exec gives it more time; \"0s\" all the time it takes.");
}

sdk::Error ended(const ExitStatus& exit, const std::string& errors_end) {
  if (exit.kind == ExitStatus::Kind::kUnknown) {
    return fail(AR_INTERNAL, "how the command ended is unknown: something else in this process has waited for it");
  }
  if (exit.kind == ExitStatus::Kind::kSignalled) {
    return fail(AR_ABORTED, with_last_words("the command was ended by signal " + signal_name(exit.number), errors_end));
  }
  return fail(AR_ABORTED,
              with_last_words("the command ended with exit code " + std::to_string(exit.number), errors_end),
              exit_hint(exit.number));
}

sdk::Result<sdk::Reply> answer(RunResult result, const Limits& limits) {
  switch (result.ending) {
    case Ending::kCancelled:
      return fail(AR_CANCELLED, "the command was ended because the message is to be handled later");
    case Ending::kTimeout:
      return timed_out(limits.timeout, result.errors_end);
    case Ending::kTooLarge:
      return too_large(result, limits);
    case Ending::kItself:
      break;
  }
  if (result.exit.kind != ExitStatus::Kind::kExited || result.exit.number != 0) {
    return ended(result.exit, result.errors_end);
  }
  if (result.output.ends_with('\n')) result.output.pop_back();
  if (result.output.size() > limits.max_output) return too_large(result, limits);
  if (result.output.empty()) return sdk::Reply();
  if (!is_utf8(result.output)) return fail(AR_INVALID, "the command wrote something that is not UTF-8 text");
  return sdk::Reply(std::move(result.output));
}

}  // namespace agentroom::handler_exec

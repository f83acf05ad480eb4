// What a process tells its owner beside its output: lines on stderr, or wherever its owner wants them.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace agentroom::runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };

/// Before the first line; the default is kWarn as text.
void configure_log(LogLevel level, LogFormat format);

/// Takes a line, escaped. Thread: any, several at once.
using LogTaker = std::function<void(LogLevel level, std::string_view component, std::string_view message)>;
/// Every line goes to `take` in place of stderr. Before the first line.
void log_to(LogTaker take);

/// A part of the message that programs may want by itself.
struct LogField {
  std::string_view name;
  std::string_view value;
};

/// Writes one line: time, level, component, message; as JSON also the fields, which the message has in words. Escapes
/// control characters, so that text from outside may be part of it; never pass a secret. Thread: any.
void log(LogLevel level, std::string_view component, std::string_view message,
         std::initializer_list<LogField> fields = {});

}  // namespace agentroom::runtime

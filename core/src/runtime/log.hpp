// What a process tells its owner beside its output: lines on stderr.
#pragma once

#include <string>
#include <string_view>

namespace agentroom::runtime {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };

/// Before the first line; the default is kWarn as text.
void configure_log(LogLevel level, LogFormat format);

/// Writes one line: time, level, component, message. Escapes control characters, so that text from outside may be part
/// of the message; never pass a secret. Thread: any.
void log(LogLevel level, std::string_view component, std::string_view message);

}  // namespace agentroom::runtime

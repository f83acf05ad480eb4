#include "runtime/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <boost/json.hpp>
#include <chrono>
#include <memory>

#include "base/text.hpp"

namespace agentroom::runtime {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::err;
}

struct Log {
  Log() : logger("agentroom", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    configure(LogLevel::kWarn, LogFormat::kText);
  }

  void configure(LogLevel level, LogFormat wanted) {
    format = wanted;
    logger.set_level(to_spdlog(level));
    logger.set_pattern(format == LogFormat::kJson ? "%v" : "%Y-%m-%dT%H:%M:%S.%e %-5l %v");
  }

  spdlog::logger logger;
  LogFormat format = LogFormat::kText;
  LogTaker take;
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

void configure_log(LogLevel level, LogFormat format) {
  the_log().configure(level, format);
}

void log_to(LogTaker take) {
  the_log().take = std::move(take);
}

void log(LogLevel level, std::string_view component, std::string_view message, std::initializer_list<LogField> fields) {
  Log& out = the_log();
  const auto spd_level = to_spdlog(level);
  if (!out.logger.should_log(spd_level)) return;
  if (out.take) return out.take(level, component, printable(message));
  if (out.format == LogFormat::kText) {
    out.logger.log(spd_level, "{}: {}", component, printable(message));
    return;
  }
  const auto ts =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto name = spdlog::level::to_string_view(spd_level);
  boost::json::object line{{"ts", ts.count()},
                           {"level", std::string_view(name.data(), name.size())},
                           {"component", component},
                           {"message", printable(message)}};
  for (const LogField& field : fields) line[field.name] = printable(field.value);
  out.logger.log(spd_level, "{}", boost::json::serialize(line));
}

}  // namespace agentroom::runtime

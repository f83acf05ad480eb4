#include "event_stream.hpp"

#include "event_lines.hpp"

namespace agentroom::cli {

void EventStream::tell(std::string_view type, boost::json::object members) {
  boost::json::object event{{"type", type}};
  for (auto& [key, value] : members) event[key] = std::move(value);
  event["ts"] = unix_ms();
  pass_on(event);
}

void EventStream::pass_on(const boost::json::object& event) {
  const std::scoped_lock lock(mutex_);
  if (out_.json()) {
    out_.result(event);
  } else if (const std::string line = event_line(out_, event); !line.empty()) {
    out_.line(line);
  }
  if (copy_) copy_(event);
}

void EventStream::copy_to(std::function<void(const boost::json::object&)> copy) {
  const std::scoped_lock lock(mutex_);
  copy_ = std::move(copy);
}

}  // namespace agentroom::cli

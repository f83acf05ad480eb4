// The events of a streaming command.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <mutex>
#include <string_view>

#include "output.hpp"

namespace agentroom::cli {

/// Tells events on stdout, to programs or to people, and to whoever mirrors them. Thread: any.
class EventStream {
 public:
  explicit EventStream(Output& out) : out_(out) {}

  /// Adds `type` and `ts`.
  void tell(std::string_view type, boost::json::object members);
  /// One that is complete, another process's.
  void pass_on(const boost::json::object& event);

  /// `copy` sees every event from now on, in order; an empty one ends it.
  void copy_to(std::function<void(const boost::json::object&)> copy);

  Output& out() { return out_; }

 private:
  Output& out_;
  std::mutex mutex_;
  std::function<void(const boost::json::object&)> copy_;  // guarded by mutex_
};

}  // namespace agentroom::cli

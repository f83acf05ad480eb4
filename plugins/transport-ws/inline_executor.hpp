// An executor that runs what it is given at once, where it is given.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <utility>

namespace agentroom::ws {

/// For composed operations over memory, which one thread drives by hand. Their intermediate handlers only record an
/// outcome, so nothing recurses.
class InlineExecutor {
 public:
  explicit InlineExecutor(boost::asio::execution_context& context) : context_(&context) {}

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept { return *context_; }
  static constexpr boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) noexcept {
    return boost::asio::execution::blocking.never;
  }

  template <class Function>
  void execute(Function&& function) const {
    auto taken = std::forward<Function>(function);
    std::move(taken)();
  }

  friend bool operator==(const InlineExecutor&, const InlineExecutor&) noexcept = default;

 private:
  boost::asio::execution_context* context_;
};

}  // namespace agentroom::ws

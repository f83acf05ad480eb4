// The results of a mode: one value a run, told as medians.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "options.hpp"

namespace agentroom::bench {

class Report {
 public:
  explicit Report(const Options& options) : options_(options) {}

  void add(const std::string& figure, double value, const std::string& unit);
  /// The driver, not the server, was the limit of a run.
  void warn_of_driver() { driver_was_the_limit_ = true; }

  /// To stdout: with --json one object a line, {"figure","value","unit","server","params"}; else a table. Figures of
  /// another server than the relay end with its name. Warnings go to stderr.
  void print() const;

 private:
  struct Result {
    std::string figure;
    std::string unit;
    std::vector<double> values;
  };

  const Options& options_;
  std::vector<Result> results_;
  bool driver_was_the_limit_ = false;
};

}  // namespace agentroom::bench

#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace agentroom::bench {
namespace {

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

const char* name_of(ServerKind server) {
  switch (server) {
    case ServerKind::kMosquitto:
      return "mosquitto";
    case ServerKind::kJetStream:
      return "jetstream";
    case ServerKind::kRelay:
      break;
  }
  return "relay";
}

}  // namespace

void Report::add(const std::string& figure, double value, const std::string& unit) {
  const auto found = std::ranges::find(results_, figure, &Result::figure);
  if (found != results_.end()) return found->values.push_back(value);
  results_.push_back({figure, unit, {value}});
}

void Report::print() const {
  if (driver_was_the_limit_) {
    std::cerr << "agentroom-bench: the driver used more than 80 % of a core and the server did not: rates and "
                 "latencies are the driver's\n";
  }
  const std::string server = name_of(options_.server);
  const std::string suffix = options_.server == ServerKind::kRelay ? "" : "_" + server;
  const boost::json::object params{{"mode", options_.mode},       {"pairs", options_.pairs},
                                   {"window", options_.window},   {"payload", options_.payload},
                                   {"seconds", options_.seconds}, {"rate", options_.rate},
                                   {"runs", options_.runs}};
  for (const Result& result : results_) {
    const std::string figure = result.figure + suffix;
    const double value = median(result.values);
    if (options_.json) {
      std::printf("{\"figure\":\"%s\",\"value\":%.10g,\"unit\":\"%s\",\"server\":\"%s\",\"params\":%s}\n",
                  figure.c_str(), value, result.unit.c_str(), server.c_str(), boost::json::serialize(params).c_str());
    } else {
      std::printf("%-32s %14.*f %s\n", figure.c_str(), value < 100 ? 2 : 0, value, result.unit.c_str());
    }
  }
  std::fflush(stdout);
}

}  // namespace agentroom::bench

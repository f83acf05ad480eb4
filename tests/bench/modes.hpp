// What can be measured; one run of each.
#pragma once

#include "options.hpp"
#include "report.hpp"

namespace agentroom::bench {

void run_route(const Options& options, Report& report);
void run_queue(const Options& options, Report& report);
void run_drain(const Options& options, Report& report);
void run_idle(const Options& options, Report& report);
void run_connect(const Options& options, Report& report);

// Without a choice of servers.
void run_start(const Options& options, Report& report);
void run_crypto(const Options& options, Report& report);
void run_cli(const Options& options, Report& report);
void run_agent(const Options& options, Report& report);

}  // namespace agentroom::bench

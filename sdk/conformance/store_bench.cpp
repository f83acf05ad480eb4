// store_bench --plugin=/path/NAME.so [--config=TOML] [--folder=DIR] [--seconds=2]
//
// Rows a second of 512 B through commits of 1, 64 and 256 rows, as many commits waiting as a host would let wait, and
// the time of one fdatasync in the same folder. One JSON object a result.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>

#include "store_under_test.hpp"

namespace agentroom::conformance {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Keys in the order of their writing, as the host's are.
std::string key_of(std::uint64_t number) {
  std::array<char, 24> key{};
  std::snprintf(key.data(), key.size(), "m/%016llx", static_cast<unsigned long long>(number));
  return key.data();
}

void measure_sync(const std::string& file) {
  constexpr int kSyncs = 300;
  const std::string page(4096, 'x');
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (const bool append : {true, false}) {
    const auto begin = Clock::now();
    for (int i = 0; i < kSyncs; ++i) {
      if (::pwrite(descriptor, page.data(), page.size(), static_cast<off_t>(page.size()) * i) < 0 ||
          ::fdatasync(descriptor) != 0) {
        throw std::runtime_error("cannot write " + file);
      }
    }
    std::printf("{\"bench\":\"fdatasync\",\"write\":\"%s\",\"us\":%.0f}\n", append ? "append" : "overwrite",
                seconds_since(begin) / kSyncs * 1e6);
  }
  ::close(descriptor);
}

void measure(PluginUnderTest& plugin, const std::string& location, std::size_t rows, std::size_t window,
             double seconds) {
  StoreUnderTest store(plugin, location, SuiteArguments::instance().config());
  const std::string value(512, 'v');
  const double transactions_before = plugin.host().metric("store_sqlite_transactions");
  std::uint64_t number = 0;
  const auto begin = Clock::now();
  while (seconds_since(begin) < seconds) {
    Batch batch;
    batch.reserve(rows);
    for (std::size_t i = 0; i < rows; ++i) batch.push_back(put(key_of(number++), value));
    if (store.commit(std::move(batch)) != AR_OK) throw std::runtime_error("a commit was refused");
    if (store.accepted() >= window && !store.wait_for(store.accepted() - window + 1)) break;
  }
  if (!store.wait()) throw std::runtime_error("a commit was not completed in time");
  const double took = seconds_since(begin);
  for (const Completion& done : store.completions()) {
    if (done.status != AR_OK) throw std::runtime_error("a commit failed: " + done.message);
  }
  const double transactions = plugin.host().metric("store_sqlite_transactions") - transactions_before;
  std::printf(
      "{\"bench\":\"store_commit\",\"plugin\":\"%s\",\"row_bytes\":512,\"rows_a_commit\":%zu,\"waiting\":%zu,"
      "\"rows_per_s\":%.0f,\"commits_per_s\":%.0f",
      plugin.plugin().id, rows, window, static_cast<double>(number) / took,
      static_cast<double>(store.accepted()) / took);
  if (transactions > 0) std::printf(",\"rows_a_transaction\":%.1f", static_cast<double>(number) / transactions);
  std::printf("}\n");
}

void run() {
  const auto& arguments = SuiteArguments::instance();
  const double seconds = arguments.has("seconds") ? std::stod(arguments.value("seconds")) : 2;
  const TemporaryFolder temporary;
  const std::string folder = arguments.has("folder") ? arguments.value("folder") : temporary.path().string();
  measure_sync(folder + "/sync");
  PluginUnderTest plugin(arguments.plugin());
  int store = 0;
  for (const std::size_t rows : {std::size_t{1}, std::size_t{64}, std::size_t{256}}) {
    for (const std::size_t window : {std::size_t{1}, std::size_t{64}}) {
      measure(plugin, folder + "/store" + std::to_string(store++), rows, window, seconds);
    }
  }
}

}  // namespace
}  // namespace agentroom::conformance

int main(int argc, char** argv) {
  try {
    agentroom::conformance::SuiteArguments::instance().parse(argc, argv);
    agentroom::conformance::run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

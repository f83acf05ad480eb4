// A tunnel where no name server answers.
#include <netdb.h>

#include <condition_variable>
#include <mutex>

#include "cloudflared_fixture.hpp"

namespace {

/// Where all names of this process are looked up, and nothing is found before it is over.
struct NameServer {
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool over = false;
};

NameServer& name_server() {
  static NameServer server;
  return server;
}

}  // namespace

extern "C" [[gnu::visibility("default")]] int getaddrinfo(const char* /*node*/, const char* /*service*/,
                                                          const addrinfo* /*hints*/, addrinfo** /*result*/) {
  NameServer& server = name_server();
  std::unique_lock lock(server.mutex);
  ++server.waiting;
  server.changed.notify_all();
  server.changed.wait_for(lock, agentroom::conformance::kPatience, [&] { return server.over; });
  --server.waiting;
  server.changed.notify_all();
  return EAI_AGAIN;
}

namespace agentroom::conformance {
namespace {

class DeadNames : public CloudflaredFact {
 protected:
  DeadNames() {
    const std::scoped_lock lock(name_server().mutex);
    name_server().over = false;
  }
  ~DeadNames() override {
    std::unique_lock lock(name_server().mutex);
    name_server().over = true;
    name_server().changed.notify_all();
    name_server().changed.wait(lock, [] { return name_server().waiting == 0; });
  }
  static bool is_asked() {
    std::unique_lock lock(name_server().mutex);
    return name_server().changed.wait_for(lock, kPatience, [] { return name_server().waiting > 0; });
  }
  std::chrono::steady_clock::duration time_to_close() {
    const auto began = std::chrono::steady_clock::now();
    tunnel_->close();
    return std::chrono::steady_clock::now() - began;
  }
};

constexpr std::chrono::seconds kSoon{5};

TEST_F(DeadNames, HoldUpNobodyWhoClosesWhileItDownloads) {
  open("version = \"9.9.9\"\nsha256 = \"" + std::string(64, '0') + "\"\ndownload_base = \"https://release.example\"");
  ASSERT_TRUE(is_asked());
  EXPECT_LT(time_to_close(), kSoon);
}

TEST_F(DeadNames, HoldUpNobodyWhoClosesWhileItIsChecked) {
  const std::string at = "2026-11-01T10:00:00Z INF ";
  const std::string file =
      program({at + "|  https://soft-property.trycloudflare.com  |", at + "Registered tunnel connection connIndex=0"});
  tunnel_.emplace(plugin_, "binary = \"" + file + "\"", site());
  ASSERT_TRUE(is_asked());
  EXPECT_LT(time_to_close(), kSoon);
}

}  // namespace
}  // namespace agentroom::conformance

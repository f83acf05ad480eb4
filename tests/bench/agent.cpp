// Whole agents, ratchet and store included: one here and one in a process of its own, beside a relay.
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "base/random.hpp"
#include "crypto/primitives.hpp"
#include "floors.hpp"
#include "host/discovery.hpp"
#include "latency.hpp"
#include "meter.hpp"
#include "modes.hpp"
#include "runtime/agent_service.hpp"
#include "servers.hpp"

namespace agentroom::bench {
namespace {

namespace fs = std::filesystem;

constexpr Duration kPatience = std::chrono::seconds(30);
/// A text that begins with it is answered; nothing is said to others.
constexpr char kQuestion = '?';
/// An inbox takes 1,000 messages that wait for the handler: one in so many is a question, whose answer tells that all
/// up to it were handled, and so many batches may be on their way.
constexpr std::uint64_t kBatch = 32;
constexpr std::uint64_t kBatches = 8;

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

class AnsweringHandler final : public Handler {
 public:
  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& /*cancel*/) override {
    if (message.text.front() != kQuestion) return std::nullopt;
    return "answer";
  }
};

/// An agent with a home of its own, at the relay. Thread: one, the engine's.
class Talker {
 public:
  Talker(const std::string& url, const fs::path& home)
      : process_(value_of(runtime::Process::open(
            {.plugin_path = host::plugin_search_path({}), .transport = "ws", .transport_config = {}}))) {
    fs::create_directory(home);
    fs::permissions(home, fs::perms::owner_all);
    AgentConfig config;
    config.server = url;
    config.handle = true;
    agent_ =
        value_of(runtime::AgentService::open(*process_, {.config = std::move(config),
                                                         .identity = crypto::Identity::generate(random_),
                                                         .home = home,
                                                         .lock = {},
                                                         .store = "sqlite",
                                                         .store_config = {},
                                                         .epoch = {},
                                                         .handler = &handler_,
                                                         .on_event = [this](const AgentEvent& event) { see(event); }}));
  }

  std::string invite() {
    std::optional<CreatedInvite> made;
    agent_->engine().create_invite(3'600'000, process_->now(),
                                   [&](Result<CreatedInvite> result) { made = value_of(std::move(result)); });
    wait_for([&] { return made.has_value(); });
    return made->url;
  }
  void accept(const std::string& invite) {
    bool accepted = false;
    agent_->engine().accept_invite(invite, {}, process_->now(), [&](Result<AcceptedInvite> result) {
      value_of(std::move(result));
      accepted = true;
    });
    wait_for([&] { return accepted; });
  }
  void wait_for_peer() {
    wait_for([&] { return peer_.has_value(); });
  }
  void run_until_stopped() {
    process_->run_until([] { return false; });
  }

  /// Keeps messages of `text` on their way from now on.
  void begin(const std::string& text) {
    text_ = text;
    fills_ = true;
    fill();
  }
  void run(double seconds) {
    process_->run_until([] { return false; },
                        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  }
  /// Sends nothing beside it, asks one question and waits for its answer: what was sent before is handled by then.
  void ask(const std::string& text) {
    fills_ = false;
    ++questions_;
    send(kQuestion + text);
    wait_for([&] { return answers_ == questions_; });
  }
  std::uint64_t sent() const { return sent_; }

 private:
  void see(const AgentEvent& event) {
    if (const auto* online = std::get_if<agent_events::PeerOnline>(&event)) {
      peer_ = online->peer;
    } else if (std::holds_alternative<agent_events::Received>(event)) {
      ++answers_;
      fill();
    } else if (const auto* progress = std::get_if<agent_events::SendProgress>(&event); progress && progress->error) {
      throw std::runtime_error(progress->error->message);
    }
  }
  void fill() {
    while (fills_ && questions_ < answers_ + kBatches) {
      for (std::uint64_t i = 1; i < kBatch; ++i) send(text_);
      ++questions_;
      send(kQuestion + text_);
    }
  }
  void send(const std::string& text) {
    ++sent_;
    agent_->engine().send(*peer_, text, process_->now(),
                          [](Result<SentMessage> result) { value_of(std::move(result)); });
  }
  void wait_for(const std::function<bool()>& fact) {
    if (process_->run_until(fact, kPatience) != runtime::Process::End::kDone) {
      throw std::runtime_error("an agent waited in vain");
    }
  }

  SystemRandom random_;
  AnsweringHandler handler_;
  std::unique_ptr<runtime::Process> process_;
  std::unique_ptr<runtime::AgentService> agent_;
  std::optional<AgentId> peer_;
  std::string text_;
  bool fills_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t questions_ = 0;
  std::uint64_t answers_ = 0;
};

/// Two ends of a pipe, of which each process uses one.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void write_line(const std::string& line) const {
    if (::write(ends[1], (line + "\n").data(), line.size() + 1) < 0)
      throw std::runtime_error("the other agent is gone");
  }
  std::string read_line() const {
    std::string line;
    for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
};

/// The other process.
int answer(const std::string& url, const fs::path& home, const Pipe& invites) {
  try {
    Talker talker(url, home);
    talker.accept(invites.read_line());
    talker.run_until_stopped();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "agentroom-bench: the other agent: %s\n", error.what());
    return 1;
  }
}

}  // namespace

void run_agent(const Options& options, Report& report) {
  crypto::init();
  const Server server(options, 100);
  const std::string url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/ws";
  const Pipe invites;
  // Before this process has threads.
  const ChildProcess other([&] { return answer(url, server.folder() / "bob", invites); });
  Talker talker(url, server.folder() / "alice");
  invites.write_line(talker.invite());
  talker.wait_for_peer();

  const std::string text(options.payload, 'x');
  talker.begin(text);
  talker.run(options.warm_up);
  const Interval interval(server.pid());
  const Nanoseconds other_before = cpu_time(other.pid());
  const std::uint64_t before = talker.sent();
  talker.run(options.seconds);
  talker.ask(text);
  const auto count = static_cast<double>(talker.sent() - before);
  report.add("agent_per_s", count / interval.seconds(), "messages/s");
  report.add("agent_sender_cpu_us", interval.driver_cpu_us() / count, "us");
  report.add("agent_recipient_cpu_us",
             std::chrono::duration<double, std::micro>(cpu_time(other.pid()) - other_before).count() / count, "us");
  report.add("agent_relay_cpu_us", interval.server_cpu_us() / count, "us");

  Latency latency;
  const Interval lone(server.pid());
  while (lone.seconds() < options.seconds) {
    const auto begin = Clock::now();
    talker.ask(text);
    latency.add(Clock::now() - begin);
  }
  report.add("agent_reply_p50_us", latency.percentile(50), "us");
  report.add("agent_reply_fdatasyncs", latency.percentile(50) / measure_fdatasync(server.folder()).percentile(50),
             "times");
}

}  // namespace agentroom::bench

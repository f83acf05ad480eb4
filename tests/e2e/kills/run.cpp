#include "run.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "journal.hpp"

namespace agentroom::e2e::kills {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<std::string> kAgents{"alice", "bob", "carol"};
const std::string kRelay = "relay";
const std::string kListener = "carol";

constexpr seconds kSetUpTime{60};
/// A link may rest for 30 s before it is made again, and what waited takes its time.
constexpr seconds kQuietTime{180};
constexpr milliseconds kBetweenStrikes{500};
constexpr milliseconds kDown{400};
/// The listener is away for longer, so that commands of its home do without an owner.
constexpr milliseconds kListenerDown{2'500};
constexpr milliseconds kFrozen{1'500};
constexpr milliseconds kLifeOfASend{40};
constexpr std::size_t kTellEvery = 50;

// Everybody comes from one address, and comes again at once.
const char* const kRelayConfig =
    "[relay.limits]\nhandshakes_per_minute = 1000000\nhandshake_burst = 1000000\nfailures_per_minute = 1000000\n"
    "connections_per_address = 10000\nframes_per_second = 100000\nframe_burst = 100000\n";

boost::json::object must(const Home& home, const std::vector<std::string>& arguments) {
  const Ended ended = home.run(arguments);
  if (ended.code == 0) return ended.json();
  throw std::runtime_error("cannot " + arguments.front() + ": " + ended.out + ended.err);
}

}  // namespace

std::size_t Tally::killed() const {
  std::size_t sum = 0;
  for (const auto& [victim, count] : kills) sum += count;
  return sum;
}

Run::Run(std::uint64_t seed) : random_(seed) {
  const fs::path config = host_.write("relay.toml", kRelayConfig);
  const auto arguments = [&](unsigned port) -> std::vector<std::string> {
    return {"--config", config.string(), "relay", "--json", "--port", std::to_string(port)};
  };
  auto& relay = posts_[kRelay].party;
  relay = std::make_unique<Party>(
      kRelay, host_, arguments(0),
      [this](const boost::json::object& event, int generation) { see(kRelay, event, generation); });
  relay->start();
  const auto port = [this] {
    const std::scoped_lock lock(mutex_);
    return port_;
  };
  wait_for("the relay to listen", [&] { return port() != 0; }, kSetUpTime);
  relay->arguments(arguments(port()));
  make_sessions();
}

Run::~Run() {
  for (auto& [name, sender] : senders_) sender.reset();
  posts_.clear();
}

void Run::make_sessions() {
  const std::string url = "ws://127.0.0.1:" + std::to_string(port_) + "/ws";
  std::map<std::string, std::string> keys;
  for (const std::string& name : kAgents) {
    Home& home = homes_[name];
    home.environment["AGENTROOM_SERVER"] = url;
    keys[name] = text(must(home, {"setup", "--no-probe", "--json"}).empty() ? boost::json::object{}
                                                                            : must(home, {"whoami", "--json"}),
                      "pk");
    names_[keys[name]] = name;
  }
  for (std::size_t i = 0; i < kAgents.size(); ++i) {
    for (std::size_t j = i + 1; j < kAgents.size(); ++j) {
      const auto invite = must(homes_[kAgents[i]], {"invite", "create", "--json"});
      must(homes_[kAgents[j]], {"invite", "accept", text(invite, "url"), "--wait", "0", "--json"});
    }
  }
  for (const std::string& name : kAgents) post_agent(name, homes_[name], name != kListener);
  for (const std::string& name : kAgents) {
    std::vector<Target> targets;
    for (const std::string& other : kAgents) {
      if (other != name) targets.push_back({other, keys[other]});
    }
    wait_for(
        "the sessions of " + name,
        [&] { return must(homes_[name], {"peers", "--json"}).at("peers").as_array().size() == targets.size(); },
        kSetUpTime);
    senders_[name] = std::make_unique<Sender>(name, homes_[name], std::move(targets), random_());
  }
}

void Run::post_agent(const std::string& name, Home& home, bool handles) {
  const fs::path journal = home.desk() / "journal";
  home.environment[kJournalVariable] = journal.string();
  const fs::path config =
      home.write("agent.toml", "[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = [\"" KILLS_HANDLER "\"]\n");
  std::vector<std::string> arguments{"--config", config.string(), handles ? "serve" : "listen", "--json"};
  {
    const std::scoped_lock lock(mutex_);  // those of agents that run already are written to
    sights_[name].handles = handles;
  }
  Post& post = posts_[name];
  post.party = std::make_unique<Party>(
      name, home, std::move(arguments),
      [this, name](const boost::json::object& event, int generation) { see(name, event, generation); });
  post.party->start();
}

void Run::see(const std::string& name, const boost::json::object& event, int generation) {
  const auto member = [&](const char* key) {
    const auto* found = event.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  const std::string type = member("type");
  const std::scoped_lock lock(mutex_);
  if (type == "listening" && name == kRelay) port_ = event.at("port").to_number<unsigned>();
  if (name == kRelay) return;
  Sight& sight = sights_[name];
  if (type == "message") {
    auto arrival = parse(member("text"));
    if (!arrival) return sight.complaints.push_back("no message of the run: " + member("text"));
    arrival->msg_id = member("msg_id");
    arrival->generation = generation;
    sight.arrivals.push_back(*std::move(arrival));
  } else if (type == "handler_error" && member("error").find("cut short 3 times") != std::string::npos) {
    sight.cut_short.insert(member("msg_id"));
  } else if (type == "handler_error" || type == "send_error" || type == "unreadable" || type == "store_error") {
    sight.complaints.push_back(boost::json::serialize(event));
  }
}

void Run::wait_for(const std::string& what, const std::function<bool()>& fact, seconds time) {
  for (const auto until = Clock::now() + time; !fact();) {
    look_for_deaths();
    if (Clock::now() > until || !tally_.trouble.empty()) {
      for (const std::string& each : tally_.trouble) std::cerr << each << '\n';
      throw std::runtime_error("waited in vain for " + what);
    }
    std::this_thread::sleep_for(milliseconds(20));  // between two looks
  }
}

Tally Run::run(std::size_t kills) {
  for (auto& [name, sender] : senders_) sender->start();
  std::size_t told = 0;
  for (auto next = Clock::now(); tally_.killed() < kills && tally_.trouble.empty();) {
    bring_back(false);
    look_for_deaths();
    if (Clock::now() >= next) {
      strike();
      next = Clock::now() + up_to(kBetweenStrikes);
    }
    std::size_t senders_killed = 0;
    for (auto& [name, sender] : senders_) senders_killed += sender->killed();
    tally_.kills["send"] = senders_killed;
    if (tally_.killed() >= told + kTellEvery) std::cerr << (told += kTellEvery) << " of " << kills << " kills\n";
    std::this_thread::sleep_for(milliseconds(1));
  }
  bring_back(true);
  for (auto& [name, sender] : senders_) sender->stop();
  for (auto& [name, sender] : senders_) sender->send_last();  // whatever is pending goes out with these
  const auto until = Clock::now() + kQuietTime;
  while (judge(ledger()).lost > 0 && Clock::now() < until && tally_.trouble.empty()) {
    look_for_deaths();
    std::this_thread::sleep_for(milliseconds(100));  // between two looks
  }
  // The last of each pair has arrived, and nothing comes behind it.
  for (auto& [name, post] : posts_) {
    std::string why;
    if (post.party->runs() && !post.party->terminate(why)) tally_.trouble.push_back(why);
  }
  tally_.verdict = judge(ledger());
  return tally_;
}

void Run::strike() {
  const std::size_t party = random_() % (posts_.size() + 1);
  const std::uint64_t way = random_() % 10;
  if (party == posts_.size()) {
    Sender& sender = *std::next(senders_.begin(), static_cast<std::ptrdiff_t>(random_() % senders_.size()))->second;
    if (!sender.kill_asked()) sender.kill_one(up_to(kLifeOfASend));
    return;
  }
  auto& [name, post] = *std::next(posts_.begin(), static_cast<std::ptrdiff_t>(party));
  const auto down = up_to(name == kListener ? kListenerDown : kDown);
  if (!post.party->runs()) return;
  if (way == 0 && !post.party->frozen()) {
    post.party->freeze(true);
    post.back = Clock::now() + up_to(kFrozen);
    ++tally_.freezes;
  } else if (way == 1 && !post.party->frozen()) {
    std::string why;
    if (!post.party->terminate(why)) tally_.trouble.push_back(why);
    post.back = Clock::now() + down;
    ++tally_.restarts;
  } else {
    post.party->kill();
    post.back = Clock::now() + down;
    ++tally_.kills[name == kRelay ? "relay" : name == kListener ? "listen" : "serve"];
  }
}

void Run::bring_back(bool all) {
  for (auto& [name, post] : posts_) {
    if (!all && Clock::now() < post.back) continue;
    if (post.party->frozen()) post.party->freeze(false);
    if (!post.party->runs()) post.party->start();
  }
}

void Run::look_for_deaths() {
  for (auto& [name, post] : posts_) {
    if (post.party->runs() && post.party->died() && tally_.trouble.empty()) {
      tally_.trouble.push_back(post.party->last_words());
    }
  }
}

Ledger Run::ledger() const {
  Ledger ledger;
  for (const auto& [name, sender] : senders_) {
    const auto sendings = sender->sendings();
    ledger.sendings.insert(ledger.sendings.end(), sendings.begin(), sendings.end());
  }
  {
    const std::scoped_lock lock(mutex_);
    ledger.sights = sights_;
  }
  for (auto& [name, sight] : ledger.sights) {
    if (sight.handles) sight.arrivals = read_journal(homes_.at(name).desk() / "journal");
    sight.generations = posts_.at(name).party->generations();
  }
  return ledger;
}

microseconds Run::up_to(microseconds most) {
  return microseconds(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most.count())));
}

std::vector<fs::path> Run::keep() {
  std::vector<fs::path> folders{host_.desk()};
  host_.keep();
  for (auto& [name, home] : homes_) {
    home.keep();
    folders.push_back(home.desk());
  }
  return folders;
}

}  // namespace agentroom::e2e::kills

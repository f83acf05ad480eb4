#include "world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/primitives.hpp"

namespace agentroom::test {
namespace {

template <class T>
auto slot() {
  return std::make_shared<std::optional<Result<T>>>();
}

template <class T>
AgentEngine::Done<T> into(std::shared_ptr<std::optional<Result<T>>> answer) {
  return [answer = std::move(answer)](Result<T> result) {
    EXPECT_FALSE(answer->has_value()) << "answered twice";
    *answer = std::move(result);
  };
}

}  // namespace

TestAgent::TestAgent(World& world, AgentConfig config_in)
    : config(std::move(config_in)),
      identity(crypto::Identity::generate(world.random)),
      store(std::make_unique<FakeStore>()),
      world_(world) {}

TestAgent::~TestAgent() = default;

Result<void> TestAgent::try_start() {
  engine_ = std::make_unique<AgentEngine>(config, identity, *store, *this, world_.random);
  return engine_->start(world_.now);
}

void TestAgent::start() {
  auto started = try_start();
  ASSERT_TRUE(started) << started.error().message;
}

void TestAgent::crash() {
  engine_.reset();
  inbound_.clear();
  running.clear();
  runs_.clear();
  for (auto [channel, relay] : std::exchange(channels_, {})) relay->agent_closed(channel);
  store = std::make_unique<FakeStore>(store->durable());
}

bool TestAgent::step() {
  if (!engine_) return false;
  acted_ = false;
  while (engine_ && !inbound_.empty()) {
    auto [channel, what] = std::move(inbound_.front());
    inbound_.pop_front();
    acted_ = true;
    if (std::holds_alternative<Opened>(what)) engine_->on_opened(channel, world_.now);
    if (auto* message = std::get_if<Bytes>(&what)) {
      if (on_wire) on_wire(*message);
      engine_->on_message(channel, *message, world_.now);
    }
    if (auto* closed = std::get_if<Closed>(&what)) {
      engine_->on_closed(channel, {.code = 1006, .reason = closed->reason}, world_.now);
    }
  }
  while (store->automatic && store->complete_one()) acted_ = true;
  while (handler && !running.empty()) finish(handler(running.front()));
  const std::size_t commits = store->commits;
  engine_->flush(world_.now);
  if (store->commits != commits) acted_ = true;
  if (store->crashed) restart();
  return acted_;
}

std::shared_ptr<std::optional<Result<CreatedInvite>>> TestAgent::create_invite(std::int64_t ttl_ms) {
  auto answer = slot<CreatedInvite>();
  engine_->create_invite(ttl_ms, world_.now, into(answer));
  EXPECT_FALSE(answer->has_value()) << "answered inside the call";
  return answer;
}

std::string TestAgent::invite(std::int64_t ttl_ms) {
  auto answer = create_invite(ttl_ms);
  world_.run();
  if (!answer->has_value() || !answer->value()) {
    ADD_FAILURE() << "no invite: " << (answer->has_value() ? answer->value().error().message : "no answer");
    return {};
  }
  return answer->value()->url;
}

std::shared_ptr<std::optional<Result<AcceptedInvite>>> TestAgent::accept(const std::string& url,
                                                                         std::optional<std::string> server) {
  auto answer = slot<AcceptedInvite>();
  engine_->accept_invite(url, std::move(server), world_.now, into(answer));
  EXPECT_FALSE(answer->has_value()) << "answered inside the call";
  return answer;
}

std::shared_ptr<std::optional<Result<SentMessage>>> TestAgent::send(const AgentId& to, std::string text) {
  auto answer = slot<SentMessage>();
  engine_->send(to, std::move(text), world_.now, into(answer));
  EXPECT_FALSE(answer->has_value()) << "answered inside the call";
  return answer;
}

std::shared_ptr<std::optional<Result<void>>> TestAgent::revoke(const InviteId& invite_id) {
  auto answer = slot<void>();
  engine_->revoke_invite(invite_id, world_.now, into(answer));
  return answer;
}

std::shared_ptr<std::optional<Result<void>>> TestAgent::remove_peer(const AgentId& peer) {
  auto answer = slot<void>();
  engine_->remove_peer(peer, world_.now, into(answer));
  return answer;
}

std::shared_ptr<std::optional<Result<void>>> TestAgent::rename_peer(const AgentId& peer, std::string name) {
  auto answer = slot<void>();
  engine_->rename_peer(peer, std::move(name), world_.now, into(answer));
  return answer;
}

void TestAgent::drained() {
  for (const auto& [channel, relay] : channels_) engine_->on_drained(channel, world_.now);
}

void TestAgent::finish(HandlerOutcome outcome) {
  ASSERT_FALSE(running.empty());
  const HandlerMessage message = std::move(running.front());
  running.pop_front();
  Run& run = runs_[message.from];
  const bool quick = world_.now.steady - run.began <= kQuickHandler;
  const bool cancelled = !outcome && outcome.error().code == ErrorCode::kCancelled;
  if (!quick || cancelled) run.waiting.clear();
  begin(run);
  engine_->on_handled(message.from, message.msg_id, std::move(outcome), quick, world_.now);
  acted_ = true;
}

void TestAgent::begin(Run& run) {
  if (run.waiting.empty()) return;
  run.began = world_.now.steady;
  handled.push_back(run.waiting.front());
  running.push_back(std::move(run.waiting.front()));
  run.waiting.pop_front();
  most_running = std::max(most_running, running.size());
}

std::vector<std::string> TestAgent::received() const {
  std::vector<std::string> texts;
  for (const auto& event : all<agent_events::Received>()) texts.push_back(event.text);
  return texts;
}

std::vector<std::string> TestAgent::handled_texts() const {
  std::vector<std::string> texts;
  for (const auto& message : handled) texts.push_back(message.text);
  return texts;
}

std::size_t TestAgent::send(ChannelId channel, Bytes message) {
  acted_ = true;
  if (const auto found = channels_.find(channel); found != channels_.end() && passes(channel)) {
    found->second->receive(channel, std::move(message));
  }
  return unsent;
}

bool TestAgent::passes(ChannelId channel) {
  const auto left = left_.find(channel);
  return left == left_.end() || left->second-- > 0;
}

void TestAgent::pause(ChannelId) {}
void TestAgent::resume(ChannelId) {}

void TestAgent::close(ChannelId channel, std::uint16_t, std::string_view) {
  EXPECT_NE(channel, 0U) << "no channel";
  acted_ = true;
  if (const auto found = channels_.find(channel); found != channels_.end()) {
    FakeRelay* relay = found->second;
    channels_.erase(found);
    relay->agent_closed(channel);
    inbound_.emplace_back(channel, Closed{"closed here"});
  }
}

ChannelId TestAgent::connect(const std::string& url, Error&) {
  acted_ = true;
  const ChannelId channel = world_.next_channel_++;
  FakeRelay& relay = world_.relay(url);
  dialled.push_back(url);
  if (!relay.online || dead.contains(url)) {
    inbound_.emplace_back(channel, Closed{"connection refused"});
    return channel;
  }
  channels_[channel] = &relay;
  if (swallowing.contains(url)) left_[channel] = 3;
  inbound_.emplace_back(channel, Opened{});
  relay.open(
      channel,
      [this](ChannelId to, Bytes message) {
        if (passes(to)) inbound_.emplace_back(to, std::move(message));
      },
      [this](ChannelId to, std::string reason) {
        channels_.erase(to);
        inbound_.emplace_back(to, Closed{std::move(reason)});
      });
  return channel;
}

void TestAgent::handle(std::vector<HandlerMessage> messages) {
  acted_ = true;
  longest_run = std::max(longest_run, messages.size());
  Run& run = runs_[messages.front().from];
  ASSERT_TRUE(run.waiting.empty()) << "a run begins before the one before is over";
  run.waiting.assign(std::make_move_iterator(messages.begin()), std::make_move_iterator(messages.end()));
  begin(run);
}

void TestAgent::on_event(const AgentEvent& event) {
  acted_ = true;
  events.push_back(event);
}

World::World() {
  crypto::init();
}

TestAgent& World::agent(AgentConfig config) {
  agents_.push_back(std::make_unique<TestAgent>(*this, std::move(config)));
  agents_.back()->start();
  return *agents_.back();
}

TestAgent& World::connected(bool handle, std::string name) {
  AgentConfig config;
  config.server = kUrl;
  config.handle = handle;
  config.name = std::move(name);
  return agent(std::move(config));
}

FakeRelay& World::relay(const std::string& url) {
  const auto lead = leads_.find(url);
  if (lead != leads_.end()) return relay(lead->second);
  auto& relay = relays_[url];
  if (!relay) relay = std::make_unique<FakeRelay>("secret of " + url, random, now);
  return *relay;
}

FakeRelay& World::replace_relay(const std::string& url, std::string_view secret,
                                std::optional<std::string_view> previous) {
  relay(url).cut();
  retired_.push_back(std::move(relays_[url]));
  relays_[url] = std::make_unique<FakeRelay>(secret, random, now, previous);
  return *relays_[url];
}

void World::run() {
  for (int round = 0; round < 100'000; ++round) {
    bool acted = false;
    for (auto& agent : agents_) acted |= agent->step();
    for (auto& [url, relay] : relays_) acted |= relay->flush();
    if (!acted) return;
  }
  FAIL() << "the world does not come to rest";
}

void World::advance(Duration by) {
  const Duration end = now.steady + by;
  run();
  while (true) {
    std::optional<Duration> next;
    for (auto& agent : agents_) {
      if (!agent->alive()) continue;
      const auto due = agent->engine().next_deadline();
      if (due && (!next || *due < *next)) next = due;
    }
    if (!next || *next > end) break;
    const Duration step = std::max(*next, now.steady) - now.steady;
    now.steady += step;
    now.unix_ms += step.count() / 1000;
    for (auto& agent : agents_) {
      if (agent->alive()) agent->engine().on_time(now);
    }
    run();
  }
  now.unix_ms += (end - now.steady).count() / 1000;
  now.steady = end;
  run();
}

void World::jump(Duration by) {
  now.steady += by;
  now.unix_ms += by.count() / 1000;
  for (auto& agent : agents_) {
    if (agent->alive()) agent->engine().on_time(now);
  }
  run();
}

void World::befriend(TestAgent& a, TestAgent& b) {
  const std::string url = a.invite();
  auto accepted = b.accept(url);
  run();
  ASSERT_TRUE(accepted->has_value());
  ASSERT_TRUE(accepted->value()) << accepted->value().error().message;
}

}  // namespace agentroom::test

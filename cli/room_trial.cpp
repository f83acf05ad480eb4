#include "room_trial.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "crypto/primitives.hpp"
#include "protocol/limits.hpp"
#include "room_records.hpp"
#include "runtime/probe.hpp"
#include "spinner.hpp"
#include "tunnels.hpp"

namespace agentroom::cli {
namespace {

/// A first download of a tunnel's program and a handler that is a language model both take their time.
constexpr Duration kTunnelTime = std::chrono::minutes(3);
constexpr Duration kPatience = std::chrono::seconds(130);
constexpr Duration kReachableTime = std::chrono::seconds(10);

constexpr const char* kQuestion = "agentroom doctor asks: are you there?";

std::string in_ms(Duration took) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) + " ms";
}

}  // namespace

/// What the tunnel said last, on the engine thread.
class RoomTrial::Watch final : public TunnelEvents {
 public:
  explicit Watch(Executor& loop) : loop_(loop) {}

  void on_step(const TunnelProgress& step) override {
    post([this, step] { state = printable(step.state + (step.detail.empty() ? "" : ", " + step.detail)); });
  }
  void on_address(const TunnelAddress& told) override {
    post([this, found = told] { address = found; });
  }
  void on_lost(const std::string& reason) override {
    post([this, reason] { trouble = Error{ErrorCode::kNetwork, "the tunnel is lost: " + printable(reason), {}}; });
  }
  void on_failed(const Error& why, bool /*given_up*/) override {
    post([this, why] { trouble = why; });
  }

  std::optional<TunnelAddress> address;
  std::optional<Error> trouble;
  std::string state;

 private:
  void post(std::function<void()> news) {
    loop_.post([news = std::move(news), alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) news();
    });
  }

  Executor& loop_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

RoomTrial::RoomTrial(Context& context, runtime::Process& process) : context_(context), process_(process) {}

RoomTrial::~RoomTrial() {
  if (tunnel_) tunnel_->close();
}

void RoomTrial::run(const Options& options) {
  if (!step("listen", [&] { return listen(options.tunnel); })) return;
  if (options.tunnel && !step("tunnel", [this] { return open_tunnel(); })) return;
  if (options.echo) step("echo", [this] { return echo(); });
}

bool RoomTrial::step(const std::string& name, const std::function<Result<std::string>()>& take) {
  const Duration begin = clock_.now().steady;
  const auto found = take();
  on_step(name, clock_.now().steady - begin, found);
  return found.has_value();
}

Result<std::string> RoomTrial::listen(bool tunnel) {
  crypto::init();
  SystemRandom random;
  host_ = crypto::Identity::generate(random);
  constexpr const char* kAnyPort = "127.0.0.1:0";
  auto stage = open_stage(tunnel, tunnel ? context_.settings().relay.listen : kAnyPort);
  if (!stage && stage.error().code == ErrorCode::kInUse) stage = open_stage(tunnel, kAnyPort);
  if (!stage) return pass(stage);
  stage_ = std::move(*stage);
  return "a relay of its own on " + stage_->url();
}

Result<std::unique_ptr<Stage>> RoomTrial::open_stage(bool tunnel, const std::string& listen) {
  auto folder = TemporaryFolder::make();
  if (!folder) return pass(folder);
  folder_ = std::move(*folder);
  RelayConfig config;
  config.publishers = {host_.id()};
  if (tunnel) config = behind_tunnel(context_, std::move(config));
  return Stage::open(process_, {.folder = folder_->path(),
                                .listen = listen,
                                .relay = std::move(config),
                                .metrics = !tunnel,
                                .patience = kPatience});
}

bool RoomTrial::is_of_the_home(const RelayId& relay) {
  auto rooms = running_rooms(context_.home().rooms_folder());
  if (!rooms) return false;
  return std::ranges::any_of(*rooms, [&](const RunningRoom& room) {
    auto answer = runtime::probe_relay(process_, room.record.local_url, kReachableTime, {});
    return answer && answer->relay == relay;
  });
}

Result<std::string> RoomTrial::open_tunnel() {
  // A program that is downloaded is kept there.
  if (auto home = context_.ensure_home(); !home) return pass(home);
  const config::PluginChoice& choice = context_.settings().tunnel.choice;
  auto tunnel = process_.plugins().open_tunnel(choice.plugin, choice.config);
  if (!tunnel) return pass(tunnel);
  tunnel_ = std::move(*tunnel);
  watch_ = std::make_unique<Watch>(process_.loop());
  auto opened = tunnel_->open({.local_address = stage_->address(),
                               .health_path = "/health",
                               .scheme = stage_->relay().scheme(),
                               .folder = context_.home().bin_folder().string()},
                              *watch_);
  if (!opened) return pass(opened);
  // A tunnel tries again where this one asks what is wrong.
  Spinner spinner(context_.out(), "waiting for the tunnel");
  std::string shown;
  const auto end = process_.run_until(
      [&] {
        if (watch_->state != std::exchange(shown, watch_->state)) spinner.say("tunnel: " + shown);
        return watch_->address || watch_->trouble;
      },
      kTunnelTime);
  if (end == runtime::Process::End::kSignal) return fail(ErrorCode::kCancelled, "stopped by a signal");
  if (!watch_->address) {
    if (watch_->trouble) return std::unexpected(*watch_->trouble);
    return fail(ErrorCode::kTimeout, "the tunnel " + choice.plugin + " gave no public URL within 3 minutes",
                "see why: agentroom doctor --log-level debug");
  }
  public_url_ = watch_->address->url;
  const std::string& own = context_.settings().relay.listen;
  const std::string hint = "[tunnel." + choice.plugin + "] has to lead to the relay of this home, at " + own;
  auto answer = runtime::probe_relay(process_, public_url_, kReachableTime, hint);
  if (!answer) return pass(answer);
  std::string found = public_url_ + " answers in " + in_ms(answer->took);
  if (answer->relay == stage_->relay_id()) return found;
  if (!is_of_the_home(answer->relay)) {
    return fail(ErrorCode::kIdentityChanged, "another relay answers at " + printable(public_url_), hint);
  }
  leads_home_ = true;
  public_url_.clear();
  return found + ": the relay of this home, which runs";
}

Result<std::unique_ptr<Handler>> RoomTrial::handler(std::string& name) {
  const config::HandlerSettings& settings = context_.settings().handler;
  name = settings.named ? settings.choice.plugin : "echo, for none is configured";
  return process_.plugins().open_handler(settings.named ? settings.choice.plugin : "echo",
                                         settings.named ? settings.choice.config : std::string());
}

Result<std::string> RoomTrial::echo() {
  std::string name;
  auto answering = handler(name);
  if (!answering) return pass(answering);
  auto host = stage_->cast("host", std::move(*answering), std::move(host_));
  if (!host) return pass(host);
  auto peer = stage_->cast("peer", nullptr);
  if (!peer) return pass(peer);
  if (auto entered = stage_->enter(**host); !entered) return pass(entered);
  if (!public_url_.empty()) {
    if (auto named = (*host)->engine().set_invite_url(public_url_); !named) return pass(named);
  }
  if (auto entered = stage_->enter(**peer, public_url_); !entered) return pass(entered);
  if (auto met = meet(**host, **peer); !met) return pass(met);
  auto answered = answer(**host, **peer);
  stage_->leave(**peer);
  stage_->leave(**host);
  if (!answered) return answered;
  return "handler " + name + ": " + *answered +
         (leads_home_ ? ", not through the tunnel, which leads to the relay that runs" : "");
}

Result<void> RoomTrial::meet(Actor& host, Actor& peer) {
  auto invite = stage_->ask<CreatedInvite>("an invite", [&](auto done) {
    host.engine().create_invite(protocol::kInviteLifeMs, stage_->now(), std::move(done));
  });
  if (!invite) return pass(invite);
  auto accepted = stage_->ask<AcceptedInvite>("the invite to be accepted", [&](auto done) {
    peer.engine().accept_invite(invite->url, {}, stage_->now(), std::move(done));
  });
  if (!accepted) return pass(accepted);
  return stage_->wait("the session", [&] { return peer.find<agent_events::PeerOnline>() != nullptr; });
}

Result<std::string> RoomTrial::answer(Actor& host, Actor& peer) {
  const Duration begin = clock_.now().steady;
  auto sent = stage_->ask<SentMessage>("a message to be stored", [&](auto done) {
    peer.engine().send(host.id(), kQuestion, stage_->now(), std::move(done));
  });
  if (!sent) return pass(sent);
  const auto over = [&] {
    return peer.find<agent_events::Received>() != nullptr || host.find<agent_events::HandlerFailed>() != nullptr ||
           host.find<agent_events::NoReply>() != nullptr;
  };
  if (auto done = stage_->wait("the handler's answer", over); !done) return pass(done);
  if (const auto* failed = host.find<agent_events::HandlerFailed>()) {
    Error why = failed->error;
    if (why.hint.empty()) why.hint = "run it by hand: the message comes on its stdin, what it prints is the reply";
    return std::unexpected(std::move(why));
  }
  const std::string took = in_ms(clock_.now().steady - begin);
  if (host.find<agent_events::NoReply>() != nullptr) return "it chose not to answer, after " + took;
  return "an answer of " + std::to_string(peer.find<agent_events::Received>()->text.size()) + " bytes after " + took;
}

}  // namespace agentroom::cli

// room open: relay, tunnel, agent, invite and handler in one process.
#include <algorithm>

#include "base/text.hpp"
#include "commands.hpp"
#include "config/private_file.hpp"
#include "detach.hpp"
#include "events.hpp"
#include "home_access.hpp"
#include "hosted_relay.hpp"
#include "serving.hpp"
#include "tunnels.hpp"

namespace agentroom::cli {
namespace {

/// Keeps what peers and the invite say of the relay's place up to date.
///
///   no place yet --first URL--> an invite is offered --another URL--> peers are told; the invite is replaced when it
///   is still open, or when peers could not know the URL
class Place {
 public:
  Place(EventStream& stream, RunningAgent& agent, HostedRelay& relay, StandingInvite& invite)
      : stream_(stream), agent_(agent), relay_(relay), invite_(invite) {}

  /// `urls`: of the tunnels, the one in use first; empty where there is none.
  void moved_to(std::vector<std::string> urls) {
    const std::vector<std::string> lan = relay_.lan_urls();
    const std::string url = !urls.empty() ? urls.front() : !lan.empty() ? lan.front() : relay_.local_url();
    note(urls.empty() ? std::string() : urls.front());
    const bool peers_know = std::ranges::find(told_, url) != told_.end();
    urls.insert(urls.end(), lan.begin(), lan.end());
    if (urls != told_) {
      told_ = std::move(urls);
      announce();
    }
    if (url == url_) return;
    url_ = url;
    name_url();
    if (!peers_know || invite_.open()) invite_.replace();
  }

  /// An engine that was made anew knows nothing of it.
  void repeat() {
    if (url_.empty()) return;
    name_url();
    announce();
  }

  /// The tunnel is gone for now; peers and invites have nothing better.
  void lost() { note({}); }

 private:
  void note(const std::string& tunnel) {
    if (auto noted = relay_.sign().set_tunnel(tunnel); !noted) {
      stream_.out().warning(printable(noted.error().message));
    }
  }

  void name_url() {
    if (auto named = agent_.engine().set_invite_url(url_); !named) {
      stream_.out().warning("invites do not name the public URL: " + printable(named.error().message));
    }
  }

  void announce() {
    if (auto told = agent_.engine().announce_relay_urls(told_, agent_.now()); !told) {
      stream_.out().warning("peers are not told where this relay answers: " + printable(told.error().message));
    }
  }

  EventStream& stream_;
  RunningAgent& agent_;
  HostedRelay& relay_;
  StandingInvite& invite_;
  std::string url_;
  std::vector<std::string> told_;
};

/// Where a room or relay of this home is what is in the way, the commands for it stand in the hint.
Error explained(const Context& context, Error why) {
  if (why.code != ErrorCode::kHomeInUse && why.code != ErrorCode::kInUse) return why;
  if (auto rooms = running_rooms(context.home().rooms_folder()); rooms && !rooms->empty()) {
    why.hint = "see what runs with: agentroom room status; and end it with: agentroom room stop";
  }
  return why;
}

/// A relay of one's own for one's own peers.
RelayConfig room_config(Context& context, const AgentId& self, bool tunnel) {
  RelayConfig config = context.settings().relay.config;
  if (!context.is_set("relay.publishers")) config.publishers = {self};
  return tunnel ? behind_tunnel(context, std::move(config)) : config;
}

class RoomOpening {
 public:
  RoomOpening(const RoomOpenCommand& command, Context& context, Foreground* foreground, std::string log)
      : command_(command), context_(context), out_(context.out()), foreground_(foreground), log_(std::move(log)) {}

  int run(const std::string& listen) {
    auto lock = take_home(context_);
    if (!lock) return out_.error(explained(context_, lock.error()));
    auto identity = context_.identity_or_new();
    if (!identity) return out_.error(identity.error());
    auto process = context_.open_process();
    if (!process) return out_.error(process.error());
    auto handler = AnsweringHandler::open(context_, **process, command_.serve);
    if (!handler) return out_.error(handler.error());
    auto relay = HostedRelay::open(context_, **process,
                                   {.kind = "room",
                                    .listen = listen,
                                    .config = room_config(context_, identity->id(), !command_.no_tunnel),
                                    .tunnel = !command_.no_tunnel,
                                    .log = log_});
    if (!relay) return out_.error(explained(context_, relay.error()));

    EventStream stream(out_);
    Executor& loop = (*process)->loop();
    // A log file takes all at once, and has to hold the invite when the foreground ends.
    if (foreground_ == nullptr) stream.write_behind([&loop] { loop.post([] {}); });
    auto agent = RunningAgent::open(context_, **process, std::move(*lock), stream,
                                    {.first_event = "serving",
                                     .handler = (*handler)->get(),
                                     .concurrency = context_.settings().handler.concurrency,
                                     .server = (*relay)->local_url(),
                                     .relay = (*relay)->id()});
    if (!agent) return failed(stream, agent.error());
    const int code = serve(**process, stream, **relay, **agent);
    agent->reset();
    const std::uint16_t port = (*relay)->port();
    relay->reset();
    out_.event("stopped", {{"port", port}}, "stopped");
    return code;
  }

 private:
  int serve(runtime::Process& process, EventStream& stream, HostedRelay& relay, RunningAgent& agent) {
    Serving serving(command_.serve, stream, agent);
    serving.invite().keep();
    if (foreground_ != nullptr) {
      // The invite goes through the log: what is on stderr could come before it.
      serving.invite().remark.clear();
      serving.invite().on_printed = [this] {
        foreground_->let_go();
        out_.leave_terminal();
      };
    }
    if (auto seeded = serving.seed(); !seeded) return stop(stream, agent, seeded.error());
    Place place(stream, agent, relay, serving.invite());
    if (command_.no_tunnel) {
      place.moved_to({});
      return serving.run({.connected = [&] { place.repeat(); }});
    }
    auto tunnels = Tunnels::open(context_, process, stream,
                                 {.address = relay.address(),
                                  .scheme = relay.scheme(),
                                  .relay = relay.id(),
                                  .standby = context_.settings().tunnel.standby});
    if (!tunnels) {
      stream.tell("tunnel_error", error_members({{"final", true}}, tunnels.error()));
      return stop(stream, agent, tunnels.error());
    }
    return serving.run({.pending = [&] { return (*tunnels)->has_news(); },
                        .take =
                            [&] {
                              if (!(*tunnels)->take_news()) return;
                              auto urls = (*tunnels)->urls();
                              urls.empty() ? place.lost() : place.moved_to(std::move(urls));
                            },
                        .connected = [&] { place.repeat(); },
                        .failure = [&] { return (*tunnels)->failure(); }});
  }

  int failed(EventStream& stream, const Error& why) {
    stream.close();
    return out_.error(why);
  }
  int stop(EventStream& stream, RunningAgent& agent, const Error& why) {
    agent.stop();
    return failed(stream, why);
  }

  const RoomOpenCommand& command_;
  Context& context_;
  Output& out_;
  Foreground* foreground_;
  const std::string log_;
};

/// What can be known before a process of its own begins.
Result<std::string> check(const RoomOpenCommand& command, Context& context) {
  if (context.globals().server) {
    return fail(ErrorCode::kUsage, "a room is its own relay and takes no --server",
                "to answer on a relay that runs: agentroom serve --server URL --on-message COMMAND");
  }
  if (auto named = AnsweringHandler::check(context, "room open"); !named) return pass(named);
  auto listen = listen_address(command.host, command.port, context.settings().relay.listen);
  if (!listen) return listen;
  std::vector<std::string> needed{config::kTransport, config::kStore, config::kHandler};
  if (!command.no_tunnel) needed.emplace_back(config::kTunnel);
  if (auto plugins = context.need_plugins(needed); !plugins) return pass(plugins);
  return listen;
}

}  // namespace

int run(const RoomOpenCommand& command, const GlobalOptions& globals, Output& out) {
  out.stream();
  auto context = Context::make(globals, out, overrides_of(command.serve));
  if (!context) return out.error(context.error());
  auto listen = check(command, *context);
  if (!listen) return out.error(listen.error());
  if (!command.detach) return RoomOpening(command, *context, nullptr, {}).run(*listen);

  // Whoever has the home goes on writing to the log: it is found out before the file is emptied.
  if (auto lock = take_home(*context); !lock) return out.error(explained(*context, lock.error()));
  const std::filesystem::path log = context->home().rooms_folder() / "room.log";
  auto detached = detach(log);
  if (!detached) return out.error(detached.error());
  if (detached->foreground) {
    return RoomOpening(command, *context, detached->foreground.get(), log.string()).run(*listen);
  }
  if (detached->goes_on) {
    out.remark(std::string(kInviteRemark) + "\nThe room goes on in the background, and writes to " + log.string() +
               ".\nTo see it and to end it:\n  agentroom room status\n  agentroom room stop");
  }
  return detached->exit_code;
}

}  // namespace agentroom::cli

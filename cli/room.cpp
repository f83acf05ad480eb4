// room open: relay, tunnel, agent, invite and handler in one process.
#include <algorithm>

#include "commands.hpp"
#include "config/private_file.hpp"
#include "detach.hpp"
#include "events.hpp"
#include "home_access.hpp"
#include "hosted_relay.hpp"
#include "place.hpp"
#include "serving.hpp"
#include "tunnels.hpp"

namespace agentroom::cli {
namespace {

/// Where a room or relay of this home is what is in the way, the commands for it stand in the hint.
Error explained(const Context& context, Error why) {
  if (why.code != ErrorCode::kHomeInUse) return why;
  const auto rooms = running_rooms(context.home().rooms_folder());
  const auto is_in_the_way = [&](const RunningRoom& room) {
    return why.message.ends_with(" pid " + std::to_string(room.record.process.pid));
  };
  if (rooms && std::ranges::any_of(*rooms, is_in_the_way)) {
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
    EventStream stream(out_);
    auto relay = HostedRelay::open(context_, **process,
                                   {.kind = "room",
                                    .listen = listen,
                                    .config = room_config(context_, identity->id(), !command_.no_tunnel),
                                    .tunnel = !command_.no_tunnel,
                                    .log = log_});
    if (!relay) return out_.error(explained(context_, relay.error()));

    Executor& loop = (*process)->loop();
    // A log file takes all at once, and has to hold the invite when the foreground ends.
    if (foreground_ == nullptr) stream.write_behind([&loop] { loop.post([] {}); });
    auto agent = RunningAgent::open(context_, **process, std::move(*lock), stream,
                                    {.first_event = "serving",
                                     .handler = (*handler)->get(),
                                     .concurrency = context_.settings().handler.concurrency,
                                     .server = (*relay)->local_url(),
                                     .relay = (*relay)->id()});
    if (!agent) return stream.finish(pass(agent));
    (*relay)->tell_reloads_to(stream);
    const auto ended = serve(**process, stream, **relay, **agent);
    agent->reset();
    const std::uint16_t port = (*relay)->port();
    relay->reset();
    stream.tell_here("stopped", {{"port", port}}, "stopped", {});
    return stream.finish(ended);
  }

 private:
  Result<void> serve(runtime::Process& process, EventStream& stream, HostedRelay& relay, RunningAgent& agent) {
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
    if (auto seeded = serving.seed(); !seeded) return stop(agent, seeded.error());
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
      return stop(agent, tunnels.error());
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

  static Result<void> stop(RunningAgent& agent, const Error& why) {
    agent.stop();
    return std::unexpected(why);
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

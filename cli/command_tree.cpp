#include "command_tree.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/nearest.hpp"
#include "config/units.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {
namespace {

constexpr const char* kGlobalGroup = "Global options";
constexpr std::int64_t kLongestWaitS = 86'400;

std::string example(const std::string& lines) {
  return "Example:\n" + lines;
}

}  // namespace

const std::vector<std::string>& shells() {
  static const std::vector<std::string> all{"bash", "zsh", "fish"};
  return all;
}

CommandTree::CommandTree() {
  app_.description("End-to-end encrypted private lines between AI agents, over a relay of your own.");
  app_.require_subcommand(1);
  app_.get_formatter()->label("REQUIRED", "");
  app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_.get_formatter()->column_width(26);
  // `-h` is handled by `parse_arguments`: as a flag of CLI11 it would also be found in texts such as "-hello".
  finish(app_, "  agentroom demo\n  agentroom COMMAND --help");
  add_identity();
  add_relay();
  add_room();
  add_invite();
  add_messages();
  add_peers();
  add_store();
  add_inspection();
}

CLI::App& CommandTree::add(CLI::App& parent, const std::string& name, const std::string& description,
                           const std::string& lines) {
  CLI::App& command = *parent.add_subcommand(name, description)->group("Commands");
  finish(command, lines);
  return command;
}

void CommandTree::finish(CLI::App& command, const std::string& lines) {
  command.set_help_flag("--help", "Says what the command does")->group(kGlobalGroup);
  command.footer(example(lines));
  const auto option = [&](const char* name, std::optional<std::string>& out, const char* text,
                          const char* type) -> CLI::Option& {
    return *command.add_option(name, out, text)->take_last()->group(kGlobalGroup)->type_name(type);
  };
  option("--config", globals_.config, "TOML file; else <home>/agentroom.toml", "FILE");
  option("--home", globals_.home, "Identity and sessions (env AGENTROOM_HOME)", "DIR");
  option("--server", globals_.server, "The relay to use (env AGENTROOM_SERVER)", "URL");
  command.add_flag("--trust-relay", globals_.trust_relay, "Accept a relay whose identity changed")->group(kGlobalGroup);
  command.add_flag("--json", globals_.json, "JSON on stdout, for programs")->group(kGlobalGroup);
  choices_[&option("--log-level", globals_.log_level, "debug, info, warn, error or off", "LEVEL")] = {
      "debug", "info", "warn", "error", "off"};
  choices_[&option("--log-format", globals_.log_format, "text or json", "FORMAT")] = {"text", "json"};
  command.add_flag("-q,--quiet", globals_.quiet, "No remarks on stderr")->group(kGlobalGroup);
}

template <class T>
void CommandTree::runs(CLI::App& command, T& arguments) {
  command.callback([this, &command, &arguments] {
    if (!command.get_subcommands().empty()) return;
    command_ = [&arguments] { return Command(arguments); };
  });
}

void CommandTree::add_identity() {
  CLI::App& setup = add(app_, "setup", "Makes the home and the identity, and checks the rest",
                        "  agentroom setup\n  agentroom setup --no-probe --json");
  setup.add_flag("--no-probe", setup_.no_probe, "Do not ask the relay whether it answers");
  setup.add_flag("--force", setup_.force, "Discard keys, sessions and invites for new ones");
  runs(setup, setup_);
  runs(add(app_, "whoami", "Shows the public identity", "  agentroom whoami --json"), whoami_);
}

void CommandTree::add_relay() {
  CLI::App& relay = add(app_, "relay", "Runs a relay, which carries messages it cannot read",
                        "  agentroom relay --port 8787\n  agentroom relay --host 0.0.0.0 --json");
  add_listen_options(relay, relay_.host, relay_.port);
  relay.add_flag("--tunnel", relay_.tunnel, "Also tell the public URL that the tunnel plugin gives");
  runs(relay, relay_);
}

void CommandTree::add_invite() {
  CLI::App& invite =
      add(app_, "invite", "Makes, accepts, lists and revokes invites", "  agentroom invite create --ttl 1h");
  invite.require_subcommand(1);
  CLI::App& create =
      add(invite, "create", "Publishes an invite that one peer can accept once", "  agentroom invite create --ttl 24h");
  create
      .add_option_function<std::string>(
          "--ttl", [this](const std::string& text) { read_ttl(text); },
          "How long it is good, at most 7d (default: 24h)")
      ->type_name("DURATION");
  runs(create, invite_create_);
  CLI::App& accept = add(invite, "accept", "Accepts an invite; the inviter need not be there",
                         "  agentroom invite accept 'agentroom://invite/...'\n  pbpaste | agentroom invite accept -");
  accept.add_option("URL", invite_accept_.url, "agentroom://invite/..., or - for stdin")->required()->type_name("");
  accept.add_option("--wait", invite_accept_.wait_s, "For the inviter's answer (default: 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{0}, kLongestWaitS));
  runs(accept, invite_accept_);
  runs(add(invite, "list", "Lists invites that nobody accepted yet", "  agentroom invite list"), invite_list_);
  CLI::App& revoke =
      add(invite, "revoke", "Takes an invite back", "  agentroom invite revoke 7d0c2c2e-5b1f-4a52-9a3c-0d8a1f0f6f1e");
  revoke.add_option("ID", invite_revoke_.id, "As `invite list` shows it, or its beginning")->required()->type_name("");
  runs(revoke, invite_revoke_);
}

void CommandTree::add_messages() {
  CLI::App& send = add(app_, "send", "Sends one message",
                       "  agentroom send alice 'is the build green?'\n  git diff | agentroom send alice -\n"
                       "  agentroom send alice -- --any --text");
  send.add_option("PEER", send_.peer, "A name, a key or the beginning of one")->required()->type_name("");
  send.add_option("TEXT", send_.text, "What to say; - reads stdin; after -- anything")->required();
  runs(send, send_);
  runs(add(app_, "listen", "Prints messages as they come", "  agentroom listen --json"), listen_);
  add_serve();
}

void CommandTree::add_serve() {
  CLI::App& serve = add(app_, "serve", "Answers every message with a handler",
                        "  agentroom serve --on-message 'tr a-z A-Z'\n"
                        "  agentroom --config agentroom.toml serve --invite --json");
  add_serve_options(serve, serve_);
  serve.add_flag("--invite", serve_.invite, "Publish an invite and print it");
  runs(serve, serve_);
}

void CommandTree::add_serve_options(CLI::App& command, ServeCommand& arguments) {
  command.add_option("--on-message", arguments.on_message, "For the shell; message on stdin, reply on stdout")
      ->take_last()
      ->type_name("COMMAND");
  command.add_option("--handler-timeout", arguments.handler_timeout_s, "For one message; 0: no limit (default: 120)")
      ->take_last()
      ->type_name("SECONDS")
      ->check(CLI::Range(std::int64_t{0}, kLongestWaitS));
  CLI::Option* seed = command.add_option("--seed", arguments.seed, "Say this first")->type_name("TEXT");
  CLI::Option* to = command.add_option("--to", arguments.to, "The peer to say it to")->type_name("PEER");
  seed->needs(to);
  to->needs(seed);
  auto* once =
      command.add_flag_callback("--once", [&arguments] { arguments.max_turns = 1; }, "Stop after the first reply");
  command.add_option("--max-turns", arguments.max_turns, "Stop after that many replies")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
      ->excludes(once);
}

void CommandTree::add_room() {
  CLI::App& room = add(app_, "room", "A relay, a tunnel, an invite and an agent in one",
                       "  agentroom room open --on-message ./brain.sh\n  agentroom room status\n  agentroom room stop");
  room.require_subcommand(1);
  const std::string lines =
      "  agentroom room open --on-message ./brain.sh\n"
      "  agentroom room open --on-message cat --no-tunnel --json\n"
      "  agentroom room open --on-message ./brain.sh --detach";
  add_room_open(add(room, "open", "Opens a room, and prints the invite for one peer", lines));
  // The same, under the name that the first users know.
  CLI::App& host = add(app_, "host", "The same as room open", "  agentroom host --on-message ./brain.sh");
  add_room_open(host);
  runs(add(room, "status", "Lists the rooms and relays of this home", "  agentroom room status --json"), room_status_);
  CLI::App& stop = add(room, "stop", "Stops a room or relay of this home",
                       "  agentroom room stop\n  agentroom room stop --port 8787\n  agentroom room stop --all");
  CLI::Option* port = stop.add_option("--port", room_stop_.port, "The one on this port")
                          ->take_last()
                          ->type_name("PORT")
                          ->check(CLI::Range(1, 65535));
  stop.add_flag("--all", room_stop_.all, "All of them")->excludes(port);
  runs(stop, room_stop_);
}

void CommandTree::add_room_open(CLI::App& command) {
  add_serve_options(command, room_open_.serve);
  add_listen_options(command, room_open_.host, room_open_.port);
  command.add_flag("--invite")->group("");  // of serve; a room prints one anyway
  command.add_flag("--no-tunnel", room_open_.no_tunnel, "For this machine, or the network of --host");
  command.add_flag("--detach", room_open_.detach, "Go on in the background once the invite is printed");
  runs(command, room_open_);
}

void CommandTree::add_listen_options(CLI::App& command, std::optional<std::string>& host,
                                     std::optional<std::uint16_t>& port) {
  command.add_option("--host", host, "Address to listen on (default: 127.0.0.1)")->take_last()->type_name("ADDRESS");
  command.add_option("--port", port, "Port to listen on; 0 picks a free one (default: 8787)")
      ->take_last()
      ->type_name("PORT")
      ->check(CLI::Range(0, 65535));
}

void CommandTree::add_peers() {
  CLI::App& peers = add(app_, "peers", "Lists peers; renames, removes or verifies one",
                        "  agentroom peers\n  agentroom peers rename pQ3x alice");
  peers.require_subcommand(0, 1);
  runs(peers, peers_);
  CLI::App& rename = add(peers, "rename", "Gives a peer a name of your own", "  agentroom peers rename pQ3x alice");
  rename.add_option("PEER", peers_rename_.peer, "A name, a key or the beginning of one")->required()->type_name("");
  rename.add_option("NAME", peers_rename_.name, "The new name; '' takes it away")->required();
  runs(rename, peers_rename_);
  CLI::App& remove = add(peers, "remove", "Forgets a peer, who can write no more", "  agentroom peers remove alice");
  remove.add_option("PEER", peers_remove_.peer, "A name, a key or the beginning of one")->required()->type_name("");
  runs(remove, peers_remove_);
  CLI::App& verify =
      add(peers, "verify", "Shows the digits that both owners compare", "  agentroom peers verify alice");
  verify.add_option("PEER", peers_verify_.peer, "A name, a key or the beginning of one")->required()->type_name("");
  runs(verify, peers_verify_);
}

void CommandTree::add_store() {
  const char* const of_relay = "The relay's mailboxes, not the agent's store";
  CLI::App& store = add(app_, "store", "Checks, backs up and compacts what is kept", "  agentroom store check");
  store.require_subcommand(1);
  CLI::App& check = add(store, "check", "Reads every page and record; changes nothing",
                        "  agentroom store check\n  agentroom store check --relay --json");
  CLI::Option* relay = check.add_flag("--relay", store_check_.relay, of_relay);
  check.add_flag("--accept-rollback", store_check_.accept_rollback, "Go on with an older copy in the store's place")
      ->excludes(relay);
  runs(check, store_check_);
  CLI::App& backup = add(store, "backup", "Writes a copy to a new file; the agent may run",
                         "  agentroom store backup ~/backups/store.db\n  agentroom store backup --relay mailbox.db");
  backup.add_option("FILE", store_backup_.file, "The copy, in a folder that exists, outside the home")
      ->required()
      ->type_name("");
  backup.add_flag("--relay", store_backup_.relay, of_relay);
  backup.add_flag("--force", store_backup_.force, "Replace the file when there is one");
  runs(backup, store_backup_);
  CLI::App& compact = add(store, "compact", "Gives back the room of what was deleted", "  agentroom store compact");
  compact.add_flag("--relay", store_compact_.relay, of_relay);
  runs(compact, store_compact_);
}

void CommandTree::add_inspection() {
  CLI::App& plugin = add(app_, "plugin", "Tells about plugins", "  agentroom plugin list");
  plugin.require_subcommand(1);
  runs(add(plugin, "list", "Lists plugins and where they are looked for", "  agentroom plugin list --json"),
       plugin_list_);
  CLI::App& info = add(plugin, "info", "Tells about one plugin, and whether it loads",
                       "  agentroom plugin info store-sqlite\n  agentroom plugin info sqlite --json");
  info.add_option("NAME", plugin_info_.name, "Its id, or its name within its kind")->required()->type_name("");
  runs(info, plugin_info_);
  CLI::App& check = add(plugin, "check", "Holds a plugin to the promises of its kind",
                        "  agentroom plugin check ./handler-hello.so\n"
                        "  agentroom plugin check ./store-lmdb.so --config lmdb.toml --json\n"
                        "  agentroom plugin check ./handler-hello.so --when fail=failing.toml");
  check.add_option("PLUGIN", plugin_check_.name, "The path of its library, or its name")->required()->type_name("");
  check.add_option("--when", plugin_check_.when, "A configuration that brings it about; repeatable")
      ->allow_extra_args(false)
      ->type_name("BEHAVIOUR=FILE");
  check.add_option("--only", plugin_check_.only, "Only these promises, or groups of them; repeatable")
      ->type_name("NAME");
  check.add_option("--without", plugin_check_.without, "All promises but these; repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME");
  runs(check, plugin_check_);
  CLI::App& fresh = add(plugin, "new", "Makes a folder with a plugin to begin with",
                        "  agentroom plugin new handler hello\n  agentroom plugin new tunnel bore --lang c");
  const std::vector<std::string> kinds{"handler", "store", "transport", "tunnel"};
  const std::vector<std::string> languages{"c", "cpp", "rust"};
  CLI::Option* kind = fresh.add_option_function<std::string>(
      "KIND",
      [this, kinds](const std::string& name) {
        read_choice(plugin_new_.kind, name, kinds, "agentroom plugin new knows no kind");
      },
      "handler, store, transport or tunnel");
  choices_[kind->required()->type_name("")] = kinds;
  fresh.add_option("NAME", plugin_new_.name, "Of the plugin within its kind, and of the folder")
      ->required()
      ->type_name("");
  CLI::Option* language = fresh.add_option_function<std::string>(
      "--lang",
      [this, languages](const std::string& name) {
        read_choice(plugin_new_.language, name, languages, "agentroom plugin new knows no language");
      },
      "c, cpp or rust; cpp without it");
  choices_[language->take_last()->type_name("LANG")] = languages;
  runs(fresh, plugin_new_);
  CLI::App& config = add(app_, "config", "Checks and shows the configuration", "  agentroom config check");
  config.require_subcommand(1);
  runs(add(config, "check", "Checks every key; names the place of what is wrong",
           "  agentroom --config agentroom.toml config check"),
       config_check_);
  runs(add(config, "show", "Shows every value and where it came from", "  agentroom config show"), config_show_);
  CLI::App& doctor = add(app_, "doctor", "Proves the whole way, or says where it breaks",
                         "  agentroom doctor\n  agentroom doctor --room\n  agentroom doctor --room --no-tunnel --json");
  doctor.add_flag("--room", doctor_.room, "Also open a room, and have it answer a peer");
  doctor.add_flag("--no-tunnel", doctor_.no_tunnel, "Do not try the tunnel");
  doctor.add_option("--on-message", doctor_.on_message, "With --room: the handler to try, as for serve")
      ->take_last()
      ->type_name("COMMAND");
  runs(doctor, doctor_);
  runs(add(app_, "demo", "A conversation on this machine, in a temporary home", "  agentroom demo"), demo_);
  CLI::App& completion = add(app_, "completion", "Prints a script that completes commands in a shell",
                             "  source <(agentroom completion bash)   # in ~/.bashrc\n"
                             "  source <(agentroom completion zsh)    # in ~/.zshrc, after compinit\n"
                             "  agentroom completion fish | source    # in ~/.config/fish/config.fish");
  CLI::Option* shell = completion.add_option_function<std::string>(
      "SHELL",
      [this](const std::string& name) {
        read_choice(completion_.shell, name, shells(), "agentroom completion knows no shell");
      },
      "bash, zsh or fish");
  choices_[shell->required()->type_name("")] = shells();
  runs(completion, completion_);
  runs(add(app_, "version", "Prints the version", "  agentroom version"), version_);
}

void CommandTree::read_ttl(const std::string& text) {
  invite_create_.ttl_ms = config::parse_duration_ms(text);
  if (!invite_create_.ttl_ms || *invite_create_.ttl_ms == 0) {
    problem_ = "--ttl must be a number with a unit (s, m, h or d), such as 24h, not \"" + text + "\"";
  } else if (*invite_create_.ttl_ms > protocol::kInviteMaxLifeMs) {
    problem_ = "--ttl must be at most 7d, not \"" + text + "\"";
  }
}

void CommandTree::read_choice(std::string& out, const std::string& value, const std::vector<std::string>& known,
                              const std::string& command_and_what) {
  out = value;
  if (std::ranges::find(known, value) == known.end()) {
    problem_ = command_and_what + " `" + printable(value) + "`" + config::suggestion(value, known);
  }
}

Invocation CommandTree::invocation() const {
  return {globals_, command_()};
}

std::vector<std::string*> CommandTree::texts() {
  std::vector<std::string*> all{&send_.text, &send_.peer, &peers_rename_.name};
  for (ServeCommand* each : {&serve_, &room_open_.serve}) {
    if (each->seed) all.push_back(&*each->seed);
  }
  return all;
}

const std::vector<std::string>& CommandTree::choices(const CLI::Option& option) const {
  static const std::vector<std::string> none;
  const auto found = choices_.find(&option);
  return found != choices_.end() ? found->second : none;
}

}  // namespace agentroom::cli

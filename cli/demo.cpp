#include <array>
#include <fstream>
#include <sstream>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "context.hpp"
#include "event_lines.hpp"
#include "protocol/invite.hpp"
#include "protocol/limits.hpp"
#include "stage.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

// Each line of the conversation is the answer of a handler, a real shell command, to the line before it.
constexpr const char* kQuestion = "Is the build green?";
constexpr const char* kBobsHandler =
    "read -r text\n"
    "case $text in\n"
    "  *green*) echo 'Yes: 412 tests passed. Shall I tag the release?' ;;\n"
    "  *v1.2.0*) echo 'Done, it is tagged.' ;;\n"
    "esac\n";
constexpr const char* kAlicesHandler =
    "read -r text\n"
    "case $text in\n"
    "  *Shall*) echo 'Please do, as v1.2.0.' ;;\n"
    "esac\n";
constexpr std::size_t kLines = 4;
constexpr const char* kAfterwards = "I watch the dashboards until you are back.";

constexpr std::array<const char*, 3> kNext{"agentroom setup", "agentroom relay",
                                           "agentroom serve --invite --on-message 'tr a-z A-Z'"};

struct Line {
  std::string from;
  std::string to;
  std::string text;
};

/// What lies in the relay's folder.
struct RelayFiles {
  std::size_t files = 0;
  std::size_t bytes = 0;
  std::vector<std::string> found;  ///< which of the needles are in there
};

RelayFiles search(const fs::path& folder, const std::vector<std::string>& needles) {
  RelayFiles result;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    ++result.files;
    result.bytes += text.view().size();
    for (const std::string& needle : needles) {
      if (text.view().find(needle) != std::string_view::npos) result.found.push_back(needle);
    }
  }
  return result;
}

class Demo {
 public:
  Demo(Context& context, runtime::Process& process, Stage& stage)
      : context_(context), process_(process), out_(context.out()), stage_(stage) {}

  Result<void> play() {
    tell("A relay listens on " + out_.styled(Style::kBold, stage_.url()) + ". It holds no key of anyone.");
    out_.event("relay", {{"url", stage_.url()}}, {});
    using Scene = Result<void> (Demo::*)();
    for (const Scene scene :
         {&Demo::meet, &Demo::introduce, &Demo::talk, &Demo::part, &Demo::inspect, &Demo::reunite}) {
      if (auto played = (this->*scene)(); !played) return played;
    }
    return {};
  }

 private:
  void tell(const std::string& text) {
    if (++scene_ > 1) out_.line();
    out_.line(out_.styled(Style::kDim, std::to_string(scene_)) + "  " + text);
  }

  void speak(const Line& line, const std::string& note = {}) {
    lines_.push_back(line);
    std::string name = line.from;
    name.resize(6, ' ');
    out_.event("message", {{"from", line.from}, {"to", line.to}, {"text", line.text}},
               "     " + out_.styled(line.from == "alice" ? Style::kGood : Style::kNotice, name) + " " +
                   quote_text(line.text) + (note.empty() ? "" : "  " + out_.styled(Style::kDim, note)));
  }

  /// One that runs a shell command for each message.
  Result<std::unique_ptr<Handler>> shell_handler(const std::string& command) {
    auto configuration =
        config::Configuration::load({{}, {{"handler.exec.command", command, "demo"}}, config::process_environment()});
    const std::vector<std::string> needed{config::kHandler};
    configuration.check_plugins(host::plugin_keys(host::discover_plugins(context_.plugin_path())), needed);
    if (!configuration.problems().empty()) return std::unexpected(config::to_error(configuration.problems()));
    return process_.plugins().open_handler("exec", configuration.settings().handler.choice.config);
  }

  Result<void> meet() {
    for (auto [actor, name, handler] : {std::tuple{&alice_, "alice", kAlicesHandler}, {&bob_, "bob", kBobsHandler}}) {
      auto answering = shell_handler(handler);
      if (!answering) return pass(answering);
      auto made = stage_.cast(name, std::move(*answering));
      if (!made) return pass(made);
      *actor = std::move(*made);
      if (auto entered = stage_.enter(**actor); !entered) return entered;
      out_.event("identity", {{"name", name}, {"pk", base64url((*actor)->id().view())}}, {});
    }
    tell("Two agents make their keys, each in a home of its own:\n   alice " +
         short_key(base64url(alice_->id().view())) + " and bob " + short_key(base64url(bob_->id().view())) + ".");
    return {};
  }

  Result<void> introduce() {
    auto invite = stage_.ask<CreatedInvite>("an invite", [this](auto done) {
      alice_->engine().create_invite(protocol::kInviteLifeMs, stage_.now(), std::move(done));
    });
    if (!invite) return pass(invite);
    auto parsed = protocol::parse_invite(invite->url);
    if (!parsed) return pass(parsed);
    invite_secret_ = std::string(as_text(parsed->nonce.view()));

    auto accepted = stage_.ask<AcceptedInvite>("the invite's acceptance", [&](auto done) {
      bob_->engine().accept_invite(invite->url, {}, stage_.now(), std::move(done));
    });
    if (!accepted) return pass(accepted);
    const auto both_online = [this] {
      return alice_->find<agent_events::PeerOnline>() != nullptr && bob_->find<agent_events::PeerOnline>() != nullptr;
    };
    if (auto done = stage_.wait("the session", both_online); !done) return done;
    tell(
        "alice makes an invite and hands it to bob, who accepts it. Its secret went\n"
        "   from hand to hand; the relay never had it, and can neither join nor listen.");
    out_.event("session", {{"inviter", "alice"}, {"invitee", "bob"}}, {});
    return {};
  }

  Result<void> talk() {
    tell("They talk. Every answer comes from a handler, here a few lines of shell:\n");
    if (auto sent = say(*alice_, *bob_, kQuestion); !sent) return sent;
    // Lines are told as they arrive, in the order of the conversation.
    const auto received = [this] { return count_received(*bob_) + count_received(*alice_); };
    while (lines_.size() < kLines) {
      if (auto done = stage_.wait("an answer", [&] { return received() > lines_.size(); }); !done) return done;
      Actor& listener = lines_.size() % 2 == 0 ? *bob_ : *alice_;
      Actor& speaker = lines_.size() % 2 == 0 ? *alice_ : *bob_;
      speak({speaker.name, listener.name, nth_received(listener, lines_.size() / 2)});
    }
    return stage_.wait("the last receipt", [this] { return alice_->engine().idle() && bob_->engine().idle(); });
  }

  Result<void> part() {
    stage_.leave(*bob_);
    tell("bob goes away. alice writes on; the relay keeps it for him, on disk, before\n   it says so:\n");
    if (auto sent = say(*alice_, *bob_, kAfterwards); !sent) return sent;
    const auto queued = [this] {
      return alice_->find<agent_events::SendProgress>([](const auto& e) { return e.status == SendStatus::kQueued; }) !=
             nullptr;
    };
    if (auto done = stage_.wait("the relay to keep a message", queued); !done) return done;
    speak({"alice", "bob", kAfterwards}, "(queued)");
    return {};
  }

  Result<void> inspect() {
    std::vector<std::string> needles{"alice", invite_secret_, base64url(as_bytes(invite_secret_))};
    for (const Line& line : lines_) needles.push_back(line.text);
    const RelayFiles files = search(stage_.relay_folder(), needles);
    const RelayStatus status = stage_.relay().status();
    out_.event("relay_view",
               {{"delivered", status.delivered},
                {"queued", status.queued},
                {"pending", status.pending},
                {"pending_bytes", status.pending_bytes},
                {"files", files.files},
                {"bytes", files.bytes},
                {"searched_for", needles.size()},
                {"plaintext_found", files.found.size()}},
               {});
    tell("What the relay saw of all this:\n");
    out_.line(table_text(
        {{"     messages passed on", std::to_string(status.delivered)},
         {"     messages kept", std::to_string(status.pending) + " (" + std::to_string(status.pending_bytes) +
                                    " bytes sealed, for " + std::to_string(std::string(kAfterwards).size()) +
                                    " bytes of text)"},
         {"     its files", std::to_string(files.files) + ", " + std::to_string(files.bytes) + " bytes"},
         {"     searched there for", std::to_string(lines_.size()) + " texts, a name and the invite's secret"},
         {"     found",
          files.found.empty() ? out_.styled(Style::kGood, "nothing") : out_.styled(Style::kBad, "some")}}));
    if (!files.found.empty()) return fail(ErrorCode::kInternal, "the relay's files hold what they must not");
    return {};
  }

  Result<void> reunite() {
    const std::size_t before = count_received(*bob_);
    if (auto entered = stage_.enter(*bob_); !entered) return entered;
    if (auto done = stage_.wait("the kept message", [&] { return count_received(*bob_) > before; }); !done) return done;
    tell("bob comes back and finds it:\n");
    out_.line("     " + out_.styled(Style::kNotice, "bob   ") + " read: " + nth_received(*bob_, before));
    out_.event("read", {{"by", "bob"}, {"text", nth_received(*bob_, before)}}, {});
    stage_.leave(*bob_);
    stage_.leave(*alice_);
    return {};
  }

  Result<void> say(Actor& from, Actor& to, const std::string& text) {
    auto sent = stage_.ask<SentMessage>(
        "a message to be stored", [&](auto done) { from.engine().send(to.id(), text, stage_.now(), std::move(done)); });
    if (!sent) return pass(sent);
    return {};
  }

  static std::size_t count_received(const Actor& actor) {
    std::size_t count = 0;
    for (const AgentEvent& event : actor.events) count += std::holds_alternative<agent_events::Received>(event) ? 1 : 0;
    return count;
  }

  static std::string nth_received(const Actor& actor, std::size_t n) {
    for (const AgentEvent& event : actor.events) {
      const auto* received = std::get_if<agent_events::Received>(&event);
      if (received != nullptr && n-- == 0) return received->text;
    }
    return {};
  }

  Context& context_;
  runtime::Process& process_;
  Output& out_;
  Stage& stage_;
  std::unique_ptr<Actor> alice_;
  std::unique_ptr<Actor> bob_;
  std::string invite_secret_;
  std::vector<Line> lines_;
  int scene_ = 0;
};

}  // namespace

int run(const DemoCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  out.stream();
  const std::int64_t started = unix_ms();
  auto folder = TemporaryFolder::make();
  if (!folder) return out.error(folder.error());
  // Of the user's own settings only those of an explicit --config count, and only for where plugins are found.
  GlobalOptions options = globals;
  options.home = ((*folder)->path() / "home").string();
  auto context = Context::make(options, out, {{"transport.plugin", "ws", "demo"}, {"store.plugin", "sqlite", "demo"}});
  if (!context) return out.error(context.error());
  if (auto needed = context->need_plugins({config::kTransport, config::kStore}); !needed)
    return out.error(needed.error());
  auto process = context->open_process();
  if (!process) return out.error(process.error());
  auto stage = Stage::open(**process, {.folder = (*folder)->path()});
  if (!stage) return out.error(stage.error());
  {
    Demo demo(*context, **process, **stage);
    if (auto played = demo.play(); !played) return out.error(played.error());
  }
  stage->reset();
  folder->reset();

  boost::json::array next;
  std::string lines = "\nEverything is cleaned up again. Try next:\n";
  for (const char* command : kNext) {
    next.emplace_back(command);
    lines += "\n  " + out.styled(Style::kBold, command);
  }
  out.event("done", {{"ok", true}, {"took_ms", unix_ms() - started}, {"next", std::move(next)}}, lines);
  return 0;
}

}  // namespace agentroom::cli

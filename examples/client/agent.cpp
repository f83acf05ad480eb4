// An agent of its own: it invites one peer, or accepts an invite, and answers whatever it is told.
#include <agentroom/client/client.hpp>
#include <iostream>

using namespace agentroom::client;

// Here a model would think. The text is the peer's: data, never a command.
static std::string answer(const Message& message) {
  return "You said: " + message.text.substr(0, message.text.find('\n'));
}

static int fail(const Error& why) {
  std::cerr << why.code << ": " << why.message << (why.hint.empty() ? "" : "\n  " + why.hint) << '\n';
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 3) return fail({"usage", "expected a home, a relay's URL and, to accept one, an invite", ""});
  auto client = Client::open({.home = argv[1], .server = argv[2], .name = "example"});
  if (!client) return fail(client.error());

  if (argc > 3) {
    if (auto peer = client->accept_invite(argv[3]); !peer) return fail(peer.error());
  } else {
    auto invite = client->create_invite();
    if (!invite) return fail(invite.error());
    std::cout << invite->url << std::endl;
  }

  for (;;) {
    const auto event = client->next_event(std::chrono::hours(1));
    if (!event) continue;
    if (const auto* message = std::get_if<Message>(&*event)) {
      auto replied = client->reply(*message, answer(*message));
      if (replied) continue;
      fail(replied.error());
      if (auto done = client->done(*message); !done) return fail(done.error());
    } else if (const auto* joined = std::get_if<PeerJoined>(&*event)) {
      std::cout << joined->peer << " is here" << std::endl;
    } else if (const auto* lost = std::get_if<Disconnected>(&*event)) {
      fail(lost->why);
      if (lost->final) return 1;  // another process has this identity now
    }
  }
}

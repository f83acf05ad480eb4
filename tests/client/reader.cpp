// A program that reads one message, says so, and waits: reader HOME SERVER
#include <iostream>

#include "agentroom/client/client.hpp"

int main(int argc, char** argv) {
  using namespace agentroom::client;
  if (argc != 3) return 2;
  auto client = Client::open({.home = argv[1], .server = argv[2]});
  if (!client) {
    std::cerr << client.error().message << '\n';
    return 1;
  }
  while (auto event = client->next_event(std::chrono::minutes(1))) {
    if (const auto* message = std::get_if<Message>(&*event)) {
      std::cout << message->id << ' ' << message->attempt << std::endl;  // NOLINT(performance-avoid-endl): read at once
    }
  }
  return 1;
}

#include "journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace agentroom::e2e::kills {
namespace {

constexpr std::string_view kAnswer = "re ";

}  // namespace

std::string question(const Pair& pair, int number) {
  return pair.from + ">" + pair.to + " " + std::to_string(number);
}

std::string answer_to(const std::string& question) {
  return std::string(kAnswer) + question;
}

bool is_answer(const std::string& text) {
  return text.starts_with(kAnswer);
}

std::optional<Arrival> parse(const std::string& text) {
  Arrival arrival;
  arrival.answer = is_answer(text);
  std::istringstream words(arrival.answer ? text.substr(kAnswer.size()) : text);
  std::string asking;
  std::string answering;
  if (!std::getline(words, asking, '>') || !std::getline(words, answering, ' ') || !(words >> arrival.number))
    return {};
  arrival.pair = arrival.answer ? Pair{answering, asking} : Pair{asking, answering};
  return arrival;
}

bool append(const std::filesystem::path& journal, const Arrival& arrival, const std::string& text) {
  std::ostringstream line;
  line << arrival.generation << ' ' << arrival.attempt << ' ' << arrival.msg_id << ' ' << text << '\n';
  const int fd = ::open(journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, line.str().data(), line.str().size()) == static_cast<ssize_t>(line.str().size()) &&
                       ::fdatasync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return written;
}

std::vector<Arrival> read_journal(const std::filesystem::path& journal) {
  std::vector<Arrival> arrivals;
  std::ifstream file(journal);
  for (std::string line; std::getline(file, line);) {
    if (file.eof()) break;  // still being written
    std::istringstream words(line);
    int generation = 0;
    int attempt = 0;
    std::string msg_id;
    std::string text;
    words >> generation >> attempt >> msg_id >> std::ws;
    std::getline(words, text);
    auto arrival = parse(text);
    if (!arrival) throw std::runtime_error("no line of a journal: " + line);
    arrival->generation = generation;
    arrival->attempt = attempt;
    arrival->msg_id = msg_id;
    arrivals.push_back(*std::move(arrival));
  }
  return arrivals;
}

}  // namespace agentroom::e2e::kills

#include "room.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace agentroom::e2e {

boost::json::object Ended::json() const {
  std::string line = out;
  while (!line.empty() && line.back() == '\n') line.pop_back();
  if (const auto start = line.rfind('\n'); start != std::string::npos) line.erase(0, start + 1);
  boost::system::error_code error;
  const auto value = boost::json::parse(line, error);
  if (!error && value.is_object()) return value.as_object();
  ADD_FAILURE() << "no JSON object on stdout (exit " << code << "): " << out << "\nstderr: " << err;
  return {};
}

Folder::Folder() {
  std::string pattern = (fs::temp_directory_path() / "ar-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

Folder::~Folder() {
  if (kept_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Home::Home() {
  environment["HOME"] = folder_.path().string();
  environment["AGENTROOM_HOME"] = path().string();
}

fs::path Home::write(const std::string& name, const std::string& text) const {
  const fs::path path = desk() / name;
  std::ofstream(path) << text;
  return path;
}

std::unique_ptr<Child> Home::start(const std::vector<std::string>& arguments) const {
  const fs::path errors = desk() / ("stderr." + std::to_string(++runs_));
  return std::make_unique<Child>(AGENTROOM_BINARY, arguments, environment, errors, desk());
}

Ended Home::run(const std::vector<std::string>& arguments, const std::string& input) const {
  auto child = start(arguments);
  if (!input.empty()) child->write(input);
  child->close_input();
  Ended ended;
  ended.out = child->read_all();
  ended.code = child->wait();
  ended.err = child->errors();
  return ended;
}

boost::json::object await(Child& child, const std::string& type) {
  std::string seen;
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < until) {
    const auto line = child.read_line(
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    if (!line) break;
    seen += *line + "\n";
    boost::system::error_code error;
    auto value = boost::json::parse(*line, error);
    if (error || !value.is_object()) {
      ADD_FAILURE() << "not a JSON object: " << *line;
      continue;
    }
    const auto* found = value.as_object().if_contains("type");
    if (found != nullptr && found->is_string() && found->as_string() == type) return value.as_object();
  }
  ADD_FAILURE() << "no event '" << type << "' came; stdout was:\n" << seen << "stderr was:\n" << child.errors();
  return {};
}

Relay::Relay(const Home& home, unsigned port_wanted, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"relay", "--json", "--port", std::to_string(port_wanted)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  child = home.start(arguments);
  const auto listening = await(*child, "listening");
  if (const auto* found = listening.if_contains("port")) port = found->to_number<unsigned>();
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text(const boost::json::object& object, const char* member) {
  const auto* found = object.if_contains(member);
  if (found != nullptr && found->is_string()) return std::string(found->as_string());
  ADD_FAILURE() << "no text '" << member << "' in " << boost::json::serialize(object);
  return {};
}

}  // namespace agentroom::e2e

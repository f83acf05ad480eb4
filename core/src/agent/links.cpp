#include "agent/links.hpp"

#include <algorithm>
#include <utility>

#include "agent/words.hpp"

namespace agentroom::agent {

const std::string& Links::named(const std::string& url) const {
  return context_.config.server_overrides && context_.config.server ? *context_.config.server : url;
}

const std::string& Links::resolve(const std::string& url) const {
  const std::string& name = named(url);
  const auto found = joined_.find(name);
  return found == joined_.end() ? name : found->second;
}

void Links::join(const std::string& from, const std::string& to) {
  for (auto& [url, link] : joined_) {
    if (link == from) link = to;
  }
  joined_[from] = to;
  joined_.erase(to);
  if (Link* link = find(from)) leave_to(*link, to);
  hurry(to);
}

void Links::leave_to(Link& link, const std::string& to) {
  if (link.stopped()) return;
  const bool was_ready = link.ready();
  link.close("the same relay under another URL");
  if (!was_ready) return;
  context_.emit(agent_events::Disconnected{
      .url = link.url(), .why = words::connection_ended(link.url(), "the relay is connected as " + to), .more = true});
}

void Links::rename(Link& link, const std::string& to) {
  const std::string from = link.url();
  if (Link* other = find(to)) leave_to(*other, to);
  links_.erase(to);
  auto node = links_.extract(from);
  node.key() = to;
  links_.insert(std::move(node));
  link.rename(to);
  join(from, to);
}

std::vector<std::string> Links::joined(const std::string& to) const {
  std::vector<std::string> urls;
  for (const auto& [url, link] : joined_) {
    if (link == to) urls.push_back(url);
  }
  return urls;
}

Link* Links::find(const std::string& url) {
  const auto found = links_.find(url);
  return found == links_.end() ? nullptr : found->second.get();
}

Link* Links::find(ChannelId channel) {
  for (auto& [url, link] : links_) {
    if (channel != 0 && link->channel() == channel) return link.get();
  }
  return nullptr;
}

void Links::hurry(const std::string& url) {
  hurried_.push_back(url);
}

void Links::update(const std::vector<std::string>& wanted) {
  const std::vector<std::string> hurried = std::exchange(hurried_, {});
  for (const std::string& url : wanted) {
    auto& link = links_[url];
    if (!link) link = std::make_unique<Link>(context_, owner_, url);
    link->want(std::ranges::find(hurried, url) != hurried.end());
  }
  for (auto at = links_.begin(); at != links_.end();) {
    if (std::ranges::find(wanted, at->first) != wanted.end()) {
      ++at;
      continue;
    }
    at->second->release();
    // A link that stopped for good is a new one when it is wanted again.
    at = at->second->idle() || at->second->stopped() ? links_.erase(at) : std::next(at);
  }
}

std::optional<Duration> Links::deadline() const {
  std::optional<Duration> earliest;
  for (const auto& [url, link] : links_) {
    const auto due = link->deadline();
    if (due && (!earliest || *due < *earliest)) earliest = due;
  }
  return earliest;
}

bool Links::sent_all() const {
  return std::ranges::all_of(links_, [](const auto& entry) { return entry.second->sent_all(); });
}

}  // namespace agentroom::agent

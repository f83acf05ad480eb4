#include "tunnels.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "events.hpp"
#include "runtime/probe.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;

constexpr Duration kReachableTime = std::chrono::seconds(5);

std::string megabytes(std::uint64_t bytes) {
  constexpr std::uint64_t kTenth = 100'000;
  const std::uint64_t tenths = bytes / kTenth;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string progress_text(const TunnelProgress& step) {
  const std::string what = printable(step.state) + " " + megabytes(step.bytes);
  if (step.total == 0) return what + " MB";
  constexpr std::uint64_t kAll = 100;
  const std::uint64_t percent = step.bytes >= step.total ? kAll : step.bytes / (step.total / kAll + 1);
  return what + " of " + megabytes(step.total) + " MB, " + std::to_string(percent) + " %";
}

}  // namespace

/// Hands what a tunnel says over to the engine thread, and remembers it there.
class Tunnels::One final : public TunnelEvents {
 public:
  One(Tunnels& owner, std::string plugin) : owner_(owner), plugin_(std::move(plugin)) {}
  ~One() override {
    if (tunnel_) tunnel_->close();
  }

  Result<void> open(std::unique_ptr<Tunnel> tunnel, const TunnelOptions& options) {
    tunnel_ = std::move(tunnel);
    return tunnel_->open(options, *this);
  }

  void on_step(const TunnelProgress& step) override {
    post([this, step] {
      object members{{"state", printable(step.state)}, {"detail", printable(step.detail)}};
      if (step.bytes > 0) members["bytes"] = step.bytes;
      if (step.total > 0) members["total"] = step.total;
      tell(plugin_, std::move(members));
      owner_.stream_.out().progress(step.bytes > 0 ? progress_text(step) : "");
    });
  }
  void on_address(const TunnelAddress& address) override {
    post([this, address] {
      fresh_ = address;
      owner_.stream_.out().progress({});
    });
  }
  void on_lost(const std::string& reason) override {
    post([this, reason] {
      lost_ = reason;
      fresh_.reset();
    });
  }
  void on_failed(const Error& why, bool given_up) override {
    post([this, why, given_up] {
      owner_.stream_.out().progress({});
      tell("tunnel_error", error_members({{"final", given_up}}, why));
      if (given_up) failure_ = why;
    });
  }

  bool has_news() const { return fresh_ || lost_; }
  const std::string& url() const { return url_; }

  void take_loss() {
    const auto reason = std::exchange(lost_, std::nullopt);
    if (!reason || url_.empty()) return;  // what was never told is not lost
    tell("tunnel_lost", {{"url", url_}, {"reason", printable(*reason)}});
    url_.clear();
  }
  /// What is new of where it is found.
  std::optional<TunnelAddress> take_address() {
    auto address = std::exchange(fresh_, std::nullopt);
    if (address) url_ = address->url;
    return address;
  }
  const std::optional<Error>& failure() const { return failure_; }

  void tell(const std::string& type, object members) {
    const One* const first = owner_.in_use_ != nullptr ? owner_.in_use_ : owner_.all_.front().get();
    members["standby"] = first != this;
    owner_.stream_.tell(type, std::move(members));
  }

 private:
  /// It may have gone by then.
  void post(std::function<void()> news) {
    owner_.process_.loop().post([news = std::move(news), alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) news();
    });
  }

  Tunnels& owner_;
  const std::string plugin_;
  std::unique_ptr<Tunnel> tunnel_;
  std::string url_;  // empty while it is not up
  std::optional<TunnelAddress> fresh_;
  std::optional<std::string> lost_;
  std::optional<Error> failure_;  // it tries no more
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

RelayConfig behind_tunnel(Context& context, RelayConfig config) {
  const std::string& plugin = context.settings().tunnel.choice.plugin;
  const bool tells_addresses = plugin == "cloudflared" || plugin == "tunnel-cloudflared";
  std::vector<std::string>& here = tells_addresses ? config.trust_proxy : config.shared_addresses;
  here.insert(here.end(), {"127.0.0.1", "::1"});
  return config;
}

Tunnels::Tunnels(runtime::Process& process, EventStream& stream, const Options& options)
    : process_(process), stream_(stream), relay_(options.relay) {}

Tunnels::~Tunnels() = default;

Result<std::unique_ptr<Tunnels>> Tunnels::open(Context& context, runtime::Process& process, EventStream& stream,
                                               const Options& options) {
  const config::TunnelSettings& settings = context.settings().tunnel;
  std::unique_ptr<Tunnels> tunnels(new Tunnels(process, stream, options));
  for (int number = 0; number < (options.standby ? 2 : 1); ++number) {
    auto tunnel = process.plugins().open_tunnel(settings.choice.plugin, settings.choice.config);
    if (!tunnel) return pass(tunnel);
    auto& one = tunnels->all_.emplace_back(std::make_unique<One>(*tunnels, settings.choice.plugin));
    auto opened = one->open(std::move(*tunnel), {.local_address = options.address,
                                                 .health_path = "/health",
                                                 .scheme = options.scheme,
                                                 .folder = context.home().bin_folder().string()});
    if (!opened) return pass(opened);
  }
  return tunnels;
}

bool Tunnels::has_news() const {
  return std::ranges::any_of(all_, [](const auto& one) { return one->has_news(); });
}

bool Tunnels::take_news() {
  const std::vector<std::string> before = urls();
  for (const auto& one : all_) {
    one->take_loss();
    if (const auto address = one->take_address()) tell_up(*one, *address);
  }
  choose();
  return urls() != before;
}

/// Asks whether this very relay answers there.
void Tunnels::tell_up(One& one, const TunnelAddress& address) {
  if (in_use_ == nullptr) in_use_ = &one;
  const auto answer = runtime::probe_relay(process_, address.url, kReachableTime,
                                           "see where the tunnel leads: [tunnel] in agentroom.toml");
  object members{{"url", address.url}, {"https", address.https}, {"reachable", answer && answer->relay == relay_}};
  if (!answer) {
    members = error_members(std::move(members), answer.error());
  } else if (answer->relay != relay_) {
    members = error_members(std::move(members), {ErrorCode::kIdentityChanged, "another relay answers there",
                                                 "see where the tunnel leads: [tunnel] in agentroom.toml"});
  }
  one.tell("tunnel", std::move(members));
}

void Tunnels::choose() {
  if (in_use_ != nullptr && !in_use_->url().empty()) return;
  const auto up = std::ranges::find_if(all_, [](const auto& one) { return !one->url().empty(); });
  One* const next = up == all_.end() ? nullptr : up->get();
  if (next == in_use_) return;
  const bool moved = in_use_ != nullptr && next != nullptr;
  in_use_ = next;
  if (moved) next->tell("tunnel_moved", {{"url", next->url()}});
}

const Error* Tunnels::failure() const {
  for (const auto& one : all_) {
    if (!one->failure()) return nullptr;
  }
  return all_.empty() ? nullptr : &*all_.front()->failure();
}

std::vector<std::string> Tunnels::urls() const {
  std::vector<std::string> urls;
  if (in_use_ != nullptr && !in_use_->url().empty()) urls.push_back(in_use_->url());
  for (const auto& one : all_) {
    if (!one->url().empty() && std::ranges::find(urls, one->url()) == urls.end()) urls.push_back(one->url());
  }
  return urls;
}

}  // namespace agentroom::cli

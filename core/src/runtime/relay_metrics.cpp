#include "runtime/relay_metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "protocol/frames.hpp"

namespace agentroom::runtime {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  auto written = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (written.ec != std::errc()) written = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), written.ptr};
}

class Page {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = std::string("agentroom_relay_").append(name);
    out_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    out_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }
  void sample(std::string_view value, std::string_view suffix = {}, std::string_view label = {},
              std::string_view of = {}) {
    out_.append(name_).append(suffix);
    if (!label.empty()) out_.append("{").append(label).append("=\"").append(of).append("\"}");
    out_.append(" ").append(value).append("\n");
  }
  void one(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    family(name, type, help);
    sample(std::to_string(value));
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "gauge", help, value); }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) { one(name, "counter", help, value); }

  /// One counter for each value of the label.
  template <std::size_t N>
  void counters(std::string_view name, std::string_view help, std::string_view label,
                const std::array<std::string_view, N>& values, const std::array<std::uint64_t, N>& counts) {
    family(name, "counter", help);
    for (std::size_t i = 0; i < N; ++i) sample(std::to_string(counts[i]), {}, label, values[i]);
  }

  /// So many of what was observed make one of the metric's unit.
  template <std::size_t N>
  void histogram(std::string_view name, std::string_view help, const std::array<std::uint64_t, N>& bounds,
                 const RelayHistogram<N>& observed, double unit) {
    family(name, "histogram", help);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < N; ++i) {
      count += observed.counts[i];
      sample(std::to_string(count), "_bucket", "le", number(static_cast<double>(bounds[i]) / unit));
    }
    count += observed.counts[N];
    sample(std::to_string(count), "_bucket", "le", "+Inf");
    sample(number(static_cast<double>(observed.sum) / unit), "_sum");
    sample(std::to_string(count), "_count");
  }

  /// What plugins report, by name; the same name of two plugins is one family.
  void plugins(std::vector<host::PluginMetric> metrics) {
    std::ranges::sort(metrics, {}, [](const host::PluginMetric& m) { return std::pair(m.name, m.plugin); });
    for (const host::PluginMetric& metric : metrics) {
      if (const std::string name = "agentroom_plugin_" + metric.name; name != name_) {
        name_ = name;
        out_.append("# HELP ").append(name_).append(" Reported by a plugin.\n");
        out_.append("# TYPE ").append(name_).append(metric.counter ? " counter\n" : " gauge\n");
      }
      sample(number(metric.value), {}, "plugin", metric.plugin);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

}  // namespace

std::string RelayMetrics::text() const {
  const RelayStatus& s = status;
  Page page;
  page.gauge("connections", "Open connections.", s.connections);
  page.gauge("agents", "Authenticated connections.", s.agents);
  page.gauge("addresses", "Addresses whose rates are remembered.", s.addresses);
  page.gauge("queued_messages", "Messages that wait for their recipient.", s.pending);
  page.gauge("queued_bytes", "Envelope bytes that wait for their recipient.", s.pending_bytes);
  page.gauge("held_messages", "Messages in flight or queued.", s.held_messages);
  page.gauge("held_bytes", "Envelope bytes in flight or queued.", s.held_bytes);
  page.gauge("mailboxes", "Mailboxes.", s.mailboxes);
  page.gauge("allowed_tokens", "Mailbox tokens listed by agents.", s.allowed_tokens);
  page.gauge("open_invites", "Invites that can be claimed.", s.invites);
  page.gauge("remembered_invites", "Invites, with those that can be claimed no more.", s.remembered_invites);

  page.counter("delivered_total", "Messages that a recipient receipted as stored.", s.delivered);
  page.counter("queued_total", "Messages that were made durable here.", s.queued);
  page.counter("expired_total", "Queued messages that were dropped at the end of their life.", s.expired);
  page.family("rejected_total", "counter", "Messages and requests that were refused, by error code.");
  for (std::size_t code = 1; code < s.rejected_by_code.size(); ++code) {
    page.sample(std::to_string(s.rejected_by_code[code]), {}, "code",
                protocol::code_text(static_cast<protocol::Code>(code)));
  }
  page.counters("limit_hits_total", "Times that something ran into a limit, by its key.", "limit", kRelayLimitNames,
                s.limit_hits);
  page.counters("handshake_failures_total", "Connections that did not authenticate.", "reason", kHandshakeFailureNames,
                s.handshake_failures_by_reason);
  page.counter("received_bytes_total", "Bytes of link messages that came.", s.received_bytes);
  page.counter("sent_bytes_total", "Bytes of link messages that were sent.", s.sent_bytes);

  page.histogram("commit_seconds", "Time from a batch's hand-over to the store until it is durable.",
                 kCommitTimeBoundsUs, s.commit_us, 1e6);
  page.histogram("commit_messages", "Messages in a batch that became durable.", kCommitMessageBounds, s.commit_messages,
                 1);
  page.counter("failed_commits_total", "Batches that the store did not take.", s.failed_commits);
  page.gauge("store_ok", "1 while the store takes commits.", s.store_ok ? 1 : 0);
  page.gauge("file_limit", "Files that the process may have open.", file_limit);
  page.gauge("uptime_seconds", "Seconds since the relay started.",
             static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(uptime).count()));
  page.plugins(plugins);
  return page.take();
}

}  // namespace agentroom::runtime

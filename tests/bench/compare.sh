#!/bin/bash
# Measures the relay beside mosquitto and nats-server (JetStream), in turns, and prints a table with ratios.
#
#   tests/bench/compare.sh           medians of 3 rounds; ten minutes
#   tests/bench/compare.sh --quick   one short round, under 50 s
#   tests/bench/compare.sh --json    no table: one object a line, {"figure","value","unit"}
#
# Figures of the others end with _mosquitto and _jetstream; a ratio, say route_cpu_ratio_mosquitto, tells how many times
# better ours is. AGENTROOM_BENCH names another agentroom-bench than the one of the release preset, which is built.
# What the figures compare, and what not, is in docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3
quick=false
json=false
for argument in "$@"; do
  case "$argument" in
    --quick) quick=true; rounds=1 ;;
    --json) json=true ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "compare.sh: unknown argument '$argument'; see tests/bench/compare.sh --help" >&2; exit 2 ;;
  esac
done

# A package that starts a service when it is installed: none of ours uses it, and none is left running.
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
installed() { [ "$(dpkg-query -W -f '${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }
added=()
for package in mosquitto nats-server; do installed "$package" || added+=("$package"); done
scripts/install-packages scripts/packages-bench.txt
for service in ${added[@]+"${added[@]}"}; do
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --now "$service" >&2
  elif [ -x "/etc/init.d/$service" ]; then
    as_root "/etc/init.d/$service" stop >&2 || true
  fi
done

bench=${AGENTROOM_BENCH:-build/release/bin/agentroom-bench}
if [ -z "${AGENTROOM_BENCH:-}" ]; then
  [ -f build/release/build.ninja ] || cmake --preset release >&2
  cmake --build --preset release -j "$(nproc)" --target agentroom-bench >&2
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT

# measure SERVER RENAMING MODE [ARGUMENT...]: RENAMING is a jq filter over the name of a figure; null leaves it out. What
# cannot be measured leaves its figures out, and the end is a failure.
failed=0
measure() {
  local server=$1 renaming=$2
  shift 2
  echo "== $server: $*" >&2
  "$bench" "$@" --server "$server" --json |
    jq -c "{figure: (.figure | $renaming), value, unit} | select(.figure != null)" >>"$results" || failed=1
}

if $quick; then
  length=(--seconds 0.5 --warm-up 0.2)
  drained=30000
  connections=2000
  idle_seconds=0.1
else
  length=(--seconds 3 --warm-up 1)
  drained=200000
  connections=10000
  idle_seconds=5
fi

for _ in $(seq "$rounds"); do
  for server in relay mosquitto nats; do
    measure "$server" 'if startswith("ack") then null else . end' route --pairs 100 --window 64 "${length[@]}"
  done
  for server in relay mosquitto nats; do
    measure "$server" 'if startswith("ack") then null else sub("^route"; "route1") end' \
      route --pairs 100 --window 1 "${length[@]}"
  done
  for server in relay mosquitto nats; do
    measure "$server" 'if startswith("ack") then . else null end' route --pairs 1 --window 1 "${length[@]}"
  done
  for server in relay mosquitto nats; do
    measure "$server" . route --pairs 100 --rate 20000 "${length[@]}"
  done
  for server in relay mosquitto nats; do
    measure "$server" 'if test("ack|fdatasync") then null else . end' queue --pairs 100 --window 64 "${length[@]}"
  done
  measure relay 'if test("ack|fdatasync") then . else null end' queue --pairs 1 --window 1 "${length[@]}"
  for server in relay mosquitto nats; do measure "$server" . drain --messages "$drained"; done
  for server in relay mosquitto nats; do
    measure "$server" . idle --connections "$connections" --seconds "$idle_seconds"
  done
  measure relay . crypto --seconds 0.5
  measure relay . agent "${length[@]}"
  measure relay 'if . == "cli_send_alone_rss" then "cli_send_rss" else . end' cli
done

# Medians, then ratios: theirs over ours where less is better, ours over theirs of a rate.
figures=$(jq -sc '
  def median: sort | .[((length - 1) / 2 | floor)] as $low | .[(length / 2 | floor)] as $high | ($low + $high) / 2;
  (group_by(.figure) | map({figure: .[0].figure, value: (map(.value) | median), unit: .[0].unit})) as $figures
  | ($figures | INDEX(.figure)) as $by_name
  | $figures + [
      $figures[] | . as $ours | ("mosquitto", "jetstream") as $other
      | $by_name[$ours.figure + "_" + $other] // empty
      | select(.value != 0 and $ours.value != 0 and ($ours.figure | test("driver|percent|floor") | not))
      | {figure: (($ours.figure | sub("_us$"; "")) + "_ratio_" + $other),
         value: (if $ours.unit | endswith("/s") then $ours.value / .value else .value / $ours.value end),
         unit: "times"}
    ]' "$results")

if $json; then
  jq -c '.[]' <<<"$figures"
  exit "$failed"
fi

# One line a row: what, ours, mosquitto, JetStream, how many times better, whether it reaches what, and what that is.
table=$(jq -r '
  (INDEX(.figure) | map_values(.value)) as $f
  | def number: if . == null then "-" elif . >= 100 then round | tostring else . * 100 | round / 100 | tostring end;
    def row($what; $figure; reached; $reach):
      (if $f[$figure] == null then null else try reached catch null end) as $reached |
      [$what, ($f[$figure] | number), ($f[$figure + "_mosquitto"] | number), ($f[$figure + "_jetstream"] | number),
       ($f[($figure | sub("_us$"; "")) + "_ratio_mosquitto"] | number),
       ($f[($figure | sub("_us$"; "")) + "_ratio_jetstream"] | number),
       (if $reached == null then "-" elif $reached then "yes" else "no" end), $reach] | join("\t");
    row("CPU of a routed message, 100 pairs x 64, us"; "route_cpu_us";
        $f.route_cpu_us <= 4 and $f.route_cpu_ratio_mosquitto >= 3.5 and $f.route_cpu_ratio_jetstream >= 7;
        "<= 4 us; mosquitto 3.5, JetStream 7 times"),
    row("routed messages a second"; "route_per_s"; null; "-"),
    row("CPU of a routed message, 100 pairs x 1, us"; "route1_cpu_us";
        $f.route1_cpu_us <= 1.3 * $f.route1_cpu_us_mosquitto; "<= 1.3 x mosquitto"),
    row("send to ack, 1 pair x 1, p50, us"; "ack_p50_us"; $f.ack_p50_us <= 1.5 * $f.ack_p50_us_mosquitto;
        "<= 1.5 x mosquitto"),
    row("  bare processes in its place, us"; "ack_floor_p50_us"; null; "-"),
    row("20,000 messages a second, p99, us"; "open_p99_us";
        $f.open_p99_us <= 2 * $f.open_p99_us_mosquitto and $f.open_p99_us <= 0.1 * $f.open_p99_us_jetstream;
        "<= 2 x mosquitto, 0.1 x JetStream"),
    row("queued messages a second"; "queue_per_s"; $f.queue_per_s >= 250000; ">= 250,000/s"),
    row("CPU of a queued message, us"; "queue_cpu_us"; $f.queue_cpu_us <= 4; "<= 4 us"),
    row("memory of a queued message, bytes"; "queue_bytes"; $f.queue_bytes <= 100; "<= 100 B"),
    row("ack of a lone queued message, p50, us"; "queue_ack_p50_us"; $f.queue_ack_p50_us <= 2 * $f.fdatasync_p50_us;
        "<= 2 x fdatasync, \($f.fdatasync_p50_us | number) us"),
    row("drained messages a second"; "drain_per_s"; $f.drain_per_s >= 200000; ">= 200,000/s"),
    row("memory of an idle connection, bytes"; "idle_bytes"; $f.idle_bytes <= 6000; "<= 6 KB"),
    row("memory at rest, bytes"; "rest_bytes"; $f.rest_bytes <= 12000000; "<= 12 MB"),
    row("ratchet step and box, times its primitives"; "ratchet_ratio"; $f.ratchet_ratio <= 1.5; "<= 1.5"),
    row("messages a second, agent to agent"; "agent_per_s"; $f.agent_per_s >= 20000; ">= 20,000/s"),
    row("send to reply, agent to agent, p50, us"; "agent_reply_p50_us"; $f.agent_reply_fdatasyncs <= 10;
        "<= 10 x fdatasync, which it is \($f.agent_reply_fdatasyncs | number)"),
    row("send through an owner, ms"; "cli_send_owner_ms"; $f.cli_send_owner_ms <= 8; "<= 8 ms"),
    row("send alone, ms"; "cli_send_alone_ms"; $f.cli_send_alone_ms <= 40; "<= 40 ms"),
    row("memory of send, bytes"; "cli_send_rss"; $f.cli_send_rss <= 25000000; "<= 25 MB"),
    row("version, ms"; "cli_version_ms"; $f.cli_version_ms <= 5; "<= 5 ms")' <<<"$figures")

printf '%-45s %10s %10s %10s %22s  %-7s %s\n' "" ours mosquitto JetStream "ours is better, times" reached reach
while IFS=$'\t' read -r what ours mosquitto jetstream ratio_mosquitto ratio_jetstream reached reach; do
  printf '%-45s %10s %10s %10s %11s %10s  %-7s %s\n' "$what" "$ours" "$mosquitto" "$jetstream" \
    "$ratio_mosquitto" "$ratio_jetstream" "$reached" "$reach"
done <<<"$table"
cat <<'END'

Neither mosquitto nor JetStream encrypts, and neither is durable when it acknowledges: mosquitto answers from memory,
JetStream writes to disk and syncs every two minutes. The relay boxes each link, acknowledges a routed message once its
recipient has it, and a queued one once it is on disk.
END
exit "$failed"

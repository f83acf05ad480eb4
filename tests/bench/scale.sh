#!/bin/bash
# Measures what a relay costs by how much there is of it: connections, pairs, messages on their way, queued messages,
# mailboxes, payload. The figures go to docs/performance/scale.json; the plots beside it and the tables in
# docs/performance.md are made of them.
#
#   tests/bench/scale.sh               measures and draws; five minutes, 1.5 GB of memory and of /var/tmp
#   tests/bench/scale.sh --quick       the small ends of all series, in a minute; the documents stay as they are
#   tests/bench/scale.sh --draw        draws what was measured
#   tests/bench/scale.sh --check       fails when the tables in docs/performance.md are not those of the figures
#   tests/bench/scale.sh --json FILE   the figures go to FILE, or come from it
#
# A figure is an object a line: {"series","x","figure","value","unit"}. AGENTROOM_BENCH names another agentroom-bench
# than the one of the release preset, which is built. System calls are counted where root may.
set -euo pipefail
cd "$(dirname "$0")/../.."

task=measure
quick=false
figures=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=true ;;
    --draw) task=draw ;;
    --check) task=check ;;
    --json) figures=${2:?"--json needs a file"}; shift ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "scale.sh: unknown argument '$1'; see tests/bench/scale.sh --help" >&2; exit 2 ;;
  esac
  shift
done

document=docs/performance.md
plots=docs/performance
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if $quick && [ "$task" = measure ]; then
  cp "$document" "$scratch/performance.md"
  document=$scratch/performance.md
  plots=$scratch
fi
[ -n "$figures" ] || figures=$plots/scale.json

### Measuring

name_machine() {
  local model memory
  model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
  memory=$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
  jq -nc --arg name "$(nproc) cores of ${model:-$(uname -m)}, $memory GiB, Linux $(uname -r)" \
    --argjson load "$(cut -d ' ' -f 1 /proc/loadavg)" \
    '{series: "machine", x: 0, figure: $name, value: $load, unit: "load average before"}'
}

# point SERIES X MODE [ARGUMENT...]: what cannot be measured leaves its figures out, and the end is a failure.
failed=0
point() {
  local series=$1 x=$2
  shift 2
  echo "== $series, $x: $*" >&2
  "$bench" "$@" --json | jq -c --arg series "$series" --argjson x "$x" \
    '{series: $series, x: $x, figure, value: (.value * 1000 | round / 1000), unit}' >>"$figures" || failed=1
}

measure() {
  bench=${AGENTROOM_BENCH:-build/release/bin/agentroom-bench}
  if [ -z "${AGENTROOM_BENCH:-}" ]; then
    [ -f build/release/build.ninja ] || cmake --preset release >&2
    cmake --build --preset release -j "$(nproc)" --target agentroom-bench >&2
  fi

  # Connections are files of the driver, and of the relay.
  local most=20000 files
  files=$(ulimit -Hn)
  [ "$files" = unlimited ] || [ "$files" -ge $((most + 2000)) ] || ulimit -n $((most + 2000)) 2>/dev/null || true
  files=$(ulimit -Hn)
  [ "$files" = unlimited ] || [ "$files" -ge $((most + 200)) ] || most=$(((files - 200) / 200 * 200))

  local connections=(100 1000 5000 10000 "$most") pairs=(1 10 100 1000 $((most / 2))) windows=(1 4 16 64)
  local queued=(10000 100000 300000 1000000) mailboxes=(1 10 100 1000 $((most / 2))) kept=200000
  local payloads=(64 256 1024 4096 16384 65536 131072) runs=3 length=(--seconds 0.5 --warm-up 0.3)
  if $quick; then
    connections=(100 1000) pairs=(1 10 100) windows=(1 64) queued=(10000 50000) mailboxes=(10 100) kept=20000
    payloads=(64 4096 131072) runs=1 length=(--seconds 0.2 --warm-up 0.1)
  fi
  local calls=(--system-calls)
  if ! "$bench" route --pairs 1 --seconds 0.1 --warm-up 0 "${calls[@]}" >/dev/null 2>"$scratch/why"; then
    cat "$scratch/why" >&2
    calls=()
  fi

  name_machine >"$figures"
  local x
  for x in "${connections[@]}"; do
    point connections "$x" idle --connections "$x" --seconds 0.5 --runs $((x > 1000 ? 1 : runs))
  done
  point handshakes 500 connect "${length[@]}" --runs "$runs"
  for x in "${pairs[@]}"; do
    local few=$((x > 100 ? 1 : runs)) long=("${length[@]}")
    [ "$x" -le 1000 ] || long=(--seconds 3 --warm-up 2)
    point pairs-1 "$x" route --pairs "$x" --window 1 --runs "$few" "${calls[@]}" "${long[@]}"
    point pairs-16 "$x" route --pairs "$x" --window 16 --runs "$few" "${calls[@]}" "${long[@]}"
  done
  for x in "${windows[@]}"; do
    point windows "$x" route --window "$x" --runs "$runs" "${calls[@]}" "${length[@]}"
    point windows "$x" queue --window "$x" --runs "$runs" "${calls[@]}" "${length[@]}"
  done
  for x in "${queued[@]}"; do
    point queued "$x" start --messages "$x" --runs $((x > 100000 ? 1 : runs))
    point queued "$x" drain --messages "$x" --runs $((x > 100000 ? 1 : runs))
  done
  for x in "${mailboxes[@]}"; do
    point mailboxes "$x" start --pairs "$x" --messages "$kept" --window $((x > 1000 ? 8 : 64))
  done
  for x in "${payloads[@]}"; do
    local window=$((524288 / x))  # half of what a recipient may have unconfirmed
    [ "$window" -le 64 ] || window=64
    local load=(--pairs 10 --payload "$x" --window "$window" --runs "$runs" "${length[@]}")
    point payload "$x" route "${load[@]}"
    point payload "$x" queue "${load[@]}"
  done
}

### Drawing

# table NAME: in Markdown, of the figures.
table() {
  jq -rs --arg name "$1" '
    map(select(.series == "machine")) as $machine
    | INDEX("\(.series) \(.x) \(.figure)") as $all
    | (group_by(.series) | map({key: .[0].series, value: (map(.x) | unique)}) | from_entries) as $xs
    | def at($series; $x; $figure): $all["\($series) \($x) \($figure)"].value;
      def thousands: tostring | [while(length > 0; .[:-3])] | map(.[-3:]) | reverse | join(",");
      def number:
        if . == null then "-"
        elif . >= 100 then round | thousands
        elif . >= 10 then . * 10 | round / 10 | tostring
        else . * 100 | round / 100 | tostring end;
      def megabytes: if . == null then . else . / 1e6 end;
      def row: "| " + join(" | ") + " |";
      def rows($series; f): [$xs[$series][] | . as $x | [($x | thousands)] + [f | number] | row];
      def body($heads; $rows): [($heads | row), ($heads | map("---") | row)] + $rows | join("\n");
      def a_kib($x; $figure): at("payload"; $x; $figure) | if . == null then . else . / $x * 1024 end;
      def three:  # digits that count
        if . < 1000 then . else pow(10; (log10 | floor) - 2) as $unit | (. / $unit | round) * $unit end;
      def gib($bytes): if $bytes == null then null else 1073741824 / $bytes | three end;
      def a_second($us): if $us == null then null else 1e6 / $us | three end;
      if $name == "machine" then
        $machine[0] | "Measured on \(.figure); load average before \(.value)."
      elif $name == "connections" then
        body(["connections", "bytes each", "relay, MB"];
          rows("connections"; at("connections"; .; "idle_bytes"),
            (at("connections"; .; "rest_bytes") + . * at("connections"; .; "idle_bytes") | megabytes)))
      elif $name == "pairs" then
        body(["pairs", "CPU, window 1, µs", "system calls", "CPU, window 16, µs", "system calls"];
          rows("pairs-1"; at("pairs-1"; .; "route_cpu_us"), at("pairs-1"; .; "route_system_calls"),
            at("pairs-16"; .; "route_cpu_us"), at("pairs-16"; .; "route_system_calls")))
      elif $name == "windows" then
        body(["window", "routed: CPU, µs", "system calls", "queued: CPU, µs", "system calls", "messages a commit",
              "syncs a commit"];
          rows("windows"; at("windows"; .; "route_cpu_us"), at("windows"; .; "route_system_calls"),
            at("windows"; .; "queue_cpu_us"), at("windows"; .; "queue_system_calls"),
            at("windows"; .; "queue_messages_a_commit"), at("windows"; .; "queue_syncs_a_transaction")))
      elif $name == "queued" then
        ($xs.queued | min) as $q |
        body(["messages", "queueing: CPU, µs", "memory each, bytes", "disk each, bytes", "start, ms", "its CPU, ms",
              "relay then, MB", "draining: CPU, µs"];
          [["0", "-", "-", "-", (("ms", "cpu_ms") as $of | at("queued"; $q; "start_empty_\($of)") | number),
            (at("queued"; $q; "start_empty_rss") | megabytes | number), "-"] | row] +
          rows("queued"; at("queued"; .; "kept_cpu_us"), at("queued"; .; "kept_bytes"),
            at("queued"; .; "kept_disk_bytes"), at("queued"; .; "start_ms"), at("queued"; .; "start_cpu_ms"),
            (at("queued"; .; "start_rss") | megabytes), at("queued"; .; "drain_cpu_us")))
      elif $name == "mailboxes" then
        body(["mailboxes", "queueing: CPU, µs", "memory a message, bytes", "disk a message, bytes", "start, ms",
              "its CPU, ms"];
          rows("mailboxes"; at("mailboxes"; .; "kept_cpu_us"), at("mailboxes"; .; "kept_bytes"),
            at("mailboxes"; .; "kept_disk_bytes"), at("mailboxes"; .; "start_ms"),
            at("mailboxes"; .; "start_cpu_ms")))
      elif $name == "payload" then
        body(["payload, bytes", "routed: CPU, µs", "a KiB", "queued: CPU, µs", "a KiB"];
          rows("payload"; at("payload"; .; "route_cpu_us"), a_kib(.; "route_cpu_us"),
            at("payload"; .; "queue_cpu_us"), a_kib(.; "queue_cpu_us")))
      elif $name == "limits" then
        ($xs.connections | max) as $c | ($xs.queued | max) as $q | ($xs.windows | max) as $w
        | at("connections"; $c; "idle_bytes") as $connection | at("queued"; $q; "kept_bytes") as $message
        | at("queued"; $q; "start_cpu_ms") as $start
        | body(["what", "a unit", "so"]; [
            ["memory of a connection", "\($connection | number) bytes", "\(gib($connection) | number) in 1 GiB"],
            ["CPU of a handshake", "\(at("handshakes"; 500; "connect_cpu_us") | number) µs",
             "\(a_second(at("handshakes"; 500; "connect_cpu_us")) | number) in a second of a core"],
            ["memory of a queued message", "\($message | number) bytes", "\(gib($message) | number) in 1 GiB"],
            ["disk of a queued message of 256 bytes", "\(at("queued"; $q; "kept_disk_bytes") | number) bytes",
             "\(gib(at("queued"; $q; "kept_disk_bytes")) | number) in 1 GiB"],
            ["CPU of a start, a queued message", "\($start / $q * 1000 | number) µs",
             "\(a_second($start / $q * 1000) | number) in a second"],
            ["a sync of 4 KiB", "\(at("windows"; 1; "fdatasync_p50_us") | number) µs",
             "\(a_second(at("windows"; 1; "fdatasync_p50_us")) | number) commits in a second"],
            ["CPU of a routed message, window 1", "\(at("windows"; 1; "route_cpu_us") | number) µs",
             "\(a_second(at("windows"; 1; "route_cpu_us")) | number) in a second of a core"],
            ["CPU of a routed message, window \($w)", "\(at("windows"; $w; "route_cpu_us") | number) µs",
             "\(a_second(at("windows"; $w; "route_cpu_us")) | number) in a second of a core"],
            ["CPU of a queued message, window \($w)", "\(at("windows"; $w; "queue_cpu_us") | number) µs",
             "\(a_second(at("windows"; $w; "queue_cpu_us")) | number) in a second of a core"]
          ] | map(row))
      else error("no table \($name)") end' "$figures"
}

# The document with each table, between its markers, anew.
document_with_tables() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line"
    if [[ $line =~ ^'<!-- scale: '([a-z]+)' -->'$ ]]; then
      table "${BASH_REMATCH[1]}"
      while [ "$line" != '<!-- scale end -->' ]; do
        IFS= read -r line || { echo "scale.sh: a table of $document has no end" >&2; return 1; }
      done
      printf '%s\n' "$line"
    fi
  done <"$document"
}

# values SERIES FIGURE: a line each, for gnuplot.
values() {
  jq -rs --arg series "$1" --arg figure "$2" \
    'map(select(.series == $series and .figure == $figure)) | sort_by(.x)[] | "\(.x) \(.value)"' \
    "$figures" >"$scratch/$1-$2"
  echo "'$scratch/$1-$2'"
}

# plot NAME TITLE XLABEL YLABEL SCALE CURVE...: CURVE is "SERIES FIGURE LABEL".
plot() {
  local name=$1 title=$2 x=$3 y=$4 scale=$5 curves="" curve series figure label
  shift 5
  for curve in "$@"; do
    read -r series figure label <<<"$curve"
    curves+="${curves:+, }$(values "$series" "$figure") using 1:2 with linespoints"
    curves+=" linewidth 2 pointtype 7 pointsize 0.5 title '$label'"
  done
  gnuplot <<END
set terminal svg size 720,400 font 'sans-serif,13' background 'white' noenhanced
set output '$plots/$name.svg'
set encoding utf8
set title '$title'
set xlabel '$x'
set ylabel '$y'
set logscale $scale
set yrange [$([[ $scale == xy ]] || echo 0):*]
set format x '%.0f'
set grid
set rmargin 5
set key outside bottom center horizontal
plot $curves
END
}

draw() {
  plot connections 'Memory of an idle connection' connections bytes x 'connections idle_bytes each'
  plot pairs 'A routed message, by pairs' 'pairs, each two connections' 'CPU of the relay, µs' x \
    'pairs-1 route_cpu_us window 1' 'pairs-16 route_cpu_us window 16'
  plot windows 'System calls of the relay, 100 pairs' 'messages of a pair on their way' 'calls a message' xy \
    'windows route_system_calls routed' 'windows queue_system_calls queued'
  plot queued 'Start with queued messages' 'queued messages' ms xy 'queued start_ms until it listens' \
    'queued start_cpu_ms CPU of it'
  plot kept 'A queued message of 256 bytes' 'queued messages' bytes x 'queued kept_bytes in memory' \
    'queued kept_disk_bytes on disk'
  plot payload 'A message, by its payload' 'payload, bytes' 'CPU of the relay, µs' xy 'payload route_cpu_us routed' \
    'payload queue_cpu_us queued'
  document_with_tables >"$scratch/document"
  cat "$scratch/document" >"$document"
}

if [ "$task" = check ]; then
  document_with_tables | diff -u "$document" - >&2 || {
    echo "scale.sh: $document does not say what $figures does; tests/bench/scale.sh --draw writes it" >&2
    exit 1
  }
  exit 0
fi
scripts/install-packages scripts/packages-plot.txt
mkdir -p "$plots"
[ "$task" = draw ] || measure
draw
! $quick || cat "$figures"
exit "$failed"

#!/bin/bash
# Counts the instructions that a relay's engine takes for a message and compares them with tests/bench/instructions.txt.
#
#   tests/bench/instructions.sh PROGRAM            fails when one takes 1 % more than is written there
#   tests/bench/instructions.sh PROGRAM --update   writes what was counted
#
# PROGRAM is bench-instructions of the release preset, built by GCC. Of what runs inside the engine's calls and the
# store's completions all counts but libsodium, which the protocol decides on. Valgrind shows every machine the same
# processor, so libraries choose the same code everywhere.
set -euo pipefail
cd "$(dirname "$0")"

program=$1
update=${2:-}
few=320
many=640
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() {  # count SCENARIO MESSAGES PAYLOAD
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" --collect-atstart=no \
    --toggle-collect='agentroom::RelayEngine::on_message(*' --toggle-collect='agentroom::RelayEngine::flush(*' \
    --toggle-collect='agentroom::relay::test::FakeStore::complete(*' "$program" "$@" 2>"$folder/log" ||
    { cat "$folder/log" >&2; return 1; }
  # A cost line is "position instructions"; the one after a "calls=" is of the called function, which has its own. An
  # object is named where it comes first, as one or as a called one, and has a number from then on.
  awk '/^c?ob=/ { match($0, /\([0-9]+\)/)
                  id = substr($0, RSTART, RLENGTH)
                  if (NF > 1) names[id] = $2
                  if (/^ob=/) object = names[id]
                  next }
       /^calls=/ { called = 1; next }
       /^[0-9+*-]/ { if (!called && object !~ /libsodium/) sum += $2
                     called = 0 }
       END { printf "%d\n", sum }' "$folder/out"
}

failed=0
while read -r scenario payload; do
  first=$(count "$scenario" "$few" "$payload")
  second=$(count "$scenario" "$many" "$payload")
  counted=$(((second - first) / (many - few)))
  written=$(awk -v s="$scenario" -v p="$payload" '$1 == s && $2 == p { print $3 }' instructions.txt)
  echo "$scenario $payload $counted" >>"$folder/counted"
  echo "$scenario, $payload bytes: $counted instructions a message, written are ${written:-none}"
  if [ -z "$written" ] || [ $((counted * 100)) -gt $((written * 101)) ]; then failed=1; fi
done <<'END'
route 256
route 16384
queue 256
queue 16384
END

if [ "$update" = --update ]; then
  { echo "# Instructions of the relay's engine for a message, by scenario and payload: see instructions.sh."
    cat "$folder/counted"; } >instructions.txt
elif [ "$failed" = 1 ]; then
  echo "more than is written in tests/bench/instructions.txt: take it back, or say why and write it with --update" >&2
  exit 1
fi

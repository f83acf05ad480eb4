#!/bin/bash
# Counts the instructions that the engines take for a message, the relay's (route, queue) and those of both agents
# together (agent), and compares them with tests/bench/instructions.txt.
#
#   tests/bench/instructions.sh FOLDER            fails when one takes 0.1 % more than is written there
#   tests/bench/instructions.sh FOLDER --update   writes what was counted
#
# FOLDER holds bench-instructions and bench-instructions-agent of the release preset, built by GCC. Of what runs inside
# the engines' calls and the stores' completions all counts but libsodium, which the protocol decides on. Valgrind shows
# every machine the same processor, so libraries choose the same code everywhere.
set -euo pipefail
programs=$(realpath "$1")
cd "$(dirname "$0")"
update=${2:-}
few=320
many=640
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() {  # count SCENARIO MESSAGES PAYLOAD
  local command inside function
  if [ "$1" = agent ]; then
    command=("$programs/bench-instructions-agent" "${@:2}")
    inside=(AgentEngine::{on_message,flush,send,on_handled} test::FakeStore::complete_one)
  else
    command=("$programs/bench-instructions" "$@")
    inside=(RelayEngine::{on_message,flush} relay::test::FakeStore::complete)
  fi
  local toggles=()
  for function in "${inside[@]}"; do toggles+=("--toggle-collect=agentroom::$function(*"); done
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" --collect-atstart=no "${toggles[@]}" "${command[@]}" \
    2>"$folder/log" || { cat "$folder/log" >&2; return 1; }
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
  if [ -z "$written" ] || [ $((counted * 1000)) -gt $((written * 1001)) ]; then failed=1; fi
done <<'END'
route 256
route 16384
queue 256
queue 16384
agent 256
agent 16384
END

if [ "$update" = --update ]; then
  { echo "# Instructions of the engines for a message, by scenario and payload: see instructions.sh."
    cat "$folder/counted"; } >instructions.txt
elif [ "$failed" = 1 ]; then
  echo "more than is written in tests/bench/instructions.txt: take it back, or say why and write it with --update" >&2
  exit 1
fi

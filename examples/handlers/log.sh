#!/bin/sh
# Appends every message to a file and answers nothing: no output is no reply, a failure is told to the owner of the agent.
# The peer's text is data: it is read from stdin and never becomes part of a command.
set -eu
log=${AGENTROOM_LOG_FILE:-messages.log}
{
  printf '%s %s (attempt %s)\n' "$AGENTROOM_MSG_ID" "${AGENTROOM_FROM_NAME:-$AGENTROOM_FROM}" "$AGENTROOM_ATTEMPT"
  cat
  printf '\n'
} >>"$log"

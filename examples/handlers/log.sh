#!/bin/sh
# Appends every message to a file that only you can read, and answers nothing: no output is no reply, a failure is told to the
# owner of the agent. POSIX sh; needs jq. AGENTROOM_LOG_FILE names the file, else it is messages.log in the working directory.
# Each message is a line, one JSON object in ASCII: what a peer writes neither looks like another message nor acts on a terminal.
set -eu
umask 077
line=$(jq -nac --rawfile text /dev/stdin '{
  msg_id: env.AGENTROOM_MSG_ID, attempt: env.AGENTROOM_ATTEMPT, from: env.AGENTROOM_FROM,
  from_name: (env.AGENTROOM_FROM_NAME // ""), text: $text
}')
# dd writes the line at once: messages of several peers come at the same time.
printf '%s\n' "$line" | dd obs=4194304 2>/dev/null >>"${AGENTROOM_LOG_FILE:-messages.log}"

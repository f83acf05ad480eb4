#!/bin/bash
# Installs the packages that scripts/package made into a Debian 12 of their own, and uses them there as a stranger would:
#   tests/packages/installed.sh [MIRROR]
# As root, with debootstrap and a mirror of Debian's within reach. The bare system is kept in build/package/base.
set -euo pipefail
cd "$(dirname "$0")/../.."
mirror=${1:-http://deb.debian.org/debian}
base=$PWD/build/package/base
root=$PWD/build/package/root

trap 'echo "packages: FAILED: $step" >&2' ERR
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}
install() { inside apt-get install -y --no-install-recommends "$@" >"$root/apt.log" 2>&1 || { cat "$root/apt.log" >&2; false; }; }
begin() { step=$1; echo "packages: $step" >&2; }

begin "a bare Debian 12"
if [ ! -d "$base" ]; then
  rm -rf "$base.new"
  debootstrap --variant=minbase bookworm "$base.new" "$mirror" >build/package/debootstrap.log
  mv "$base.new" "$base"
fi
! mountpoint -q "$root/proc" || umount "$root/proc"
rm -rf "$root"
cp -a "$base" "$root"
mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
inside apt-get update >/dev/null
cp build/packages/*.deb "$root/"

begin "agentroom is installed, and a demo runs"
install ./"$(basename build/packages/agentroom_*.deb)"
inside agentroom --home /root/demo demo --json | grep -q '"ok":true'

begin "the service is there, with its user, and not enabled"
inside id agentroom >/dev/null
grep -q '^ExecStart=/usr/bin/agentroom ' "$root/usr/lib/systemd/system/agentroom-relay.service"
[ -z "$(inside find /etc/systemd -name 'agentroom*')" ] || false

begin "manual pages and completions are those of the program"
inside agentroom completion bash | cmp - "$root/usr/share/bash-completion/completions/agentroom"
inside agentroom completion zsh | cmp - "$root/usr/share/zsh/vendor-completions/_agentroom"
inside agentroom completion fish | cmp - "$root/usr/share/fish/vendor_completions.d/agentroom.fish"
zcat "$root/usr/share/man/man1/agentroom-invite-create.1.gz" | grep -q 'agentroom invite create'

begin "what a stranger builds with agentroom-dev loads"
install ./"$(basename build/packages/agentroom-dev_*.deb)" cmake g++ make
cp -r tests/abi/outside "$root/root/"
inside cmake -S /root/outside -B /root/build >/dev/null
inside cmake --build /root/build >/dev/null
inside cmake --install /root/build --prefix /usr >/dev/null
inside agentroom plugin info handler-outside --json | grep -q '"loads":true'

begin "plugins of every kind are begun, built and checked, and one runs by its name in the configuration"
for kind in handler store transport tunnel; do
  inside env -C /root agentroom plugin new "$kind" "my-$kind" >/dev/null
  inside cmake -S "/root/my-$kind" -B "/root/my-$kind/build" >/dev/null
  inside cmake --build "/root/my-$kind/build" >/dev/null
  inside ctest --test-dir "/root/my-$kind/build" --output-on-failure >"$root/check.log" || { cat "$root/check.log" >&2; false; }
done
inside agentroom plugin check store-sqlite --json | grep -q '"ok":true'
cat >"$root/root/agentroom.toml" <<'END'
[store]
plugin = "/root/my-store/build/store-my-store.so"
[store.my-store]
max_bytes = "64MiB"
[handler]
plugin = "/root/my-handler/build/handler-my-handler.so"
[handler.my-handler]
prefix = "you said: "
END
inside agentroom --home /root/mine --config /root/agentroom.toml config check >/dev/null
# shellcheck disable=SC2016  # the shell in the root expands them
inside bash -c '
  agentroom --home /root/hers relay --port 18787 --json >/root/relay.json &
  until grep -q listening /root/relay.json; do sleep 0.1; done
  export AGENTROOM_SERVER=ws://127.0.0.1:18787/ws
  agentroom --home /root/mine --config /root/agentroom.toml serve --invite --json >/root/serve.json &
  until grep -q "\"url\"" /root/serve.json; do sleep 0.1; done
  url=$(sed -n "s/.*\"url\":\"\([^\"]*\)\".*/\1/p" /root/serve.json | head -1)
  agentroom --home /root/hers invite accept "$url" --json >/dev/null
  agentroom --home /root/hers listen --json >/root/heard.json &
  peer=$(agentroom --home /root/hers peers --json | sed -n "s/.*\"pk\":\"\([^\"]*\)\".*/\1/p" | head -1)
  agentroom --home /root/hers send "$peer" "is it done?" --json >/dev/null
  for i in $(seq 100); do grep -q "you said: is it done?" /root/heard.json && break; sleep 0.1; done
  kill %1 %2 %3
  grep -q "you said: is it done?" /root/heard.json'

begin "what a stranger builds with the client's library invites"
cp -r "$root/usr/share/doc/agentroom/examples/client" "$root/root/client"
inside cmake -S /root/client -B /root/client-build >/dev/null
inside cmake --build /root/client-build >/dev/null
# shellcheck disable=SC2016  # the shell in the root expands them
inside sh -c '
  agentroom --home /root/relay --json relay --port 0 >/relay.out &
  for _ in $(seq 100); do grep -q listening /relay.out && break; sleep 0.1; done
  url=$(sed -n "s|.*\"local_url\":\"\([^\"]*\)\".*|\1|p" /relay.out)
  timeout 10 /root/client-build/agent /root/agent-home "$url" >/agent.out
  kill $!'
grep -q '^agentroom://invite/' "$root/agent.out"

begin "the tools run"
inside agentroom-sim --seeds 2 >/dev/null
inside agentroom-bench crypto --seconds 0.1 --json | grep -q ratchet_ratio

begin "removed, nothing of them is left"
inside rm /usr/lib/agentroom/plugins/handler-outside.so /usr/lib/agentroom/plugins/handler-outside.toml
inside apt-get purge -y agentroom agentroom-dev >/dev/null 2>&1
left=$(inside find / -xdev -name '*agentroom*' -not -path '/root/*' -not -path '/proc/*' -not -path '/*.deb' -not -path '/var/log/*')
[ -z "$left" ] || { echo "$left" >&2; false; }
echo "packages: all right" >&2

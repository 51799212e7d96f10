#!/bin/sh
# Makes sure that the real parts the tests run against are on this machine:
# Postfix, Redis, Chromium, Firefox, OpenDKIM, ClamAV, Node with npm, systemd-analyze. Installs the missing ones
# with apt when it may; otherwise fails and names them. Never skips. With the word
# "scan" also what `make scan` runs: rspamd and SpamAssassin.
set -eu

missing=""
need() { # need COMMAND PACKAGE
	command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"
}
need postfix postfix
need redis-server redis-server
need chromium chromium
need firefox-esr firefox-esr
need opendkim opendkim
need clamd clamav-daemon
need node nodejs
need npm npm
need systemd-analyze systemd
need gcc gcc # the race detector is built with cgo
if [ "${1:-}" = scan ]; then
	need rspamd rspamd
	need spamassassin spamassassin
fi
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
	echo "Missing on this machine:$missing" >&2
	echo "Install them (on Debian: apt-get install$missing) and run the command again." >&2
	exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The tests start their own instances; the packages must not start system ones.
policy=/usr/sbin/policy-rc.d
made=""
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	made=yes
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
# shellcheck disable=SC2086 # a list of words is wanted
apt-get install -y -qq --no-install-recommends $missing >/dev/null

still=""
for pair in postfix:postfix redis-server:redis-server chromium:chromium firefox-esr:firefox-esr opendkim:opendkim clamd:clamav-daemon node:nodejs npm:npm systemd-analyze:systemd gcc:gcc; do
	command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || still="$still ${pair##*:}"
done
if [ "${1:-}" = scan ]; then
	for name in rspamd spamassassin; do
		command -v "$name" >/dev/null 2>&1 || still="$still $name"
	done
fi
if [ -n "$still" ]; then
	echo "Still missing after installing:$still" >&2
	exit 1
fi

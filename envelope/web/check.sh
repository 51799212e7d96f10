#!/bin/sh
# Fails when web/dist is not, byte for byte, what web/src gives, when the lock
# file names a registry host, or when the page's own readers fail their tests.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if grep -n '"resolved"' "$here/package-lock.json"; then
  echo "package-lock.json names registry hosts: see .npmrc" >&2
  exit 1
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
sh "$here/build.sh" "$out"
for name in page.js page.css; do
  cmp "$out/$name" "$here/dist/$name" || { echo "run envelope/web/build.sh and commit web/dist" >&2; exit 1; }
done
node --test "$here/test/mime.test.mjs"

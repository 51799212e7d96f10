#!/bin/sh
# Builds web/dist from web/src, in a copy, so that no packages land in the tree.
# Needs node and npm. Commit what it changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$here"/build.mjs "$here"/src "$here"/test "$work"
cd "$work"
npm ci --no-audit --no-fund --silent
node build.mjs "${1:-$here/dist}"

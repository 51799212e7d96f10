#!/bin/sh
# Runs every fuzz target of the module for the given time, and prints for each
# how often it ran. One program is built for each package, so that many short
# runs cost little. What a run found interesting is kept in the build cache and
# is where the next one begins; inputs that failed are kept under the package's
# testdata/fuzz, where every go test tries them. Ends with 1 when any failed,
# after all have run.
#
#   scripts/fuzz.sh [TIME [PATTERN]]    PATTERN: of package and target, "pid.*FuzzScan"
#
# FUZZLOG=FILE: a line for each run is added there: package, target, seconds, executions.
set -eu
time=${1:-10s}
pattern=${2:-.}
log=${FUZZLOG:-/dev/null}
case "$log" in /*) ;; *) log=$PWD/$log ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=$(go env GOCACHE)/fuzz
module=$(go list -m)

git grep -ho 'func Fuzz[A-Za-z0-9_]*' -- '*_test.go' >/dev/null || { echo "no fuzz targets" >&2; exit 1; }
git grep -o 'func Fuzz[A-Za-z0-9_]*' -- '*_test.go' | sed 's|^\(.*\)/[^/]*:func |\1 |' | sort -u | grep -E "$pattern" >"$work/targets"

for dir in $(cut -d' ' -f1 "$work/targets" | uniq); do
	go test -c -fuzz . -o "$work/program" "./$dir"
	for target in $(grep "^$dir " "$work/targets" | cut -d' ' -f2); do
		if (cd "$dir" && "$work/program" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" \
			-test.fuzzminimizetime 1x -test.parallel "${FUZZWORKERS:-2}" -test.fuzzcachedir "$kept/$module/$dir") >"$work/out" 2>&1; then
			last=$(grep '^fuzz: elapsed' "$work/out" | tail -1)
			# Until what was kept has been gone through once, it says "N/M completed".
			execs=$(echo "$last" | sed -n 's/.*execs: \([0-9]*\).*/\1/p; s/.*coverage: \([0-9]*\).*/\1/p')
			printf '%s %s %s executions\n' "$dir" "$target" "${execs:?"$dir $target ran and did not say how often"}"
			printf '%s\t%s\t%s\t%s\n' "$dir" "$target" "$time" "$execs" >>"$log"
		else
			echo "$dir $target FAILED" | tee -a "$work/failed"
			cat "$work/out"
		fi
	done
done
[ ! -s "$work/failed" ] || { echo "failed:"; cat "$work/failed"; exit 1; }

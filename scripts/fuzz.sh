#!/bin/sh
# Runs every fuzz target of the module for the given time, and prints for each
# how often it ran. One program is built for each package, and the packages go
# side by side, so that many short runs cost little. What a run found interesting
# is kept in the build cache and is where the next one begins; inputs that failed
# are kept under the package's testdata/fuzz, where every go test tries them. Ends
# with 1 when any failed, after all have run.
#
#   scripts/fuzz.sh [TIME [PATTERN]]    PATTERN: of package and target, "^pid FuzzScan"
#
# FUZZJOBS: packages at one time (as many as processors), each with one worker.
# FUZZLOG=FILE: a line for each run is added there: package, target, time, executions.
set -eu
time=${1:-10s}
pattern=${2:-.}

# Where the time ends while a worker answers, the testing package calls that a
# failure; no input has failed then.
timeUp() { grep -q '^    context deadline exceeded$' "$1" && ! grep -q 'Failing input\|panic\|hung' "$1"; }

one() { # one PROGRAM DIR TARGET: runs a target
	out=$1.$3
	if { (cd "$2" && "$1" -test.run '^$' -test.fuzz "^$3\$" -test.fuzztime "$time" -test.fuzzminimizetime 1x \
		-test.parallel 1 -test.fuzzcachedir "$FUZZKEPT/$2") >"$out" 2>&1 || timeUp "$out"; }; then
		# Until what was kept has been gone through once, it says "N/M completed".
		execs=$(grep '^fuzz: elapsed' "$out" | tail -1 | sed -n 's/.*execs: \([0-9]*\).*/\1/p; s/.*coverage: \([0-9]*\).*/\1/p')
		printf '%s %s %s executions\n' "$2" "$3" "${execs:?"$2 $3 ran and did not say how often"}"
		[ -z "${FUZZLOG:-}" ] || printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$time" "$execs" >>"$FUZZLOG"
	else
		{ echo "$2 $3 FAILED"; cat "$out"; } >&2
		return 1
	fi
}

if [ -n "${FUZZPACKAGE:-}" ]; then # called by itself, below
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	go test -c -fuzz . -o "$work/program" "./$FUZZPACKAGE"
	failed=0
	for target in $(git grep -ho 'func Fuzz[A-Za-z0-9_]*' -- "$FUZZPACKAGE/*_test.go" | sed 's/func //' | sort -u); do
		echo "$FUZZPACKAGE $target" | grep -qE "$pattern" || continue
		git grep -q "func $target(" -- ":(glob)$FUZZPACKAGE/*_test.go" || continue # of a package below
		one "$work/program" "$FUZZPACKAGE" "$target" || failed=1
	done
	exit $failed
fi

case "${FUZZLOG:-/}" in /*) ;; *) FUZZLOG=$PWD/$FUZZLOG ;; esac
FUZZKEPT=$(go env GOCACHE)/fuzz/$(go list -m)
export FUZZKEPT
targets=$(git grep -o 'func Fuzz[A-Za-z0-9_]*' -- '*_test.go' | sed 's|^\(.*\)/[^/]*:func |\1 |' | sort -u | grep -E "$pattern")
echo "$targets" | cut -d' ' -f1 | uniq -c | sort -rn | sed 's/.* //' |
	xargs -P "${FUZZJOBS:-$(nproc)}" -I{} env FUZZPACKAGE={} sh "$0" "$time" "$pattern"

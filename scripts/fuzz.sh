#!/bin/sh
# fuzz.sh TIME: fuzz every target of the module for TIME (1m, 1h), one after the other. What fails is
# left under testdata/fuzz of its package, as a test for ever after.
set -eu
# Little is done to make new inputs shorter: it would take most of a minute.
time=${1:-1m} failed=0
for file in $(grep -rl '^func Fuzz' --include='*_test.go' internal cmd); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' "$file"); do
		echo "== $(dirname "$file") $target"
		go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x || failed=1
	done
done
exit $failed

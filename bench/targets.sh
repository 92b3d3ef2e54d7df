#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares results with promises:  bench/targets.sh targets.tsv results.tsv
# A promise is met when median(a) / median(b) <= max. `b` may be peer@n: the same case at another n. When a key was measured
# several times the last row counts. "of mins" is the ratio of the two minima: when it differs much from the ratio of the medians the
# machine was busy. The exit status is 0 whatever was missed: a noisy machine must not fail a build.
set -eu
targets=$1
results=$2
if [ ! -f "$results" ]; then
    results=/dev/null
fi
awk -F '\t' '
function key(suite, name, peer, n, threads) { return suite "|" name "|" peer "|" n "|" threads }
FILENAME != ARGV[2] {
    if ($6 == "time") {
        median[key($1, $2, $3, $4, $5)] = $8
        least[key($1, $2, $3, $4, $5)] = $9
        spread[key($1, $2, $3, $4, $5)] = $9 "-" $10
    }
    next
}
FNR == 1 {
    printf "%-7s %-47s %8s %8s %8s   %s\n", "", "promise (at most this many times the time of)", "max", "ratio", "of mins", "ns per operation: median (min-max)"
    next
}
{
    a = key($1, $2, $5, $3, $4)
    split($6, other, "@")
    b = key($1, $2, other[1], (2 in other) ? other[2] : $3, $4)
    if (!(a in median) || !(b in median)) {
        unmeasured++
        printf "%-7s %-47s %8s\n", "?", $8, $7
        next
    }
    ratio = median[a] / median[b]
    met = ratio <= $7 + 0
    if (met) good++; else bad++
    printf "%-7s %-47s %8s %8.*f %8.*f   %s %.4g (%s), %s %.4g (%s)\n", met ? "met" : "MISSED", $8, $7, $7 < 0.01 ? 5 : 3, ratio,
        $7 < 0.01 ? 5 : 3, least[a] / least[b], $5, median[a], spread[a], $6, median[b], spread[b]
}
END { printf "bench-targets: %d met, %d missed, %d not measured\n", good, bad, unmeasured }
' "$results" "$targets"

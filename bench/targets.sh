#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares results with promises:  bench/targets.sh targets.tsv results.tsv [needed peers [suite]]
# The needed peers are by default "cow raw std libc"; with a suite only its promises are looked at.
# A promise is met when median(a) / median(b) <= max. `b` may be peer@n: the same case at another n. When a key was measured
# several times the last row counts. "of mins" is the ratio of the two minima: when it differs much from the ratio of the medians the
# machine was busy. The exit status is 0 whatever was missed: a noisy machine must not fail a build. It is 1 when a row of a needed
# peer is not there: then a promise was not judged that could have been. Optional peers without rows are named.
set -eu
targets=$1
results=$2
needed=${3:-cow raw std libc}
suite=${4:-}
if [ ! -f "$results" ]; then
    results=/dev/null
fi
awk -F '\t' -v needed="$needed" -v suite="$suite" '
BEGIN {
    count = split(needed, names, " ")
    for (i = 1; i <= count; i++) is_needed[names[i]] = 1
}
# Whether the row is there; notes which peer lacks it.
function there(row, peer) {
    if (row in median) return 1
    lacks[peer] = 1
    return 0
}
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
suite != "" && $1 != suite { next }
{
    a = key($1, $2, $5, $3, $4)
    split($6, other, "@")
    b = key($1, $2, other[1], (2 in other) ? other[2] : $3, $4)
    if (there(a, $5) + there(b, other[1]) < 2) {
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
END {
    printf "bench-targets: %d met, %d missed, %d not measured\n", good, bad, unmeasured
    for (peer in lacks) {
        printf "bench-targets: rows of %s are missing (%s peer)\n", peer, (peer in is_needed) ? "needed" : "optional"
        if (peer in is_needed) status = 1
    }
    exit status
}
' "$results" "$targets"

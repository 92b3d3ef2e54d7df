#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares results with promises:  bench/targets.sh targets.tsv results.tsv [needed peers [suite]]
# The needed peers are by default "cow raw std libc"; with a suite only its promises are looked at.
# A promise is met when median(a) / median(b) <= max. `b` may be peer@n: the same case at another n; peer@n@threads: with other threads, too; or `-`: then max is not a ratio but
# nanoseconds or bytes. A max of `-` promises nothing: the ratio is shown. When a key was measured several times the last row counts. "of
# mins" is the ratio of the two minima: when it differs much from the ratio of the medians the machine was busy. The exit status is 0
# whatever was missed: a noisy machine must not fail a build. It is 1 when a row of a needed peer is not there: then a promise was not
# judged that could have been. Optional peers without rows are named.
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
# Whether the row is there; notes which peer lacks it. What is only shown need not be there.
function there(row, peer) {
    if (row in median) return 1
    if ($8 != "-") lacks[peer] = 1
    return 0
}
function key(suite, name, n, threads, metric, peer) { return suite "|" name "|" n "|" threads "|" metric "|" peer }
function figures(row, peer) { return sprintf("%s %.4g (%s)", peer, median[row], spread[row]) }
FILENAME != ARGV[2] {
    row = key($1, $2, $4, $5, $6, $3)
    median[row] = $8
    least[row] = $9
    spread[row] = $9 "-" $10
    next
}
FNR == 1 {
    printf "%-7s %-47s %8s %8s %8s   %s\n", "", "promise (at most this many times the figure of)", "max", "ratio", "of mins", "ns per operation, or bytes: median (min-max)"
    next
}
suite != "" && $1 != suite { next }
{
    a = key($1, $2, $3, $4, $5, $6)
    alone = $7 == "-"
    split($7, other, "@")
    b = key($1, $2, (2 in other) ? other[2] : $3, (3 in other) ? other[3] : $4, $5, other[1])
    if (there(a, $6) + (alone || there(b, other[1])) < 2) {
        if ($8 != "-") unmeasured++
        printf "%-7s %-47s %8s\n", "?", $9, $8
        next
    }
    ratio = alone ? median[a] : median[a] / median[b]
    of_mins = alone ? least[a] : least[a] / least[b]
    verdict = $8 == "-" ? "shown" : ratio <= $8 + 0 ? "met" : "MISSED"
    count_of[verdict]++
    digits = ratio < 0.01 ? 5 : 3
    printf "%-7s %-47s %8s %8.*f %8.*f   %s%s\n", verdict, $9, $8, digits, ratio, digits, of_mins, figures(a, $6),
        alone ? "" : ", " figures(b, $7)
}
END {
    printf "bench-targets: %d met, %d missed, %d not measured\n", count_of["met"], count_of["MISSED"], unmeasured
    for (peer in lacks) {
        printf "bench-targets: rows of %s are missing (%s peer)\n", peer, (peer in is_needed) ? "needed" : "optional"
        if (peer in is_needed) status = 1
    }
    exit status
}
' "$results" "$targets"

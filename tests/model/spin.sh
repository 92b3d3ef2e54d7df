#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs spin on the model of cells, JOBS at a time:  spin.sh [--quick]
# Prints a line for each run of spin.runs. A model must be searched to its end without an error, a fault must be found.
set -eu
here=tests/model
out=$MODEL/spin
start_of_all=$(date +%s)

# One line of spin.runs, as one word. The search is exact: states are compressed (COLLAPSE), not hashed.
one() {
    # shellcheck disable=SC2086 # a run is a list of words
    set -- $1
    when=$1 readers=$2 reads=$3 writers=$4 writes=$5 addresses=$6
    shift 6
    folder=$out/$(echo "$when-$readers-$reads-$writers-$writes-$addresses-$*" | tr ' ' '-')
    flags="-DREADERS=$readers -DREADS=$reads -DWRITERS=$writers -DWRITES=$writes -DVERSIONS=$addresses"
    for word in "$@"; do flags="$flags -D$word"; done
    optimised=-O2
    case $when in FAULT_*) flags="$flags -D$when" optimised=-O0 ;; esac
    mkdir -p "$folder"
    cp $here/cell.pml "$folder"
    # shellcheck disable=SC2086 # so are flags
    (cd "$folder" && spin -a $flags cell.pml && ${CC:-gcc} -w $optimised -DSAFETY -DCOLLAPSE -DMEMLIM=4000 pan.c -o pan &&
        ./pan -m100000 -w22) >"$folder/log" 2>&1 || true # judged by what it says
    judge "$when" "readers $readers x $reads ops, writers $writers x $writes ops, $addresses addresses: $*"
}

# An error is one line that begins with `pan:1:`; a search that was cut says so.
judge() { # WHEN TEXT
    error=$(sed -n 's/^pan:1: \(.*\) (at depth .*/\1/p' "$folder/log")
    states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$folder/log")
    ended=$(grep -c 'errors: [01]$' "$folder/log" || true)
    if grep -q -e 'Search not completed' -e 'search depth too small' "$folder/log" && [ -z "$error" ]; then ended=0; fi
    case $when$error in
    FAULT_*assertion*) verdict=found text="$1: found: $error" ;;
    FAULT_*) verdict=missed text="$1: NOT FOUND: $2" ;;
    full | quick) verdict=holds text="$2: $states states, 0 errors" ;;
    *) verdict=wrong text="WRONG: $2: $error" ;;
    esac
    if [ "$ended" -ne 1 ]; then verdict=broken text="COULD NOT BE TRIED: $1 $2, log: $folder/log"; fi
    echo "spin: cell: $text"
    printf '%s\t%s\n' "$verdict" "${states:-0}" >"$folder/verdict"
}

if [ "${1:-}" = one ]; then one "$2"; exit 0; fi

rm -rf "$out"
mkdir -p "$out"
skipped='^#'
if [ "${1:-}" = --quick ]; then skipped='^#\|^full'; fi
grep -v "$skipped" $here/spin.runs >"$out/runs"
xargs -P "${JOBS:-2}" -I RUN sh "$0" one RUN <"$out/runs"
cat "$out"/*/verdict | awk -v runs="$(grep -c . "$out/runs")" -v seconds=$(($(date +%s) - start_of_all)) '
    { many[$1]++; if ($1 == "holds") states += $2 }
    END {
        printf "spin: cell: %d models exhausted, %d states, %d errors; %d of %d faults found, %ds\n",
            many["holds"], states, many["wrong"], many["found"], many["found"] + many["missed"], seconds
        exit many["holds"] + many["found"] != runs
    }'

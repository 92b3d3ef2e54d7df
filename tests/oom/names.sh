#!/bin/sh
# SPDX-License-Identifier: MIT
# Every function the header declares is a row of an out-of-memory sweep:  names.sh <compiler> <sweep> ...
# The names come from the preprocessed header, so a function added tomorrow without a row fails here.
set -eu
compiler=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
    echo '#include "cow/cow.h"'
    printf '#define COW_%s\n#include "cow/cow.h"\n' 'ARRAY zqx, int' 'MAP zqm, int, int' 'SET zqs, int' 'CELL zqc, int' \
        'LIST zql, int' 'KEEP_ORDER
#define COW_LIST_SET zqh, int'
} >"$work/ask.c"
$compiler -std=c11 -I. -E -P "$work/ask.c" >"$work/text"

# Typed functions are zqx_name( ; zqx__ is private, zqx_needs_ only carries an error message. The sweeps of maps, cells and lists list
# their own as map_name, set_name, cell_name, list_name and list_set_name; the array type of a list is an array, the set type of such
# a set is a set, cells of strings are cells.
grep -oE '\b(zq[xmsclh]|cow_str_cell)_[a-z0-9][a-z0-9_]* ?\(' "$work/text" |
    sed -e 's/ *($//' -e 's/^zqx_//' -e 's/^zqm_/map_/' -e 's/^zqs_/set_/' -e 's/^zqc_/cell_/' -e 's/^cow_str_cell_/cell_/' \
        -e 's/^zql_array_//' -e 's/^zql_/list_/' -e 's/^zqh_set_/set_/' -e 's/^zqh_/list_set_/' | grep -v -e '^\(map_\|set_\)*needs_' -e '^_' -e '^set__' | sort -u >"$work/typed"
# Functions of the program are declared `... cow_name(`; the COW_TRACE and COW_DEBUG ones are not in this build.
grep -oE '\bcow_[a-z0-9]+[a-z0-9_]* ?\(' "$work/text" | sed 's/ *($//' | grep -v -e '__' -e '^cow_str_cell_' | sort -u >"$work/program"
cat "$work/typed" "$work/program" | sort -u >"$work/header"
for sweep in "$@"; do "$sweep" --list; done | sort -u >"$work/table"

[ "$(wc -l <"$work/typed")" -ge 150 ] || { echo "names: only $(wc -l <"$work/typed") typed functions found; the extraction is broken" >&2; exit 1; }
missing=$(comm -23 "$work/header" "$work/table")
if [ -n "$missing" ]; then
    echo "names: declared by the header, but no row of an out-of-memory sweep:" >&2
    echo "$missing" | sed 's/^/    /' >&2
    exit 1
fi
echo "names: all $(wc -l <"$work/header" | tr -d ' ') public functions of the header have a row in an out-of-memory sweep"

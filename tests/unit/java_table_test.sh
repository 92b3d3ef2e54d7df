#!/bin/sh
# SPDX-License-Identifier: MIT
# The tables of docs/lists.md are complete and true:  java_table_test.sh <compiler>
#
# Each method in java_methods.txt has a row in the section of its class, and each row is one of these methods. Each C
# function that a row names is declared by the header, and called by a unit test of lists.
set -eu
compiler=$1
here=$(dirname "$0")
methods=$here/java_methods.txt
doc=docs/lists.md
tests="$here/lists.h $here/list_test.c $here/list_share_test.c $here/list_view_test.c $here/java_table_test.c"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What an instantiation declares, as list_NAME and set_NAME. Functions of the array that comes along are list_array_NAME.
{
    echo '#include "cow/cow.h"'
    printf '#define COW_LIST zql, int\n#include "cow/cow.h"\n'
    printf '#define COW_LIST_SET zqs, int\n#define COW_KEEP_ORDER\n#include "cow/cow.h"\n'
} >"$work/ask.c"
$compiler -std=c11 -I. -E -P "$work/ask.c" | grep -oE '\bzq[ls]_[a-z0-9][a-z0-9_]* ?\(' |
    sed -e 's/ *($//' -e 's/^zql_/list_/' -e 's/^zqs_/set_/' | sort -u >"$work/declared"

# What the tests call, under the same names: their lists and sets are found by their instantiations.
# shellcheck disable=SC2086 # the tests are a list
awk '
match($0, /^#define COW_LIST(_SET)? [a-z]+/) {
    split(substr($0, RSTART, RLENGTH), word, " ")
    kind[word[3]] = word[2] == "COW_LIST" ? "list" : "set"
}
{
    text = $0
    while (match(text, /[a-z][a-z0-9_]*\(/)) {
        call = substr(text, RSTART, RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        type = substr(call, 1, index(call, "_") - 1)
        if (type in kind) print kind[type] substr(call, length(type) + 1)
    }
}' $tests | sort -u >"$work/called"

awk -v doc="$doc" '
function complain(text) {
    print "java-table: " text >"/dev/stderr"
    wrong++
}
FILENAME == declared_file { declared[$1]; next }
FILENAME == called_file { called[$1]; next }
FILENAME == methods_file {
    if (/^[^#]/) {
        class = $1
        sub(/^[^ ]+ /, "")
        wanted[class, $0]
        methods++
    }
    next
}
/^## / { class = $2; sub(/,$/, "", class) }
/^\| `/ && class ~ /^[A-Z].*(List|Set|Iterator)$/ {
    split($0, cell, " *\\| *")
    method = cell[2]
    gsub(/`/, "", method)
    if (!((class, method) in wanted)) complain(doc ":" FNR ": " class " has no method " method)
    if ((class, method) in row) complain(doc ":" FNR ": " class "." method " has two rows")
    row[class, method]
    kind = class ~ /Set$/ ? "set" : "list"
    text = cell[3] " " cell[4]
    named = cell[3] ~ /(^|[^a-z0-9_])x_[a-z]/
    if (!named) complain(doc ":" FNR ": the row of " method " names no C function")
    while (match(text, /(^|[^A-Za-z0-9_])x_[a-z0-9_]+/)) {
        name = substr(text, RSTART, RLENGTH)
        sub(/^[^x]/, "", name)
        name = kind substr(name, 2)
        text = substr(text, RSTART + RLENGTH)
        if (name ~ /^set_(set|ordered)$/ || name == "list_array") continue # types
        functions[name]
        if (!(name in declared)) complain(doc ":" FNR ": the header declares no x_" substr(name, length(kind) + 2))
        else if (!(name in called)) complain(doc ":" FNR ": no unit test calls x_" substr(name, length(kind) + 2))
    }
}
END {
    for (key in wanted) {
        split(key, part, SUBSEP)
        if (!(key in row)) complain(part[1] "." part[2] " has no row in " doc)
    }
    for (name in functions) count++
    if (methods < 80 || count < 60)
        complain("only " methods " methods and " count + 0 " functions found; the extraction is broken")
    if (wrong) exit 1
    print "java-table: " methods " methods of Java have a row, the " count " C functions of the rows exist and are tested"
}' declared_file="$work/declared" "$work/declared" called_file="$work/called" "$work/called" \
    methods_file="$methods" "$methods" "$doc"

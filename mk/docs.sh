#!/bin/sh
# SPDX-License-Identifier: MIT
# docs.sh FOLDER: compiles and runs the C code blocks of README.md and docs/*.md exactly as printed, so that text and
# header cannot drift apart. CC and CFLAGS come from `make docs-check`.
#
# A block that starts with ```c is code. Within one file, a block that has a `main` is a program of its own. Of the
# others, those marked ```c top (types, instantiations, functions) stand at file level in their order; the unmarked ones
# are statements, each a function of its own, all called by one generated main. Assertions in them are live. A program
# marked ```c NAME is built with the library NAME, as pkg-config knows it.
# Output blocks that follow a program and start with ```text output must be what it prints.
set -eu
out=$1
mkdir -p "$out"
blocks=0

# Writes FILE's blocks: NAME.N.c for programs, NAME.N.package for the library that one needs, by its pkg-config name,
# NAME.N.out for what it prints, and NAME.c for everything else.
split() {
    awk -v base="$2" -v doc="$1" '
    function finish() {
        if (kind ~ /^c( |$)/ && body ~ /\nint main\(/) {
            file = base "." ++programs ".c"
            printf "#line %d \"%s\"\n%s", first, doc, body > file
            close(file)
            if (kind != "c") print substr(kind, 3) > (base "." programs ".package")
        } else if (kind == "c") {
            printf "#line %d \"%s\"\nstatic void snippet_%d(void) {\n%s}\n", first - 1, doc, ++snippets, body > whole
        } else if (kind == "c top") {
            printf "#line %d \"%s\"\n%s", first, doc, body > whole
        } else if (kind ~ /^c( |$)/) {
            printf "docs-check: FAILED: %s:%d: `c %s` is for programs\n", doc, first, substr(kind, 3) > "/dev/stderr"
            exit failed = 1
        } else if (kind == "text output") {
            printf "%s", body > (base "." programs ".out")
        }
        if (kind ~ /^c/) blocks++
    }
    BEGIN {
        whole = base ".c"
        if (doc ~ /paged/) print "#define _GNU_SOURCE\n#define COW_PAGED" > whole
        print "#undef NDEBUG\n#include <assert.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#define COW_IMPLEMENTATION\n#include \"cow/cow.h\"" > whole
    }
    /^```/ && !inside { inside = 1; kind = substr($0, 4); body = ""; first = NR + 1; next }
    /^```/ { finish(); inside = 0; next }
    inside { body = body $0 "\n" }
    END {
        if (failed) exit 1
        print "int main(void) {" > whole
        for (i = 1; i <= snippets; i++) printf "    snippet_%d();\n", i > whole
        print "    return 0;\n}" > whole
        print blocks + 0
    }' "$1"
}

for doc in README.md docs/*.md; do
    base=$out/$(basename "$doc" .md)
    rm -f "$base".*
    found=$(split "$doc" "$base")
    blocks=$((blocks + found))
    for source in "$base".c "$base".*.c; do
        [ -f "$source" ] || continue
        library=
        if [ -f "${source%.c}.package" ]; then library=$(pkg-config --cflags --libs "$(cat "${source%.c}.package")"); fi
        # shellcheck disable=SC2086 # the flags are words
        $CC $CFLAGS "$source" $library -o "${source%.c}" || { echo "docs-check: FAILED: $doc does not compile"; exit 1; }
        "${source%.c}" >"${source%.c}.printed" || { echo "docs-check: FAILED: code of $doc"; exit 1; }
        expected=${source%.c}.out
        if [ -f "$expected" ] && ! diff -u "$expected" "${source%.c}.printed"; then
            echo "docs-check: FAILED: a program of $doc prints something else"
            exit 1
        fi
    done
    echo "docs-check: $doc: $found code blocks"
done

# The first program of the README is examples/first.c; only the licence line and our #line are in between.
sed 1d examples/first.c >"$out/first.c"
sed 1d "$out/README.1.c" | diff -u "$out/first.c" - || {
    echo "docs-check: FAILED: README.md and examples/first.c differ"
    exit 1
}
# The manual at the top of cow.h has an example too. It includes "cow.h", and says in a comment what it prints.
awk '/^HOW TO USE IT/ { exit } inside { sub(/^    /, ""); print } /^EXAMPLE/ { inside = 1 }' cow/cow.h >"$out/manual.c"
# shellcheck disable=SC2086
$CC $CFLAGS -Icow "$out/manual.c" -o "$out/manual"
printed=$("$out/manual")
if [ -z "$printed" ] || ! grep -q "printf.*// $printed\$" "$out/manual.c"; then
    echo "docs-check: FAILED: the example in the manual of cow.h prints: $printed"
    exit 1
fi
blocks=$((blocks + 1))
echo "docs-check: cow/cow.h: the manual's example prints what it says"

# docs/tracing.md says that addr2line turns each site of examples/trace.c into the line that caused the copy.
# shellcheck disable=SC2086
$CC $CFLAGS -g -no-pie examples/trace.c -o "$out/trace"
sites=$(TRACE_SITES=1 "$out/trace" | sed -n 's/^  \(0x[0-9a-f]*\)$/\1/p')
[ -n "$sites" ]
for site in $sites; do
    line=$(addr2line -i -e "$out/trace" "$site" | sed -n 's/.*examples\/trace\.c:\([0-9]*\).*/\1/p')
    sed -n "${line:-1}p" examples/trace.c | grep -q 'samples_\(push\|set\)' || {
        echo "docs-check: FAILED: site $site of examples/trace.c leads to line ${line:-unknown}"
        exit 1
    }
done
echo "docs-check: addr2line finds the lines of $(echo "$sites" | wc -l) traced copies"
echo "docs-check: $blocks code blocks compiled and run, 0 failures"

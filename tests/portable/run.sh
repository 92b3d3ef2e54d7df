#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole portable matrix: run.sh OUT JOBS. `make portable` sets CC, CXX, CLANG, CLANGXX, WARN and CXXWARN.
# Every failure is printed where it happens; the last line counts, and the exit status follows it.
set -u
out=$1
jobs=$2
rm -rf "$out"
mkdir -p "$out"
builds=0
failures=0

# One line a build: its name, then the compiler and its flags.
c_matrix() {
    for compiler in "$CC" "$CLANG"; do
        short=$(basename "${compiler%% *}")
        for optimize in -O0 -O1 -O2 -O3 '-O2 -flto'; do
            level=${optimize##* }
            for standard in c11 c17 c2x; do
                echo "$short$level-$standard $compiler -std=$standard $optimize $WARN"
            done
            echo "$short$level-static $compiler -std=c11 $optimize $WARN -DCOW_STATIC"
        done
        for optimize in -O0 -O2; do
            echo "$short$optimize-c11atomics $compiler -std=c11 $optimize $WARN -DCOW_ATOMICS_C11"
            echo "$short$optimize-debug $compiler -std=c11 $optimize $WARN -DCOW_DEBUG"
            echo "$short$optimize-trace $compiler -std=c11 $optimize $WARN -DCOW_TRACE -DCOW_STATS"
        done
        echo "$short-everything $compiler -std=c11 -Os $WARN -DCOW_DEBUG -DCOW_TRACE -DCOW_STATS"
        echo "$short-static-everything $compiler -std=c11 -O1 $WARN -DCOW_STATIC -DCOW_DEBUG -DCOW_TRACE -DCOW_STATS"
        echo "$short-O1-static-trace $compiler -std=c11 -O1 $WARN -DCOW_STATIC -DCOW_TRACE"
        echo "$short-O1-static-trace-stats $compiler -std=c11 -O1 $WARN -DCOW_STATIC -DCOW_TRACE -DCOW_STATS"
        echo "$short-seed $compiler -std=c11 -O1 $WARN -DCOW_SEED=42"
        # GNU extensions allowed, no assertions, and the program's own visibility.
        echo "$short-gnu11 $compiler -std=gnu11 -O2 $WARN -DNDEBUG -fvisibility=hidden -fPIC"
        ! $has_m32 || echo "$short-m32 $compiler -m32 -std=c11 -O2 $WARN"
    done
}

cxx_matrix() {
    for compiler in "$CXX" "$CLANGXX"; do
        short=$(basename "${compiler%% *}")
        for standard in c++11 c++14 c++17 c++20; do
            for optimize in -O0 -O2; do
                echo "$short$optimize-$standard $compiler -x c++ -std=$standard $optimize $CXXWARN"
            done
            echo "$short-$standard-atomics $compiler -x c++ -std=$standard -O2 $CXXWARN -DCOW_ATOMICS_CXX"
        done
        echo "$short-O3-c++17 $compiler -x c++ -std=c++17 -O3 $CXXWARN"
        echo "$short-flto-c++17 $compiler -x c++ -std=c++17 -O2 -flto $CXXWARN"
        echo "$short-static-c++11 $compiler -x c++ -std=c++11 -O2 $CXXWARN -DCOW_STATIC"
        echo "$short-debug-c++17 $compiler -x c++ -std=c++17 -O2 $CXXWARN -DCOW_DEBUG"
        echo "$short-debug-atomics $compiler -x c++ -std=c++17 -O2 $CXXWARN -DCOW_DEBUG -DCOW_ATOMICS_CXX"
    done
}

has_m32=false
printf '#include <stdlib.h>\nint main(void) { return 0; }\n' >"$out/m32.c"
if $CC -m32 "$out/m32.c" -o "$out/m32" 2>/dev/null && "$out/m32"; then
    has_m32=true
else
    echo "portable: -m32 is not tried: gcc-multilib is not here"
fi

# check NAME COMMAND...: one build or run that must succeed.
check() {
    name=$1
    shift
    builds=$((builds + 1))
    "$@" >"$out/$name.log" 2>&1 || {
        failures=$((failures + 1))
        echo "portable: FAILED: $name: $*"
        head -n 20 "$out/$name.log"
    }
}
# The part of a name in the object file that says the layout, as COW__ABI_NAME and COW__ABI_FUNCTION of config.h spell it.
layout_of() {
    case $1 in
    PLAIN) echo debug0_trace0_stats0 ;;
    COW_DEBUG) echo debug1_trace0_stats0 ;;
    COW_TRACE) echo debug0_trace1_stats0 ;;
    COW_STATS) echo debug0_trace0_stats1 ;;
    esac
}
# refuse NAME OPTION COMMAND...: a link that must fail, and because the layout of OPTION is not there. Which of its names the
# linker misses is the code's affair: a descriptor's cow__abi, or a function's own when there is no descriptor.
refuse() {
    name=$1
    layout=$(layout_of "$2")
    shift 2
    builds=$((builds + 1))
    if LC_ALL=C "$@" >"$out/$name.log" 2>&1; then
        failures=$((failures + 1))
        echo "portable: FAILED: $name was accepted: $*"
    elif ! grep -q "undefined .*cow__[a-z_]*_[0-9]*_[0-9]*_$layout" "$out/$name.log"; then
        failures=$((failures + 1))
        echo "portable: FAILED: $name failed for another reason than the layout $layout:"
        head -n 20 "$out/$name.log"
    fi
}

matrix() {
    { c_matrix; cxx_matrix; } >"$out/matrix"
    builds=$(wc -l <"$out/matrix")
    [ "$(cut -d' ' -f1 "$out/matrix" | sort -u | wc -l)" -eq "$builds" ] || {
        echo "portable: FAILED: two builds of the matrix have one name"
        exit 1
    }
    xargs -P "$jobs" -L 1 sh tests/portable/one.sh "$out" <"$out/matrix"
    failures=$((builds - $(find "$out" -name '*.ok' | wc -l)))
}

# Two shared libraries that embed cow, in one process; the second pair is built by the other compiler.
# shellcheck disable=SC2086 # WARN is a list of words
crossing() {
    for compiler in "$CC" "$CLANG"; do
        short=$(basename "${compiler%% *}")
        for letter in a b; do
            check "crossing-$short-$letter" $compiler -std=c11 -O2 $WARN -I. -shared -fPIC \
                tests/portable/crossing_library.c -o "$out/crossing_$short$letter.so"
        done
        check "crossing-$short" $compiler -std=c11 -O2 $WARN -I. tests/portable/crossing.c \
            -o "$out/crossing_$short" -rdynamic -ldl
        check "crossing-$short-run" "$out/crossing_$short" "$out/crossing_${short}a.so" "$out/crossing_${short}b.so"
    done
    check crossing-mixed-run "$out/crossing_$(basename "${CC%% *}")" \
        "$out/crossing_$(basename "${CC%% *}")a.so" "$out/crossing_$(basename "${CLANG%% *}")b.so"
}

# What a user sees whose types have names that the header uses as well.
# shellcheck disable=SC2086
names() {
    for compiler in "$CC -std=c11" "$CLANG -std=c11" "$CXX -x c++ -std=c++11" "$CLANGXX -x c++ -std=c++11"; do
        short=$(basename "${compiler%% *}")
        for option in PLAIN COW_DEBUG; do
            check "names-$short-$option" $compiler -O1 -Wall -Wextra -Wshadow -Werror -I. -D$option tests/portable/names.c -o "$out/names"
            check "names-$short-$option-run" "$out/names"
        done
    done
}

# Objects of different layouts must not link. The equal pairs prove that the failure has the reason we think.
# shellcheck disable=SC2086
mismatch() {
    for option in PLAIN COW_DEBUG COW_TRACE COW_STATS; do
        for source in main part text cell; do
            check "mismatch-$source-$option" $CC -std=c11 -O1 $WARN -I. -D$option -c "tests/portable/mismatch_$source.c" \
                -o "$out/mismatch_${source}_$option.o"
        done
    done
    for other in part text cell; do
        for option in PLAIN COW_DEBUG COW_TRACE COW_STATS; do
            check "match-$other-$option" $CC "$out/mismatch_main_$option.o" "$out/mismatch_${other}_$option.o" -o "$out/match"
            check "match-$other-$option-run" "$out/match"
        done
        for option in COW_DEBUG COW_TRACE COW_STATS; do
            refuse "mismatch-$option-$other" "$option" $CC "$out/mismatch_main_PLAIN.o" "$out/mismatch_${other}_$option.o" -o "$out/mismatch"
            refuse "mismatch-$option-$other-main" PLAIN $CC "$out/mismatch_main_$option.o" "$out/mismatch_${other}_PLAIN.o" -o "$out/mismatch"
        done
    done
}

# Alone, after everything else, so that our own jobs do not slow the compiler down.
# shellcheck disable=SC2086
compile_time() {
    check compile-time-tool $CC -std=c11 -O1 $WARN tests/portable/compile_time.c -o "$out/compile_time"
    check compile-time "$out/compile_time" 9 "$out" $CC -std=c11 -O0 -I. -c -o "$out/compile_time.o"
    grep -h '^compile time' "$out/compile-time.log"
}

# part FUNCTION TEXT: says so when the part added no failure
part() {
    before=$failures
    $1
    [ "$failures" -gt "$before" ] || echo "portable: $2"
}
part matrix "the matrix of compilers, levels and standards passed"
part crossing "values crossed between shared libraries that each embed cow"
part names "a user's types may have any names"
part mismatch "objects of different layouts refused to link"
part compile_time "compile time within budget"
echo "portable: $builds builds, $failures failures"
[ "$failures" -eq 0 ]

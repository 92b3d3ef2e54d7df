#!/bin/sh
# SPDX-License-Identifier: MIT
# Plants faults and sees them caught:  planted.sh <build folder> <gcc> <clang>
#
# Each fault is a sed script on a copy of cow/cow.h that must change exactly one line: when the header has moved on and the
# anchor no longer matches, that is an error here, not a silent pass. The runner that is there for such a fault must pass
# with the header as it is, and fail with the planted one, saying what is expected. docs/design/testing.md lists the faults.
set -u
build=$1
gcc=$2
clang=$3
caught=0
failures=0
mkdir -p "$build"

complain() {
    echo "planted: $1" >&2
    failures=$((failures + 1))
}

# run <folder of cow/cow.h> <program> <log>: builds and runs the current runner; its status.
run() {
    # Words on purpose: flags and arguments are lists.
    # shellcheck disable=SC2086
    $compiler -std=c11 -g -I"$1" -I. $flags "$source" -o "$2" -lcmocka -lpthread >"$3" 2>&1 || return 1
    # shellcheck disable=SC2086
    TSAN_OPTIONS=halt_on_error=1 LC_ALL=C timeout 120 "$2" $arguments >>"$3" 2>&1
}

# runner <name> <compiler> <source> <flags> <arguments>: what the next faults are caught by; passes as things are.
runner() {
    runner=$1 compiler=$2 source=$3 flags=$4 arguments=$5
    run . "$build/$runner" "$build/$runner.log" && return
    tail -n 5 "$build/$runner.log" >&2
    complain "$runner fails without any fault planted"
}

# fault <name> <sed script> <text the failing runner prints> [lines it changes, 1]
fault() {
    folder=$build/$1
    mkdir -p "$folder/cow"
    sed "$2" cow/cow.h >"$folder/cow/cow.h"
    changed=$(diff cow/cow.h "$folder/cow/cow.h" | grep -c '^>')
    if [ "$changed" -ne "${4:-1}" ]; then
        complain "$1: the anchor matches $changed lines of cow.h, not ${4:-1}: adapt tests/planted.sh"
        return
    fi
    if run "$folder" "$folder/$runner" "$folder/log"; then
        complain "$1: not caught by $runner"
    elif ! grep -qF -- "$3" "$folder/log"; then
        tail -n 5 "$folder/log" >&2
        complain "$1: $runner fails, but does not say '$3'"
    else
        caught=$((caught + 1))
        echo "planted: $1: caught by $runner: $(grep -m 1 -F -- "$3" "$folder/log" | cut -c 1-120)"
    fi
}

runner "out-of-memory sweep" "$gcc" tests/oom/oom_test.c "-O1" ""
fault leaked_buffer '/^free_buffer:$/{n;s/cow__buffer_free(h);/(void)h;/;}' "a block is lost"
fault leaked_head '/^drop_head:$/{n;s/cow__elements_drop(type, head, middle);/(void)head;/;}' "an element is lost"
fault leaked_copies 's/^        cow__elements_drop(type, to, p);$/        (void)to;/' "an element is lost"
fault leaked_relocation '/^static bool cow__array_relocate/,/^}/s/^        cow__buffer_free(h);$/        (void)h;/' "a block is lost"
fault claim_kept 's/^            cow__buffer_unclaim(a->h, end, bytes);$/            (void)end;/' "FAILED"
fault hook_ignored '/^COW__API bool cow__element_copy/,/^}/s/^        return cow__fail(COW_HOOK);$/        cow__fail(COW_HOOK);/' "FAILED"

runner "model test" "$gcc" tests/unit/array_model_test.c "-O1" "50000"
fault moved_out_of_a_shared_value \
    '/^static bool cow__array_take_shared/,/^}/s/cow__array_copy_out(&old, out, \(cow__array_at([^)]*)\), type)/memcpy(out, \1, type->size)/' \
    "FAILED"
fault write_without_detach 's/^    return !a->n || cow__array_duplicate(a, a->n, type);$/    return true;/' "FAILED"
fault leftovers_forgotten 's/^    cow__elements_drop(h->type, end, used);$/    (void)used;/' "FAILED"

runner "model test under ASan" "$clang" tests/unit/array_model_test.c "-O1 -fsanitize=address -DMODEL_ELEMENT=PLAIN" "50000"
fault off_by_one_inside_capacity \
    's/^        a->p\[a->n++\] = v;$/        a->p[a->n++] = v; if ((char *)(a->p + a->n + 1) <= h->end) a->p[a->n] = v;/' "use-after-poison"
fault one_element_too_many 's/^    if (n) memcpy(to, from, n \* type->size);$/    if (n) memcpy(to, from, (n + 1) * type->size);/' "AddressSanitizer"

# The user's side of the same: nothing is planted in the header; the program itself is wrong.
runner "write within the length under ASan" "$clang" tests/planted/past_the_length.c "-O1 -fsanitize=address" "well"
for compiler in "$gcc" "$clang"; do
    arguments=
    if run . "$build/user" "$build/user.log"; then
        complain "a user's write past the length is not caught by ASan ($compiler)"
    elif grep -q use-after-poison "$build/user.log"; then
        caught=$((caught + 1))
        echo "planted: user writes past the length, inside the capacity: caught by ASan ($compiler): use-after-poison"
    else
        complain "a user's write past the length dies, but not of use-after-poison ($compiler)"
    fi
done

runner "refcount units" "$gcc" tests/unit/refcount_test.c "-O1" ""
fault count_that_does_not_stick 's/^#define COW__RC_STUCK 0x80000000u/#define COW__RC_STUCK 0xffffffffu/' "[  ERROR   ]"

runner "order units" "$gcc" tests/unit/array_order_test.c "-O1" ""
fault unstable_merge \
    '/_merge)(COW__T/,/^}/s/p\[to\] = j < n \&\& cmp(p + j, spare + i, ctx) < 0/p[to] = j < n \&\& cmp(p + j, spare + i, ctx) <= 0/' "[  ERROR   ]"

runner "deep drop" "$gcc" tests/stress/deep_drop_test.c "-O1" "1000000"
fault recursive_drop 's/^    if (cow__destroy_level == COW__EAGER_LEVELS) {$/    if (false) {/' "Segmentation fault"

runner "prefork" "$gcc" tests/stress/prefork_test.c "-O1" "20"
fault frozen_but_counted '/^COW__API void cow__buffer_freeze/,/^}/s/^    a->h = NULL;$//' "stays below 1 MB"

runner "thread stress under TSan" "$clang" tests/stress/threads_test.c "-O1 -fsanitize=thread" "5000"
fault relaxed_last_drop 's/uint32_t before = COW__SUB(rc, 1u, COW__ACQ_REL);/uint32_t before = COW__SUB(rc, 1u, COW__RELAXED);/' "data race"

runner "death tests" "$gcc" tests/fail/death_test.c "-O1" ""
fault double_drop_unseen 's/^    COW__ALIVE(h, "double drop");$//' "drop_a_bitwise_copy"

[ $failures -eq 0 ] || { echo "planted: $failures failures, $caught faults caught" >&2; exit 1; }
echo "planted: $caught faults planted, all caught"

#!/bin/sh
# SPDX-License-Identifier: MIT
# Plants faults and sees them caught:  planted.sh <build folder> <gcc> <clang> <how many at once>
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

# Workers share the runners: each takes the next one that nobody has taken, and leaves its counts in a file.
if [ $# -eq 4 ]; then
    rm -rf "$build"
    mkdir -p "$build"
    for _ in $(seq "$4"); do
        sh "$0" "$build" "$gcc" "$clang" &
    done
    wait
    [ "$(cat "$build"/*.counts | wc -l)" -eq "$4" ] || { echo "planted: a worker died" >&2; exit 1; }
    awk '{ caught += $1; failures += $2 }
        END {
            if (failures) print "planted: " failures " failures, " caught " faults caught"
            else print "planted: " caught " faults planted, all caught"
            exit failures > 0
        }' "$build"/*.counts
    exit
fi

complain() {
    echo "planted: $1" >&2
    failures=$((failures + 1))
}

# run <folder of cow/cow.h> <program> <log>: builds and runs the current runner; its status.
run() {
    # Words on purpose: flags and arguments are lists.
    # shellcheck disable=SC2086
    $compiler -std=c11 -g -I"$1" -I. $flags "$source" -o "$2" -lcmocka -lpthread -lm >"$3" 2>&1 || return 1
    # shellcheck disable=SC2086
    TSAN_OPTIONS=halt_on_error=1 LC_ALL=C timeout 300 "$2" $arguments >>"$3" 2>&1
}

# runner <name> <compiler> <source> <flags> <arguments>: what the next faults are caught by; passes as things are.
runner() {
    mkdir "$build/$1" 2>/dev/null && mine=yes || mine=no
    [ "$mine" = yes ] || return
    runner=$1 compiler=$2 source=$3 flags=$4 arguments=$5
    run . "$build/$runner/program" "$build/$runner/log" && return
    tail -n 5 "$build/$runner/log" >&2
    complain "$runner fails without any fault planted"
}

# fault <name> <sed script> <text the failing runner prints> [lines it changes, 1]
fault() {
    [ "$mine" = yes ] || return
    folder=$build/$runner/$1
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
user_fault() {
    [ "$mine" = yes ] || return
    compiler=$1 arguments=
    if run . "$build/$runner/user" "$build/$runner/user.log"; then
        complain "a user's write past the length is not caught by ASan ($1)"
    elif grep -q use-after-poison "$build/$runner/user.log"; then
        caught=$((caught + 1))
        echo "planted: user writes past the length, inside the capacity: caught by ASan ($1): use-after-poison"
    else
        complain "a user's write past the length dies, but not of use-after-poison ($1)"
    fi
}
user_fault "$gcc"
user_fault "$clang"

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

runner "string sharing units" "$gcc" tests/unit/str_share_test.c "-O1" ""
fault slice_not_counted \
    '/^COW__API cow_str cow_str_slice/,/^}/s/^    if (h) cow__text_retain(h, s->cow__p, s->cow__p + len);$//' "FAILED"
fault nul_under_a_shared_string \
    '/^COW__API const char \*cow__str_terminate/,/^}/s/^    bool ok = cow__str_own(s);$/    bool ok = (s->cow__h \&\& s->cow__h->end) || cow__str_own(s);/' \
    "FAILED"
fault shared_string_written_in_place 's/^    return h->end && cow__rc_unique(&h->rc);$/    return h->end != NULL;/' "FAILED"

runner "string units" "$gcc" tests/unit/str_test.c "-O1" ""
fault adopted_bytes_kept 's/^        a->release(a->ctx, a->p, a->n);$/        (void)a;/' "adopted_bytes_are_released_once_by_the_last"

runner "string write units" "$gcc" tests/unit/str_write_test.c "-O1" ""
fault stale_hash '/^static inline void cow__text_settle/,/^}/s/^    COW__STORE(&h->hashed, COW__HASHED_NONE, COW__RELAXED);$//' "cow_str_hash"
fault own_bytes_moved_away 's/^    if (inside && rest) text = NULL;.*$//' "by its own"

runner "string write units under ASan" "$clang" tests/unit/str_write_test.c "-O1 -fsanitize=address" ""
fault string_byte_past_the_length '/^COW__INLINE bool cow_str_append_byte(/,/^}/s/^            end\[1\] = .*;$/            end[1] = end[2] = 0;/' \
    "use-after-poison"
fault alias_lost_on_growth 's/^        if (inside) p = text + offset;$//' "heap-use-after-free"

runner "string search units under ASan" "$clang" tests/unit/str_search_test.c "-O1 -fsanitize=address" ""
fault vector_beyond_the_text 's/for (; at + 16 <= places && spent/for (; at < places \&\& spent/' "AddressSanitizer"

runner "string search units" "$gcc" tests/unit/str_search_test.c "-O1" ""
fault quadratic_search 's/^#define COW__FIND_BUDGET(n) .*$/#define COW__FIND_BUDGET(n) ((void)(n), SIZE_MAX)/' "seconds for"

runner "utf8 units" "$gcc" tests/unit/utf8_test.c "-O1" ""
fault overlong_accepted 's/lead == 0xe0   ? 0xa0/lead == 0xe0   ? 0x80/' "FAILED"
fault surrogates_accepted 's/lead == 0xed   ? 0x9f/lead == 0xed   ? 0xbf/' "FAILED"

runner "out-of-memory sweep of strings" "$gcc" tests/oom/oom_str.c "-O1" ""
fault leaked_format '/^COW__API bool cow__str_append_vformat/,/^}/s/^    cow_str_drop(&printed);$//' "FAILED"
fault wrong_size_after_refusal '/^COW__API cow__text \*cow__text_resize/,/^}/s/^        size = old_size;$//' "FAILED"

runner "string threads under TSan" "$clang" tests/stress/str_threads_test.c "-O1 -fsanitize=thread" "20000"
fault hash_published_relaxed 's/^    COW__STORE(&h->hashed, COW__HASHED(n), COW__RELEASE);$/    COW__STORE(\&h->hashed, COW__HASHED(n), COW__RELAXED);/' "data race"

runner "map histories" "$gcc" tests/unit/map_model_test.c "-O1 -DMODEL_MAP=FORGED" "60 1"
fault shared_leaf_written '/^static cow__node \*cow__spot_own_leaf/,/^}/s/^    bool unique = cow__spot_unique(s);$/    bool unique = true;/' "FAILED"
fault borrowed_slot_counted 's/^    return !inner->base || (inner->own >> i & 1) != 0;$/    return inner->rc.v || i;/' "FAILED"
fault split_by_the_wrong_bit '/^static bool cow__spot_halve/,/^}/s/s->shift + leaf->span - 1u, env/s->shift + (leaf->span ^ 1u) - 1u, env/' "FAILED"
fault twig_lost '/^static cow__twig \*cow__twig_remove/,/^}/s/^        next->left = t->left;$/        next->left = NULL;/' "FAILED"

runner "out-of-memory sweep of maps" "$gcc" tests/oom/oom_map.c "-O1 -DMODEL_MAP=FORGED" ""
fault half_leaked '/^static bool cow__leaf_halves/,/^}/s/^            if (i) cow__leaf_free(half\[0\], env);$/            (void)i;/' "FAILED"
fault copies_of_a_half_leaked '/^static bool cow__spot_halve/,/^}/s/^        cow__leaf_undo(half\[1\], env);$/        cow__leaf_free(half[1], env);/' "FAILED"

runner "cells" "$gcc" tests/unit/cell_test.c "-O1" ""
fault borrow_outlives_its_thread '/^static void cow__reader_exit/,/^}/s/^        if (r->mine\[i\]) cow__reader_leave(r, i);$/        (void)i;/' "a_thread_that_ends_ends_its_borrows"
fault update_forgets_its_value '/^COW__API bool cow__cell_update/,/^}/s/^        if (type->drop) type->drop(cow__version_value(fresh));$//' "update_begins_again_when_it_was_too_late"

runner "cell threads under TSan" "$clang" tests/stress/cell_threads_test.c "-O1 -fsanitize=thread" "50000"
fault borrows_not_paid '/^COW__API void cow__version_pay/,/^}/s/^            if (COW__LOAD(&r->slot\[i\], COW__SEQ_CST) != expected) continue;$/            if (expected) continue;/' "cell_threads_test.c"
fault no_second_look '/^static inline void \*cow__slot_enter/,/^}/s/^    return COW__LOAD(cell, COW__SEQ_CST);$/    return seen;/' "cell_threads_test.c"

runner "out-of-memory sweep of lists" "$gcc" tests/oom/oom_list.c "-O1" ""
fault alone_before_it_was_paid '/^static void cow__list_publish/,/^}/{s/^    cow__version \*old = cow__cell_exchange(.*$/    bool alone = c->old \&\& cow__rc_unique(\&c->old->rc); &/;s/cow__rc_unique(&old->rc)) {$/alone) {/;}' "FAILED" 2
fault spare_forgotten '/^COW__API void cow__list_forget/,/^}/s/^    if (l->spare) .*$/    (void)type;/' "a block is lost"
fault spare_given_twice '/^COW__API bool cow__list_begin/,/^}/s/^    l->spare = NULL;$//' "FAILED"
fault given_up_but_not_dropped '/^COW__API bool cow__list_end/,/^}/s/cow__list_recycle(l, c->fresh, true);/cow__list_recycle(l, c->fresh, false);/' "is lost"
fault set_unpublished 's/^    if (!all || !COW__F(_end)(l, &c, \(COW__F(_swap_in)(all, i, v, &was)\))) return false;$/    if (!all || !cow__list_end(\&l->c, \&c, \1 ? COW__KEPT : COW__FAILED)) return false;/' "FAILED"
fault replaced_by_a_late_writer '/^COW__API bool cow__list_replace/,/^}/s/ != (void \*)expected) {$/ == (void *)l) {/' "FAILED"

runner "list threads under TSan" "$clang" tests/stress/list_threads_test.c "-O1 -fsanitize=thread" "20000"
fault lock_not_taken '/^COW__API bool cow__list_begin/,/^}/s/^    cow__list_lock(l);$//' "list_threads_test.c"
fault looked_once 's/^    bool absent = c.old == seen || /    (void)seen; bool absent = true || /' "list_threads_test.c"
fault count_stays_behind '/^static void cow__list_publish/,/^}/s/^    if (claimed) cow__rc_retain(&claimed->rc, false);$/    (void)claimed;/' "list_threads_test.c"
fault alone_before_it_was_paid_in_threads '/^static void cow__list_publish/,/^}/{s/^    cow__version \*old = cow__cell_exchange(.*$/    bool alone = c->old \&\& cow__rc_unique(\&c->old->rc); &/;s/cow__rc_unique(&old->rc)) {$/alone) {/;}' "list_threads_test.c" 2
fault tail_not_claimed '/^COW__API bool cow__list_claim/,/^}/s/^    if (!cow__buffer_claim(.*$/    if ((size_t)(h->end - (char *)end) < element->size) return false;/' "list_threads_test.c"

runner "death tests" "$gcc" tests/fail/death_test.c "-O1" ""
fault double_drop_unseen 's/^    COW__ALIVE(h, "double drop");$//' "drop_a_bitwise_copy"
fault ended_borrow_unseen '/^COW__API void cow__borrow_end_of/,/^}/s/^    if (r \&\& !cow__reader_ended)$/    if (!v)/' "end_a_borrow_through_a_copy_of_its_guard"
fault inner_change_unseen '/^static void cow__list_lock/,/^}/s/^        if (mine == l)$/        if (!l)/' "change_a_list_inside_its_own_update"
fault stale_string_unseen 's/^    if (cow__str_header(s)) COW__TEXT_ALIVE(s->cow__h, "use after drop");$//' "read_a_stale_string"

runner "paged units" "$gcc" tests/unit/paged_test.c "-O1" ""
fault page_not_kept '/^static bool cow__preserve(/,/^}/s/^ *cow__keep(s, from, p - from);$/                (void)from;/' \
    "ERROR   ] a_large_region_is_aligned_to_its_tables"
fault held_by_nobody \
    '/^static void cow__region_drop(/,/^}/s/^    cow__count_released(s);$//' \
    "ERROR   ] statistics_count_what_happens"
fault page_not_restored '/^static bool cow__restore_run(/,/^}/s/for (; !lost \&\& begin/for (begin++; !lost \&\& begin/' \
    "ERROR   ] a_region_grows_in_place"

runner "paged inside" "$gcc" tests/stress/paged_inside_test.c "-O1" ""
fault opened_before_it_was_kept \
    '/^static cow__opened cow__open(/s/{$/{ (void)cow__os_protect(r->data + (begin << r->shift), (end - begin) << r->shift, true);/' \
    "a page is kept before it is opened"
fault cut_without_locks '/^static bool cow__cut(/,/^}/s/^    cow__chunks_lock(r);$//' "a write got through a cut"
fault errno_lost '/^static void cow__fault_handler(/,/^}/s/^    errno = before;$/    (void)before;/' "a fault does not change errno"
fault turn_with_signals_open '/^static void cow__turn_begin(/,/^}/s/cow__quiet_begin(before);/memset(before, 0, sizeof *before);/' \
    "cow_paged_snapshot waits for a lock with signal"
fault read_with_signals_open '/^static void cow__snap_read_bare(/,/^}/s/cow__quiet_begin(&quiet);/memset(\&quiet, 0, sizeof quiet);/' \
    "cow_snap_read of a bare snapshot waits for a lock with signal"
fault opening_with_signals_open \
    '/^static bool cow__region_will_write(/,/^}/s/cow__quiet_begin(&quiet);/memset(\&quiet, 0, sizeof quiet);/' \
    "cow_paged_will_write waits for a lock with signal"

runner "paged signals" "$gcc" tests/stress/paged_signals_test.c "-O1" ""
fault crash_swallowed '/^static bool cow__fault_serve(/,/^}/s/^    if (!r) return false;$/    if (!r) return true;/' "NULL, with a region"

# Properties: a fault shrinks to the shortest list of operations, or the smallest input.
export RC_PARAMS='seed=1 max_success=400'
in_c="-fexceptions -Itests/prop $build/../../prop/rapidcheck_c.o -lrapidcheck -lstdc++"

runner "array properties" "$gcc" tests/prop/array_prop.c "-O1 $in_c" ""
fault hash_of_the_first_32 's/^    for (size_t i = 0; i < a->n; i++) h = COW__ELEMENT_HASH(a->p + i, h);$/    for (size_t i = 0; i < a->n \&\& i < 32; i++) h = COW__ELEMENT_HASH(a->p + i, h);/' "ints_hash(&a, seed) == ints_hash(&b, seed)"
fault long_neighbours_copied 's/^    if (a->h \&\& a->h == b->h \&\& a->p + a->n == b->p) {$/    if (a->h \&\& a->h == b->h \&\& a->p + a->n == b->p \&\& b->n < 3) {/' "[0, 0, 0, 0]"
fault sort_beyond_the_end 's/^        while (i < n - 1 \&\& cmp(p + i, \&pivot, ctx) < 0) i++;$/        while (cmp(p + i, \&pivot, ctx) < 0) i++;/' "The case died of signal 11"

runner "string properties" "$gcc" tests/prop/str_prop.c "-O1 $in_c" ""
fault overlong_accepted_prop 's/lead == 0xe0   ? 0xa0/lead == 0xe0   ? 0x80/' "cow_str_count_code_points(&s), t.points"

runner "string model" "$gcc" tests/prop/str_model_prop.c "-O1 $in_c" ""
fault nul_under_a_shared_string_prop \
    '/^COW__API const char \*cow__str_terminate/,/^}/s/^    bool ok = cow__str_own(s);$/    bool ok = (s->cow__h \&\& s->cow__h->end) || cow__str_own(s);/' \
    "byte 513 is 0"

runner "string model under ASan" "$gcc" tests/prop/str_model_prop.c "-O0 -fsanitize=address $in_c" ""
fault string_byte_past_the_length_prop '/^COW__INLINE bool cow_str_append_byte(/,/^}/s/^            end\[1\] = .*;$/            end[1] = end[2] = 0;/' \
    "use-after-poison"
fault slice_not_counted_prop '/^COW__API cow_str cow_str_slice/,/^}/s/^    if (h) cow__text_retain(h, s->cow__p, s->cow__p + len);$//' \
    "heap-use-after-free"
fault end_of_a_slice_read 's/^\(    cow__str_set_far(&out, h, p, n, \)end == len ? cow__str_tag(s) & COW__STR_OPEN : 0);$/\10);/' "heap-buffer-overflow"

echo "$caught $failures" >"$build/$$.counts"

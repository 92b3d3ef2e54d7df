#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzz targets must see faults, and the programs they print must show them:  selftest.sh <folder> <folder of the targets>
#
# Each fault is planted by sed in a copy of cow.h; the script must change exactly one line. The corpus, replayed with that copy,
# must fail. The program printed then must be the one that `--print` makes of the same input, compile by itself, fail with the copy
# in the same way, and pass with cow.h as it is. CC and CFLAGS (for the targets, with sanitizers) are in the environment.
set -u
folder=$1
targets=$2
kit="fuzz/program.c fuzz/mutate.c fuzz/replay.c"
failures=0
shown=0
mkdir -p "$folder"

complain() {
    echo "fuzz-selftest: $1" >&2
    failures=$((failures + 1))
}

# inputs <target>: what once failed comes first.
inputs() {
    for from in "fuzz/found/$1" "fuzz/corpus/$1"; do
        [ ! -d "$from" ] || find "$from" -type f | sort
    done
}

# Printed programs lie beside the folders with faulty headers, not in them: #include "cow/cow.h" looks there first.
# printed <program.c> <folder of cow.h> <flags>: compiles a printed program and runs it; its output is in <program.c>.log
printed() {
    # shellcheck disable=SC2086 # flags are words
    $CC -std=c11 -g $3 -I"$2" "$1" -o "${1%.c}" >"$1.log" 2>&1 || {
        complain "$1 does not compile"
        return 0
    }
    LC_ALL=C timeout 60 "${1%.c}" >"$1.log" 2>&1
}

# shows <program.c> <folder with the fault> <words> <flags>: the program fails there with these words, and passes without the fault.
shows() {
    if printed "$1" "$2" "$4"; then
        complain "$1 does not show the fault"
    elif ! grep -qF -- "$3" "$1.log"; then
        complain "$1 fails, but does not say '$3'"
    elif ! printed "$1" . "$4"; then
        complain "$1 fails without the fault, too"
    else
        return 0
    fi
    return 1
}

# fault <target> <name> <sed script> <words that the replay prints> [flags that the program needs to show it]
fault() {
    target=$1
    planted=$folder/$2
    mkdir -p "$planted/cow"
    sed "$3" cow/cow.h >"$planted/cow/cow.h"
    changed=$(diff cow/cow.h "$planted/cow/cow.h" | grep -c '^>')
    [ "$changed" -eq 1 ] || { complain "$2: the anchor matches $changed lines of cow.h: adapt fuzz/selftest.sh"; return; }
    # shellcheck disable=SC2086
    $CC -I"$planted" -I. $CFLAGS "fuzz/${target}_fuzz.c" $kit -lm -o "$planted/replay" || { complain "$2 does not compile"; return; }
    # shellcheck disable=SC2046 # the names are words
    if "$planted/replay" $(inputs "$target") >"$planted/log" 2>&1; then
        complain "$2: no input of fuzz/corpus/$target fails"
        return
    fi
    grep -qF -- "$4" "$planted/log" || { complain "$2: the replay fails, but does not say '$4': $planted/log"; return; }
    awk '/^\/\* Printed by/ { on = 1 } on { print } /^int main/ { body = 1 } body && /^}$/ { exit }' "$planted/log" >"$planted.own.c"
    input=$(sed -n 's/^\/\* Printed by the fuzz target [a-z0-9_]* for \(.*\): .*/\1/p' "$planted/log" | head -n 1)
    "$planted/replay" --print "$input" >"$planted.printed.c" 2>/dev/null
    cmp -s "$planted.own.c" "$planted.printed.c" || complain "$2: the target and --print print different programs"
    shows "$planted.own.c" "$planted" "$4" "${5:-}" || return
    shown=$((shown + 1))
    echo "fuzz-selftest: $2: $target prints a program of $(grep -c '^    ' "$planted.own.c") lines that says '$4', and passes without the fault"
}

# passes <target>: a few inputs of its corpus, as printed programs, pass.
passes() {
    n=0
    for input in $(find "fuzz/corpus/$1" -type f | sort | awk 'NR % 100 == 1'); do
        "$targets/${1}_replay" --print "$input" >"$folder/$1.$n.c"
        printed "$folder/$1.$n.c" . "-Wall -Wextra -fsanitize=address,undefined" || complain "$input, printed, fails: $folder/$1.$n.c"
        [ ! -s "$folder/$1.$n.c.log" ] || [ "$(cat "$folder/$1.$n.c.log")" = "no failure" ] || complain "$1.$n.c: $(head -n 1 "$folder/$1.$n.c.log")"
        n=$((n + 1))
    done
    echo "fuzz-selftest: $1: $n inputs of the corpus pass as printed programs"
}

for t in array str map list list_set paged utf8 parse; do passes $t; done

fault array write_without_detach 's/^    return !a->n || cow__array_duplicate(a, a->n, type);$/    return true;/' \
    "an element is not what it should be"
fault array leaked_head '/^drop_head:$/{n;s/cow__elements_drop(type, head, middle);/(void)head;/;}' "an element is lost"
fault array one_too_far \
    's/^        a->p\[a->n++\] = v;$/        a->p[a->n++] = v; if ((char *)(a->p + a->n + 1) <= h->end) a->p[a->n] = v;/' \
    "AddressSanitizer" -fsanitize=address
fault str moved_under_our_hands 's/^    if (inside && rest) text = NULL;.*/    (void)rest;/' "a string is not what it should be"
fault str leaked_format '/^COW__API bool cow__str_append_vformat/,/^}/s/^    cow_str_drop(&printed);$//' "a block is lost"
fault map written_through_a_borrowed_slot 's/^\(static bool cow__spot_unique(const cow__spot \*s) { return \)s->counted \&\& /\1/' \
    "a number comes twice, or should not be there"
fault map replaced_slots_kept '/^static void cow__inner_adopt/,/^}/s/^    cow__slots_release(base, inner->own, env);$/    (void)env;/' "an element is lost"
fault map twig_not_copied '/^static bool cow__twig_own/,/^}/s/^    if (cow__rc_unique(&t->rc)) return true;$/    return true;/' \
    "a pair is not what it should be"
fault map merge_not_undone '/^static cow__node \*cow__leaf_merge/,/^}/s/^            leaf->n = (uint8_t)before;$/            (void)before;/' \
    "AddressSanitizer" -fsanitize=address
fault list claim_not_counted 's/^    if (claimed) cow__rc_retain(&claimed->rc, false);$/    (void)claimed;/' "AddressSanitizer" -fsanitize=address
fault list claimed_and_dropped 's/^        cow__list_recycle(l, old, !claimed);$/        cow__list_recycle(l, old, true);/' "AddressSanitizer" \
    -fsanitize=address
fault list conflict_unseen 's/^    if (!all || c->old == s->base.v) return all;$/    if (!all || c->old) return all;/' \
    "a call was refused for another reason"
fault list failed_and_published 's/^    if (outcome == COW__CHANGED)$/    if (outcome != COW__KEPT)/' "a sub-list is in conflict"
fault list borrow_not_paid '/^COW__API void cow__version_pay/,/^}/s/ != expected) continue;$/ != expected || true) continue;/' \
    "AddressSanitizer" -fsanitize=address
fault list_set order_not_followed '/^COW__INLINE bool COW__F(_reorder)/,/^}/s/^    if (!cow__array_filter.*$//' \
    "the order has another length than the set"
fault list_set removed_from_the_set_alone 's/ok \&\& COW__F(_unlist)(all, key) \&\& /ok \&\& /' "the order has another length than the set"
fault list_set order_not_counted '/^COW__INLINE COW__T COW__F(_ordered_copy)/,/^}/s/^    if (copy.order.h)$/    if (copy.order.n > copy.set.m.n)/' \
    "AddressSanitizer" -fsanitize=address
fault list_set key_that_was_not_put_leaked '/^COW__INLINE bool COW__F(_put_copy)/,/^}/s/^    cow__elements_drop(.*$//' "a key is lost"
fault list_set failed_and_kept 's/^        cow__list_recycle(l, c->fresh, true);$/        cow__list_recycle(l, c->fresh, false);/' "a key is lost"
fault paged single_pages_not_preserved '/^static bool cow__preserve/,/^}/s/^            if (p > from)$/            if (p > from + 1)/' \
    "a snapshot is not what the region was"
fault paged hot_pages_not_preserved 's/^    if (ok \&\& some) cow__keep_stay(r, s);$/    (void)cow__keep_stay;/' "a snapshot is not what the region was"
fault paged dropped_with_what_was_written '/^static void cow__snap_hand_on/,/^}/s/^        cow__set_join(r, s->newer->dirty, s->dirty);$/        (void)0;/' \
    "a page that differs is not among those that were written"
fault paged another_page_restored '/^static void cow__restore_page/,/^}/s/cow__snap_page(s, page)/cow__snap_page(s, page ? page - 1 : 0)/' \
    "the region is not what it should be"
fault paged still_counted_as_held '/^static void cow__region_drop/,/^}/s/^    cow__count_released(s);$//' "a region counts snapshots that are gone"
fault utf8 surrogates 's/lead == 0xed   ? 0x9f/lead == 0xed   ? 0xbf/' "a call gives"
fault parse overflow_unseen 's/^        if (value > most \/ by || value \* by > most - digit) fits = false;/        if (value * by > most - digit) fits = false;/' \
    "a call gives"

[ $failures -eq 0 ] || { echo "fuzz-selftest: $failures failures" >&2; exit 1; }
echo "fuzz-selftest: $shown faults planted, all shown by the printed programs"

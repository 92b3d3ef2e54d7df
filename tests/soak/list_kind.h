/* SPDX-License-Identifier: MIT */
/* Four lists of one type of items, one for each rule of list_item.h, and all that writers do with them. Include it once for
   each X, the name of the list type, with E and HOME as in list_reading.h, and OWNS when items have hooks. */

#define FIRST LOG
#define COUNT LISTS
#define IS_SET false
#define KEEPS_ORDER true
#define KIND_JOIN_(a, b) a##_##b
#define KIND_JOIN(a, b) KIND_JOIN_(a, b)
#define V KIND_JOIN(X, array)

#define COW_LIST X, E
#define COW_ALLOC &lists_alloc
#define COW_EQUAL KIND_JOIN(equal, E)
#define COW_COMPARE KIND_JOIN(compare, E)
#define COW_HASH KIND_JOIN(hash, E)
#ifdef OWNS
#define COW_COPY KIND_JOIN(copy, E)
#define COW_DROP KIND_JOIN(drop, E)
#endif
#include "cow/cow.h"

static void KIND_JOIN(tally, X)(const V *v, tally *t) {
    const E *e = KIND_JOIN(V, data)(v);
    for (size_t i = 0; i < KIND_JOIN(V, len)(v); i++) meet(t, KIND_JOIN(see, E)(e + i));
    tally_ends(t, KIND_JOIN(V, len)(v));
}

static void KIND_JOIN(drop, X)(V *v) { KIND_JOIN(V, drop)(v); }

#undef KIND_JOIN_
#undef KIND_JOIN
#include "list_reading.h"
#define V_(function) KIND_JOIN(V, function) /* of the array, such as boxed_list_array_push */

/* What a writer knows: the number that it appended last, those of its slots, and how many versions of the table it made. */
typedef struct DO(author) {
    unsigned me;
    uint64_t *random;
    uint32_t last, mine[SLOTS];
    size_t changes;
} DO(author);

static DO(author) DO(authors)[WRITERS];

/* Nobody else appends items of a writer, or replaces those of its slots. */
static void DO(check_mine)(const DO(author) * a, const V *v, unsigned i) {
    tally t = DO(check)(v, i);
    if (i == LOG) CHECK(!t.count[a->me] || t.most[a->me] == a->last);
    for (unsigned k = a->me; i == TABLE && k < SLOTS; k += WRITERS) CHECK(t.most[k] == a->mine[k]);
}

static bool DO(conflicts)(bool ok) {
    CHECK(ok || cow_error() == COW_CONFLICT);
    return !ok;
}

static void DO(give_up)(E *e, unsigned n) {
    for (unsigned i = 0; i < n; i++) E_(drop)(&e[i]);
}

/* ---- the log ---- */

/* The writer's items from number `first` on. */
static void DO(make_run)(DO(author) * a, E *out, uint32_t first, unsigned n) {
    for (unsigned i = 0; i < n; i++) out[i] = DO(new)(LOG, a->me, first + i, a->random);
}

static void DO(append)(DO(author) * a) {
    CHECK(X_(add)(&DO(all)[LOG], DO(new)(LOG, a->me, a->last + 1, a->random)));
    a->last++;
}

static void DO(append_run)(DO(author) * a) {
    E some[MOST_AT_ONCE];
    unsigned n = soak_pick(a->random, MOST_AT_ONCE + 1);
    DO(make_run)(a, some, a->last + 1, n);
    CHECK(X_(add_all)(&DO(all)[LOG], some, n));
    DO(give_up)(some, n);
    a->last += n;
}

/* The last one is there, unless all of this writer's are gone: then it may come back. */
static void DO(append_absent)(DO(author) * a) {
    bool again = a->last && soak_pick(a->random, 2);
    E e = DO(new)(LOG, a->me, a->last + !again, a->random);
    if (X_(add_if_absent)(&DO(all)[LOG], e)) {
        a->last += !again;
    } else {
        CHECK(again && cow_error() == COW_EXISTS);
        E_(drop)(&e);
    }
}

static void DO(append_run_absent)(DO(author) * a) {
    E some[MOST_AT_ONCE];
    size_t added = 0;
    if (!a->last) return;
    DO(make_run)(a, some, a->last, MOST_AT_ONCE);
    CHECK(X_(add_all_absent)(&DO(all)[LOG], some, MOST_AT_ONCE, &added));
    CHECK(added == MOST_AT_ONCE || added == MOST_AT_ONCE - 1);
    DO(give_up)(some, MOST_AT_ONCE);
    a->last += MOST_AT_ONCE - 1;
}

/* Appends and takes away at once. The writer may be asked twice, so that it says what it did in the end only. */
static bool DO(move_on)(DO(author) * a, V *v) {
    size_t n = V_(len)(v);
    if (!V_(push)(v, DO(new)(LOG, a->me, a->last + 1, a->random))) return false;
    for (size_t left = n > MANY_ITEMS ? n / 2 : soak_pick(a->random, 3); left && V_(len)(v) > 1; left--)
        if (!V_(pop_front)(v, NULL)) return false;
    return true;
}

static bool DO(edit_log)(V *v, void *author) {
    DO(check_mine)((DO(author) *)author, v, LOG);
    return DO(move_on)((DO(author) *)author, v);
}

static void DO(update_log)(DO(author) * a) {
    CHECK(X_(update)(&DO(all)[LOG], DO(edit_log), a));
    a->last++;
}

static void DO(compare_log)(DO(author) * a) {
    X_(snapshot) seen;
    CHECK(X_(snapshot_of)(&DO(all)[LOG], &seen));
    V fresh = V_(copy)(X_(snapshot_value)(&seen));
    CHECK(DO(move_on)(a, &fresh));
    if (DO(conflicts)(X_(compare_exchange)(&DO(all)[LOG], &seen, fresh)))
        V_(drop)(&fresh);
    else
        a->last++;
    DO(check)(X_(snapshot_value)(&seen), LOG);
    X_(snapshot_drop)(&seen);
}

/* Takes the first one away and appends one, in a copy that only the commit makes the list's. */
static void DO(write_log)(DO(author) * a) {
    X_(writer) w;
    const E *e;
    CHECK(X_(writer_of)(&DO(all)[LOG], &w));
    if (X_(writer_next)(&w, &e) && soak_pick(a->random, 2)) CHECK(X_(writer_remove)(&w));
    while (X_(writer_next)(&w, &e)) item_check(E_(see)(e));
    CHECK(X_(writer_add)(&w, DO(new)(LOG, a->me, a->last + 1, a->random)));
    DO(check_mine)(&(DO(author)){a->me, a->random, a->last + 1, {0}, 0}, &w.all, LOG);
    if (DO(conflicts)(X_(writer_commit)(&DO(all)[LOG], &w)))
        X_(writer_drop)(&w);
    else
        a->last++;
}

/* A view of the end, which appends, and one of the beginning, which takes away: one of them is in conflict then. */
static void DO(view_log)(DO(author) * a) {
    X_(sublist) front, back;
    size_t n = X_(len)(&DO(all)[LOG]);
    if (!X_(sublist_of)(&DO(all)[LOG], 0, n / 4, &front)) return;
    if (X_(sublist_of)(&DO(all)[LOG], n, n, &back)) {
        E e = DO(new)(LOG, a->me, a->last + 1, a->random);
        /* Between the two, the list may have grown: then n is not its end. */
        if (X_(snapshot_value)(&back.base)->n == n && !DO(conflicts)(X_(sublist_add)(&back, e)))
            a->last++;
        else
            E_(drop)(&e);
        X_(sublist_drop)(&back);
    }
    if (!DO(conflicts)(X_(sublist_len)(&front, &n)) && n && !DO(conflicts)(X_(sublist_remove_at)(&front, 0)))
        (void)DO(conflicts)(soak_pick(a->random, 2) ? X_(sublist_clear)(&front)
                                                    : X_(sublist_erase_range)(&front, 0, (n - 1) / 2));
    X_(sublist_drop)(&front);
}

/* Only this writer's are in the list then. */
static void DO(replace_log)(DO(author) * a) {
    V fresh = {0};
    X_(snapshot) old = {NULL};
    unsigned n = soak_pick(a->random, MOST_AT_ONCE);
    for (unsigned i = 0; i < n; i++) CHECK(V_(push)(&fresh, DO(new)(LOG, a->me, a->last + 1 + i, a->random)));
    if (soak_pick(a->random, 2)) {
        CHECK(X_(store)(&DO(all)[LOG], fresh));
    } else {
        CHECK(X_(exchange)(&DO(all)[LOG], fresh, &old));
        DO(check_mine)(a, X_(snapshot_value)(&old), LOG);
        X_(snapshot_drop)(&old);
    }
    a->last += n;
}

static void DO(take_first)(DO(author) * a) {
    E e;
    if (soak_pick(a->random, 2)) {
        CHECK(X_(remove_at)(&DO(all)[LOG], 0, NULL) || cow_error() == COW_ABSENT);
    } else if (X_(remove_at)(&DO(all)[LOG], 0, &e)) {
        item_check(E_(see)(&e));
        E_(drop)(&e);
    } else {
        CHECK(cow_error() == COW_ABSENT);
    }
}

/* It is the first of its writer as long as it is there. */
static void DO(remove_first)(DO(author) * a) {
    E e;
    (void)a;
    if (!X_(get)(&DO(all)[LOG], 0, &e)) {
        CHECK(cow_error() == COW_RANGE);
        return;
    }
    CHECK(X_(remove)(&DO(all)[LOG], &e) || cow_error() == COW_ABSENT);
    E_(drop)(&e);
}

static void DO(remove_front)(DO(author) * a) {
    V some;
    size_t removed = 0, n;
    CHECK(X_(load)(&DO(all)[LOG], &some));
    DO(check_mine)(a, &some, LOG);
    n = V_(len)(&some) / 3;
    CHECK(X_(remove_all)(&DO(all)[LOG], V_(data)(&some), n, &removed) && removed <= n);
    V_(drop)(&some);
}

static bool DO(is_below)(const E *e, void *limit) {
    return E_(see)(e)->number < ((tally *)limit)->least[E_(see)(e)->who];
}

/* The older half of each writer's. */
static void DO(remove_older)(DO(author) * a) {
    X_(guard) g;
    tally limit;
    size_t removed = 0;
    CHECK(X_(borrow)(&DO(all)[LOG], &g));
    DO(check_mine)(a, g.value, LOG);
    limit = DO(check)(g.value, LOG);
    for (unsigned w = 0; w < WRITERS; w++) limit.least[w] += limit.count[w] / 2;
    CHECK(X_(remove_if)(&DO(all)[LOG], DO(is_below), &limit, &removed) && removed <= limit.n);
    DO(check)(g.value, LOG);
    X_(end)(&g);
}

static void DO(remove_most)(DO(author) * a) {
    E last = DO(new)(LOG, a->me, a->last, a->random);
    if (soak_pick(a->random, 2))
        X_(clear)(&DO(all)[LOG]);
    else
        CHECK(X_(retain_all)(&DO(all)[LOG], &last, 1, NULL));
    E_(drop)(&last);
}

static bool DO(salt)(E *e, void *random) {
    item was = *E_(see)(e);
    item_check(&was);
    E_(drop)(e);
    *e = E_(make)(item_of(was.home, was.who, was.number, (uint64_t *)random));
    return true;
}

static int DO(by_writer)(const E *a, const E *b, void *ctx) {
    (void)ctx;
    return (int)E_(see)(a)->who - (int)E_(see)(b)->who;
}

/* Those of one writer stay in order. */
static void DO(rearrange)(DO(author) * a, unsigned i) {
    switch (soak_pick(a->random, 3)) {
    case 0: CHECK(X_(sort)(&DO(all)[i])); break;
    case 1: CHECK(X_(sort_by)(&DO(all)[i], DO(by_writer), NULL)); break;
    default: CHECK(X_(replace_all)(&DO(all)[i], DO(salt), a->random));
    }
}

static void DO(shorten_log)(DO(author) * a) {
    switch (soak_pick(a->random, 2)) {
    case 0: DO(remove_front)(a); break;
    default: DO(remove_older)(a);
    }
}

static void DO(change_log)(DO(author) * a) {
    if (X_(len)(&DO(all)[LOG]) > MANY_ITEMS) DO(shorten_log)(a);
    switch (soak_pick(a->random, 20)) {
    case 0:
    case 1: DO(append_run)(a); break;
    case 2: DO(append_absent)(a); break;
    case 3: DO(append_run_absent)(a); break;
    case 4: DO(update_log)(a); break;
    case 5: DO(compare_log)(a); break;
    case 6: DO(write_log)(a); break;
    case 7: DO(view_log)(a); break;
    case 8: DO(take_first)(a); break;
    case 9: DO(remove_first)(a); break;
    case 10: DO(rearrange)(a, LOG); break;
    case 11: CHECK(X_(assign)(&DO(all)[MIRROR], &DO(all)[LOG])); break;
    case 12:
        if (soak_pick(a->random, 8) == 0) DO(shorten_log)(a);
        if (soak_pick(a->random, 8) == 0) DO(replace_log)(a);
        if (soak_pick(a->random, 8) == 0) DO(remove_most)(a);
        break;
    default: DO(append)(a);
    }
}

/* ---- the table ---- */

static unsigned DO(slot)(DO(author) * a) { return a->me + WRITERS * soak_pick(a->random, SLOTS / WRITERS); }

static E DO(next_in)(DO(author) * a, unsigned k) { return DO(new)(TABLE, k, a->mine[k] + 1, a->random); }

static void DO(made)(DO(author) * a, unsigned k) {
    a->mine[k]++;
    a->changes++;
}

static void DO(check_slot)(const DO(author) * a, const E *e, unsigned k) {
    item_check(E_(see)(e));
    CHECK(E_(see)(e)->who == k && E_(see)(e)->number == a->mine[k]);
}

static void DO(set_slot)(DO(author) * a, unsigned k) {
    E old;
    if (soak_pick(a->random, 2)) {
        CHECK(X_(set)(&DO(all)[TABLE], k, DO(next_in)(a, k), NULL));
    } else {
        CHECK(X_(set)(&DO(all)[TABLE], k, DO(next_in)(a, k), &old));
        DO(check_slot)(a, &old, k);
        E_(drop)(&old);
    }
    DO(made)(a, k);
}

static void DO(get_slot)(DO(author) * a, unsigned k) {
    E e;
    CHECK(X_(get)(&DO(all)[TABLE], k, &e));
    DO(check_slot)(a, &e, k);
    CHECK(X_(index_of)(&DO(all)[TABLE], &e) == k && X_(last_index_of)(&DO(all)[TABLE], &e) == k);
    E_(drop)(&e);
}

static bool DO(edit_table)(V *v, void *author) {
    DO(author) *a = (DO(author) *)author;
    DO(check_mine)(a, v, TABLE);
    for (unsigned k = a->me; k < SLOTS; k += WRITERS)
        if (!V_(set)(v, k, DO(next_in)(a, k))) return false;
    return true;
}

static void DO(made_all)(DO(author) * a) {
    for (unsigned k = a->me; k < SLOTS; k += WRITERS) a->mine[k]++;
    a->changes++;
}

static void DO(compare_table)(DO(author) * a) {
    X_(snapshot) seen;
    CHECK(X_(snapshot_of)(&DO(all)[TABLE], &seen));
    V fresh = V_(copy)(X_(snapshot_value)(&seen));
    CHECK(DO(edit_table)(&fresh, a));
    if (DO(conflicts)(X_(compare_exchange)(&DO(all)[TABLE], &seen, fresh)))
        V_(drop)(&fresh);
    else
        DO(made_all)(a);
    X_(snapshot_drop)(&seen);
}

/* Replaces an item by setting it, or by taking it away and adding another one. */
static void DO(write_table)(DO(author) * a, unsigned k) {
    X_(writer) w;
    const E *e;
    CHECK(X_(writer_of)(&DO(all)[TABLE], &w));
    for (unsigned i = 0; i <= k; i++) CHECK(X_(writer_next)(&w, &e));
    CHECK(X_(writer_prev)(&w, &e));
    DO(check_slot)(a, e, k);
    if (soak_pick(a->random, 2))
        CHECK(X_(writer_set)(&w, DO(next_in)(a, k)));
    else
        CHECK(X_(writer_remove)(&w) && X_(writer_add)(&w, DO(next_in)(a, k)));
    if (DO(conflicts)(X_(writer_commit)(&DO(all)[TABLE], &w)))
        X_(writer_drop)(&w);
    else
        DO(made)(a, k);
}

/* A part of the table whose first item is the writer's. */
static bool DO(edit_part)(V *part, void *author) {
    DO(author) *a = (DO(author) *)author;
    unsigned k = E_(see)(V_(data)(part))->who;
    DO(check_slot)(a, V_(data)(part), k);
    return V_(set)(part, 0, DO(next_in)(a, k));
}

/* Three changes of a sub-list: as long as nobody else changes the table. */
static void DO(view_table)(DO(author) * a, unsigned k) {
    X_(sublist) part;
    E e;
    CHECK(X_(sublist_of)(&DO(all)[TABLE], k, k + soak_pick(a->random, SLOTS - k) + 1, &part));
    if (!DO(conflicts)(X_(sublist_get)(&part, 0, &e))) {
        DO(check_slot)(a, &e, k);
        E_(drop)(&e);
    }
    e = DO(next_in)(a, k);
    if (DO(conflicts)(X_(sublist_set)(&part, 0, e)))
        E_(drop)(&e);
    else
        DO(made)(a, k);
    if (!DO(conflicts)(X_(sublist_update)(&part, DO(edit_part), a))) DO(made)(a, k);
    X_(sublist_drop)(&part);
}

static void DO(change_table)(DO(author) * a) {
    unsigned k = DO(slot)(a);
    switch (soak_pick(a->random, 12)) {
    case 0:
        CHECK(X_(update)(&DO(all)[TABLE], DO(edit_table), a));
        DO(made_all)(a);
        break;
    case 1: DO(compare_table)(a); break;
    case 2: DO(write_table)(a, k); break;
    case 3: DO(view_table)(a, k); break;
    case 4:
        DO(rearrange)(a, TABLE);
        a->changes++;
        break;
    case 5:
    case 6: DO(get_slot)(a, k); break;
    default: DO(set_slot)(a, k);
    }
}

/* ---- the ledger: no writer of its own ---- */

static void DO(make_pair)(E *out, uint32_t number, uint64_t *random) {
    out[0] = DO(new)(LEDGER, 0, number, random);
    out[1] = DO(new)(LEDGER, 1, number, random);
}

static void DO(add_pair)(uint64_t *random) {
    E pair[2];
    size_t i = soak_pick(random, MANY_ITEMS);
    DO(make_pair)(pair, soak_pick(random, PAIR_NUMBERS), random);
    switch (soak_pick(random, 4)) {
    case 0: CHECK(X_(add_all)(&DO(all)[LEDGER], pair, 2)); break;
    case 1: CHECK(X_(add_all_absent)(&DO(all)[LEDGER], pair, 2, &i) && (i == 0 || i == 2)); break;
    default: CHECK(X_(add_all_at)(&DO(all)[LEDGER], i, pair, 2) || cow_error() == COW_RANGE);
    }
    DO(give_up)(pair, 2);
}

static void DO(remove_pair)(uint64_t *random) {
    E pair[2];
    size_t removed = 0;
    DO(make_pair)(pair, soak_pick(random, PAIR_NUMBERS), random);
    CHECK(X_(remove_all)(&DO(all)[LEDGER], pair, 2, &removed) && removed % 2 == 0);
    DO(give_up)(pair, 2);
}

static void DO(change_neutral)(uint64_t *random) {
    E e = DO(new)(LEDGER, NEUTRAL, soak_pick(random, PAIR_NUMBERS), random);
    if (soak_pick(random, 2)) {
        CHECK(X_(remove)(&DO(all)[LEDGER], &e) || cow_error() == COW_ABSENT);
    } else if (X_(add_at)(&DO(all)[LEDGER], soak_pick(random, MANY_ITEMS), e)) {
        return;
    } else {
        CHECK(cow_error() == COW_RANGE);
    }
    E_(drop)(&e);
}

static bool DO(is_upper)(const E *e, void *limit) { return E_(see)(e)->number >= *(uint32_t *)limit; }
static bool DO(is_lower)(const E *e, void *limit) { return !DO(is_upper)(e, limit); }

static bool DO(edit_ledger)(V *v, void *random) {
    uint32_t limit = soak_pick((uint64_t *)random, PAIR_NUMBERS);
    DO(check)(v, LEDGER);
    switch (soak_pick((uint64_t *)random, 3)) {
    case 0: return V_(reverse)(v);
    case 1: return V_(sort)(v);
    default: return V_(retain_if)(v, DO(is_lower), &limit);
    }
}

/* What it was once becomes what it is, or half of that. */
static void DO(turn_back)(uint64_t *random) {
    X_(snapshot) seen, old = {NULL};
    CHECK(X_(snapshot_of)(&DO(all)[LEDGER], &seen));
    V fresh = V_(copy)(X_(snapshot_value)(&seen));
    if (soak_pick(random, 2)) CHECK(DO(edit_ledger)(&fresh, random));
    switch (soak_pick(random, 3)) {
    case 0: CHECK(X_(store)(&DO(all)[LEDGER], fresh)); break;
    case 1:
        CHECK(X_(exchange)(&DO(all)[LEDGER], fresh, &old));
        DO(check)(X_(snapshot_value)(&old), LEDGER);
        X_(snapshot_drop)(&old);
        break;
    default:
        if (DO(conflicts)(X_(compare_exchange)(&DO(all)[LEDGER], &seen, fresh))) V_(drop)(&fresh);
    }
    X_(snapshot_drop)(&seen);
}

/* A new list of what the ledger has, of which nobody else knows, takes part in what is shared. */
static void DO(branch_off)(void) {
    X branch;
    X_(guard) g;
    size_t n = 0;
    E pair[2];
    uint64_t random = 1;
    CHECK(X_(borrow)(&DO(all)[LEDGER], &g));
    CHECK(X_(from)(&branch, V_(data)(g.value), V_(len)(g.value)));
    X_(end)(&g);
    CHECK(X_(assign)(&branch, &DO(all)[LEDGER]));
    n = X_(len)(&branch);
    DO(make_pair)(pair, 1, &random);
    CHECK(X_(add_all)(&branch, pair, 2) && X_(len)(&branch) == n + 2);
    CHECK(X_(borrow)(&branch, &g));
    DO(check)(g.value, LEDGER);
    X_(end)(&g);
    DO(give_up)(pair, 2);
    X_(drop)(&branch);
}

static void DO(keep_some)(uint64_t *random) {
    E some[8];
    size_t removed = 0;
    for (unsigned i = 0; i < 8; i += 2) DO(make_pair)(some + i, soak_pick(random, PAIR_NUMBERS), random);
    CHECK(X_(retain_all)(&DO(all)[LEDGER], some, 8, &removed));
    DO(give_up)(some, 8);
}

static void DO(shorten_ledger)(uint64_t *random) {
    uint32_t limit = PAIR_NUMBERS / 2;
    switch (soak_pick(random, 4)) {
    case 0: DO(keep_some)(random); break;
    case 1: X_(clear)(&DO(all)[LEDGER]); break;
    default: CHECK(X_(remove_if)(&DO(all)[LEDGER], DO(is_upper), &limit, NULL));
    }
}

static void DO(change_shared)(uint64_t *random) {
    if (X_(len)(&DO(all)[LEDGER]) > MANY_ITEMS) DO(shorten_ledger)(random);
    switch (soak_pick(random, 16)) {
    case 0: CHECK(X_(update)(&DO(all)[LEDGER], DO(edit_ledger), random)); break;
    case 1: DO(turn_back)(random); break;
    case 2: DO(branch_off)(); break;
    case 3: CHECK(X_(replace_all)(&DO(all)[LEDGER], DO(salt), random)); break;
    case 4:
    case 5: DO(remove_pair)(random); break;
    case 6:
    case 7: DO(change_neutral)(random); break;
    default: DO(add_pair)(random);
    }
}

/* ---- all of them ---- */

static void DO(set_up)(void) {
    for (unsigned w = 0; w < WRITERS; w++) DO(authors)[w].me = w;
    uint64_t random = 1;
    V rows = {0};
    for (unsigned k = 0; k < SLOTS; k++) CHECK(V_(push)(&rows, DO(new)(TABLE, k, 0, &random)));
    CHECK(X_(store)(&DO(all)[TABLE], rows));
}

static void DO(write)(unsigned me, uint64_t *random) {
    DO(author) *a = &DO(authors)[me];
    a->random = random;
    switch (soak_pick(random, 4)) {
    case 0: DO(change_table)(a); break;
    case 1: DO(change_shared)(random); break;
    default: DO(change_log)(a);
    }
}

/* What writers know is what is there, and the table had a version for each change of it. */
static void DO(check_end)(void) {
    size_t changes = 1;
    for (unsigned w = 0; w < WRITERS; w++) {
        V v;
        for (unsigned i = LOG; i <= TABLE; i++) {
            CHECK(X_(load)(&DO(all)[i], &v));
            DO(check_mine)(&DO(authors)[w], &v, i);
            V_(drop)(&v);
        }
        changes += DO(authors)[w].changes;
    }
    CHECK(changes == X_(version)(&DO(all)[TABLE]));
}

#include "list_undef.h"

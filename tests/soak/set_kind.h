/* SPDX-License-Identifier: MIT */
/* Two sets of one type of keys, one for each rule of list_item.h that is for sets, and all that writers do with them. Include
   it once for each X, the name of the set type, with E and HOME as in list_reading.h, OWNS when keys have hooks, and KEEP for
   COW_KEEP_ORDER. */

#define FIRST WINDOWS
#define COUNT (RULES - LISTS)
#define IS_SET true
#define KIND_JOIN_(a, b) a##_##b
#define KIND_JOIN(a, b) KIND_JOIN_(a, b)

#define COW_LIST_SET X, E
#define COW_ALLOC &sets_alloc
#define COW_EQUAL KIND_JOIN(equal, E)
#define COW_HASH KIND_JOIN(hash, E)
#ifdef OWNS
#define COW_COPY KIND_JOIN(copy, E)
#define COW_DROP KIND_JOIN(drop, E)
#endif
#ifdef KEEP
#define COW_KEEP_ORDER
#define KEEPS_ORDER true
#define V KIND_JOIN(X, ordered)
#else
#define KEEPS_ORDER false
#define V KIND_JOIN(X, set)
#endif
#include "cow/cow.h"

#define S_(function) KIND_JOIN(KIND_JOIN(X, set), function) /* of the set in a version, such as plain_keys_set_put */
#define SET KIND_JOIN(X, set)

#ifdef KEEP

/* The order has each key of the set once: what is met twice shows in the tally. */
static void KIND_JOIN(tally, X)(const V *v, tally *t) {
    size_t n = 0;
    const E *keys = KIND_JOIN(X, ordered_keys)(v, &n);
    for (size_t i = 0; i < n; i++) {
        meet(t, KIND_JOIN(see, E)(keys + i));
        CHECK(S_(contains)(&v->set, keys + i));
    }
    tally_ends(t, S_(len)(&v->set));
}

static void KIND_JOIN(drop, X)(V *v) { KIND_JOIN(X, ordered_drop)(v); }

#else

static bool KIND_JOIN(tally_run, X)(const E *keys, size_t n, void *t) {
    for (size_t i = 0; i < n; i++) meet((tally *)t, KIND_JOIN(see, E)(keys + i));
    return true;
}

static void KIND_JOIN(tally, X)(const V *v, tally *t) {
    CHECK(S_(each)(v, KIND_JOIN(tally_run, X), t));
    tally_ends(t, S_(len)(v));
}

static void KIND_JOIN(drop, X)(V *v) { S_(drop)(v); }

#endif

#undef KIND_JOIN_
#undef KIND_JOIN
#include "list_reading.h"

/* What a writer knows: its keys are [first, end), and how many versions of the windows it made. */
typedef struct DO(author) {
    unsigned me;
    uint64_t *random;
    uint32_t first, end;
    size_t changes;
} DO(author);

static DO(author) DO(authors)[WRITERS];

static void DO(give_up)(E *e, unsigned n) {
    for (unsigned i = 0; i < n; i++) E_(drop)(&e[i]);
}

/* ---- windows: nobody else adds keys of a writer, or removes them ---- */

static void DO(check_mine)(const DO(author) * a, const V *v) {
    tally t = DO(check)(v, 0);
    CHECK(t.count[a->me] == a->end - a->first);
    CHECK(!t.count[a->me] || t.least[a->me] == a->first);
}

static E DO(key)(DO(author) * a, uint32_t number) { return DO(new)(0, a->me, number, a->random); }

static void DO(make_run)(DO(author) * a, E *out, uint32_t first, unsigned n) {
    for (unsigned i = 0; i < n; i++) out[i] = DO(key)(a, first + i);
}

static bool DO(has)(const DO(author) * a, uint32_t number) { return number >= a->first && number < a->end; }

/* Adds the next key, or one that is there. */
static void DO(add_one)(DO(author) * a) {
    uint32_t number = soak_pick(a->random, 4) ? a->end : a->end - 1;
    if (number < a->first) number = a->end;
    E key = DO(key)(a, number);
    bool added = X_(add)(&DO(all)[0], key);
    CHECK(added == (number == a->end));
    if (!added) {
        CHECK(cow_error() == COW_EXISTS);
        E_(drop)(&key);
    }
    a->end += added;
    a->changes += added;
}

/* Removes the oldest key, or one that is gone. */
static void DO(remove_one)(DO(author) * a) {
    uint32_t number = soak_pick(a->random, 4) ? a->first : a->first - 1;
    E key = DO(key)(a, number);
    bool removed = X_(remove)(&DO(all)[0], &key);
    CHECK(removed == DO(has)(a, number));
    CHECK(removed || cow_error() == COW_ABSENT);
    E_(drop)(&key);
    a->first += removed;
    a->changes += removed;
}

/* Those of the writer's from its last one on, of which one is there unless it has none. */
static void DO(add_run)(DO(author) * a) {
    E some[MOST_AT_ONCE];
    bool there = a->end > a->first;
    unsigned n = 1 + soak_pick(a->random, MOST_AT_ONCE);
    size_t added = 0;
    DO(make_run)(a, some, a->end - there, n);
    CHECK(X_(add_all)(&DO(all)[0], some, n, &added) && added == n - there);
    DO(give_up)(some, n);
    a->end += (uint32_t)added;
    a->changes += added > 0;
}

static void DO(remove_run)(DO(author) * a) {
    E some[MOST_AT_ONCE];
    unsigned n = 1 + soak_pick(a->random, MOST_AT_ONCE);
    size_t removed = 0, there = a->end - a->first < n ? a->end - a->first : n;
    DO(make_run)(a, some, a->first, n);
    CHECK(X_(remove_all)(&DO(all)[0], some, n, &removed) && removed == there);
    DO(give_up)(some, n);
    a->first += (uint32_t)there;
    a->changes += there > 0;
}

static bool DO(is_older)(const E *key, void *author) {
    const DO(author) *a = (const DO(author) *)author;
    item_check(E_(see)(key));
    return E_(see)(key)->who == a->me && E_(see)(key)->number < (a->first + a->end) / 2;
}

static void DO(remove_older)(DO(author) * a) {
    size_t removed = 0, older = (a->first + a->end) / 2 - a->first;
    CHECK(X_(remove_if)(&DO(all)[0], DO(is_older), a, &removed) && removed == older);
    a->first += (uint32_t)older;
    a->changes += older > 0;
}

/* Adds one and removes one at once, after a look at all of it. */
static bool DO(edit_windows)(SET *all, void *author) {
    DO(author) *a = (DO(author) *)author;
    E old = DO(key)(a, a->first);
    CHECK(S_(contains)(all, &old) == (a->end > a->first));
    bool ok = S_(put)(all, DO(key)(a, a->end)) && S_(erase)(all, &old);
    E_(drop)(&old);
    return ok;
}

static void DO(update_windows)(DO(author) * a) {
    CHECK(X_(update)(&DO(all)[0], DO(edit_windows), a));
    a->first++;
    a->end++;
    a->changes++;
}

static void DO(look)(DO(author) * a) {
    X_(guard) g;
    E ends[] = {DO(key)(a, a->first), DO(key)(a, a->end)};
    CHECK(X_(contains)(&DO(all)[0], &ends[0]) == (a->end > a->first));
    CHECK(!X_(contains)(&DO(all)[0], &ends[1]));
    CHECK(X_(borrow)(&DO(all)[0], &g));
    DO(check_mine)(a, g.value);
    X_(end)(&g);
    DO(give_up)(ends, 2);
}

static void DO(change_windows)(DO(author) * a) {
    if (a->end - a->first > MANY_ITEMS / WRITERS) DO(remove_older)(a);
    switch (soak_pick(a->random, 12)) {
    case 0: DO(add_run)(a); break;
    case 1: DO(remove_run)(a); break;
    case 2: DO(update_windows)(a); break;
    case 3: DO(look)(a); break;
    case 4:
    case 5:
    case 6: DO(remove_one)(a); break;
    default: DO(add_one)(a);
    }
}

/* ---- pairs: no writer of their own ---- */

static void DO(make_pair)(E *out, uint32_t number, uint64_t *random) {
    out[0] = DO(new)(1, 0, number, random);
    out[1] = DO(new)(1, 1, number, random);
}

static void DO(change_pair)(uint64_t *random) {
    E pair[2];
    size_t n = 0;
    DO(make_pair)(pair, soak_pick(random, PAIR_NUMBERS), random);
    CHECK(soak_pick(random, 2) ? X_(add_all)(&DO(all)[1], pair, 2, &n) : X_(remove_all)(&DO(all)[1], pair, 2, &n));
    CHECK(n == 0 || n == 2);
    DO(give_up)(pair, 2);
}

static void DO(change_neutral)(uint64_t *random) {
    E key = DO(new)(1, NEUTRAL, soak_pick(random, PAIR_NUMBERS), random);
    if (soak_pick(random, 2)) {
        CHECK(X_(remove)(&DO(all)[1], &key) || cow_error() == COW_ABSENT);
    } else if (X_(add)(&DO(all)[1], key)) {
        return;
    } else {
        CHECK(cow_error() == COW_EXISTS);
    }
    E_(drop)(&key);
}

/* A pair goes if it is there, and comes if not; both sides of it are new, so they stand side by side. */
static bool DO(edit_pairs)(SET *all, void *random) {
    E pair[2];
    DO(make_pair)(pair, soak_pick((uint64_t *)random, PAIR_NUMBERS), (uint64_t *)random);
    bool there = S_(contains)(all, &pair[0]), ok;
    CHECK(S_(contains)(all, &pair[1]) == there);
    if (!there) return S_(put)(all, pair[0]) && S_(put)(all, pair[1]);
    ok = S_(erase)(all, &pair[0]) && S_(erase)(all, &pair[1]);
    DO(give_up)(pair, 2);
    return ok;
}

static void DO(keep_some)(uint64_t *random) {
    E some[8];
    size_t removed = 0;
    for (unsigned i = 0; i < 8; i += 2) DO(make_pair)(some + i, soak_pick(random, PAIR_NUMBERS), random);
    CHECK(X_(retain_all)(&DO(all)[1], some, 8, &removed));
    DO(give_up)(some, 8);
}

static bool DO(is_upper)(const E *key, void *limit) { return E_(see)(key)->number >= *(uint32_t *)limit; }

/* A new set of which nobody else knows. */
static void DO(branch_off)(uint64_t *random) {
    X branch;
    X_(guard) g;
    E some[2];
    size_t added = 0;
    DO(make_pair)(some, soak_pick(random, PAIR_NUMBERS), random);
    CHECK(X_(from)(&branch, some, 2) && X_(add_all)(&branch, some, 2, &added) && added == 0);
    CHECK(X_(borrow)(&branch, &g));
    CHECK(DO(check)(g.value, 1).n == 2);
    X_(end)(&g);
    DO(give_up)(some, 2);
    X_(drop)(&branch);
}

/* What takes many keys away is rare. */
static void DO(change_many)(uint64_t *random) {
    uint32_t limit = soak_pick(random, PAIR_NUMBERS);
    switch (soak_pick(random, 4)) {
    case 0: DO(keep_some)(random); break;
    case 1: X_(clear)(&DO(all)[1]); break;
    default: CHECK(X_(remove_if)(&DO(all)[1], DO(is_upper), &limit, NULL));
    }
}

static void DO(change_shared)(uint64_t *random) {
    switch (soak_pick(random, 16)) {
    case 0:
        if (soak_pick(random, 16) == 0) DO(change_many)(random);
        break;
    case 1: DO(branch_off)(random); break;
    case 2:
    case 3:
    case 4: CHECK(X_(update)(&DO(all)[1], DO(edit_pairs), random)); break;
    case 5:
    case 6: DO(change_neutral)(random); break;
    default: DO(change_pair)(random);
    }
}

/* ---- all of them ---- */

static void DO(set_up)(void) {
    for (unsigned w = 0; w < WRITERS; w++) DO(authors)[w] = (DO(author)){w, NULL, 1, 1, 0};
}

static void DO(write)(unsigned me, uint64_t *random) {
    DO(author) *a = &DO(authors)[me];
    a->random = random;
    if (soak_pick(random, 2))
        DO(change_windows)(a);
    else
        DO(change_shared)(random);
}

/* What writers know is what is there, and the windows had a version for each change. */
static void DO(check_end)(void) {
    size_t changes = 0;
    X_(guard) g;
    CHECK(X_(borrow)(&DO(all)[0], &g));
    for (unsigned w = 0; w < WRITERS; w++) {
        DO(check_mine)(&DO(authors)[w], g.value);
        changes += DO(authors)[w].changes;
    }
    X_(end)(&g);
    CHECK(changes == X_(version)(&DO(all)[0]));
}

#undef S_
#undef SET
#include "list_undef.h"

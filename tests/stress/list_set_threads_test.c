/* SPDX-License-Identifier: MIT */
/*
 * Readers and writers of the same sets, all at once. Each writer adds numbers of its own, always larger ones, and removes its smallest:
 * so in every version the numbers of a writer are all those between its smallest and its largest, both of which only grow from one
 * version to the next, and stand in their order where the order is kept. With a second set the writers do whatever sets can do. Each key
 * owns memory whose reads and writes are plain, so that ThreadSanitizer sees a key that is dropped too early; in the end nothing may
 * be left.
 *
 *   list_set_threads_test [rounds]        -DORDERED: sets that keep the order of insertion
 */
#include "../unit/kit_threads.h"

#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

static uint64_t box_hash(const boxed *b, uint64_t seed) { return cow_hash_u64((uint64_t)*b->value, seed); }

#ifdef ORDERED
#define COW_KEEP_ORDER
#define VALUE bag_ordered
#define VALUE_DROP bag_ordered_drop
#define SET_IN(value) (&(value)->set)
#define KIND "ordered sets"
#else
#define VALUE bag_set
#define VALUE_DROP bag_set_drop
#define SET_IN(value) (value)
#define KIND "sets"
#endif
#define COW_LIST_SET bag, boxed
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_HASH box_hash
#include "cow/cow.h"

enum { THREADS = 4, WRITERS = 2, WINDOW = 40, SCRATCH = 100, READINGS = 7 };

static bag windows, scratch;
static atomic_size_t added, removed;

static void set_up(void) {
    atomic_store(&added, 0);
    atomic_store(&removed, 0);
}

static void tear_down(void) {
    CHECK(bag_len(&windows) == atomic_load(&added) - atomic_load(&removed));
    bag_drop(&windows);
    bag_drop(&scratch);
    CHECK(atomic_load(&alive) == 0);
}

/* ---- what every version is like ---- */

/* The numbers of each writer in one version. */
typedef struct range {
    int lowest, highest, count;
} range;

static void meet(range *r, int value) {
    range *mine = &r[value % WRITERS];
    int number = value / WRITERS;
    CHECK(value >= 0);
    if (!mine->count || number < mine->lowest) mine->lowest = number;
    if (!mine->count || number > mine->highest) mine->highest = number;
    mine->count++;
}

static bool meet_key(const boxed *k, void *r) { return meet(r, *k->value), true; }

/* Set and order are the same keys, and those of one writer stand in the order in which they came. */
static void check_order(const VALUE *value) {
#ifdef ORDERED
    size_t n;
    const boxed *k = bag_ordered_keys(value, &n);
    int last[WRITERS] = {-1, -1};
    CHECK(n == bag_set_len(&value->set));
    for (size_t i = 0; i < n; i++) {
        int number = *k[i].value;
        CHECK(bag_set_contains(&value->set, k + i) && number > last[number % WRITERS]);
        last[number % WRITERS] = number;
    }
#else
    (void)value;
#endif
}

/* `seen` is what an earlier version was like. */
static void check_ranges(const range *r, range *seen) {
    for (int w = 0; w < WRITERS; w++) {
        CHECK(r[w].count == 0 || r[w].count == r[w].highest - r[w].lowest + 1);
        CHECK(r[w].count <= WINDOW + 2);
        if (!r[w].count) continue;
        CHECK(r[w].lowest >= seen[w].lowest && r[w].highest >= seen[w].highest);
        seen[w] = r[w];
    }
}

static void check_version(const VALUE *value, range *seen) {
    range r[WRITERS] = {{0, 0, 0}, {0, 0, 0}};
    COW_MAP_EACH (bag_set, k, SET_IN(value)) meet(r, *k->value);
    check_ranges(r, seen);
    check_order(value);
}

/* ---- writers ---- */

typedef struct writer {
    int w, lowest, next; /* its numbers: lowest up to, but not including, next */
} writer;

static boxed key_of(const writer *w, int number) { return box(number * WRITERS + w->w); }

static void add_one(writer *w) {
    boxed k = key_of(w, w->next);
    CHECK(bag_add(&windows, k));
    w->next++;
    atomic_fetch_add(&added, 1);
    boxed again = key_of(w, w->next - 1);
    CHECK(!bag_add(&windows, again) && cow_error() == COW_EXISTS && bag_contains(&windows, &again));
    box_drop(&again);
}

static void remove_one(writer *w) {
    boxed k = key_of(w, w->lowest);
    CHECK(bag_remove(&windows, &k));
    CHECK(!bag_remove(&windows, &k) && cow_error() == COW_ABSENT && !bag_contains(&windows, &k));
    box_drop(&k);
    w->lowest++;
    atomic_fetch_add(&removed, 1);
}

/* Two at once, which are given together with what is there. */
static void add_two(writer *w) {
    boxed k[3] = {key_of(w, w->next), key_of(w, w->lowest), key_of(w, w->next + 1)};
    size_t n = 0;
    bool had = w->lowest < w->next;
    CHECK(bag_add_all(&windows, k, had ? 3 : 1, &n) && n == (had ? 2 : 1));
    for (size_t i = 0; i < 3; i++) box_drop(&k[i]);
    w->next += (int)n;
    atomic_fetch_add(&added, n);
}

static void remove_two(writer *w) {
    boxed k[2] = {key_of(w, w->lowest + 1), key_of(w, w->lowest)};
    size_t n = 0;
    CHECK(bag_remove_all(&windows, k, 2, &n) && n == 2);
    for (size_t i = 0; i < 2; i++) box_drop(&k[i]);
    w->lowest += 2;
    atomic_fetch_add(&removed, 2);
}

static bool is_old(const boxed *k, void *w) {
    const writer *mine = w;
    return *k->value % WRITERS == mine->w && *k->value / WRITERS < mine->lowest;
}

static void remove_half(writer *w) {
    int half = (w->next - w->lowest) / 2;
    size_t n = 0;
    w->lowest += half;
    CHECK(bag_remove_if(&windows, is_old, w, &n) && n == (size_t)half);
    atomic_fetch_add(&removed, n);
}

static bool shift(bag_set *all, void *ctx) {
    writer *w = ctx;
    boxed old = key_of(w, w->lowest);
    bool ok = bag_set_erase(all, &old) && bag_set_put(all, key_of(w, w->next));
    box_drop(&old);
    return ok;
}

/* The oldest goes and a new one comes, in one version. */
static void shift_one(writer *w) {
    CHECK(bag_update(&windows, shift, w));
    w->lowest++;
    w->next++;
    atomic_fetch_add(&added, 1);
    atomic_fetch_add(&removed, 1);
}

static void write_window(writer *w, size_t round) {
    int n = w->next - w->lowest;
    if (n < 4)
        round % 2 ? add_one(w) : add_two(w);
    else if (n >= WINDOW)
        round % 3 ? remove_half(w) : remove_two(w);
    else if (round % 7 == 6)
        shift_one(w);
    else if (round % 7 == 5)
        remove_one(w);
    else
        add_one(w);
}

static bool keep_some(bag_set *all, void *ctx) {
    (void)ctx;
    boxed k = box(3);
    bool ok = !bag_set_contains(all, &k) || bag_set_erase(all, &k);
    box_drop(&k);
    return ok;
}

/* All writers add the same key, or remove it. */
static void dispute(size_t round) {
    boxed k = box((int)(round / 2 % SCRATCH));
    if (round % 2)
        CHECK(bag_remove(&scratch, &k) || cow_error() == COW_ABSENT);
    else if (bag_add(&scratch, k))
        return;
    else
        CHECK(cow_error() == COW_EXISTS);
    box_drop(&k);
}

/* Whatever sets can do. */
static void write_scratch(size_t round) {
    boxed k[4];
    for (size_t i = 0; i < 4; i++) k[i] = box((int)((round * 7 + i * 13) % SCRATCH));
    switch (round % 11) {
    case 0: CHECK(bag_retain_all(&scratch, k, 4, NULL)); break;
    case 1: CHECK(bag_remove_all(&scratch, k, 4, NULL)); break;
    case 2: CHECK(bag_update(&scratch, keep_some, NULL)); break;
    case 3: CHECK(bag_remove(&scratch, &k[0]) || cow_error() == COW_ABSENT); break;
    case 4:
        if (round % 5 == 0) bag_clear(&scratch);
        break;
    default: CHECK(bag_add_all(&scratch, k, 4, NULL));
    }
    for (size_t i = 0; i < 4; i++) box_drop(&k[i]);
}

/* ---- readers ---- */

static void read_once(range *seen, bag_reader *cached, size_t round) {
    bag_guard g;
    bag_snapshot a, b;
    VALUE value;
    range r[WRITERS] = {{0, 0, 0}, {0, 0, 0}};
    switch (round % READINGS) {
    case 0:
        CHECK(bag_borrow(&windows, &g));
        check_version(g.value, seen);
        bag_end(&g);
        break;
    case 1:
        CHECK(bag_snapshot_of(&windows, &a));
        b = bag_snapshot_copy(&a);
        bag_snapshot_drop(&a);
        check_version(bag_snapshot_value(&b), seen);
        bag_snapshot_drop(&b);
        break;
    case 2:
        CHECK(bag_load(&windows, &value));
        check_version(&value, seen);
        VALUE_DROP(&value);
        break;
    case 3:
        CHECK(bag_for_each(&windows, meet_key, r));
        check_ranges(r, seen);
        break;
    case 4: check_version(bag_cached(&windows, cached), seen); break;
    case 5: check_version(bag_cached(&windows, cached), seen), bag_idle(cached); break;
    default: CHECK(bag_equal(&scratch, &scratch) || bag_len(&scratch) <= SCRATCH);
    }
}

static void read_copies(range *seen) {
    boxed out[WRITERS * (WINDOW + 2)];
    range r[WRITERS] = {{0, 0, 0}, {0, 0, 0}};
    size_t n = 0;
    CHECK(bag_copy_to(&windows, out, sizeof out / sizeof *out, &n));
    for (size_t i = 0; i < n; i++) {
        meet(r, *out[i].value);
        box_drop(&out[i]);
    }
    check_ranges(r, seen);
}

/* The keys of the scratch set are each there once, whatever is done meanwhile. */
static void walk_scratch(void) {
    bag_iter it;
    const boxed *k;
    bool met[SCRATCH] = {false};
    CHECK(bag_iter_of(&scratch, &it));
    while (bag_iter_next(&it, &k)) {
        CHECK(*k->value >= 0 && *k->value < SCRATCH && !met[*k->value]);
        met[*k->value] = true;
    }
    bag_iter_drop(&it);
}

/* ---- threads ---- */

static void *work(void *job) {
    const size_t *j = (const size_t *)job;
    writer w = {(int)(j[0] % THREADS), 0, 0};
    range seen[WRITERS] = {{0, 0, 0}, {0, 0, 0}};
    bag_reader cached;
    memset(&cached, 0, sizeof cached);
    for (size_t i = 0; i < j[1]; i++) {
        if (w.w < WRITERS) {
            write_window(&w, i);
            write_scratch(i + j[0]);
            dispute(i);
        } else {
            read_once(seen, &cached, i + j[0]);
            if (i % 8 == 0) read_copies(seen);
            if (i % 4 == 0) walk_scratch();
        }
    }
    bag_idle(&cached);
    return NULL;
}

int main(int argc, char **argv) {
    enum { TURNS = 10 };
    size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 10) : 20000) / TURNS + 1;
    kit_turns(&(kit_turn){set_up, work, tear_down}, TURNS, THREADS, rounds);
    printf("list set threads, " KIND ": %d turns x %d readers and %d writers x %zu rounds over shared sets: no broken "
           "version, nothing lost, nothing dropped twice\n",
           TURNS, THREADS - WRITERS, WRITERS, rounds);
    return 0;
}

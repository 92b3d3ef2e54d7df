/* SPDX-License-Identifier: MIT */
/*
 * Cells for as long as you like: readers of all sorts, borrows that outlive thousands of versions, threads that come and go, threads
 * that wait, and two writers, on cells of arrays, strings and maps. Each value carries a checksum over its content and the number of
 * its cell, and whoever sees a value verifies it: one that changes, ends too early or is another cell's shows at once. Versions are
 * counted: there are never more than all threads together can hold, and in the end none.
 *
 *   cell_soak [seconds]
 */
#include "soak.h"

#define COW_IMPLEMENTATION
#define COW_ARRAY words, uint32_t
#include "cow/cow.h"
#define COW_MAP table, uint32_t, uint32_t
#include "cow/cow.h"
typedef cow_str text;

enum {
    CELLS = 2, /* of each kind */
    KINDS = 3,
    READERS = 3,
    HOLDERS = 2,
    VISITORS = 2, /* short-lived threads at once */
    WAITERS = 1,
    WRITERS = 2,
    MOST_BORROWED = 9, /* at once by a reader */
    MOST_OUTLIVED = 5000,
    /* What a reader may hold: borrows, a reader and a snapshot for each cell, and a snapshot on its way. A writer holds the
       version that it took out, the one that it puts in, and a borrow. */
    HELD_BY_READER = MOST_BORROWED + 2 * KINDS * CELLS + 2,
    HELD_BY_WRITER = 4,
    MOST_VERSIONS =
        KINDS * CELLS + 1 + (READERS + VISITORS) * HELD_BY_READER + (HOLDERS + WAITERS) * 2 + WRITERS * HELD_BY_WRITER,
    MOST_BYTES = MOST_VERSIONS * 16384
};

static const cow_alloc soak_versions_alloc = {soak_version_take, NULL, soak_version_give_back, NULL};

/* ---- arrays: the last element is the checksum ---- */

enum { MOST_WORDS = 400 };

static uint32_t sum_words(const words *v, size_t n, unsigned home) {
    uint64_t sum = soak_mix(n, home);
    for (size_t i = 0; i < n; i++) sum = soak_mix(sum, words_at(v, i));
    return (uint32_t)sum;
}

static bool grow_words(words *v, unsigned n, uint64_t *random) {
    while (n--)
        if (!words_push(v, (uint32_t)soak_random(random))) return false;
    return true;
}

static bool seal_words(words *v, unsigned home) { return words_push(v, sum_words(v, words_len(v), home)); }

static bool make_words(words *out, unsigned home, uint64_t *random) {
    *out = (words){0};
    return grow_words(out, soak_pick(random, MOST_WORDS / 4), random) && seal_words(out, home);
}

static void check_words(const words *v, unsigned home) {
    size_t n = words_len(v);
    CHECK(n > 0 && n <= MOST_WORDS);
    CHECK(words_at(v, n - 1) == sum_words(v, n - 1, home));
}

/* Appends, which claims the tail of the shared buffer, or changes in the middle, or becomes short again. */
static bool change_words(words *v, unsigned home, uint64_t *random) {
    unsigned n = (unsigned)words_len(v) - 1, longer = soak_pick(random, 8);
    if (!words_truncate(v, n + longer >= MOST_WORDS ? n / 8 : n)) return false;
    n = (unsigned)words_len(v);
    if (n && longer == 0 && !words_set(v, soak_pick(random, n), (uint32_t)soak_random(random))) return false;
    return grow_words(v, longer, random) && seal_words(v, home);
}

static void drop_words(words *v) { words_drop(v); }

/* ---- strings: the last 16 letters are the checksum ---- */

enum { MOST_LETTERS = 1500, SUM_LETTERS = 16 };

static uint64_t sum_text(const text *v, size_t n, unsigned home) {
    const char *p = cow_str_data(v);
    uint64_t sum = soak_mix(n, home);
    for (size_t i = 0; i < n; i++) sum = soak_mix(sum, (unsigned char)p[i]);
    return sum;
}

static bool grow_text(text *v, unsigned n, uint64_t *random) {
    while (n--)
        if (!cow_str_append_byte(v, (char)('a' + soak_pick(random, 26)))) return false;
    return true;
}

static bool seal_text(text *v, unsigned home) {
    char sum[SUM_LETTERS + 1];
    snprintf(sum, sizeof sum, "%016" PRIx64, sum_text(v, cow_str_len(v), home));
    return cow_str_append(v, sum);
}

/* Inline, or in a buffer, or long enough that slices share it. */
static bool make_text(text *out, unsigned home, uint64_t *random) {
    static const unsigned most[] = {6, 100, MOST_LETTERS / 2};
    *out = (text){0};
    return grow_text(out, soak_pick(random, most[soak_pick(random, 3)] + 1), random) && seal_text(out, home);
}

static void check_text(const text *v, unsigned home) {
    char sum[SUM_LETTERS + 1];
    size_t n = cow_str_len(v);
    CHECK(n >= SUM_LETTERS && n <= MOST_LETTERS);
    snprintf(sum, sizeof sum, "%016" PRIx64, sum_text(v, n - SUM_LETTERS, home));
    CHECK(memcmp(cow_str_data(v) + n - SUM_LETTERS, sum, SUM_LETTERS) == 0);
}

static bool change_text(text *v, unsigned home, uint64_t *random) {
    size_t n = cow_str_len(v) - SUM_LETTERS;
    unsigned longer = soak_pick(random, 32);
    if (!cow_str_truncate(v, n)) return false;
    if (n + longer + SUM_LETTERS > MOST_LETTERS) {
        text tail = cow_str_slice(v, n / 2, n); /* shares the buffer */
        cow_str_drop(v);
        *v = tail;
        longer = 0;
    }
    return grow_text(v, longer, random) && seal_text(v, home);
}

static void drop_text(text *v) { cow_str_drop(v); }

/* ---- maps: one key has the checksum of all others ---- */

enum { MOST_KEYS = 200 };
static const uint32_t sum_key = UINT32_MAX;

static uint32_t part_table(uint32_t key, uint32_t value, unsigned home) {
    return (uint32_t)soak_mix(soak_mix(home, key), value);
}

static uint32_t sum_table(const table *v, unsigned home) {
    uint32_t sum = home;
    COW_MAP_EACH (table, it, v)
        if (it->key != sum_key) sum += part_table(it->key, it->value, home);
    return sum;
}

static bool make_table(table *out, unsigned home, uint64_t *random) {
    *out = (table){0};
    for (unsigned n = soak_pick(random, MOST_KEYS); n--;)
        if (!table_put(out, soak_pick(random, MOST_KEYS), (uint32_t)soak_random(random))) return false;
    return table_put(out, sum_key, sum_table(out, home));
}

static void check_table(const table *v, unsigned home) {
    const uint32_t *sum = table_get(v, &sum_key);
    CHECK(sum && table_len(v) <= MOST_KEYS + 1);
    CHECK(*sum == sum_table(v, home));
}

/* Changes one key, and the checksum by it: so most of the tree is shared by many versions. */
static bool change_table(table *v, unsigned home, uint64_t *random) {
    uint32_t key = soak_pick(random, MOST_KEYS), value = (uint32_t)soak_random(random);
    uint32_t sum = *table_get(v, &sum_key);
    const uint32_t *old = table_get(v, &key);
    if (old) sum -= part_table(key, *old, home);
    if (old && soak_pick(random, 2)) {
        if (!table_erase(v, &key)) return false;
    } else {
        if (!table_put(v, key, value)) return false;
        sum += part_table(key, value, home);
    }
    return table_put(v, sum_key, sum);
}

static void drop_table(table *v) { table_drop(v); }

/* ---- the cells ---- */

#define KIND words
#include "cell_kind.h"
#define KIND text
#include "cell_kind.h"
#define KIND table
#include "cell_kind.h"

/* And one that every change of a writer makes larger by 1. */
#define COW_CELL count_cell, size_t
#define COW_ALLOC &soak_versions_alloc
#include "cow/cow.h"
static count_cell counter;

static bool add_one(size_t *n, void *context) {
    (void)context;
    ++*n;
    return true;
}

/* ---- roles ---- */

typedef struct hands {
    hand_words words;
    hand_text text;
    hand_table table;
} hands;

static void read_any(hands *h, uint64_t *random) {
    switch (soak_pick(random, KINDS)) {
    case 0: read_words(&h->words, random); break;
    case 1: read_text(&h->text, random); break;
    default: read_table(&h->table, random);
    }
}

static void let_go(hands *h) {
    let_go_words(&h->words);
    let_go_text(&h->text);
    let_go_table(&h->table);
}

/* The count that a thread reads never falls. */
static size_t read_count(size_t last) {
    count_cell_guard g;
    CHECK(count_cell_borrow(&counter, &g));
    size_t now = *g.value;
    CHECK(now >= last);
    count_cell_end(&g);
    return now;
}

static void read_all(soak_worker *me) {
    hands h;
    size_t count = 0;
    memset(&h, 0, sizeof h);
    while (soak_goes_on()) {
        read_any(&h, &me->random);
        count = read_count(count);
        soak_did(me);
    }
    let_go(&h);
}

static soak_count outlived; /* versions, by one borrow */

static void hold(soak_worker *me) {
    while (soak_goes_on()) {
        size_t passed;
        switch (soak_pick(&me->random, KINDS)) {
        case 0: passed = hold_words(&me->random); break;
        case 1: passed = hold_text(&me->random); break;
        default: passed = hold_table(&me->random);
        }
        soak_add(&outlived, (long long)passed);
        soak_add(&outlived, -(long long)passed);
        soak_did(me);
    }
}

static void *visit(void *random_state) {
    uint64_t random = *(uint64_t *)random_state;
    hands h;
    memset(&h, 0, sizeof h);
    for (unsigned n = soak_pick(&random, 50); n--;) read_any(&h, &random);
    let_go(&h);
    if (soak_pick(&random, 2)) leave_open_words(soak_pick(&random, CELLS));
    if (soak_pick(&random, 2)) leave_open_text(soak_pick(&random, CELLS));
    if (soak_pick(&random, 2)) leave_open_table(soak_pick(&random, CELLS));
    return NULL;
}

/* Lets threads come and go, each beginning before another one ends. */
static void receive(soak_worker *me) {
    pthread_t threads[VISITORS];
    uint64_t randoms[VISITORS];
    unsigned turn = 0;
    for (unsigned i = 0; i < VISITORS; i++) {
        randoms[i] = soak_random(&me->random);
        CHECK(pthread_create(&threads[i], NULL, visit, &randoms[i]) == 0);
    }
    for (; soak_goes_on(); turn = (turn + 1) % VISITORS) {
        CHECK(pthread_join(threads[turn], NULL) == 0);
        randoms[turn] = soak_random(&me->random);
        CHECK(pthread_create(&threads[turn], NULL, visit, &randoms[turn]) == 0);
        soak_did(me);
    }
    for (unsigned i = 0; i < VISITORS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

static void wait_for_changes(soak_worker *me) {
    while (soak_goes_on()) {
        switch (soak_pick(&me->random, KINDS)) {
        case 0: wait_words(&me->random); break;
        case 1: wait_text(&me->random); break;
        default: wait_table(&me->random);
        }
        soak_did(me);
    }
}

static void replace(soak_worker *me) {
    while (soak_goes_on()) {
        switch (soak_pick(&me->random, KINDS)) {
        case 0: write_words(&me->random); break;
        case 1: write_text(&me->random); break;
        default: write_table(&me->random);
        }
        CHECK(count_cell_update(&counter, add_one, NULL));
        soak_did(me);
    }
}

static const soak_role roles[] = {{"reads", READERS, read_all},       {"held", HOLDERS, hold},
                                  {"visitors", 1, receive},           {"waits", WAITERS, wait_for_changes},
                                  {"replacements", WRITERS, replace}, {NULL, 0, NULL}};

/* ---- the end ---- */

/* The records of threads are kept to be used again. A thread may make one while another one gives its own back. */
static long long check_nothing_left(void) {
    long long records = soak_now(&soak_blocks);
    CHECK(soak_now(&soak_versions) == 0);
    CHECK(soak_now(&soak_bytes) == records * COW__READER_BLOCK);
    CHECK(records <= 2 * (READERS + HOLDERS + VISITORS + WAITERS + WRITERS + 1));
    return records;
}

int main(int count, char **arguments) {
    double seconds = count > 1 ? strtod(arguments[1], NULL) : 600;
    uint64_t random = 1;
    set_up_words(&random);
    set_up_text(&random);
    set_up_table(&random);
    soak_run("cells", roles, seconds, MOST_VERSIONS);
    CHECK(read_count(0) == soak_done(&roles[4]));
    tear_down_words();
    tear_down_text();
    tear_down_table();
    count_cell_drop(&counter);
    long long records = check_nothing_left();
    CHECK(soak_most(&soak_bytes) <= MOST_BYTES);
    printf(
        "soak: cells: %.0f s: %llu replacements by %d writers, %llu readings by %d readers, %llu borrows of which one "
        "outlived %lld "
        "versions, %llu threads came and went, %llu waits; at most %lld of %d versions and %lld KB at once; no wrong "
        "value, nothing left but %lld records\n",
        seconds, soak_done(&roles[4]), WRITERS, soak_done(&roles[0]), READERS, soak_done(&roles[1]),
        soak_most(&outlived), soak_done(&roles[2]), soak_done(&roles[3]), soak_most(&soak_versions), MOST_VERSIONS,
        soak_most(&soak_bytes) / 1024, records);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A paged region for as long as you like: writers of records, through plain pointers, announced and by the kernel;
 * takers of snapshots with views and bare, which they check, compare, restore and drop in any order; readers of shared
 * ones; and small regions that come and go. Each record stands twice, each time with a checksum, and its writer changes
 * the older one, then counts the write: so a snapshot of any moment has one right copy of every record, no record newer
 * than the count by more than the write under way, and the one that was counted last. Its bytes are the same to its end.
 *
 *   paged_soak [seconds]
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "soak.h"

#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

enum {
    WRITERS = 4,
    TAKERS = 3,
    READERS = 2,
    TABLE = 4,   /* snapshots that readers share */
    OF_EACH = 6, /* snapshots of a taker */
    PAGES = 1536,
    WORDS = 16, /* of a copy of a record: number, 14 of payload, checksum */
    COPY = WORDS * 8,
    /* A taker has one more while it puts it into the table; each reader has one. */
    MOST_SNAPS = TAKERS * (OF_EACH + 1) + TABLE + READERS + 3
};

static cow_paged *region;
static char *data;
static size_t page, bytes, records; /* of both: two copies each */

/* Restoring is for nobody else's writes and cuts: those hold this for reading. */
static pthread_rwlock_t quiet;
static uint64_t restores; /* changes under it */

/* ---- records ---- */

static volatile uint64_t *count_of(char *image, unsigned w) { return (volatile uint64_t *)(void *)(image + w * 64); }

static volatile uint64_t *copy_of(char *image, size_t record, unsigned copy) {
    return (volatile uint64_t *)(void *)(image + page + ((size_t)copy * records + record) * COPY);
}

/* Where a writer's k-th write goes: forwards for a while, to a few that are hot, anywhere. */
static size_t record_of(unsigned w, uint64_t k) {
    uint64_t each = records / WRITERS, kind = k >> 9 & 3, at = soak_mix(w, k);
    if (kind == 0) at = k;
    if (kind == 1) at %= 64;
    return (size_t)(at % each) * WRITERS + w;
}

static uint64_t checksum_of(const volatile uint64_t *copy) {
    uint64_t sum = 1;
    for (int i = 0; i < WORDS - 1; i++) sum = soak_mix(sum, copy[i]);
    return sum;
}

/* A copy that was never written is all zero, and right. */
static bool is_right(const volatile uint64_t *copy) {
    return copy[WORDS - 1] == checksum_of(copy) || (!copy[0] && !copy[1] && !copy[WORDS - 1]);
}

static volatile uint64_t *older_copy(size_t record) {
    volatile uint64_t *a = copy_of(data, record, 0), *b = copy_of(data, record, 1);
    if (!is_right(a)) return a;
    return is_right(b) && a[0] < b[0] ? a : b;
}

static void fill(uint64_t *words, size_t record, uint64_t k) {
    words[0] = k;
    for (uint64_t i = 1; i < WORDS - 1; i++) words[i] = soak_mix(record + i, k);
    words[WORDS - 1] = checksum_of(words);
}

/* ---- writers ---- */

static void by_the_kernel(const int *ends, volatile uint64_t *to, const uint64_t *words) {
    CHECK(write(ends[1], words, COPY) == COPY);
    CHECK(cow_paged_read(region, ends[0], (void *)(uintptr_t)to, COPY) == COPY);
}

static void write_record(unsigned w, uint64_t k, unsigned how, const int *ends) {
    uint64_t words[WORDS];
    size_t record = record_of(w, k);
    volatile uint64_t *to = older_copy(record);
    fill(words, record, k);
    if (how == 1) CHECK(cow_paged_will_write(region, (void *)(uintptr_t)to, COPY));
    if (how == 2)
        by_the_kernel(ends, to, words);
    else
        for (int i = 0; i < WORDS; i++) to[i] = words[i];
    atomic_thread_fence(memory_order_release);
    *count_of(data, w) = k;
}

static atomic_uint numbers;

static void write_all(soak_worker *me) {
    unsigned w = atomic_fetch_add(&numbers, 1);
    int ends[2];
    CHECK(pipe(ends) == 0);
    while (soak_goes_on()) {
        CHECK(pthread_rwlock_rdlock(&quiet) == 0);
        for (unsigned n = 0; n < 40; n++) {
            unsigned how = soak_pick(&me->random, 40);
            write_record(w, *count_of(data, w) + 1, how, ends);
            soak_did(me);
        }
        CHECK(pthread_rwlock_unlock(&quiet) == 0);
        if (!soak_pick(&me->random, 8)) soak_sleep(0.0005);
    }
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
}

/* ---- snapshots ---- */

typedef struct shot {
    cow_snap *s;
    uint64_t sum;
    bool owned; /* counted as one of its own, and not a copy */
} shot;

typedef struct taker {
    shot mine[OF_EACH];
    uint64_t seen[WRITERS], restores; /* counts of the last snapshot, after so many restores */
    char *image;
} taker;

static pthread_mutex_t table_turn = PTHREAD_MUTEX_INITIALIZER;
static shot table[TABLE];
static soak_count restored, compared;

static uint64_t sum_of(const char *image) {
    uint64_t sum = 0, word;
    for (size_t i = 0; i < bytes; i += sizeof word) {
        memcpy(&word, image + i, sizeof word);
        sum = (sum << 9 | sum >> 55) ^ (word + i);
    }
    return sum;
}

/* Views are read where they are. */
static char *image_of(const cow_snap *s, char *room) {
    char *view = (char *)(uintptr_t)cow_snap_data(s);
    if (view) return view;
    CHECK(cow_snap_read(s, 0, room, bytes));
    return room;
}

/* The newest right copy. */
static uint64_t number_of(char *image, size_t record) {
    const volatile uint64_t *a = copy_of(image, record, 0), *b = copy_of(image, record, 1);
    bool a_right = is_right(a), b_right = is_right(b);
    CHECK((a_right || b_right) && "one copy of each record is right");
    return a_right && (!b_right || a[0] > b[0]) ? a[0] : b[0];
}

static void check_image(taker *t, char *image) {
    uint64_t count[WRITERS];
    for (unsigned w = 0; w < WRITERS; w++) {
        count[w] = *count_of(image, w);
        CHECK(count[w] >= t->seen[w] && "a later snapshot sees no less");
        if (count[w]) CHECK(number_of(image, record_of(w, count[w])) >= count[w] && "what was counted is there");
        t->seen[w] = count[w];
    }
    for (size_t i = 0; i < records; i++) CHECK(number_of(image, i) <= count[i % WRITERS] + 1 && "one moment");
}

static void take(taker *t, shot *to, bool bare) {
    CHECK(pthread_rwlock_rdlock(&quiet) == 0);
    if (t->restores != restores) memset(t->seen, 0, sizeof t->seen);
    t->restores = restores;
    to->s = bare ? cow_paged_snapshot_bare(region) : cow_paged_snapshot(region);
    CHECK(pthread_rwlock_unlock(&quiet) == 0);
    CHECK(to->s != NULL);
    soak_add(&soak_versions, 1);
    char *image = image_of(to->s, t->image);
    check_image(t, image);
    to->sum = sum_of(image);
    to->owned = true;
}

static void check_and_drop(shot *x, char *room) {
    if (!x->s) return;
    CHECK(sum_of(image_of(x->s, room)) == x->sum && "a snapshot stays what it was");
    CHECK(cow_snap_ok(x->s));
    cow_snap_drop(x->s);
    if (x->owned) soak_add(&soak_versions, -1);
    x->s = NULL;
}

static void restore(const shot *x) {
    CHECK(pthread_rwlock_wrlock(&quiet) == 0);
    CHECK(cow_paged_restore(region, x->s));
    CHECK(sum_of(data) == x->sum && "the region is what the snapshot was");
    restores++;
    CHECK(pthread_rwlock_unlock(&quiet) == 0);
    soak_add(&restored, 1);
}

/* ---- what differs ---- */

typedef struct difference {
    const char *a, *b;
    size_t end; /* of the last run */
} difference;

static bool same_until(size_t offset, size_t n, void *ctx) {
    difference *d = (difference *)ctx;
    CHECK(offset >= d->end && memcmp(d->a + d->end, d->b + d->end, offset - d->end) == 0 && "what differs is named");
    d->end = offset + n;
    return true;
}

static void compare(const shot *x, const shot *y) {
    difference d = {(const char *)cow_snap_data(x->s), (const char *)cow_snap_data(y->s), 0};
    if (!d.a || !d.b) return;
    CHECK(cow_paged_each_dirty(x->s, y->s, same_until, &d));
    CHECK(memcmp(d.a + d.end, d.b + d.end, bytes - d.end) == 0 && "what differs is named");
    soak_add(&compared, 1);
}

/* ---- takers and readers ---- */

/* Puts a copy into the table, and drops what was there. */
static void show(const shot *x, unsigned at, char *room) {
    shot old;
    CHECK(pthread_mutex_lock(&table_turn) == 0);
    old = table[at];
    table[at] = (shot){cow_snap_copy(x->s), x->sum, false};
    CHECK(pthread_mutex_unlock(&table_turn) == 0);
    check_and_drop(&old, room);
}

static void taker_step(taker *t, uint64_t *random) {
    shot *x = &t->mine[soak_pick(random, OF_EACH)], *y = &t->mine[soak_pick(random, OF_EACH)];
    if (!x->s) {
        take(t, x, soak_pick(random, 3) == 0);
        return;
    }
    unsigned what = soak_pick(random, 40);
    if (what == 0)
        restore(x);
    else if (what < 8)
        show(x, soak_pick(random, TABLE), t->image);
    else if (what < 14 && y->s)
        compare(x, y);
    else
        check_and_drop(x, t->image);
}

static void take_all(soak_worker *me) {
    taker t;
    memset(&t, 0, sizeof t);
    t.image = (char *)malloc(bytes);
    CHECK(t.image != NULL);
    while (soak_goes_on()) {
        taker_step(&t, &me->random);
        soak_did(me);
    }
    for (unsigned i = 0; i < OF_EACH; i++) check_and_drop(&t.mine[i], t.image);
    free(t.image);
}

static void read_all(soak_worker *me) {
    char *room = (char *)malloc(bytes);
    CHECK(room != NULL);
    while (soak_goes_on()) {
        unsigned at = soak_pick(&me->random, TABLE);
        shot x = {NULL, 0, false};
        CHECK(pthread_mutex_lock(&table_turn) == 0);
        if (table[at].s) x = (shot){cow_snap_copy(table[at].s), table[at].sum, false};
        CHECK(pthread_mutex_unlock(&table_turn) == 0);
        check_and_drop(&x, room);
        soak_sleep(0.001);
        soak_did(me);
    }
    free(room);
}

/* Small regions come and go, so that the table of regions and the handler change all the time. */
static void come_and_go(soak_worker *me) {
    while (soak_goes_on()) {
        size_t n = 1 + soak_pick(&me->random, 200);
        cow_paged *r = cow_paged_new(n * page, NULL);
        CHECK(r != NULL);
        memset(cow_paged_data(r), 1, n * page);
        cow_snap *s = cow_paged_snapshot(r);
        CHECK(s != NULL);
        memset(cow_paged_data(r), 2, n * page);
        if (soak_pick(&me->random, 2)) {
            cow_paged_free(r);
            r = NULL;
        }
        const char *view = (const char *)cow_snap_data(s);
        CHECK(view[0] == 1 && memcmp(view, view + 1, n * page - 1) == 0);
        cow_snap_drop(s);
        cow_paged_free(r);
        soak_did(me);
    }
}

static const soak_role roles[] = {{"writes", WRITERS, write_all},
                                  {"steps of takers", TAKERS, take_all},
                                  {"readings", READERS, read_all},
                                  {"regions", 1, come_and_go},
                                  {NULL, 0, NULL}};

/* ---- begin and end ---- */

static void begin(void) {
    pthread_rwlockattr_t attr;
    CHECK(pthread_rwlockattr_init(&attr) == 0);
    CHECK(pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
    CHECK(pthread_rwlock_init(&quiet, &attr) == 0 && pthread_rwlockattr_destroy(&attr) == 0);
    page = (size_t)sysconf(_SC_PAGESIZE);
    region = cow_paged_new(PAGES * page, NULL);
    CHECK(region != NULL);
    data = (char *)cow_paged_data(region);
    bytes = cow_paged_size(region);
    records = (bytes - page) / (2 * COPY) / WRITERS * WRITERS;
}

/* Entries of the table of regions are kept to be used again. */
static void end(void) {
    cow_paged_stats stats;
    for (unsigned i = 0; i < TABLE; i++) cow_snap_drop(table[i].s);
    cow_paged_stats_of(region, &stats);
    CHECK(stats.snapshots == 0 && stats.held == 0 && stats.given_up == 0);
    cow_paged_free(region);
    CHECK(soak_now(&soak_versions) == 0);
    CHECK(soak_now(&soak_blocks) <= 4 && "nothing is left but entries of the table");
}

int main(int count, char **arguments) {
    double seconds = count > 1 ? strtod(arguments[1], NULL) : 600;
    begin();
    soak_run("paged", roles, seconds, MOST_SNAPS);
    end();
    printf(
        "soak: paged: %.0f s: %llu writes by %d writers, %llu steps of %d takers, %lld restores, %lld comparisons, "
        "%llu readings, %llu regions came and went; at most %lld snapshots of their own at once; each of one moment, "
        "and stable to its end\n",
        seconds, soak_done(&roles[0]), WRITERS, soak_done(&roles[1]), TAKERS, soak_now(&restored), soak_now(&compared),
        soak_done(&roles[2]), soak_done(&roles[3]), soak_most(&soak_versions));
    return 0;
}

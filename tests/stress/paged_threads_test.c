/* SPDX-License-Identifier: MIT */
/*
 * Writers and takers of snapshots on one region, all at once. Each writer has a slot on every page and numbers its
 * writes, whose places anybody can tell again: so a snapshot must show each writer exactly as it was after its first
 * K writes, for some K, on all pages. That finds a page that was kept too late or too early, a lost write, and a cut
 * that is not one moment. Sums of each snapshot are the same from its first day to its last. In the end nothing of
 * what snapshots held is left.
 *
 *   paged_threads_test [writes of each writer [alternating pages]]
 */
#define _GNU_SOURCE
#define COW_PAGED
#include "../unit/kit_threads.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

/* By so much less is done, where it is slow. */
#ifndef LESS
#define LESS 1
#endif

enum { PAGES = 256, MOST_WRITERS = 32, MOST_LIVE = 64, ENOUGH = 60 / LESS };

static size_t page; /* bytes */

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
    return x ^ x >> 33;
}

typedef struct run_of {
    cow_paged *r;
    size_t writers, pages, live, writes; /* `pages`: that are written */
    atomic_bool stop;
    atomic_size_t taken; /* snapshots: writers go on until there are enough */
} run_of;

/* Where writer w's k-th write goes. */
static size_t place_of(const run_of *run, size_t w, uint64_t k) { return (size_t)(mix(k * 37 + w) % run->pages); }

/* Slots of one writer lie at the same place of each page, and not beside those of the others only. */
static size_t slot_of(size_t p, size_t w) { return p * page + w % 4 * (page / 4) + w / 4 * 8; }

/* ---- writers ---- */

typedef struct writer {
    run_of *run;
    size_t number;
    uint64_t last; /* write that it did */
} writer;

/* Plain stores are what is tested; volatile keeps them all and in order. */
static void put(char *data, size_t at, uint64_t value) { *(volatile uint64_t *)(void *)(data + at) = value; }
static uint64_t get(const char *data, size_t at) { return *(const volatile uint64_t *)(const void *)(data + at); }

static void *write_all(void *job) {
    writer *me = (writer *)job;
    char *data = (char *)cow_paged_data(me->run->r);
    for (uint64_t k = 1; k <= me->run->writes || atomic_load(&me->run->taken) < ENOUGH; k++) {
        me->last = k;
        put(data, slot_of(place_of(me->run, me->number, k), me->number), k);
        if (k % 64 == 0) sched_yield();
    }
    return NULL;
}

/* ---- takers ---- */

typedef struct taker {
    run_of *run;
    size_t number, taken;
    uint64_t random;
    uint64_t reached[MOST_WRITERS];      /* writes of each writer that the model has done */
    uint64_t model[MOST_WRITERS][PAGES]; /* what its slots hold then */
    cow_snap *snap[MOST_LIVE];
    uint64_t sum[MOST_LIVE];
    char *image; /* of a bare snapshot */
} taker;

static const char *image_of(taker *t, const cow_snap *s) {
    const char *view = (const char *)cow_snap_data(s);
    if (view) return view;
    CHECK(cow_snap_read(s, 0, t->image, cow_snap_size(s)));
    return t->image;
}

static uint64_t sum_of(const char *image, size_t bytes) {
    uint64_t sum = 0, word;
    for (size_t i = 0; i < bytes; i += sizeof word) {
        memcpy(&word, image + i, sizeof word);
        sum = (sum << 7 | sum >> 57) ^ (word + i);
    }
    return sum;
}

/* The writer's slots are what they are after its first K writes. */
static void check_writer(taker *t, const char *image, size_t w) {
    uint64_t most = 0;
    for (size_t p = 0; p < t->run->pages; p++)
        if (get(image, slot_of(p, w)) > most) most = get(image, slot_of(p, w));
    CHECK(most >= t->reached[w] && "a later snapshot sees no less");
    for (uint64_t k = t->reached[w] + 1; k <= most; k++) t->model[w][place_of(t->run, w, k)] = k;
    t->reached[w] = most;
    for (size_t p = 0; p < t->run->pages; p++) CHECK(get(image, slot_of(p, w)) == t->model[w][p] && "one moment");
}

static void drop(taker *t, size_t i) {
    cow_snap *s = t->snap[i];
    if (!s) return;
    CHECK(sum_of(image_of(t, s), cow_snap_size(s)) == t->sum[i] && "a snapshot stays what it was");
    CHECK(cow_snap_ok(s));
    cow_snap_drop(s);
    t->snap[i] = NULL;
}

static void take(taker *t, size_t i) {
    cow_snap *s = t->taken++ % 3 == 2 ? cow_paged_snapshot_bare(t->run->r) : cow_paged_snapshot(t->run->r);
    CHECK(s != NULL);
    const char *image = image_of(t, s);
    t->snap[i] = s;
    t->sum[i] = sum_of(image, cow_snap_size(s));
    for (size_t w = 0; w < t->run->writers; w++) check_writer(t, image, w);
}

static void *take_all(void *job) {
    taker *t = (taker *)job;
    while (!atomic_load(&t->run->stop)) {
        size_t i = (size_t)(mix(++t->random) % t->run->live);
        drop(t, i);
        if (mix(t->random) >> 40 & 7) take(t, i);
        if (t->snap[i]) (void)atomic_fetch_add(&t->run->taken, 1);
        sched_yield();
    }
    for (size_t i = 0; i < t->run->live; i++) drop(t, i * 7 % t->run->live);
    for (size_t i = 0; i < t->run->live; i++) drop(t, i);
    return NULL;
}

/* ---- all at once ---- */

/* Two takers, so that snapshots are taken and dropped at the same time; the model of each sees what it took. */
static size_t together(size_t writers, size_t pages, size_t live, size_t writes) {
    static taker takers[2];
    pthread_t thread[MOST_WRITERS], taking[2];
    writer all[MOST_WRITERS];
    run_of run = {cow_paged_new(PAGES * page, NULL), writers, pages, live / 2, writes, false, 0};
    CHECK(run.r != NULL);
    memset(takers, 0, sizeof takers);
    for (size_t i = 0; i < 2; i++) {
        takers[i].run = &run;
        takers[i].random = i * 1000003;
        takers[i].image = (char *)malloc(PAGES * page);
        CHECK(takers[i].image && pthread_create(&taking[i], NULL, take_all, &takers[i]) == 0);
    }
    for (size_t i = 0; i < writers; i++) {
        all[i] = (writer){&run, i, 0};
        CHECK(pthread_create(&thread[i], NULL, write_all, &all[i]) == 0);
    }
    for (size_t i = 0; i < writers; i++) CHECK(pthread_join(thread[i], NULL) == 0);
    atomic_store(&run.stop, true);
    for (size_t i = 0; i < 2; i++) CHECK(pthread_join(taking[i], NULL) == 0);
    /* No write is lost. */
    run.live = 1;
    for (size_t w = 0; w < writers; w++) check_writer(&takers[0], (const char *)cow_paged_data(run.r), w);
    for (size_t w = 0; w < writers; w++) CHECK(takers[0].reached[w] == all[w].last);
    cow_paged_stats stats;
    cow_paged_stats_of(run.r, &stats);
    CHECK(stats.snapshots == 0 && stats.held == 0 && stats.given_up == 0);
    cow_paged_free(run.r);
    for (size_t i = 0; i < 2; i++) free(takers[i].image);
    return takers[0].taken + takers[1].taken;
}

static void writers_and_takers(size_t writes) {
    static const size_t writers[] = {2, 32}, pages[] = {1, PAGES}, live[] = {4, 64};
    for (size_t i = 0; i < 8; i++) {
        size_t w = writers[i & 1], n = w > 2 ? writes / 4 : writes;
        size_t taken = together(w, pages[i >> 1 & 1], live[i >> 2 & 1], n);
        printf("paged threads: %zu writers x %zu writes and more on %zu pages, up to %zu snapshots alive, %zu taken: "
               "each one "
               "moment, "
               "and stable\n",
               w, n, pages[i >> 1 & 1], live[i >> 2 & 1], taken);
        fflush(stdout);
    }
}

/* ---- all alive at once ---- */

enum { FEW_PAGES = 64 };

typedef struct scribbler {
    char *data;
    atomic_bool stop;
    atomic_size_t writes;
} scribbler;

static void *scribble(void *job) {
    scribbler *s = (scribbler *)job;
    for (uint64_t k = 1; !atomic_load(&s->stop); k++) {
        put(s->data, mix(k) % FEW_PAGES * page + mix(k * 3) % (page / 8) * 8, k);
        atomic_store(&s->writes, (size_t)k);
        if (k % 16 == 0) sched_yield();
    }
    return NULL;
}

static uint64_t sum_by_reading(const cow_snap *s) {
    static char image[FEW_PAGES * 65536];
    CHECK(cow_snap_size(s) <= sizeof image && cow_snap_read(s, 0, image, cow_snap_size(s)));
    return sum_of(image, cow_snap_size(s));
}

/* `n` snapshots, each of another state, then dropped in a random order; before each drop those that are left are what
   they were, while somebody writes. */
static void all_alive_at_once(size_t n) {
    cow_paged *r = cow_paged_new(FEW_PAGES * page, NULL);
    CHECK(r != NULL && n <= MOST_LIVE);
    cow_snap *s[MOST_LIVE];
    uint64_t sums[MOST_LIVE];
    size_t order[MOST_LIVE], seen = 0;
    scribbler w = {(char *)cow_paged_data(r), false, 0};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, scribble, &w) == 0);
    for (size_t i = 0; i < n; i++) {
        while (atomic_load(&w.writes) < seen + 40) sched_yield();
        s[i] = i % 2 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        CHECK(s[i] != NULL);
        seen = atomic_load(&w.writes);
        sums[i] = sum_by_reading(s[i]);
        CHECK((!i || sums[i] != sums[i - 1]) && "somebody writes");
        order[i] = i;
    }
    cow_paged_stats stats;
    cow_paged_stats_of(r, &stats);
    CHECK(stats.snapshots == n);
    for (size_t left = n; left > 0; left--) {
        size_t k = (size_t)(mix(left * 77 + n) % left);
        for (size_t i = left % 4; i<left; i += left> 8 ? 4 : 1)
            CHECK(sum_by_reading(s[order[i]]) == sums[order[i]] && "a snapshot stays what it was");
        CHECK(sum_by_reading(s[order[k]]) == sums[order[k]] && "also up to its end");
        cow_snap_drop(s[order[k]]);
        order[k] = order[left - 1];
    }
    atomic_store(&w.stop, true);
    CHECK(pthread_join(thread, NULL) == 0);
    cow_paged_stats_of(r, &stats);
    CHECK(stats.snapshots == 0 && stats.held == 0);
    cow_paged_free(r);
    printf("paged threads: %zu snapshots alive at once, dropped in a random order, each stable to its end\n", n);
}

/* ---- first A, then B ---- */

typedef struct pair {
    volatile uint64_t *a, *b;
    atomic_bool stop;
} pair;

static void *first_a_then_b(void *job) {
    pair *p = (pair *)job;
    for (uint64_t k = 1; !atomic_load_explicit(&p->stop, memory_order_relaxed); k++) {
        *p->a = k;
        *p->b = k;
    }
    return NULL;
}

/* A lies before B and behind it, in one chunk and in another, next to it and far; half of the time B was opened
   ahead. */
static void a_cut_is_one_moment(size_t rounds) {
    static const size_t at[][2] = {{0, 1}, {1, 0}, {5, 1500}, {1500, 5}, {511, 512}, {512, 511}};
    cow_paged *r = cow_paged_new(2048 * page, NULL);
    CHECK(r != NULL);
    char *data = (char *)cow_paged_data(r);
    memset(data, 0, cow_paged_size(r));
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        size_t a = at[i][0] * page + 8, b = at[i][1] * page + 16;
        pair p = {(volatile uint64_t *)(void *)(data + a), (volatile uint64_t *)(void *)(data + b), false};
        pthread_t thread;
        *p.a = *p.b = 0;
        CHECK(pthread_create(&thread, NULL, first_a_then_b, &p) == 0);
        for (size_t k = 0; k < rounds; k++) {
            cow_snap *s = cow_paged_snapshot(r);
            CHECK(s != NULL);
            const char *view = (const char *)cow_snap_data(s);
            uint64_t was_a = get(view, a), was_b = get(view, b);
            CHECK((was_a == was_b || was_a == was_b + 1) && "B is never ahead of A");
            if (k % 2) CHECK(cow_paged_will_write(r, data + b, 1));
            if (k % 16 == 0) sched_yield();
            CHECK(get(view, a) == was_a && get(view, b) == was_b);
            cow_snap_drop(s);
        }
        atomic_store(&p.stop, true);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    cow_paged_free(r);
    printf("paged threads: a counter on page A, then on page B: %zu snapshots, none with B ahead\n",
           rounds * sizeof at / sizeof *at);
}

/* ---- memory ---- */

#ifndef NO_MEMORY_FIGURES /* where the program's memory is not its own alone: sanitizers, valgrind */

static size_t pss_of(cow_paged *r) {
    uint64_t sum = sum_of((const char *)cow_paged_data(r), cow_paged_size(r)); /* pages that are mapped count */
    cow_paged_stats stats;
    CHECK(sum != 1);
    cow_paged_stats_of(r, &stats);
    return stats.pss;
}

static void memory_comes_back(void) {
    enum { MANY = 16384, LIVE = 6 };
    cow_paged *r = cow_paged_new(MANY * page, NULL);
    cow_snap *s[LIVE] = {0};
    CHECK(r != NULL);
    char *data = (char *)cow_paged_data(r);
    memset(data, 1, cow_paged_size(r));
    size_t before = pss_of(r), most = 0;
    for (size_t round = 0; round < 4 * LIVE; round++) {
        size_t i = (size_t)(mix(round) % LIVE);
        cow_snap_drop(s[i]);
        s[i] = round % 2 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        CHECK(s[i] != NULL);
        if (round % 8 == 3)
            memset(data, (int)round, cow_paged_size(r) / 2);
        else
            for (size_t k = 0; k < 500; k++) data[mix(k * 100 + round) % MANY * page] = (char)round;
        if (pss_of(r) > most) most = pss_of(r);
    }
    for (size_t i = 0; i < LIVE; i++) cow_snap_drop(s[i]);
    size_t after = pss_of(r);
    printf("paged threads: memory %zu KiB, with snapshots up to %zu KiB, after the last drop %zu KiB\n", before / 1024,
           most / 1024, after / 1024);
    CHECK(before >= MANY * page && most > before + before / 4 && "the measure works");
    CHECK(after <= before + before / 100);
    cow_paged_free(r);
}

#endif

/* ---- as many holes as there can be ---- */

static size_t mappings_now(void) {
    size_t n = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    CHECK(f != NULL);
    for (int c = getc(f); c != EOF; c = getc(f)) n += c == '\n';
    (void)fclose(f);
    return n;
}

static void every_other_page_is_written(size_t written) {
    cow_paged *r = cow_paged_new(2 * written * page, NULL);
    CHECK(r != NULL);
    char *data = (char *)cow_paged_data(r);
    for (size_t k = 0; k < written; k++) put(data, 2 * k * page, k);
    cow_snap *s = cow_paged_snapshot(r);
    CHECK(s != NULL);
    for (size_t k = 0; k < written; k++) put(data, 2 * k * page, k + 1);
    cow_snap *t = cow_paged_snapshot_bare(r);
    CHECK(t != NULL);
    for (size_t k = written; k-- > 0;) put(data, 2 * k * page, k + 2);
    size_t mappings = mappings_now(), most = cow__os_most_mappings();
    CHECK(mappings < most * 4 / 5 && "the program has some left");
    const char *view = (const char *)cow_snap_data(s);
    for (size_t k = 0; k < written; k++) {
        uint64_t kept = 0;
        CHECK(get(view, 2 * k * page) == k && get(view, (2 * k + 1) * page) == 0);
        CHECK(cow_snap_read(t, 2 * k * page, &kept, sizeof kept) && kept == k + 1);
        CHECK(get(data, 2 * k * page) == k + 2);
    }
    printf("paged threads: %zu alternating pages written twice under two snapshots, %zu mappings\n", written, mappings);
    cow_snap_drop(s);
    cow_snap_drop(t);
    cow_paged_free(r);
}

int main(int argc, char **argv) {
    size_t writes = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    size_t alternating = argc > 2 ? strtoull(argv[2], NULL, 10) : 140000;
    page = (size_t)sysconf(_SC_PAGESIZE);
#ifdef NO_MEMORY_FIGURES
    printf("paged threads: left out here: memory comes back (%s)\n", NO_MEMORY_FIGURES);
#else
    memory_comes_back(); /* before threads leave stacks behind */
#endif
    writers_and_takers(writes);
    all_alive_at_once(4);
    all_alive_at_once(64);
    a_cut_is_one_moment(writes / 20 + 10);
    every_other_page_is_written(alternating);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* paged: what a region and its snapshots are, one thread at a time, with every way to catch writes that there is.
   Threads, signals and limits are in tests/stress/paged_*_test.c. With COW_PAGED_EAGER nothing is caught, and the
   results are the same.

     paged_test [random histories of each kind] */
#define _GNU_SOURCE
#define COW_PAGED
#include "kit.h"

#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))
#define LENGTH(a) (sizeof(a) / sizeof *(a))

/* Each test gets the detector to test as its state. */
static cow_paged_detector of_state(void **state) { return *(const cow_paged_detector *)*state; }

static size_t page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static cow_paged *new_region(void **state, size_t pages) {
    cow_paged_options o = {0};
    o.detector = of_state(state);
    cow_paged *r = cow_paged_new(pages * page_bytes(), &o);
    assert_non_null(r);
    return r;
}

static unsigned char *bytes_of(cow_paged *r) { return (unsigned char *)cow_paged_data(r); }

static unsigned char *page_of(cow_paged *r, size_t page) { return bytes_of(r) + page * page_bytes(); }

/* The first byte of a page as the snapshot has it. Views and bare snapshots are asked alike. */
static int seen(const cow_snap *s, size_t page) {
    unsigned char byte = 0xee, by_view = 0;
    size_t at = page * page_bytes();
    assert_true(cow_snap_read(s, at, &byte, 1));
    const unsigned char *view = (const unsigned char *)cow_snap_data(s);
    by_view = view ? view[at] : byte;
    assert_int_equal(byte, by_view);
    return byte;
}

static cow_paged_stats stats_of(cow_paged *r) {
    cow_paged_stats stats;
    cow_paged_stats_of(r, &stats);
    return stats;
}

/* ---- regions ---- */

static bool all_are(const unsigned char *p, size_t n, unsigned char value) {
    for (size_t i = 0; i < n; i++)
        if (p[i] != value) return false;
    return true;
}

static void a_region_is_zero_and_whole_pages(void **state) {
    cow_paged_options o = {0};
    o.detector = of_state(state);
    cow_paged *r = cow_paged_new(3 * page_bytes() + 1, &o);
    assert_non_null(r);
    assert_int_equal(cow_paged_size(r), 4 * page_bytes());
    assert_int_equal(cow_paged_detector_of(r), of_state(state));
    assert_true(all_are(bytes_of(r), cow_paged_size(r), 0));
    memset(bytes_of(r), 7, cow_paged_size(r));
    assert_true(all_are(bytes_of(r), cow_paged_size(r), 7));
    cow_paged_free(r);
    cow_paged_free(NULL);
}

static void no_options_are_the_defaults(void **state) {
    (void)state;
    cow_paged *r = cow_paged_new(1, NULL);
    assert_non_null(r);
    assert_int_not_equal(cow_paged_detector_of(r), COW_PAGED_AUTO);
#ifdef COW_PAGED_EAGER
    assert_int_equal(cow_paged_detector_of(r), COW_PAGED_COPY);
#else
    assert_int_equal(cow_paged_detector_of(r), COW_PAGED_MPROTECT);
    assert_int_equal((uintptr_t)cow_paged_data(r) % ((size_t)2 << 20), 0);
#endif
    assert_true(FAILS(cow_paged_grow(r, cow_paged_size(r) + 1), COW_RANGE));
    cow_paged_free(r);
}

/* Takes no memory: nothing is written. */
static void a_large_region_is_aligned_to_its_tables(void **state) {
    (void)state;
#if !defined(COW_PAGED_EAGER) && SIZE_MAX > 0xffffffffu
    size_t gib = (size_t)1 << 30;
    cow_paged *r = cow_paged_new(gib, NULL);
    assert_non_null(r);
    assert_int_equal((uintptr_t)cow_paged_data(r) % gib, 0);
    cow_snap *s = cow_paged_snapshot(r);
    assert_non_null(s);
    bytes_of(r)[gib - 1] = 1;
    assert_int_equal(((const unsigned char *)cow_snap_data(s))[gib - 1], 0);
    cow_snap_drop(s);
    cow_paged_free(r);
#endif
}

static void options_that_make_no_sense_are_refused(void **state) {
    cow_paged_options o = {0};
    o.detector = of_state(state);
    assert_true(FAILS(cow_paged_new(0, &o), COW_RANGE));
    assert_true(FAILS(cow_paged_new(SIZE_MAX, &o), COW_RANGE));
    o.granule = 3 * page_bytes();
    assert_true(FAILS(cow_paged_new(1, &o), COW_RANGE));
    o.granule = (size_t)4 << 20;
    assert_true(FAILS(cow_paged_new(1, &o), COW_RANGE));
    o.granule = 0;
    o.reserve = SIZE_MAX;
    assert_true(FAILS(cow_paged_new(1, &o), COW_RANGE));
}

static void a_detector_that_is_not_there_is_refused(void **state) {
    (void)state;
    cow_paged_options o = {0};
    o.detector = COW_PAGED_MPROTECT;
#ifdef COW_PAGED_EAGER
    assert_true(FAILS(cow_paged_new(1, &o), COW_UNSUPPORTED));
#else
    cow_paged *r = cow_paged_new(1, &o);
    assert_non_null(r);
    cow_paged_free(r);
#endif
}

static void a_region_grows_in_place(void **state) {
    cow_paged_options o = {0};
    o.detector = of_state(state);
    o.reserve = 100 * page_bytes();
    cow_paged *r = cow_paged_new(2 * page_bytes(), &o);
    assert_non_null(r);
    unsigned char *data = bytes_of(r);
    memset(data, 1, 2 * page_bytes());
    cow_snap *small = cow_paged_snapshot(r);
    assert_true(cow_paged_grow(r, 2 * page_bytes()) && cow_paged_grow(r, 70 * page_bytes() - 5));
    assert_ptr_equal(cow_paged_data(r), data);
    assert_int_equal(cow_paged_size(r), 70 * page_bytes());
    assert_true(all_are(data + 2 * page_bytes(), 68 * page_bytes(), 0));
    memset(data, 2, 70 * page_bytes());
    cow_snap *large = cow_paged_snapshot(r);
    assert_true(FAILS(cow_paged_grow(r, 101 * page_bytes()), COW_RANGE));
    assert_true(FAILS(cow_paged_grow(r, SIZE_MAX), COW_RANGE));
    assert_true(FAILS(cow_paged_grow(r, page_bytes()), COW_RANGE));
    assert_true(cow_paged_grow(r, 100 * page_bytes()));
    memset(data, 3, 100 * page_bytes());
    assert_int_equal(cow_snap_size(small), 2 * page_bytes());
    assert_int_equal(cow_snap_size(large), 70 * page_bytes());
    for (size_t p = 0; p < 2; p++) assert_int_equal(seen(small, p), 1);
    for (size_t p = 0; p < 70; p++) assert_int_equal(seen(large, p), 2);
    /* What is behind the snapshot stays. */
    assert_true(cow_paged_restore(r, small));
    assert_int_equal(cow_paged_size(r), 100 * page_bytes());
    assert_true(data[0] == 1 && data[2 * page_bytes() - 1] == 1 && data[2 * page_bytes()] == 3);
    cow_snap_drop(small);
    cow_paged_free(r);
    assert_int_equal(seen(large, 69), 2);
    cow_snap_drop(large);
}

/* ---- snapshots ---- */

static void a_snapshot_stays_what_it_was(void **state) {
    enum { PAGES = 40 };
    cow_paged *r = new_region(state, PAGES);
    for (size_t p = 0; p < PAGES; p++) memset(page_of(r, p), (int)p + 1, page_bytes());
    cow_snap *s = cow_paged_snapshot(r);
    assert_non_null(s);
    assert_int_equal(cow_snap_size(s), cow_paged_size(r));
    assert_true(cow_snap_ok(s));
    for (size_t p = 0; p < PAGES; p += 2) memset(page_of(r, p), 99, page_bytes());
    const unsigned char *view = (const unsigned char *)cow_snap_data(s);
    for (size_t p = 0; p < PAGES; p++) {
        assert_true(all_are(view + p * page_bytes(), page_bytes(), (unsigned char)(p + 1)));
        assert_true(all_are(page_of(r, p), page_bytes(), p % 2 ? (unsigned char)(p + 1) : 99));
    }
    assert_true(cow_snap_ok(s));
    cow_snap_drop(s);
    cow_snap_drop(NULL);
    cow_paged_free(r);
}

static void a_bare_snapshot_is_read_in_pieces(void **state) {
    enum { PAGES = 9 };
    size_t n = PAGES * page_bytes();
    cow_paged *r = new_region(state, PAGES);
    unsigned char *was = (unsigned char *)malloc(n), *got = (unsigned char *)malloc(n + 1);
    assert_true(was && got);
    for (size_t i = 0; i < n; i++) bytes_of(r)[i] = was[i] = (unsigned char)(i * 7 + i / 256);
    cow_snap *s = cow_paged_snapshot_bare(r);
    assert_non_null(s);
    if (of_state(state) == COW_PAGED_MPROTECT) assert_null(cow_snap_data(s));
    assert_int_equal(cow_snap_size(s), n);
    for (size_t p = 1; p < PAGES; p += 3) memset(page_of(r, p), 0, page_bytes());
    for (size_t from = 0; from < n; from += page_bytes() / 2 - 3) {
        size_t part = n - from < 2 * page_bytes() ? n - from : 2 * page_bytes();
        memset(got, 0x55, n + 1);
        assert_true(cow_snap_read(s, from, got, part));
        assert_memory_equal(got, was + from, part);
        assert_int_equal(got[part], 0x55);
    }
    assert_true(cow_snap_read(s, 0, got, n) && memcmp(got, was, n) == 0);
    assert_true(cow_snap_read(s, n, got, 0) && cow_snap_read(s, 0, got, 0));
    assert_true(FAILS(cow_snap_read(s, n, got, 1), COW_RANGE));
    assert_true(FAILS(cow_snap_read(s, 1, got, n), COW_RANGE));
    assert_true(FAILS(cow_snap_read(s, 1, got, SIZE_MAX), COW_RANGE));
    assert_true(FAILS(cow_snap_read(s, SIZE_MAX, got, 1), COW_RANGE));
    cow_snap_drop(s);
    cow_paged_free(r);
    free(was);
    free(got);
}

static void a_copy_is_another_owner(void **state) {
    cow_paged *r = new_region(state, 3);
    *page_of(r, 1) = 5;
    cow_snap *s = cow_paged_snapshot(r), *t = cow_snap_copy(s);
    assert_non_null(s);
    assert_int_equal(stats_of(r).snapshots, 1);
    *page_of(r, 1) = 6;
    cow_snap_drop(s);
    *page_of(r, 1) = 7;
    assert_int_equal(seen(t, 1), 5);
    assert_int_equal(stats_of(r).snapshots, 1);
    cow_snap_drop(t);
    assert_int_equal(stats_of(r).snapshots, 0);
    cow_paged_free(r);
}

enum { DROPS = 4, DROP_PAGES = 12 };

/* The k-th order of n things. */
static void order_of(size_t k, size_t n, size_t *order) {
    size_t left[DROPS + 1];
    for (size_t i = 0; i < n; i++) left[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t at = k % (n - i);
        k /= n - i;
        order[i] = left[at];
        left[at] = left[n - i - 1];
    }
}

/* Writes to some pages after each snapshot; each is checked until it is dropped, the region is the last of the order.
   */
static void drop_in_order(void **state, const size_t *order, bool bare) {
    cow_paged *r = new_region(state, DROP_PAGES);
    cow_snap *s[DROPS];
    int was[DROPS][DROP_PAGES];
    for (size_t i = 0; i < DROPS; i++) {
        for (size_t p = 0; p < DROP_PAGES; p++) {
            if ((p + i) % 3 == 0 || p == i) *page_of(r, p) = (unsigned char)(10 * (i + 1) + p);
            was[i][p] = *page_of(r, p);
        }
        s[i] = bare && i % 2 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        assert_non_null(s[i]);
    }
    for (size_t i = 0; i <= DROPS; i++) {
        if (r) *page_of(r, i) = (unsigned char)(200 + i);
        for (size_t k = 0; k < DROPS; k++)
            for (size_t p = 0; s[k] && p < DROP_PAGES; p++) assert_int_equal(seen(s[k], p), was[k][p]);
        if (order[i] == DROPS) {
            cow_paged_free(r);
            r = NULL;
        } else {
            cow_snap_drop(s[order[i]]);
            s[order[i]] = NULL;
        }
    }
}

static void snapshots_are_dropped_in_any_order_also_after_the_region(void **state) {
    size_t order[DROPS + 1];
    for (size_t k = 0; k < 120; k++) {
        order_of(k, DROPS + 1, order);
        drop_in_order(state, order, false);
        drop_in_order(state, order, true);
    }
}

/* ---- what differs ---- */

typedef struct runs {
    size_t n, end;
    size_t first[64], pages[64];
    size_t most; /* after so many it says to stop */
} runs;

static bool note_run(size_t offset, size_t n, void *ctx) {
    runs *all = (runs *)ctx;
    assert_true(n > 0 && offset % page_bytes() == 0 && n % page_bytes() == 0);
    assert_true(all->n < LENGTH(all->first) && offset >= all->end);
    all->first[all->n] = offset / page_bytes();
    all->pages[all->n++] = n / page_bytes();
    all->end = offset + n;
    return all->n != all->most;
}

static runs between(const cow_snap *a, const cow_snap *b) {
    runs all = {0};
    assert_true(cow_paged_each_dirty(a, b, note_run, &all));
    return all;
}

static bool run_is(const runs *all, size_t i, size_t first, size_t pages) {
    return i < all->n && all->first[i] == first && all->pages[i] == pages;
}

/* Pages are far from each other and not written in order, so that no other page is opened with them. */
static void each_dirty_names_what_was_written_between(void **state) {
    cow_paged *r = new_region(state, 640);
    cow_snap *a = cow_paged_snapshot(r);
    *page_of(r, 639) = 1;
    *page_of(r, 300) = 1;
    cow_snap *b = cow_paged_snapshot_bare(r);
    *page_of(r, 0) = 2;
    cow_snap *c = cow_paged_snapshot(r);
    *page_of(r, 100) = 3;
    assert_true(a && b && c);
    runs all = between(a, b);
    assert_true(all.n == 2 && run_is(&all, 0, 300, 1) && run_is(&all, 1, 639, 1));
    all = between(b, a);
    assert_true(all.n == 2 && run_is(&all, 0, 300, 1) && run_is(&all, 1, 639, 1));
    all = between(b, c);
    assert_true(all.n == 1 && run_is(&all, 0, 0, 1));
    all = between(a, c);
    assert_true(all.n == 3 && run_is(&all, 0, 0, 1) && run_is(&all, 1, 300, 1) && run_is(&all, 2, 639, 1));
    all = between(c, NULL);
    assert_true(all.n == 1 && run_is(&all, 0, 100, 1));
    all = between(a, NULL);
    assert_true(all.n == 4 && run_is(&all, 1, 100, 1));
    all = between(a, a);
    assert_int_equal(all.n, 0);
    /* Those that are dropped leave what they know to the next one, and the newest to now. */
    cow_snap_drop(b);
    all = between(c, a);
    assert_true(all.n == 3 && run_is(&all, 0, 0, 1) && run_is(&all, 1, 300, 1) && run_is(&all, 2, 639, 1));
    cow_snap_drop(c);
    all = between(a, NULL);
    assert_true(all.n == 4 && run_is(&all, 0, 0, 1) && run_is(&all, 1, 100, 1) && run_is(&all, 3, 639, 1));
    cow_snap *d = cow_paged_snapshot(r);
    all = between(a, d);
    assert_int_equal(all.n, 4);
    assert_int_equal(between(d, NULL).n, 0);
    runs two = {0};
    two.most = 2;
    assert_false(cow_paged_each_dirty(a, d, note_run, &two));
    assert_int_equal(two.n, 2);
    cow_snap_drop(a);
    cow_snap_drop(d);
    cow_paged_free(r);
}

static void neighbours_are_one_run(void **state) {
    cow_paged *r = new_region(state, 640);
    cow_snap *s = cow_paged_snapshot(r);
    for (size_t p = 130; p < 330; p++) *page_of(r, p) = 1;
    runs all = between(s, NULL);
    /* More may be opened than was written, and that counts. */
    assert_true(all.n == 1 && all.first[0] == 130 && all.pages[0] >= 200);
    cow_snap_drop(s);
    cow_paged_free(r);
}

/* ---- restoring ---- */

static void restore_brings_back_any_snapshot(void **state) {
    enum { PAGES = 30 };
    cow_paged *r = new_region(state, PAGES);
    cow_snap *s[3];
    for (size_t i = 0; i < LENGTH(s); i++) {
        for (size_t p = i; p < PAGES; p += i + 2) memset(page_of(r, p), (int)(50 * i + p), page_bytes());
        s[i] = i == 1 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        assert_non_null(s[i]);
    }
    static const size_t order[] = {0, 2, 1, 1, 0, 2, 0};
    for (size_t k = 0; k < LENGTH(order); k++) {
        *page_of(r, k * 3) = 255;
        assert_true(cow_paged_restore(r, s[order[k]]));
        for (size_t p = 0; p < PAGES; p++) assert_int_equal(*page_of(r, p), seen(s[order[k]], p));
        assert_int_equal(seen(s[0], 1), 0);
        assert_int_equal(seen(s[1], 1), 51);
        assert_int_equal(seen(s[2], 2), 102);
        assert_int_equal(seen(s[2], 1), 51);
    }
    cow_paged *other = new_region(state, PAGES);
    assert_true(FAILS(cow_paged_restore(other, s[0]), COW_INVALID));
    cow_paged_free(other);
    for (size_t i = 0; i < LENGTH(s); i++) cow_snap_drop(s[i]);
    cow_paged_free(r);
}

/* As a fuzzer does it: the same snapshot again and again. What is written every round costs no faults; what was written
   only once is protected again after a while. */
static void restoring_the_same_snapshot_gets_cheap(void **state) {
    cow_paged *r = new_region(state, 200);
    memset(bytes_of(r), 1, cow_paged_size(r));
    cow_snap *s = cow_paged_snapshot(r);
    *page_of(r, 150) = 9;
    size_t faults = 0;
    for (int i = 0; i < 100; i++) {
        if (i == 1) faults = stats_of(r).faults;
        *page_of(r, 10) = *page_of(r, 77) = (unsigned char)(i + 2);
        assert_true(cow_paged_restore(r, s));
        assert_true(all_are(bytes_of(r), cow_paged_size(r), 1));
    }
    assert_int_equal(stats_of(r).faults, faults);
    *page_of(r, 150) = 9;
    assert_int_equal(seen(s, 150), 1);
    if (of_state(state) == COW_PAGED_MPROTECT) assert_int_equal(stats_of(r).faults, faults + 1);
    cow_snap *t = cow_paged_snapshot(r);
    *page_of(r, 150) = 8;
    assert_true(seen(t, 150) == 9 && seen(s, 150) == 1);
    cow_snap_drop(s);
    cow_snap_drop(t);
    cow_paged_free(r);
}

/* ---- will_write and statistics ---- */

static void will_write_saves_the_faults(void **state) {
    cow_paged *r = new_region(state, 600);
    char outside = 0;
    memset(bytes_of(r), 1, cow_paged_size(r));
    cow_snap *s = cow_paged_snapshot(r);
    size_t faults = stats_of(r).faults;
    assert_true(cow_paged_will_write(r, page_of(r, 3) + 7, 520 * page_bytes()));
    assert_true(cow_paged_will_write(r, &outside, 1) && cow_paged_will_write(r, bytes_of(r), 0));
    assert_true(cow_paged_will_write(r, page_of(r, 599), SIZE_MAX));
    memset(page_of(r, 3), 2, 521 * page_bytes());
    *page_of(r, 599) = 2;
    assert_int_equal(stats_of(r).faults, faults);
    for (size_t p = 0; p < 600; p++) assert_int_equal(seen(s, p), 1);
    *page_of(r, 560) = 3;
    if (of_state(state) == COW_PAGED_MPROTECT) assert_int_equal(stats_of(r).faults, faults + 1);
    cow_snap_drop(s);
    cow_paged_free(r);
}

static void statistics_count_what_happens(void **state) {
    cow_paged *r = new_region(state, 640);
    bool catches = of_state(state) == COW_PAGED_MPROTECT;
    size_t kept = catches ? page_bytes() : 640 * page_bytes();
    cow_snap *s = cow_paged_snapshot(r), *t = cow_paged_snapshot_bare(r);
    cow_paged_stats before = stats_of(r);
    *page_of(r, 200) = 1;
    cow_paged_stats after = stats_of(r);
    assert_int_equal(after.bytes, 640 * page_bytes());
    assert_int_equal(after.snapshots, 2);
    assert_int_equal(after.given_up, 0);
    assert_int_equal(cow_snap_held(s), kept);
    assert_int_equal(cow_snap_held(t), kept);
    if (catches) {
        assert_int_equal(after.faults, before.faults + 1);
        assert_int_equal(after.pages_opened, before.pages_opened + 1);
        assert_int_equal(after.pages_preserved, before.pages_preserved + 2);
        assert_int_equal(after.held, 2 * kept);
        assert_int_equal(after.held_peak, 2 * kept);
        assert_int_equal(after.mappings, 2);
        assert_true(after.last_pause_ns > 0 && after.worst_pause_ns >= after.last_pause_ns && after.pss > 0);
    }
    cow_snap_drop(s);
    if (catches) assert_int_equal(stats_of(r).held, kept);
    cow_snap_drop(t);
    after = stats_of(r);
    assert_int_equal(after.held, 0);
    assert_int_equal(after.snapshots, 0);
    if (catches) assert_int_equal(after.held_peak, 2 * kept);
    cow_paged_free(r);
}

/* Without a snapshot nothing is caught; with one that held all already neither. */
static void nothing_is_kept_twice(void **state) {
    cow_paged *r = new_region(state, 10);
    cow_snap *s = cow_paged_snapshot(r);
    memset(bytes_of(r), 1, cow_paged_size(r));
    size_t held = cow_snap_held(s);
    cow_snap *t = cow_paged_snapshot(r);
    memset(bytes_of(r), 2, cow_paged_size(r));
    assert_int_equal(held, 10 * page_bytes());
    assert_int_equal(cow_snap_held(s), held);
    assert_int_equal(cow_snap_held(t), held);
    for (size_t p = 0; p < 10; p++) assert_true(seen(s, p) == 0 && seen(t, p) == 1);
    cow_snap_drop(t);
    cow_snap_drop(s);
    cow_paged_free(r);
}

/* ---- options ---- */

static void a_granule_is_kept_as_a_whole(void **state) {
    for (size_t granule = page_bytes(); granule <= (size_t)2 << 20; granule *= 8) {
        cow_paged_options o = {0};
        o.detector = of_state(state);
        o.granule = granule;
        cow_paged *r = cow_paged_new(5 * granule - 1, &o);
        assert_non_null(r);
        assert_int_equal(cow_paged_size(r), 5 * granule);
        memset(bytes_of(r), 1, 5 * granule);
        cow_snap *s = cow_paged_snapshot(r), *t = cow_paged_snapshot_bare(r);
        bytes_of(r)[3 * granule + granule / 2] = 2;
        unsigned char byte = 0;
        assert_true(cow_snap_read(s, 3 * granule + granule / 2, &byte, 1) && byte == 1);
        assert_true(cow_snap_read(t, 3 * granule + granule / 2, &byte, 1) && byte == 1);
        if (of_state(state) == COW_PAGED_MPROTECT) {
            assert_int_equal(cow_snap_held(s), granule);
            assert_int_equal(cow_snap_held(t), granule);
        }
        assert_true(all_are((const unsigned char *)cow_snap_data(s), 5 * granule, 1));
        assert_true(cow_paged_restore(r, t) && all_are(bytes_of(r), 5 * granule, 1));
        cow_snap_drop(s);
        cow_snap_drop(t);
        cow_paged_free(r);
    }
}

static void a_single_writer_may_be_promised(void **state) {
    enum { PAGES = 300, ROUNDS = 12 };
    cow_paged_options o = {0};
    o.detector = of_state(state);
    o.single_writer = o.prefault = true;
    cow_paged *r = cow_paged_new(PAGES * page_bytes(), &o);
    assert_non_null(r);
    cow_snap *s[ROUNDS];
    size_t faults = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        if (i == 4) faults = stats_of(r).faults;
        for (size_t p = 3; p < PAGES; p += 50) *page_of(r, p) = (unsigned char)(i + 1);
        if (i == 8) assert_int_equal(stats_of(r).faults, faults); /* those stay open */
        if (i > 7) *page_of(r, 20 * i) = 77;
        s[i] = i % 3 == 2 ? cow_paged_snapshot_bare(r) : cow_paged_snapshot(r);
        assert_non_null(s[i]);
    }
    memset(bytes_of(r), 200, cow_paged_size(r));
    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t p = 3; p < PAGES; p += 50) assert_int_equal(seen(s[i], p), i + 1);
        for (size_t p = 160; p < PAGES && p < 240; p += 20)
            if (p % 50 != 3) assert_int_equal(seen(s[i], p), i >= p / 20 ? 77 : 0);
        if (i) {
            runs all = between(s[i - 1], s[i]);
            assert_true(all.n >= 6 && all.first[0] == 3);
        }
    }
    for (size_t i = 0; i < ROUNDS; i++) cow_snap_drop(s[i * 5 % ROUNDS]);
    cow_paged_free(r);
}

/* ---- failures ---- */

static void use_everything(void **state, size_t *done) {
    cow_paged_options o = {0};
    runs all = {0};
    o.detector = of_state(state);
    cow_paged *r = cow_paged_new(9 * page_bytes(), &o);
    cow_snap *s = NULL, *t = NULL;
    bool ok = r != NULL;
    if (ok) *page_of(r, 2) = 1;
    if (ok) ok = (s = cow_paged_snapshot(r)) != NULL;
    if (ok) *page_of(r, 2) = 2;
    if (ok) ok = (t = cow_paged_snapshot_bare(r)) != NULL;
    if (ok) *page_of(r, 2) = 3;
    if (ok) ok = cow_paged_each_dirty(s, t, note_run, &all);
    if (ok) ok = cow_paged_restore(r, s);
    if (!ok) assert_int_equal(cow_error(), COW_NOMEM);
    if (s) assert_int_equal(seen(s, 2), 1);
    if (t) assert_int_equal(seen(t, 2), 2);
    *done = ok;
    cow_snap_drop(s);
    cow_paged_free(r);
    cow_snap_drop(t);
}

static void want_of_memory_is_an_error(void **state) {
    size_t done = 0, at = 1;
    for (; !done; at++) {
        kit_fail(at, false);
        use_everything(state, &done);
        kit_fail_none();
        assert_int_equal(kit_lost_blocks(), 0);
        assert_true(at < 100);
    }
    assert_true(at > 3);
    for (at = 1; at < 4; at++) {
        kit_fail(at, true);
        use_everything(state, &done);
        assert_false(done);
        kit_fail_none();
        assert_int_equal(kit_lost_blocks(), 0);
    }
}

/* ---- random histories against copies ---- */

enum { MODEL_PAGES = 96, MODEL_MOST = 200, MODEL_SNAPS = 7 };

typedef struct model {
    cow_paged *r;
    cow_snap *snap[MODEL_SNAPS];
    unsigned char *image[MODEL_SNAPS], *live;
    size_t bytes[MODEL_SNAPS], steps;
    uint64_t random;
} model;

static size_t draw(model *m, size_t n) {
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (size_t)((m->random >> 11) % n);
}

/* One byte, a run of pages, or bytes over a border. */
static void write_some(model *m) {
    size_t n = cow_paged_size(m->r), from = draw(m, n), some = draw(m, 3);
    size_t count = some == 0 ? 1 : some == 1 ? draw(m, 9 * page_bytes()) : draw(m, 64);
    if (count > n - from) count = n - from;
    int value = (int)draw(m, 256);
    memset(bytes_of(m->r) + from, value, count);
    memset(m->live + from, value, count);
}

static bool note_differs(size_t offset, size_t n, void *ctx) {
    unsigned char *named = (unsigned char *)ctx;
    memset(named + offset, 1, n);
    return true;
}

/* What differs must be named. */
static void check_between(model *m, size_t a, size_t b, bool now) {
    static unsigned char named[MODEL_MOST * 65536];
    size_t n = m->bytes[a];
    const unsigned char *other = now ? m->live : m->image[b];
    if (!now && m->bytes[b] < n) n = m->bytes[b];
    if (!now && m->bytes[b] != m->bytes[a]) return;
    assert_true(cow_paged_size(m->r) <= sizeof named);
    memset(named, 0, cow_paged_size(m->r));
    assert_true(cow_paged_each_dirty(m->snap[a], now ? NULL : m->snap[b], note_differs, named));
    for (size_t i = 0; i < n; i++) assert_true(m->image[a][i] == other[i] || named[i]);
}

static void check_image(model *m, size_t i) {
    const unsigned char *view = (const unsigned char *)cow_snap_data(m->snap[i]);
    unsigned char *got = (unsigned char *)malloc(m->bytes[i]);
    assert_true(got && cow_snap_read(m->snap[i], 0, got, m->bytes[i]) && cow_snap_ok(m->snap[i]));
    assert_memory_equal(got, m->image[i], m->bytes[i]);
    if (view) assert_memory_equal(view, m->image[i], m->bytes[i]);
    free(got);
}

static void model_drop(model *m, size_t i) {
    if (!m->snap[i]) return;
    check_image(m, i);
    cow_snap_drop(m->snap[i]);
    free(m->image[i]);
    m->snap[i] = NULL;
}

static void model_cut(model *m, size_t i) {
    model_drop(m, i);
    m->bytes[i] = cow_paged_size(m->r);
    m->snap[i] = draw(m, 3) ? cow_paged_snapshot(m->r) : cow_paged_snapshot_bare(m->r);
    m->image[i] = (unsigned char *)malloc(m->bytes[i]);
    assert_true(m->snap[i] && m->image[i]);
    memcpy(m->image[i], m->live, m->bytes[i]);
}

static void model_step(model *m) {
    size_t i = draw(m, MODEL_SNAPS), k = draw(m, MODEL_SNAPS), n = cow_paged_size(m->r);
    switch (draw(m, 24)) {
    case 0:
    case 1:
    case 2: model_cut(m, i); break;
    case 3:
    case 4: model_drop(m, i); break;
    case 5:
        if (!m->snap[i]) break;
        assert_true(cow_paged_restore(m->r, m->snap[i]));
        memcpy(m->live, m->image[i], m->bytes[i]);
        break;
    case 6:
        if (m->snap[i] && m->snap[k]) check_between(m, i, k, false);
        break;
    case 7:
        if (m->snap[i]) check_between(m, i, 0, true);
        break;
    case 8: assert_true(cow_paged_will_write(m->r, bytes_of(m->r) + draw(m, n), draw(m, n))); break;
    case 9:
        if (draw(m, 40) || n + page_bytes() > MODEL_MOST * page_bytes()) break;
        assert_true(cow_paged_grow(m->r, n + (1 + draw(m, 3)) * page_bytes()) || cow_error() == COW_RANGE);
        break;
    default: write_some(m);
    }
    m->steps++;
}

static void random_history(void **state, uint64_t seed, bool single_writer) {
    model m = {0};
    cow_paged_options o = {0};
    o.detector = of_state(state);
    o.single_writer = single_writer;
    o.reserve = MODEL_MOST * page_bytes();
    m.random = seed * 0x9e3779b97f4a7c15u;
    m.r = cow_paged_new(MODEL_PAGES * page_bytes(), &o);
    m.live = (unsigned char *)calloc(MODEL_MOST, page_bytes());
    assert_true(m.r && m.live);
    for (size_t i = 0; i < 1500; i++) {
        snprintf(kit_context, sizeof kit_context, "seed %d, step %d", (int)seed, (int)i);
        model_step(&m);
        if (i % 50 == 0) assert_memory_equal(bytes_of(m.r), m.live, cow_paged_size(m.r));
    }
    for (size_t i = 0; i < MODEL_SNAPS; i += 2) model_drop(&m, i);
    cow_paged_free(m.r);
    for (size_t i = 1; i < MODEL_SNAPS; i += 2) model_drop(&m, i);
    free(m.live);
}

static uint64_t histories = 6;

static void random_histories_are_those_of_copies(void **state) {
    for (uint64_t i = 1; i <= histories; i++) random_history(state, i, false);
}

static void also_with_a_single_writer(void **state) {
    for (uint64_t i = 1; i <= histories; i++) random_history(state, 10 + i, true);
}

/* ---- the end ---- */

static bool broken;

/* A test that fails leaves its regions and the handler behind: the others would tell nothing. */
static int set_up(void **state) {
    if (broken) {
        fprintf(stderr, "a test failed with a region: the others are not run\n");
        fflush(NULL);
        _exit(1);
    }
    return kit_setup(state);
}

static int tear_down(void **state) {
    int lost = kit_teardown(state);
    broken = lost != 0;
    return lost;
}

/* Entries of the table of regions stay for the whole process, as many as there are regions at once. */
static int begin(void **state) {
    (void)state;
    cow_paged *a = cow_paged_new(1, NULL), *b = cow_paged_new(1, NULL);
    bool ok = a && b;
    cow_paged_free(a);
    cow_paged_free(b);
    kit_leave();
    return ok ? 0 : -1;
}

#define ONCE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
static cow_paged_detector by_copy = COW_PAGED_COPY;
#ifdef COW_PAGED_EAGER
#define EACH_WAY(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_copy)
#else
static cow_paged_detector by_mprotect = COW_PAGED_MPROTECT;
#define EACH_WAY(test)                                                               \
    cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_mprotect), \
        cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_copy)
#endif

int main(int argc, char **argv) {
    if (argc > 1) histories = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        EACH_WAY(a_region_is_zero_and_whole_pages),
        ONCE(no_options_are_the_defaults),
        ONCE(a_large_region_is_aligned_to_its_tables),
        EACH_WAY(options_that_make_no_sense_are_refused),
        ONCE(a_detector_that_is_not_there_is_refused),
        EACH_WAY(a_region_grows_in_place),
        EACH_WAY(a_snapshot_stays_what_it_was),
        EACH_WAY(a_bare_snapshot_is_read_in_pieces),
        EACH_WAY(a_copy_is_another_owner),
        EACH_WAY(snapshots_are_dropped_in_any_order_also_after_the_region),
        EACH_WAY(each_dirty_names_what_was_written_between),
        EACH_WAY(neighbours_are_one_run),
        EACH_WAY(restore_brings_back_any_snapshot),
        EACH_WAY(restoring_the_same_snapshot_gets_cheap),
        EACH_WAY(will_write_saves_the_faults),
        EACH_WAY(statistics_count_what_happens),
        EACH_WAY(nothing_is_kept_twice),
        EACH_WAY(a_granule_is_kept_as_a_whole),
        EACH_WAY(a_single_writer_may_be_promised),
        EACH_WAY(want_of_memory_is_an_error),
        EACH_WAY(random_histories_are_those_of_copies),
        EACH_WAY(also_with_a_single_writer),
    };
    return cmocka_run_group_tests_name("paged", tests, begin, NULL);
}

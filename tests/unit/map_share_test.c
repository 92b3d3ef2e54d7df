/* SPDX-License-Identifier: MIT */
/* map_share: versions of one map. What a copy sees, what freezing and a count that sticks mean, how many bytes versions share, and which
   allocator they come from. All tests run while the process has one thread, and again while it has two: the library counts differently
   then. */
#define _DEFAULT_SOURCE /* mmap */
#include "kit_map.h"

#include <pthread.h>
#include <sys/mman.h>

/* ---- copies are values of their own ---- */

static void a_copy_keeps_what_it_saw(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        imap m = imap_run(0, n, 1), c = imap_copy(&m);
        assert_true(imap_same(&m, &c) && imap_is_shared(&m) == (n > 0) && imap_is_shared(&c) == (n > 0));
        for (int k = 0; k < n; k++) assert_true(imap_put(&m, k, -1));
        for (int k = 0; k < n; k++) assert_true(imap_has(&m, k, -1));
        check_run(&c, 0, n, 1);
        assert_true(n == 0 || !imap_same(&m, &c));
        for (int k = 0; k < n; k++) assert_true(imap_erase(&m, &k));
        check_run(&c, 0, n, 1);
        assert_false(imap_is_shared(&c));
        imap_drop(&m);
        imap_drop(&c);
    }
}

static void a_hundred_versions_in_a_row(void **state) {
    (void)state;
    enum { VERSIONS = 100, STEP = 30 };
    static imap versions[VERSIONS];
    imap m = {0};
    for (int v = 0; v < VERSIONS; v++) {
        versions[v] = imap_copy(&m);
        for (int k = 0; k < STEP; k++) assert_true(imap_put(&m, v * STEP + k, 10 * (v * STEP + k)));
    }
    for (int v = 0; v < VERSIONS; v++) check_run(&versions[v], 0, v * STEP, 1);
    for (int v = 0; v < VERSIONS; v += 2) imap_drop(&versions[v]);
    for (int v = 1; v < VERSIONS; v += 2) check_run(&versions[v], 0, v * STEP, 1);
    for (int k = 0; k < VERSIONS * STEP; k++) { /* back down, with another snapshot now and then */
        if (k % 50 == 0) imap_assign(&versions[0], &m);
        assert_true(imap_erase(&m, &k));
    }
    assert_true(imap_is_empty(&m));
    for (int v = 1; v < VERSIONS; v += 2) check_run(&versions[v], 0, v * STEP, 1);
    for (int v = 0; v < VERSIONS; v++) imap_drop(&versions[v]);
}

static void an_unshared_map_is_written_in_place(void **state) {
    (void)state;
    imap m = imap_run(0, 1000, 1);
    imap c = imap_copy(&m);
    imap_drop(&c);
    for (int k = 0; k < 1000; k++) {
        const int *where = imap_get(&m, &k);
        assert_true(imap_put(&m, k, -k) && imap_get(&m, &k) == where);
    }
    kit_fail(1, true); /* in place needs no memory, whatever was shared before */
    for (int k = 0; k < 1000; k++) assert_true(imap_put(&m, k, 10 * k) && imap_mut(&m, &k));
    assert_int_equal(kit.calls, 0);
    kit_fail_none();
    check_run(&m, 0, 1000, 1);
    imap_drop(&m);
}

static void move_swap_and_assign(void **state) {
    (void)state;
    imap a = imap_run(0, 50, 1), b = imap_run(100, 70, 1);
    imap_swap(&a, &b);
    check_run(&a, 100, 70, 1);
    check_run(&b, 0, 50, 1);
    imap_swap(&a, &a);
    check_run(&a, 100, 70, 1);
    imap c = imap_move(&a);
    assert_true(imap_is_empty(&a));
    check_run(&c, 100, 70, 1);
    imap_assign(&a, &b);
    assert_true(imap_same(&a, &b));
    imap_assign(&b, &c);
    check_run(&a, 0, 50, 1);
    assert_false(imap_is_shared(&a));
    imap_assign(&a, &a); /* to itself: nothing happens, alone or shared */
    check_run(&a, 0, 50, 1);
    imap_assign(&b, &b);
    check_run(&b, 100, 70, 1);
    imap empty = {0};
    imap_assign(&a, &empty);
    assert_true(imap_is_empty(&a));
    imap_drop(&b);
    imap_drop(&c);
}

static void writing_through_mut_reaches_no_copy(void **state) {
    (void)state;
    imap m = imap_run(0, 500, 1), c = imap_copy(&m);
    for (int k = 0; k < 500; k += 7) {
        int *v = imap_mut(&m, &k);
        assert_non_null(v);
        *v = -1;
        assert_true(imap_has(&c, k, 10 * k) && imap_has(&m, k, -1));
    }
    check_run(&c, 0, 500, 1);
    imap_drop(&m);
    imap_drop(&c);
}

/* ---- freezing ---- */

static void a_frozen_map_stays_what_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        imap m = imap_run(0, n, 1), before = imap_copy(&m);
        imap_freeze(&m);
        imap_freeze(&m);
        imap c = imap_copy(&m);
        for (int k = 0; k < n; k += 2) assert_true(imap_erase(&c, &k));
        for (int k = 1; k < n; k += 2) assert_true(imap_put(&c, k, -k));
        for (int k = 1; k < n; k += 2) assert_true(imap_has(&c, k, -k));
        assert_int_equal(imap_len(&c), n / 2);
        check_run(&m, 0, n, 1);
        check_run(&before, 0, n, 1);
        imap_drop(&before);
        assert_true(imap_put(&m, n, 10 * n)); /* the variable itself changes by copying too */
        check_run(&m, 0, n + 1, 1);
        imap_drop(&m);
        imap_drop(&c);
        kit_give_up_immortals();
    }
}

static void freezing_reaches_what_branches_share(void **state) {
    (void)state;
    imap a = imap_run(0, 1000, 1), b = imap_copy(&a), c = imap_copy(&a);
    int key = 500;
    assert_true(imap_put(&b, key, -1)); /* most of b's nodes are a's */
    imap_freeze(&b);
    assert_true(imap_put(&a, key, -2) && imap_erase(&c, &key));
    imap_drop(&a);
    imap_drop(&c);
    assert_true(imap_has(&b, key, -1) && imap_put(&b, key, 10 * key));
    check_run(&b, 0, 1000, 1);
    imap_drop(&b);
    kit_give_up_immortals();
}

/* A block of memory that hands out pieces and takes none back, which can be made read-only. */
enum { REGION = 8 << 20 };
typedef struct region {
    char *memory;
    size_t used, calls, live_bytes;
} region;
static void *region_alloc(void *context, size_t size) {
    region *r = context;
    size_t at = (r->used + 15) & ~(size_t)15;
    r->calls++;
    if (size > REGION - at) return NULL;
    r->used = at + size;
    r->live_bytes += size;
    return r->memory + at;
}
static void region_release(void *context, void *p, size_t size) {
    region *r = context;
    KIT_CHECK((char *)p >= r->memory && (char *)p + size <= r->memory + r->used);
    r->live_bytes -= size;
}
static void region_open(region *r) {
    void *memory = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    *r = (region){memory, 0, 0, 0};
}
static void region_close(region *r) { munmap(r->memory, REGION); }

static void sum_up(void *sum, const imap_pair *e) { *(long *)sum += e->value; }
static bool sum_runs(const imap_pair *run, size_t n, void *context) {
    for (size_t i = 0; i < n; i++) sum_up(context, &run[i]);
    return true;
}
static bool count_difference(const imap_pair *was, const imap_pair *is, void *context) {
    KIT_CHECK(was || is);
    ++*(size_t *)context;
    return true;
}

/* All that rule 3 calls reading, and calls that are lookups in disguise. */
static void read_all_there_is(const imap *m, const imap *other) {
    long sum = 0;
    size_t differences = 0;
    for (int k = -10; k < 2010; k++) {
        const int *v = imap_get(m, &k);
        const imap_pair *e = imap_find(m, &k);
        assert_true(imap_contains(m, &k) == (v != NULL) && (e ? &e->value : NULL) == v);
        assert_int_equal(imap_get_or(m, &k, -5), v ? *v : -5);
    }
    imap_fold(m, sum_up, &sum);
    assert_true(imap_each(m, sum_runs, &sum));
    COW_MAP_EACH (imap, it, m) sum -= 2L * it->value;
    assert_int_equal(sum, 0);
    assert_true(imap_is_subset(other, m) && imap_equal(m, m) && !imap_equal(m, other));
    assert_true(imap_hash(m, 1) != imap_hash(other, 1));
    assert_true(imap_diff(m, other, count_difference, &differences) && differences > 0);
    assert_true(imap_len(m) > 0 && !imap_is_empty(m) && imap_same(m, m) && imap_seed(m) == imap_seed(m));
    assert_true(imap_bytes(m) >= imap_bytes_owned(m) && imap_bytes_shared(m, other) <= imap_bytes(m));
    (void)imap_is_shared(m);
}

static imap imap_in_region(region *r, cow_alloc *alloc, int n) {
    imap m;
    region_open(r);
    *alloc = (cow_alloc){region_alloc, NULL, region_release, r};
    assert_true(imap_new_in(&m, alloc) && imap_is_empty(&m));
    for (int k = 0; k < n; k++) assert_true(imap_put(&m, k, 10 * k));
    return m;
}

/* Its memory is read-only meanwhile: a write, if only of a count, would be a SIGSEGV. Debug builds note things in headers. */
static void reading_writes_nothing(void **state) {
    (void)state;
    if (KIT_KEEPS_DEAD) return;
    region r;
    cow_alloc alloc;
    imap m = imap_in_region(&r, &alloc, 2000), other = imap_copy(&m);
    for (int k = 0; k < 2000; k += 100) assert_true(imap_erase(&other, &k));
    imap far = imap_run(0, 1900, 1);
    assert_int_equal(mprotect(r.memory, REGION, PROT_READ), 0);
    read_all_there_is(&m, &other);
    read_all_there_is(&m, &far);
    assert_int_equal(mprotect(r.memory, REGION, PROT_READ | PROT_WRITE), 0);
    imap_drop(&m);
    imap_drop(&other);
    imap_drop(&far);
    assert_int_equal(r.live_bytes, 0);
    region_close(&r);
}

/* Of a frozen map not even copies, drops and iterator objects write: forked readers keep their pages. A map may borrow its nodes when it is
   frozen, and then outlive whom it borrowed from. */
static void copies_of_a_frozen_map_write_nothing(void **state) {
    (void)state;
    if (KIT_KEEPS_DEAD) return;
    for (int borrows = 0; borrows < 3; borrows++) {
        region r;
        cow_alloc alloc;
        imap m = imap_in_region(&r, &alloc, 2000), far = imap_run(0, 1900, 1), keeper = {0};
        for (int i = 0; i < borrows; i++) {
            imap_assign(&keeper, &m);
            for (int k = 7; k < 2000; k += 300) assert_true(imap_put(&m, k, 10 * k));
        }
        imap_freeze(&m);
        imap_drop(&keeper);
        assert_int_equal(mprotect(r.memory, REGION, PROT_READ), 0);
        read_all_there_is(&m, &far);
        for (int i = 0; i < 20; i++) {
            imap c = imap_copy(&m), d = {0};
            imap_assign(&d, &c);
            imap_drop(&c);
            const imap_pair *e, *was;
            imap_iter walk = imap_iter_of(&d);
            for (int step = 0; step < 100 * i && imap_iter_next(&walk, &e); step++)
                assert_int_equal(e->value, 10 * e->key);
            imap_iter_drop(&walk);
            imap_diff_iter diff = imap_diff_of(&d, &far);
            for (int step = 0; step < i && imap_diff_next(&diff, &was, &e); step++) assert_true(was->key >= 1900);
            imap_diff_drop(&diff);
            imap_drop(&d);
        }
        imap_drop(&m);
        assert_int_equal(mprotect(r.memory, REGION, PROT_READ | PROT_WRITE), 0);
        imap_drop(&far);
        region_close(&r);
    }
}

static void tracked_maps_freeze(void **state) {
    (void)state;
    tmap m = tmap_run(0, 300);
    tmap_freeze(&m);
    size_t copied = lives.copied;
    for (int i = 0; i < 100; i++) {
        tmap c = tmap_copy(&m);
        check_tmap_run(&c, 0, 300);
        tmap_drop(&c);
    }
    assert_int_equal(lives.copied, copied);
    tmap c = tmap_copy(&m);
    assert_true(tmap_put(&c, tracked_make(300), tracked_make(30000)));
    check_tmap_run(&c, 0, 301);
    check_tmap_run(&m, 0, 300);
    tmap_drop(&c);
    tmap_drop(&m);
    kit_give_up_immortals();
}

/* ---- counts that stick ---- */

/* Nobody can make two billion copies in a test, so these set the counts of live nodes by hand. */
static uint32_t *count_of(const imap *m) { return &cow__ref_rc(m->m.root)->v; }

static void a_roots_count_sticks_at_half_its_range(void **state) {
    (void)state;
    for (size_t i = 1; i < LENGTH(map_sizes) && map_sizes[i] <= 700; i++) {
        int n = map_sizes[i];
        imap m = imap_run(0, n, 1), copies[16];
        *count_of(&m) = 0x7ffffff8u;
        for (size_t c = 0; c < 16; c++) copies[c] = imap_copy(&m);
        assert_true(*count_of(&m) >= 0x80000000u);
        for (size_t c = 0; c < 16; c++) imap_drop(&copies[c]);
        assert_true(*count_of(&m) >= 0x80000000u && imap_is_shared(&m));
        imap c = imap_copy(&m);
        for (int k = 0; k < n; k++) assert_true(k % 2 ? imap_erase(&c, &k) : imap_put(&c, k, -1));
        check_run(&m, 0, n, 1);
        imap_drop(&c);
        for (int k = 0; k < n; k++) assert_true(imap_put(&m, k, -k) && imap_has(&m, k, -k));
        imap_drop(&m);
        kit_give_up_immortals();
    }
}

/* Every node's count, which is its first word, near the border: whatever changes below passes it somewhere. */
static void set_all_counts(uint32_t count) {
    for (size_t i = 0; i < KIT_BUCKETS; i++) {
        for (kit_block *b = kit.bucket[i]; b; b = b->next) *(uint32_t *)b->memory = count;
    }
}

static void inner_counts_stick_too(void **state) {
    (void)state;
    if (KIT_KEEPS_DEAD) return; /* there are blocks that are no nodes then */
    for (uint32_t below = 1; below < 40; below += 6) {
        imap m = imap_run(0, 700, 1), copies[8] = {{{0}}};
        set_all_counts(0x80000000u - below);
        for (size_t v = 0; v < 8; v++) {
            copies[v] = imap_copy(&m);
            for (int k = (int)v; k < 700; k += 5) assert_true(imap_put(&copies[v], k, (int)v));
            for (int k = (int)v + 1; k < 700; k += 25) assert_true(imap_erase(&copies[v], &k));
        }
        check_run(&m, 0, 700, 1);
        for (size_t v = 0; v < 8; v += 2) imap_drop(&copies[v]);
        for (size_t v = 1; v < 8; v += 2) {
            for (int k = 0; k < 700; k++) {
                if (k % 25 == ((int)v + 1) % 25 && k > (int)v) continue;
                assert_true(imap_has(&copies[v], k, k % 5 == (int)v % 5 && k >= (int)v ? (int)v : 10 * k));
            }
            imap_drop(&copies[v]);
        }
        check_run(&m, 0, 700, 1);
        imap_drop(&m);
        kit_give_up_immortals();
    }
}

/* ---- memory accounting ---- */

static void bytes_are_what_the_allocator_gave(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        imap m = imap_run(0, map_sizes[i], 1);
        assert_true(KIT_KEEPS_DEAD || imap_bytes(&m) == kit.bytes);
        assert_int_equal(imap_bytes_owned(&m), imap_bytes(&m));
        assert_int_equal(imap_bytes_shared(&m, &m), imap_bytes(&m));
        imap c = imap_copy(&m);
        assert_int_equal(imap_bytes_shared(&m, &c), imap_bytes(&m));
        assert_int_equal(imap_bytes_owned(&c), 0);
        imap far = imap_run(0, map_sizes[i], 1);
        assert_int_equal(imap_bytes_shared(&m, &far), 0);
        imap_drop(&far);
        imap_drop(&c);
        imap_drop(&m);
    }
}

static void a_new_version_owns_little(void **state) {
    (void)state;
    imap m = imap_run(0, 20000, 1), c = imap_copy(&m);
    size_t all = imap_bytes(&m);
    assert_true(imap_put(&c, 7, -7));
    size_t owned = imap_bytes_owned(&c), shared = imap_bytes_shared(&m, &c);
    assert_true(owned > 0 && owned < all / 20);
    assert_true(shared > all - all / 20);
    assert_true(imap_bytes(&c) >= shared && imap_bytes(&c) <= all + owned);
    /* Together: all the blocks there are, each counted once. */
    assert_true(KIT_KEEPS_DEAD || imap_bytes(&m) + imap_bytes(&c) - imap_bytes_shared(&m, &c) == kit.bytes);
    imap_drop(&m);
    imap_drop(&c);
}

/* Ten versions, each owning some: owned and shared add up for every one of them. */
static void bytes_of_branches_add_up(void **state) {
    (void)state;
    imap versions[10];
    versions[0] = imap_run(0, 2000, 1);
    for (int v = 1; v < 10; v++) {
        versions[v] = imap_copy(&versions[v / 2]);
        for (int k = v; k < 2000; k += 100 * v)
            assert_true(v % 3 ? imap_put(&versions[v], k, -v) : imap_erase(&versions[v], &k));
    }
    size_t owned = 0;
    for (int v = 0; v < 10; v++) {
        size_t all = imap_bytes(&versions[v]), mine = imap_bytes_owned(&versions[v]);
        assert_true(mine <= all);
        owned += mine;
        for (int w = 0; w < 10; w++) {
            size_t both = imap_bytes_shared(&versions[v], &versions[w]);
            assert_int_equal(both, imap_bytes_shared(&versions[w], &versions[v]));
            assert_true(v == w ? both == all : both + mine <= all);
        }
    }
    assert_true(KIT_KEEPS_DEAD || (owned <= kit.bytes));
    for (int v = 0; v < 10; v++) imap_drop(&versions[v]);
}

/* ---- letting go of old versions ---- */

static void compact_keeps_a_maps_own_pairs_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        int n = map_sizes[i];
        tmap m = tmap_run(0, n), c = tmap_copy(&m);
        for (int k = 0; k < n; k += 13) assert_true(tmap_put(&c, tracked_make(k), tracked_make(100 * k)));
        tmap_compact(&c); /* nothing is in the way of the map it shares with */
        check_tmap_run(&m, 0, n);
        check_tmap_run(&c, 0, n);
        tmap second = tmap_copy(&c);
        for (int k = 5; k < n; k += 17) assert_true(tmap_put(&c, tracked_make(k), tracked_make(100 * k)));
        tmap_drop(&m);
        tmap_drop(&second);
        tmap_compact(&c);
        assert_int_equal(lives.alive, 2 * n);
        assert_int_equal(tmap_bytes_owned(&c), tmap_bytes(&c));
        assert_true(KIT_KEEPS_DEAD || tmap_bytes(&c) == kit.bytes);
        check_tmap_run(&c, 0, n);
        tmap_compact(&c);
        tmap_freeze(&c);
        tmap_compact(&c);
        check_tmap_run(&c, 0, n);
        tmap_drop(&c);
        kit_give_up_immortals();
    }
}

/* ---- allocators ---- */

static region type_region;
static const cow_alloc type_alloc = {region_alloc, NULL, region_release, &type_region};
#define COW_MAP rmap, int, int
#define COW_ALLOC &type_alloc
#include "cow/cow.h"

static void a_types_allocator_serves_all_its_maps(void **state) {
    (void)state;
    region_open(&type_region);
    rmap m = {0}, made;
    for (int k = 0; k < 3000; k++) assert_true(rmap_put(&m, k, k));
    rmap c = rmap_copy(&m);
    for (int k = 0; k < 3000; k += 3) assert_true(rmap_erase(&c, &k));
    static const int keys[] = {1, 2, 3};
    assert_true(rmap_from(&made, keys, keys, 3) && rmap_union(&made, &c, NULL, NULL) && rmap_difference(&m, &c));
    assert_true(KIT_KEEPS_DEAD || kit.blocks == 0);
    assert_true(type_region.live_bytes > 0);
    rmap_drop(&m);
    rmap_drop(&c);
    rmap_drop(&made);
    assert_true(KIT_KEEPS_DEAD || type_region.live_bytes == 0); /* sizes at free match */
    region_close(&type_region);
}

static bool always(const imap_pair *e, void *context) {
    (void)context;
    return e->key % 2 == 0;
}
static bool value_of(int *to, const int *key, const int *from, void *context) {
    (void)key, (void)context;
    *to = *from;
    return true;
}

/* An allocator instance goes with the value: its copies, and what is sifted and mapped from it. */
static void an_instance_goes_with_the_value(void **state) {
    (void)state;
    region r;
    cow_alloc alloc;
    imap m = imap_in_region(&r, &alloc, 1000), c = imap_copy(&m), yes, no, made;
    for (int k = 1000; k < 2000; k++) assert_true(imap_put(&c, k, 10 * k));
    for (int k = 0; k < 1000; k += 2) assert_true(imap_erase(&c, &k));
    assert_true(imap_partition(&m, &yes, &no, always, NULL) && imap_map_values(&made, &m, value_of, NULL));
    assert_true(imap_retain_if(&c, always, NULL) && imap_intersection(&made, &m, NULL, NULL) &&
                imap_union(&yes, &no, NULL, NULL));
    assert_true(KIT_KEEPS_DEAD || kit.blocks == 0);
    check_run(&m, 0, 1000, 1);
    check_run(&yes, 0, 1000, 1);
    check_run(&made, 0, 1000, 1);
    check_run(&c, 1000, 500, 2);
    imap_drop(&m);
    imap_drop(&c);
    imap_drop(&yes);
    imap_drop(&no);
    imap_drop(&made);
    assert_true(KIT_KEEPS_DEAD || r.live_bytes == 0);
    region_close(&r);
}

/* Maps of different allocators meet: nobody takes a node that another allocator must free. */
static void maps_of_two_allocators_do_not_mix(void **state) {
    (void)state;
    for (int which = 0; which < 4; which++) {
        region r;
        cow_alloc alloc;
        imap m = imap_in_region(&r, &alloc, 700), other = imap_run(350, 700, 1);
        imap *a = which % 2 ? &m : &other, *b = which % 2 ? &other : &m;
        if (which < 2)
            assert_true(imap_union(a, b, NULL, NULL) && imap_len(a) == 1050);
        else
            assert_true(imap_symmetric_difference(a, b) && imap_len(a) == 700);
        imap_drop(b);
        long sum = 0;
        imap_fold(a, sum_up, &sum);
        assert_true(sum > 0);
        imap_drop(a);
        assert_true(KIT_KEEPS_DEAD || r.live_bytes == 0);
        assert_true(KIT_KEEPS_DEAD || kit.blocks == 0);
        region_close(&r);
    }
}

/* Keeps a second thread alive while the tests run again. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static void *wait_at_gate(void *unused) {
    (void)unused;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(a_copy_keeps_what_it_saw),
        UNIT(a_hundred_versions_in_a_row),
        UNIT(an_unshared_map_is_written_in_place),
        UNIT(move_swap_and_assign),
        UNIT(writing_through_mut_reaches_no_copy),
        UNIT(a_frozen_map_stays_what_it_is),
        UNIT(freezing_reaches_what_branches_share),
        UNIT(reading_writes_nothing),
        UNIT(copies_of_a_frozen_map_write_nothing),
        UNIT(tracked_maps_freeze),
        UNIT(a_roots_count_sticks_at_half_its_range),
        UNIT(inner_counts_stick_too),
        UNIT(bytes_are_what_the_allocator_gave),
        UNIT(a_new_version_owns_little),
        UNIT(bytes_of_branches_add_up),
        UNIT(compact_keeps_a_maps_own_pairs_alone),
        UNIT(a_types_allocator_serves_all_its_maps),
        UNIT(an_instance_goes_with_the_value),
        UNIT(maps_of_two_allocators_do_not_mix),
    };
    int failed = cmocka_run_group_tests_name("map_share, one thread", tests, NULL, NULL);
    pthread_t second;
    pthread_mutex_lock(&gate);
    if (pthread_create(&second, NULL, wait_at_gate, NULL) != 0) return 1;
    failed += cmocka_run_group_tests_name("map_share, two threads", tests, NULL, NULL);
    pthread_mutex_unlock(&gate);
    pthread_join(second, NULL);
    return failed;
}

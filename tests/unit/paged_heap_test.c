/* SPDX-License-Identifier: MIT */
/* paged_heap: blocks of a region against a list of what they hold, and structures of cow_off pointers that are
   followed in the region, in snapshots, and after a restore. */
#define _GNU_SOURCE
#define COW_PAGED
#include "kit.h"

#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))
#define LENGTH(a) (sizeof(a) / sizeof *(a))

static cow_paged_detector by_copy = COW_PAGED_COPY;
#ifndef COW_PAGED_EAGER
static cow_paged_detector by_mprotect = COW_PAGED_MPROTECT;
#endif

static uint64_t random_state;

static size_t draw(size_t n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)((random_state >> 11) % n);
}

static cow_paged *new_heap(void **state, size_t bytes, size_t reserve) {
    cow_paged_options o = {0};
    o.detector = *(const cow_paged_detector *)*state;
    o.reserve = reserve;
    cow_paged *r = cow_paged_new(bytes, &o);
    assert_non_null(r);
    assert_true(cow_heap_begin(r));
    return r;
}

/* ---- blocks ---- */

enum { BLOCKS = 300 };

typedef struct block {
    unsigned char *p;
    size_t n;
    unsigned char fill;
} block;

/* Within the region, aligned, whole, and apart from all others: what they hold says so. */
static void check_block(const cow_paged *r, const block *b) {
    const unsigned char *data = (const unsigned char *)cow_paged_data(r);
    assert_true(b->p > data && b->n <= cow_paged_size(r) && (size_t)(b->p - data) <= cow_paged_size(r) - b->n);
    assert_int_equal((uintptr_t)b->p % 16, 0);
    for (size_t i = 0; i < b->n; i++) assert_int_equal(b->p[i], b->fill);
}

static size_t draw_size(void) {
    size_t kind = draw(20);
    return kind == 0 ? draw(40000) : kind < 4 ? draw(3000) : draw(200);
}

static void fill(block *b, void *p, size_t n) {
    b->p = (unsigned char *)p;
    b->n = n;
    b->fill = (unsigned char)draw(256);
    memset(p, b->fill, n);
}

static void resize_block(cow_paged *r, block *b, size_t n) {
    size_t kept = n < b->n ? n : b->n;
    unsigned char *p = (unsigned char *)cow_heap_resize(r, b->p, n);
    if (!p) {
        assert_int_equal(cow_error(), COW_NOMEM);
        check_block(r, b);
        return;
    }
    for (size_t i = 0; i < kept; i++) assert_int_equal(p[i], b->fill);
    fill(b, p, n);
}

/* Snapshots are taken all the time; sometimes one is restored, with the list as it was. */
static void blocks_against_a_list(void **state) {
    static block list[BLOCKS], kept[BLOCKS];
    cow_paged *r = new_heap(state, 65536, (size_t)3 << 20);
    size_t empty = cow_heap_used(cow_paged_data(r)), used = 0, refused = 0;
    cow_snap *s = NULL;
    random_state = 12345;
    memset(list, 0, sizeof list);
    for (size_t i = 0; i < 30000; i++) {
        block *b = &list[draw(BLOCKS)];
        if (b->p) check_block(r, b);
        if (!b->p) {
            size_t n = draw_size();
            void *p = cow_heap_alloc(r, n);
            if (p)
                fill(b, p, n);
            else
                refused++;
        } else if (draw(3)) {
            resize_block(r, b, draw_size());
        } else {
            cow_heap_free(r, b->p);
            b->p = NULL;
        }
        if (i % 500 == 7) {
            cow_snap_drop(s);
            s = draw(2) ? cow_paged_snapshot(r) : cow_paged_snapshot_bare(r);
            assert_non_null(s);
            used = cow_heap_used(cow_paged_data(r));
            memcpy(kept, list, sizeof list);
        } else if (i % 500 == 300 && draw(2)) {
            assert_true(cow_paged_restore(r, s));
            assert_int_equal(cow_heap_used(cow_paged_data(r)), used);
            memcpy(list, kept, sizeof list);
            for (size_t k = 0; k < BLOCKS; k++)
                if (list[k].p) check_block(r, &list[k]);
        }
    }
    size_t live = 0;
    for (size_t k = 0; k < BLOCKS; k++) live += list[k].p ? list[k].n : 0;
    assert_true(cow_heap_used(cow_paged_data(r)) >= live + empty && refused < 300);
    for (size_t k = 0; k < BLOCKS; k++) {
        if (list[k].p) check_block(r, &list[k]);
        cow_heap_free(r, list[k].p);
    }
    assert_int_equal(cow_heap_used(cow_paged_data(r)), empty);
    /* All that is free has grown together. */
    void *all = cow_heap_alloc(r, cow_paged_size(r) - empty - 64);
    assert_non_null(all);
    cow_heap_free(r, all);
    cow_snap_drop(s);
    cow_paged_free(r);
}

static void a_heap_that_is_full_says_so(void **state) {
    cow_paged *r = new_heap(state, 65536, 0);
    void *p[5000], *large = cow_heap_alloc(r, 40000);
    size_t n = 0, used = cow_heap_used(cow_paged_data(r));
    assert_non_null(large);
    assert_true(FAILS(cow_heap_alloc(r, 40000), COW_NOMEM));
    assert_true(FAILS(cow_heap_alloc(r, SIZE_MAX), COW_NOMEM));
    assert_true(FAILS(cow_heap_alloc(r, SIZE_MAX / 2), COW_NOMEM));
    assert_true(FAILS(cow_heap_resize(r, large, SIZE_MAX - 8), COW_NOMEM));
    assert_true(FAILS(cow_heap_resize(r, large, 70000), COW_NOMEM));
    assert_int_equal(cow_heap_used(cow_paged_data(r)), used);
    while (n < LENGTH(p) && (p[n] = cow_heap_alloc(r, 1)) != NULL) n++;
    assert_true(n > 500 && n < LENGTH(p));
    for (size_t i = 0; i < n; i++) cow_heap_free(r, p[n - 1 - i]);
    assert_int_equal(cow_heap_used(cow_paged_data(r)), used);
    cow_heap_free(r, large);
    cow_heap_free(r, NULL);
    void *whole = cow_heap_resize(r, NULL, 60000);
    assert_non_null(whole);
    assert_ptr_equal(cow_heap_resize(r, whole, 100), whole);
    assert_non_null(cow_heap_alloc(r, 50000));
    assert_true(cow_heap_begin(r));
    assert_non_null(cow_heap_alloc(r, 60000));
    cow_paged_free(r);
}

static void a_heap_grows_to_its_reserve(void **state) {
    enum { MANY = 90 };
    cow_paged *r = new_heap(state, 4096, (size_t)1 << 20);
    unsigned char *p[MANY];
    cow_snap *s = cow_paged_snapshot(r);
    assert_non_null(s);
    for (size_t i = 0; i < MANY; i++) {
        p[i] = (unsigned char *)cow_heap_alloc(r, 10000);
        assert_non_null(p[i]);
        memset(p[i], (int)i, 10000);
    }
    assert_true(cow_paged_size(r) >= MANY * 10000 && cow_paged_size(r) <= (size_t)1 << 20);
    for (size_t i = 0; i < MANY; i++) assert_true(p[i][0] == i && p[i][9999] == i);
    assert_int_equal(cow_snap_size(s), 4096);
    /* Of what it grew by, nothing is lost when it is as it was before. */
    assert_true(cow_paged_restore(r, s));
    for (size_t i = 0; i < MANY; i++) assert_non_null(cow_heap_alloc(r, 10000));
    cow_snap_drop(s);
    cow_paged_free(r);
}

/* ---- linked structures ---- */

typedef struct item {
    cow_off(struct item) next, other;
    int value;
} item;

/* The root, its values from `first` on downwards, and each `other` is the one two ahead. */
static void check_list(const void *data, int first) {
    item *at = (item *)cow_heap_root(data), *second = at ? cow_off_get(item, &at->next) : NULL;
    for (int i = first; i > 0; i--) {
        assert_non_null(at);
        assert_int_equal(at->value, i);
        item *next = cow_off_get(item, &at->next);
        item *two = next ? cow_off_get(item, &next->next) : NULL;
        assert_ptr_equal(cow_off_get(item, &at->other), two);
        at = next;
    }
    assert_null(at);
    assert_true(first < 2 || second != NULL);
}

static void push(cow_paged *r, int value) {
    item *first = (item *)cow_heap_root(cow_paged_data(r)), *it = (item *)cow_heap_alloc(r, sizeof *it);
    assert_non_null(it);
    it->value = value;
    cow_off_set(&it->next, first);
    cow_off_set(&it->other, first ? cow_off_get(item, &first->next) : NULL);
    cow_heap_set_root(r, it);
}

static void structures_are_followed_in_every_view(void **state) {
    cow_paged *r = new_heap(state, 4096, (size_t)1 << 20);
    cow_snap *s[5];
    assert_null(cow_heap_root(cow_paged_data(r)));
    for (int i = 0; i < 5; i++) {
        for (int k = 1; k <= 700; k++) push(r, 700 * i + k);
        s[i] = cow_paged_snapshot(r);
        assert_non_null(s[i]);
    }
    for (int i = 0; i < 5; i++) check_list(cow_snap_data(s[i]), 700 * (i + 1));
    check_list(cow_paged_data(r), 3500);
    static const int order[] = {1, 4, 0, 3};
    for (size_t i = 0; i < LENGTH(order); i++) {
        assert_true(cow_paged_restore(r, s[order[i]]));
        check_list(cow_paged_data(r), 700 * (order[i] + 1));
        for (int k = 1; k <= 100; k++) push(r, 700 * (order[i] + 1) + k);
        check_list(cow_paged_data(r), 700 * (order[i] + 1) + 100);
        check_list(cow_snap_data(s[4]), 3500);
    }
    cow_heap_set_root(r, NULL);
    assert_null(cow_heap_root(cow_paged_data(r)));
    cow_paged_free(r);
    for (int i = 4; i >= 0; i--) {
        check_list(cow_snap_data(s[i]), 700 * (i + 1));
        cow_snap_drop(s[i]);
    }
}

/* All-zero is NULL; any other address is told, before it and behind it, and its own. */
static void an_offset_is_any_address_or_none(void **state) {
    cow_paged *r = new_heap(state, 65536, 0);
    char *bytes = (char *)cow_heap_alloc(r, 1000);
    item *it = (item *)cow_heap_alloc(r, sizeof *it);
    assert_true(bytes && it);
    memset(it, 0, sizeof *it);
    assert_null(cow_off_get(item, &it->next));
    cow_off_set(&it->next, bytes);
    assert_ptr_equal(cow_off_get(char, &it->next), bytes);
    for (char *p = (char *)it - 20; p < (char *)it + 20; p++) {
        cow_off_set(&it->next, p);
        assert_ptr_equal(cow_off_get(char, &it->next), p);
    }
    cow_off_set(&it->next, it); /* a ring of one */
    assert_ptr_equal(cow_off_get(item, &it->next), it);
    cow_off_set(&it->next, NULL);
    assert_null(cow_off_get(item, &it->next));
    cow_paged_free(r);
}

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
    cow_paged *a = cow_paged_new(1, NULL);
    bool ok = a != NULL;
    cow_paged_free(a);
    kit_leave();
    return ok ? 0 : -1;
}

#ifdef COW_PAGED_EAGER
#define EACH_WAY(test) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_copy)
#else
#define EACH_WAY(test)                                                               \
    cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_mprotect), \
        cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, &by_copy)
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        EACH_WAY(blocks_against_a_list),
        EACH_WAY(a_heap_that_is_full_says_so),
        EACH_WAY(a_heap_grows_to_its_reserve),
        EACH_WAY(structures_are_followed_in_every_view),
        EACH_WAY(an_offset_is_any_address_or_none),
    };
    return cmocka_run_group_tests_name("paged_heap", tests, begin, NULL);
}

/* SPDX-License-Identifier: MIT */
/* memory: checked sizes, the allocator hooks, alignment, and large blocks. */
#include "arrays.h"

static void products_and_sums_are_checked(void **state) {
    (void)state;
    size_t out = 77, most = (size_t)PTRDIFF_MAX;
    assert_true(cow__mul_size(6, 7, &out) && out == 42);
    assert_true(cow__mul_size(0, SIZE_MAX, &out) && out == 0);
    assert_true(cow__mul_size(SIZE_MAX, 0, &out) && out == 0);
    assert_true(cow__mul_size(most, 1, &out) && out == most);
    assert_false(cow__mul_size(most, 2, &out));
    assert_false(cow__mul_size(SIZE_MAX, 1, &out));
    assert_false(cow__mul_size((size_t)1 << 33, (size_t)1 << 33, &out)); /* wraps to a small number */
    assert_true(cow__add_size(most - 1, 1, &out) && out == most);
    assert_false(cow__add_size(most, 1, &out));
    assert_false(cow__add_size(1, most, &out));
    assert_false(cow__add_size(SIZE_MAX, 2, &out));
    assert_false(cow__add_size(SIZE_MAX, SIZE_MAX, &out));
}

/* An element of 4 KiB makes overflow reachable with small counts. */
typedef struct page {
    char bytes[4096];
} page;
#define COW_ARRAY pages, page
#include "cow/cow.h"

static void sizes_that_overflow_are_refused_everywhere(void **state) {
    (void)state;
    static const size_t sizes[] = {SIZE_MAX,        SIZE_MAX - 1,        SIZE_MAX / 2,       SIZE_MAX / 2 + 1,
                                   SIZE_MAX / 4096, SIZE_MAX / 4096 + 1, SIZE_MAX / 8192 + 1};
    static page one;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int shared = 0; shared < 2; shared++) {
            pages a = {0}, keeper = {0}, out = {0};
            assert_true(pages_push(&a, one));
            if (shared) keeper = pages_copy(&a);
            pages before = a;
            kit_fail_none();
            assert_false(pages_reserve(&a, sizes[i]));
            assert_int_equal(cow_error(), COW_RANGE);
            assert_false(pages_resize(&a, sizes[i], NULL));
            assert_false(pages_resize(&a, sizes[i], &one));
            assert_false(pages_push_n(&a, &one, sizes[i]));
            assert_false(pages_insert_n(&a, 0, &one, sizes[i]));
            assert_false(pages_insert_n(&a, 1, &one, sizes[i]));
            assert_false(pages_from(&out, &one, sizes[i]));
            assert_false(pages_with_capacity(&out, sizes[i]));
            assert_int_equal(cow_error(), COW_RANGE);
            assert_true(SAME_HANDLE(a, before) && IS_ZERO(out));
            assert_int_equal(kit.calls, 0); /* nobody was asked for a wrapped size */
            pages_drop(&a);
            pages_drop(&keeper);
        }
    }
}

static void a_borrowed_length_that_no_array_can_have(void **state) {
    (void)state;
    /* Wrong, but only reading it all would be undefined: a change must refuse before it touches anything. */
    static const int unsorted[] = {2, 1};
    ints a = ints_borrow(unsorted, SIZE_MAX / 2), before = a;
    assert_false(ints_sort_stable(&a));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_sort(&a));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_false(ints_push(&a, 1));
    assert_false(ints_push_front(&a, 1));
    assert_false(ints_concat(&a, &a));
    assert_null(ints_mut(&a, 0));
    assert_null(ints_edit(&a));
    assert_int_equal(cow_error(), COW_RANGE);
    assert_true(SAME_HANDLE(a, before));
    assert_int_equal(kit.calls, 0);
}

/* ---- alignment, through every way a buffer comes to be ---- */

typedef struct vec {
    float x[4];
} vec;
static bool vec_equal(const vec *a, const vec *b) { return memcmp(a, b, sizeof *a) == 0; }

#define COW_ARRAY vecs16, vec
#define COW_ALIGN 16
#include "cow/cow.h"
#define COW_ARRAY vecs32, vec
#define COW_ALIGN 32
#define COW_EQUAL vec_equal
#include "cow/cow.h"
#define COW_ARRAY vecs64, vec
#define COW_ALIGN 64
#include "cow/cow.h"
#define COW_ARRAY vecs128, vec
#define COW_ALIGN 128
#include "cow/cow.h"
#define COW_ARRAY vecs512, vec
#define COW_ALIGN 512
#include "cow/cow.h"
#define COW_ARRAY vecs4096, vec
#define COW_ALIGN 4096
#include "cow/cow.h"
typedef struct wide {
    _Alignas(64) int x;
} wide;
#define COW_ARRAY wides, wide
#include "cow/cow.h"

static const vec source[5] = {{{0}}, {{1}}, {{2}}, {{3}}, {{4}}};
#define ALIGNED_TO(p, align) (((uintptr_t)(p) & ((align)-1)) == 0)

#define CHECK_ALIGNED(name, align)                                                \
    do {                                                                          \
        name a = {0}, b = {0}, c = {0};                                           \
        assert_true(name##_from(&a, source, 5));                                  \
        assert_true(ALIGNED_TO(a.p, align));                                      \
        for (int i = 0; i < 300; i++) {                                           \
            assert_true(name##_push(&a, source[i % 5]));                          \
            assert_true(ALIGNED_TO(a.p, align));                                  \
        }                                                                         \
        b = name##_copy(&a);                                                      \
        assert_true(name##_set(&b, 0, source[1]) && ALIGNED_TO(b.p, align));      \
        assert_true(name##_truncate(&b, 3) && name##_shrink(&b));                 \
        assert_true(ALIGNED_TO(b.p, align) && b.p[2].x[0] == 2);                  \
        assert_true(name##_with_capacity(&c, 7) && name##_push_n(&c, source, 5)); \
        assert_true(ALIGNED_TO(c.p, align));                                      \
        assert_true(name##_insert_n(&c, 2, source, 5) && ALIGNED_TO(c.p, align)); \
        assert_true(name##_reserve(&c, 1000) && ALIGNED_TO(c.p, align));          \
        assert_true(c.p[3].x[0] == 1 && c.p[9].x[0] == 4);                        \
        name##_drop(&a);                                                          \
        name##_drop(&b);                                                          \
        name##_drop(&c);                                                          \
    } while (0)

static void elements_start_where_the_alignment_says(void **state) {
    (void)state;
    CHECK_ALIGNED(vecs16, 16);
    CHECK_ALIGNED(vecs32, 32);
    CHECK_ALIGNED(vecs64, 64);
    CHECK_ALIGNED(vecs128, 128);
    CHECK_ALIGNED(vecs512, 512);
    CHECK_ALIGNED(vecs4096, 4096);
}

static void a_types_own_alignment_is_kept(void **state) {
    (void)state;
    wides a = {0};
    for (int i = 0; i < 200; i++) {
        assert_true(wides_push(&a, (wide){i}));
        assert_true(ALIGNED_TO(a.p, 64));
    }
    for (int i = 0; i < 50; i++) {
        assert_true(wides_push_front(&a, (wide){i}));
        assert_true(ALIGNED_TO(a.p, 64)); /* sizeof is a multiple of the alignment, so any element is aligned */
    }
    wides b = wides_slice(&a, 7, 100);
    assert_true(wides_set(&b, 0, (wide){5}) && ALIGNED_TO(b.p, 64));
    wides_drop(&a);
    wides_drop(&b);
}

/* ---- an allocator given with the type ---- */

static size_t type_allocs;
static void *count_alloc(void *context, size_t size) {
    ++*(size_t *)context;
    return kit_malloc(size);
}
static void count_release(void *context, void *p, size_t size) {
    --*(size_t *)context;
    kit_free(p, size);
}
static const cow_alloc counting = {count_alloc, NULL, count_release, &type_allocs};
#define COW_ARRAY arena_ints, int
#define COW_ALLOC &counting
#include "cow/cow.h"

static void a_types_allocator_serves_all_its_values(void **state) {
    (void)state;
    arena_ints a = {0};
    for (int i = 0; i < 100; i++) assert_true(arena_ints_push(&a, i));
    assert_int_equal(type_allocs, kit.blocks);
    arena_ints b = arena_ints_copy(&a), c = {0};
    assert_true(arena_ints_set(&b, 0, 1) && arena_ints_from(&c, b.p, 10) && arena_ints_sort_stable(&b));
    assert_int_equal(type_allocs, kit.blocks);
    arena_ints_drop(&a);
    arena_ints_drop(&b);
    arena_ints_drop(&c);
    assert_int_equal(type_allocs, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(products_and_sums_are_checked),
        UNIT(sizes_that_overflow_are_refused_everywhere),
        UNIT(a_borrowed_length_that_no_array_can_have),
        UNIT(elements_start_where_the_alignment_says),
        UNIT(a_types_own_alignment_is_kept),
        UNIT(a_types_allocator_serves_all_its_values),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

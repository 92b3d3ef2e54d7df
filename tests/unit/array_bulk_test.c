/* SPDX-License-Identifier: MIT */
/* array: looking for elements, comparing values, changing many at once, iterating. */
#include "arrays.h"

static void looking_for_an_element(void **state) {
    (void)state;
    ints a = INTS(4, 5, 5, 6), none = {0};
    int five = 5, seven = 7;
    assert_ptr_equal(ints_find(&a, &five), ints_data(&a) + 1);
    assert_int_equal(ints_index_of(&a, &five), 1);
    assert_int_equal(ints_last_index_of(&a, &five), 2);
    assert_true(ints_index_of_from(&a, &five, 2) == 2 && ints_index_of_from(&a, &five, 3) == COW_NPOS);
    assert_true(ints_last_index_of_from(&a, &five, 1) == 1 && ints_last_index_of_from(&a, &five, 0) == COW_NPOS);
    assert_true(ints_index_of_from(&a, &five, COW_NPOS) == COW_NPOS &&
                ints_last_index_of_from(&a, &five, COW_NPOS) == 2);
    assert_true(ints_last_index_of(&none, &five) == COW_NPOS && ints_last_index_of_from(&none, &five, 0) == COW_NPOS);
    assert_true(ints_contains(&a, &five));
    assert_int_equal(ints_count(&a, &five), 2);
    assert_null(ints_find(&a, &seven));
    assert_int_equal(cow_error(), COW_ABSENT);
    assert_true(ints_index_of(&a, &seven) == COW_NPOS);
    assert_false(ints_contains(&a, &seven));
    assert_int_equal(ints_count(&a, &seven), 0);
    assert_null(ints_find(&none, &five));
    assert_true(ints_index_of(&none, &five) == COW_NPOS);
    assert_ptr_equal(ints_find(&a, &a.p[3]), &a.p[3]);
    ints_drop(&a);
}

static void equality_and_order_of_values(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), b = INTS(1, 2, 3), shorter = INTS(1, 2), other = INTS(1, 9), none = {0};
    assert_true(ints_equal(&a, &b) && ints_equal(&a, &a) && ints_equal(&none, &none));
    assert_false(ints_equal(&a, &shorter) || ints_equal(&shorter, &other) || ints_equal(&a, &none));
    assert_int_equal(ints_compare(&a, &b), 0);
    assert_true(ints_compare(&a, &shorter) > 0 && ints_compare(&shorter, &a) < 0);
    assert_true(ints_compare(&a, &other) < 0 && ints_compare(&other, &a) > 0);
    assert_true(ints_compare(&none, &a) < 0 && ints_compare(&none, &none) == 0);
    assert_true(ints_hash(&a, 1) == ints_hash(&b, 1));
    assert_true(ints_hash(&a, 1) != ints_hash(&shorter, 1));
    ints part = ints_slice(&a, 0, 2), twin = ints_copy(&a);
    assert_true(ints_equal(&a, &twin) && ints_compare(&a, &twin) == 0 && ints_compare(&part, &a) < 0 &&
                ints_compare(&a, &part) > 0);
    ints_drop(&twin);
    assert_true(ints_equal(&part, &shorter));
    assert_true(ints_hash(&part, 1) == ints_hash(&shorter, 1));
    ints_drop(&a);
    ints_drop(&b);
    ints_drop(&shorter);
    ints_drop(&other);
    ints_drop(&part);
}

static void fill_with_a_value_of_its_own(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4), b = tracks_copy(&a), none = {0};
    assert_true(tracks_fill(&a, &a.p[2]));
    CHECK_TRACKS(&a, 2, 2, 2, 2);
    CHECK_TRACKS(&b, 0, 1, 2, 3);
    assert_true(tracks_fill(&a, &b.p[3]));
    CHECK_TRACKS(&a, 3, 3, 3, 3);
    assert_true(tracks_fill(&none, &b.p[0]));
    assert_true(tracks_is_empty(&none));
    assert_int_equal(lives.alive, 8);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void fill_that_fails_halfway_changes_nothing(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4);
    tracked with = tracked_make(9);
    for (size_t at = 1; at <= 4; at++) {
        tracks before = a;
        tracked_fail(at, false);
        assert_false(tracks_fill(&a, &with));
        assert_int_equal(cow_error(), COW_HOOK);
        assert_true(SAME_HANDLE(a, before));
        CHECK_TRACKS(&a, 0, 1, 2, 3);
        assert_int_equal(lives.alive, 5);
    }
    tracked_fail_none();
    tracked_drop(&with);
    tracks_drop(&a);
}

/* ---- plain elements of sizes that are no power of two, filled with one of their own ---- */

#define BLOB(size)                 \
    typedef struct blob_##size {   \
        unsigned char bytes[size]; \
    } blob_##size

BLOB(3);
BLOB(24);
BLOB(100);
#define COW_ARRAY blobs_3, blob_3
#include "cow/cow.h"
#define COW_ARRAY blobs_24, blob_24
#include "cow/cow.h"
#define COW_ARRAY blobs_100, blob_100
#include "cow/cow.h"

/* Byte `at` of element `i`; no two elements are alike. */
static unsigned char blob_byte(size_t i, size_t at) { return (unsigned char)(31 * i + 7 * at + 1); }

static void check_blob(const unsigned char *bytes, size_t size, size_t i) {
    for (size_t at = 0; at < size; at++) assert_int_equal(bytes[at], blob_byte(i, at));
}

#define BLOBS_OF(name, T, a, n, room)                                                        \
    do {                                                                                     \
        assert_true(name##_reserve(&(a), (room)));                                           \
        for (size_t i_ = 0; i_ < (n); i_++) {                                                \
            T e_;                                                                            \
            for (size_t at_ = 0; at_ < sizeof(T); at_++) e_.bytes[at_] = blob_byte(i_, at_); \
            assert_true(name##_push(&(a), e_));                                              \
        }                                                                                    \
    } while (0)

/* Each length, each element as the source, alone and shared, with room behind and without. */
#define CHECK_FILL_WITH_ITS_OWN(name, T)                                                                   \
    for (size_t n = 1; n <= 9; n++) {                                                                      \
        for (size_t with = 0; with < n; with++) {                                                          \
            for (size_t way = 0; way < 4; way++) {                                                         \
                size_t more = 1 + 3 * n;                                                                   \
                name a = {0}, filled = {0}, keeper = {0};                                                  \
                BLOBS_OF(name, T, a, n, way / 2 ? n + more : n);                                           \
                BLOBS_OF(name, T, filled, n, n);                                                           \
                if (way % 2) keeper = name##_copy(&filled);                                                \
                assert_true(name##_fill(&filled, name##_get(&filled, with)));                              \
                assert_int_equal(name##_len(&filled), n);                                                  \
                for (size_t i = 0; i < n; i++) check_blob(name##_get(&filled, i)->bytes, sizeof(T), with); \
                for (size_t i = 0; i < name##_len(&keeper); i++)                                           \
                    check_blob(name##_get(&keeper, i)->bytes, sizeof(T), i);                               \
                name##_drop(&keeper);                                                                      \
                if (way % 2) keeper = name##_copy(&a);                                                     \
                assert_true(name##_resize(&a, n + more, name##_get(&a, with)));                            \
                assert_int_equal(name##_len(&a), n + more);                                                \
                for (size_t i = 0; i < n + more; i++)                                                      \
                    check_blob(name##_get(&a, i)->bytes, sizeof(T), i < n ? i : with);                     \
                name##_drop(&a);                                                                           \
                name##_drop(&filled);                                                                      \
                name##_drop(&keeper);                                                                      \
            }                                                                                              \
        }                                                                                                  \
    }

static void fill_and_resize_with_an_own_element_of_odd_size(void **state) {
    (void)state;
    CHECK_FILL_WITH_ITS_OWN(blobs_3, blob_3)
    CHECK_FILL_WITH_ITS_OWN(blobs_24, blob_24)
    CHECK_FILL_WITH_ITS_OWN(blobs_100, blob_100)
}

static bool is_even(const tracked *e, void *context) {
    ++*(int *)context;
    return tracked_value(e) % 2 == 0;
}

static bool all(const tracked *e, void *context) {
    (void)e;
    (void)context;
    return true;
}
static bool no_one(const tracked *e, void *context) {
    (void)e;
    (void)context;
    return false;
}

static void retain_if_asks_each_element_once(void **state) {
    (void)state;
    tracks a = tracks_run(0, 7), b = tracks_copy(&a);
    int asked = 0;
    assert_true(tracks_retain_if(&a, is_even, &asked));
    assert_int_equal(asked, 7);
    CHECK_TRACKS(&a, 0, 2, 4, 6);
    CHECK_TRACKS(&b, 0, 1, 2, 3, 4, 5, 6);
    asked = 0;
    assert_true(tracks_retain_if(&a, is_even, &asked)); /* alone now, and all stay */
    assert_int_equal(asked, 4);
    assert_true(tracks_retain_if(&a, no_one, NULL));
    assert_true(tracks_is_empty(&a));
    assert_int_equal(lives.alive, 7);
    tracks_drop(&a);
    tracks_drop(&b);
}

static void retain_if_that_keeps_all_copies_nothing(void **state) {
    (void)state;
    tracks a = tracks_run(0, 7), b = tracks_copy(&a);
    assert_true(tracks_retain_if(&a, all, NULL));
    CHECK_TRACKS(&a, 0, 1, 2, 3, 4, 5, 6);
    assert_int_equal(lives.copied, 0);
    assert_true(tracks_same(&a, &b));
    assert_true(tracks_dedup(&a)); /* nothing to remove here either */
    assert_true(tracks_same(&a, &b));
    tracks_drop(&a);
    tracks_drop(&b);
}

static void dedup_keeps_the_first_of_each_run(void **state) {
    (void)state;
    ints a = INTS(1, 1, 2, 3, 3, 3, 1), b = ints_copy(&a), none = {0};
    assert_true(ints_dedup(&a));
    CHECK_INTS(&a, 1, 2, 3, 1);
    CHECK_INTS(&b, 1, 1, 2, 3, 3, 3, 1);
    assert_true(ints_dedup(&a));
    CHECK_INTS(&a, 1, 2, 3, 1);
    assert_true(ints_dedup(&b));
    CHECK_INTS(&b, 1, 2, 3, 1);
    assert_true(ints_dedup(&none));
    ints_drop(&a);
    ints_drop(&b);
}

static void the_macro_borrows(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), none = {0};
    ints b = ints_copy(&a), before = a;
    kit_fail_none();
    int sum = 0;
    COW_EACH (int, it, &a) sum += *it;
    assert_int_equal(sum, 6);
    COW_EACH (int, it, &none) sum += *it;
    COW_EACH (int, outer, &a) {
        if (*outer == 2) continue;
        if (*outer == 3) break;
        COW_EACH (int, inner, &b) sum += *outer * *inner;
    }
    assert_int_equal(sum, 12);
    assert_true(SAME_HANDLE(a, before));
    assert_int_equal(kit.calls, 0);
    ints_drop(&a);
    ints_drop(&b);
}

static void the_iterator_object_holds_its_own_copy(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4);
    tracks_iter walk = tracks_iter_of(&a);
    assert_true(tracks_is_shared(&a));
    tracks_drop(&a);
    const tracked *e = NULL;
    for (int i = 0; i < 4; i++) {
        assert_true(tracks_iter_next(&walk, &e));
        assert_int_equal(tracked_value(e), i);
    }
    assert_int_equal(lives.alive, 4);
    assert_false(tracks_iter_next(&walk, &e)); /* the end drops the copy */
    assert_int_equal(lives.alive, 0);
    assert_false(tracks_iter_next(&walk, &e));
    tracks_iter_drop(&walk);
}

static void leaving_early_needs_iter_drop(void **state) {
    (void)state;
    tracks a = tracks_run(0, 4);
    tracks_iter walk = tracks_iter_of(&a);
    const tracked *e = NULL;
    assert_true(tracks_iter_next(&walk, &e));
    assert_true(tracks_set(&a, 1, tracked_make(50)));
    assert_true(tracks_push(&a, tracked_make(60)));
    assert_true(tracks_iter_next(&walk, &e));
    assert_int_equal(tracked_value(e), 1); /* as it was when the walk began */
    tracks_iter_drop(&walk);
    assert_false(tracks_is_shared(&a));
    tracks_drop(&a);
    ints none = {0};
    ints_iter nowhere = ints_iter_of(&none);
    const int *i;
    assert_false(ints_iter_next(&nowhere, &i));
}

static bool sum_until(const int *chunk, size_t n, void *context) {
    int *sum = context;
    for (size_t i = 0; i < n; i++) *sum += chunk[i];
    return *sum < 1000;
}

static void chunks_cover_every_element_once(void **state) {
    (void)state;
    ints a = INTS(1, 2, 3), none = {0};
    int sum = 0;
    assert_true(ints_each(&a, sum_until, &sum));
    assert_int_equal(sum, 6);
    assert_true(ints_each(&none, sum_until, &sum));
    assert_int_equal(sum, 6);
    sum = 1000;
    assert_false(ints_each(&a, sum_until, &sum)); /* stops when the callback says so */
    ints_drop(&a);
}

/* Drop hooks run last and may use other containers. */
static ints graves;
static void bury(int *e) { (void)ints_push(&graves, *e); }
static bool bear(int *copy, const int *e) {
    *copy = *e;
    return true;
}
#define COW_ARRAY mortals, int
#define COW_COPY bear
#define COW_DROP bury
#include "cow/cow.h"

static void a_drop_hook_may_use_other_containers(void **state) {
    (void)state;
    mortals a = {0};
    for (int i = 0; i < 5; i++) assert_true(mortals_push(&a, i));
    assert_true(mortals_truncate(&a, 3));
    CHECK_INTS(&graves, 3, 4);
    assert_true(mortals_erase(&a, 0));
    CHECK_INTS(&graves, 3, 4, 0);
    mortals_drop(&a);
    CHECK_INTS(&graves, 3, 4, 0, 1, 2);
    ints_drop(&graves);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(looking_for_an_element),
        UNIT(equality_and_order_of_values),
        UNIT(fill_with_a_value_of_its_own),
        UNIT(fill_and_resize_with_an_own_element_of_odd_size),
        UNIT(fill_that_fails_halfway_changes_nothing),
        UNIT(retain_if_asks_each_element_once),
        UNIT(retain_if_that_keeps_all_copies_nothing),
        UNIT(dedup_keeps_the_first_of_each_run),
        UNIT(the_macro_borrows),
        UNIT(the_iterator_object_holds_its_own_copy),
        UNIT(leaving_early_needs_iter_drop),
        UNIT(chunks_cover_every_element_once),
        UNIT(a_drop_hook_may_use_other_containers),
    };
    return cmocka_run_group_tests_name("array: bulk", tests, NULL, NULL);
}

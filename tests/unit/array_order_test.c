/* SPDX-License-Identifier: MIT */
/* array: turning, sorting, and searching what is sorted. */
#include "arrays.h"

/* An element that remembers where it was, to see whether a sort is stable. */
typedef struct card {
    int rank;
    int serial;
} card;
static int card_compare(const card *a, const card *b) { return (a->rank > b->rank) - (a->rank < b->rank); }
#define COW_ARRAY cards, card
#define COW_COMPARE card_compare
#include "cow/cow.h"

static uint64_t random_state;
static uint64_t random_next(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static void reverse_turns_round(void **state) {
    (void)state;
    ints a = {0};
    assert_true(ints_reverse(&a));
    a = INTS(1);
    assert_true(ints_reverse(&a));
    CHECK_INTS(&a, 1);
    assert_true(ints_push(&a, 2) && ints_push(&a, 3));
    ints b = ints_copy(&a);
    assert_true(ints_reverse(&a));
    CHECK_INTS(&a, 3, 2, 1);
    CHECK_INTS(&b, 1, 2, 3);
    ints_drop(&a);
    ints_drop(&b);
}

static void rotate_goes_left(void **state) {
    (void)state;
    for (size_t n = 1; n <= 8; n++) {
        for (size_t by = 0; by <= n; by++) {
            tracks a = tracks_run(0, (int)n), b = tracks_copy(&a);
            assert_true(tracks_rotate(&a, by));
            for (size_t i = 0; i < n; i++) assert_int_equal(tracked_value(&a.p[i]), (int)((i + by) % n));
            for (size_t i = 0; i < n; i++) assert_int_equal(tracked_value(&b.p[i]), (int)i);
            tracks_drop(&a);
            tracks_drop(&b);
        }
    }
    ints none = {0};
    assert_true(ints_rotate(&none, 0));
}

static void check_sorted_like_qsort(size_t n, int shape) {
    int *expected = malloc((n + 1) * sizeof *expected);
    assert_non_null(expected);
    for (size_t i = 0; i < n; i++) {
        switch (shape) {
        case 0: expected[i] = (int)(random_next() % 1000000); break;
        case 1: expected[i] = (int)i; break;
        case 2: expected[i] = (int)(n - i); break;
        case 3: expected[i] = 7; break;
        case 4: expected[i] = (int)(random_next() % 3); break;
        case 5: expected[i] = (int)(i % 2 ? i : n - i); break;
        case 6: expected[i] = i < n / 2 ? (int)i : (int)(n - i); break;
        default: expected[i] = i + 1 == n ? -1 : (int)i; break;
        }
    }
    cards plain = {0}, stable = {0};
    for (size_t i = 0; i < n; i++) {
        assert_true(cards_push(&plain, (card){expected[i], (int)i}));
        assert_true(cards_push(&stable, (card){expected[i], (int)i}));
    }
    assert_true(cards_sort(&plain) && cards_sort_stable(&stable));
    assert_true(cards_is_sorted(&plain) && cards_is_sorted(&stable));
    char *seen = calloc(n + 1, 1);
    assert_non_null(seen);
    for (size_t i = 0; i < n; i++) {
        card p = cards_at(&plain, i), s = cards_at(&stable, i);
        assert_true(i == 0 || plain.p[i - 1].rank <= p.rank);
        assert_int_equal(expected[p.serial], p.rank);
        assert_false(seen[p.serial]);
        seen[p.serial] = 1; /* a permutation: nothing lost, nothing doubled */
        assert_int_equal(expected[s.serial], s.rank);
        assert_true(i == 0 || stable.p[i - 1].rank < s.rank ||
                    (stable.p[i - 1].rank == s.rank && stable.p[i - 1].serial < s.serial));
    }
    free(seen);
    free(expected);
    cards_drop(&plain);
    cards_drop(&stable);
}

static void sorts_agree_with_the_order_on_every_shape(void **state) {
    (void)state;
    static const size_t lengths[] = {0,  1,  2,  3,  4,   7,   8,   15,   16,   17,   31,
                                     32, 33, 64, 65, 100, 128, 129, 1000, 1024, 4096, 5000};
    for (size_t i = 0; i < LENGTH(lengths); i++) {
        for (int shape = 0; shape < 8; shape++) check_sorted_like_qsort(lengths[i], shape);
    }
}

static size_t comparisons;
static int counting_compare(const int *a, const int *b, void *context) {
    (void)context;
    comparisons++;
    return (*a > *b) - (*a < *b);
}

/* McIlroy's adversary (1999) makes a naive quicksort quadratic: it decides answers only when they are asked for. */
static struct {
    int value[20000];
    int solid, candidate, gas;
} adversary;
static int adversary_compare(const int *x, const int *y, void *context) {
    (void)context;
    comparisons++;
    int a = *x, b = *y;
    if (adversary.value[a] == adversary.gas && adversary.value[b] == adversary.gas)
        adversary.value[a == adversary.candidate ? a : b] = adversary.solid++;
    if (adversary.value[a] == adversary.gas)
        adversary.candidate = a;
    else if (adversary.value[b] == adversary.gas)
        adversary.candidate = b;
    return adversary.value[a] - adversary.value[b];
}

static void sorting_is_never_quadratic(void **state) {
    (void)state;
    enum { N = 20000 };
    for (int stable = 0; stable < 2; stable++) {
        ints a = {0};
        adversary.solid = 0;
        adversary.candidate = 0;
        adversary.gas = N;
        comparisons = 0;
        for (int i = 0; i < N; i++) {
            assert_true(ints_push(&a, i));
            adversary.value[i] = N;
        }
        adversary.value[0] = N + 1; /* decided, so that the input is seen to be unsorted at once */
        assert_true(stable ? ints_sort_stable_by(&a, adversary_compare, NULL)
                           : ints_sort_by(&a, adversary_compare, NULL));
        if (comparisons > (size_t)N * 15 * 4) fail_msg("%zu comparisons are more than 4 n log2 n", comparisons);
        ints_drop(&a);
    }
}

static void sorting_sorted_input_is_cheap(void **state) {
    (void)state;
    ints a = {0};
    for (int i = 0; i < 10000; i++) assert_true(ints_push(&a, i));
    comparisons = 0;
    assert_true(ints_sort_stable_by(&a, counting_compare, NULL));
    assert_true(comparisons < 10000 * 15);
    ints_drop(&a);
}

static int by_distance(const int *a, const int *b, void *context) {
    int from = *(const int *)context, x = abs(*a - from), y = abs(*b - from);
    return (x > y) - (x < y);
}

static void a_comparator_sees_its_context(void **state) {
    (void)state;
    int from = 10;
    ints a = INTS(1, 20, 9, 12), b = ints_copy(&a);
    assert_false(ints_is_sorted_by(&a, by_distance, &from));
    assert_true(ints_sort_by(&a, by_distance, &from));
    CHECK_INTS(&a, 9, 12, 1, 20);
    assert_true(ints_is_sorted_by(&a, by_distance, &from));
    CHECK_INTS(&b, 1, 20, 9, 12);
    ints_drop(&a);
    ints_drop(&b);
}

/* A comparator that contradicts itself gets a wrong order; it must not get a wild read or lose an element. */
static int nonsense(const int *a, const int *b, void *context) {
    (void)a;
    (void)b;
    (void)context;
    return (int)(random_next() % 3) - 1;
}

static void an_inconsistent_comparator_loses_nothing(void **state) {
    (void)state;
    for (int round = 0; round < 200; round++) {
        ints a = {0};
        long long sum = 0;
        for (int i = 0; i < 300; i++) assert_true(ints_push(&a, i));
        assert_true(round % 2 ? ints_sort_by(&a, nonsense, NULL) : ints_sort_stable_by(&a, nonsense, NULL));
        for (size_t i = 0; i < 300; i++) sum += ints_at(&a, i);
        assert_true(sum == 299 * 300 / 2);
        ints_drop(&a);
    }
}

static void sorting_a_shared_value_leaves_the_other(void **state) {
    (void)state;
    tracks a = {0};
    const int values[] = {3, 1, 2};
    for (size_t i = 0; i < 3; i++) assert_true(tracks_push(&a, tracked_make(values[i])));
    tracks b = tracks_copy(&a), c = tracks_copy(&a);
    assert_true(tracks_sort(&a) && tracks_sort_stable(&b));
    CHECK_TRACKS(&a, 1, 2, 3);
    CHECK_TRACKS(&b, 1, 2, 3);
    CHECK_TRACKS(&c, 3, 1, 2);
    tracks_drop(&a);
    tracks_drop(&b);
    tracks_drop(&c);
}

static void a_sorted_value_is_not_touched(void **state) {
    (void)state;
    tracks a = tracks_run(0, 20), b = tracks_copy(&a), one = tracks_slice(&a, 3, 4), turned = tracks_copy(&one);
    assert_true(tracks_sort(&a) && tracks_sort_stable(&a) && tracks_rotate(&a, 0) && tracks_rotate(&a, 20));
    assert_true(tracks_reverse(&turned));
    assert_true(tracks_same(&a, &b) && tracks_same(&turned, &one));
    assert_int_equal(lives.copied, 0);
    assert_false(tracks_rotate(&a, 21));
    assert_int_equal(cow_error(), COW_RANGE);
    tracks_drop(&a);
    tracks_drop(&b);
    tracks_drop(&one);
    tracks_drop(&turned);
}

static void bounds_and_search(void **state) {
    (void)state;
    ints a = INTS(1, 3, 3, 3, 5), none = {0};
    const struct {
        int key;
        size_t lower, upper;
        bool there;
    } rows[] = {
        {0, 0, 0, false}, {1, 0, 1, true}, {2, 1, 1, false}, {3, 1, 4, true},
        {4, 4, 4, false}, {5, 4, 5, true}, {6, 5, 5, false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_int_equal(ints_lower_bound(&a, &rows[i].key), rows[i].lower);
        assert_int_equal(ints_upper_bound(&a, &rows[i].key), rows[i].upper);
        size_t at = ints_search(&a, &rows[i].key);
        if (rows[i].there)
            assert_int_equal(ints_at(&a, at), rows[i].key);
        else
            assert_true(at == COW_NPOS);
    }
    assert_int_equal(ints_lower_bound(&none, &rows[0].key), 0);
    assert_int_equal(ints_upper_bound(&none, &rows[0].key), 0);
    assert_true(ints_search(&none, &rows[0].key) == COW_NPOS);
    ints_drop(&a);
}

static int descending(const int *a, const int *b, void *context) {
    (void)context;
    return (*a < *b) - (*a > *b);
}

static void bounds_under_another_order(void **state) {
    (void)state;
    ints a = INTS(9, 7, 7, 2);
    int key = 7, absent = 8;
    assert_true(ints_is_sorted_by(&a, descending, NULL));
    assert_false(ints_is_sorted(&a));
    assert_int_equal(ints_lower_bound_by(&a, &key, descending, NULL), 1);
    assert_int_equal(ints_upper_bound_by(&a, &key, descending, NULL), 3);
    assert_in_range(ints_search_by(&a, &key, descending, NULL), 1, 2);
    assert_true(ints_search_by(&a, &absent, descending, NULL) == COW_NPOS);
    ints_drop(&a);
}

static void is_sorted_looks_at_every_neighbour(void **state) {
    (void)state;
    for (int wrong = 0; wrong < 9; wrong++) {
        ints a = {0};
        for (int i = 0; i < 10; i++) assert_true(ints_push(&a, i));
        assert_true(ints_is_sorted(&a));
        assert_true(ints_set(&a, (size_t)wrong, 100));
        assert_false(ints_is_sorted(&a));
        ints_drop(&a);
    }
}

int main(void) {
    random_state = 2024;
    const struct CMUnitTest tests[] = {
        UNIT(reverse_turns_round),
        UNIT(rotate_goes_left),
        UNIT(sorts_agree_with_the_order_on_every_shape),
        UNIT(sorting_is_never_quadratic),
        UNIT(sorting_sorted_input_is_cheap),
        UNIT(a_comparator_sees_its_context),
        UNIT(an_inconsistent_comparator_loses_nothing),
        UNIT(sorting_a_shared_value_leaves_the_other),
        UNIT(a_sorted_value_is_not_touched),
        UNIT(bounds_and_search),
        UNIT(bounds_under_another_order),
        UNIT(is_sorted_looks_at_every_neighbour),
    };
    return cmocka_run_group_tests_name("array: order", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* map: making, reading, changing, and walking maps that nobody shares. Who owns what is map_own_test's business, sharing map_share_test's,
   whole maps against each other map_algebra_test's. */
#include "kit_map.h"

/* ---- empty maps ---- */

static bool never_keep(const imap_pair *e, void *context) {
    (void)e, (void)context;
    KIT_CHECK(false && "called for an empty map");
    return false;
}
static bool never_run(const imap_pair *run, size_t n, void *context) {
    (void)run, (void)n, (void)context;
    KIT_CHECK(false && "called for an empty map");
    return false;
}
static void never_fold(void *sum, const imap_pair *e) {
    (void)sum, (void)e;
    KIT_CHECK(false && "called for an empty map");
}
static bool never_edit(const int *key, int *value, void *context) {
    (void)key, (void)value, (void)context;
    KIT_CHECK(false && "called for an empty map");
    return false;
}
static bool never_map(int *to, const int *key, const int *from, void *context) {
    (void)to, (void)key, (void)from, (void)context;
    KIT_CHECK(false && "called for an empty map");
    return false;
}
static void never_update(int *value, void *context) {
    (void)value, (void)context;
    KIT_CHECK(false && "called for a key that is not there");
}
static bool never_diff(const imap_pair *was, const imap_pair *is, void *context) {
    (void)was, (void)is, (void)context;
    KIT_CHECK(false && "called though nothing differs");
    return false;
}
static bool never_conflict(int *mine, const int *key, const int *theirs, void *context) {
    (void)mine, (void)key, (void)theirs, (void)context;
    KIT_CHECK(false && "asked though there is no conflict");
    return false;
}
static bool never_equal(const int *key, const void *probe) {
    (void)key, (void)probe;
    KIT_CHECK(false && "called for an empty map");
    return false;
}

static void read_an_empty_map(const imap *m) {
    int key = 3;
    cow__set_error(COW_RANGE);
    assert_true(imap_is_empty(m) && imap_len(m) == 0 && !imap_is_shared(m));
    assert_null(imap_get(m, &key));
    assert_null(imap_find(m, &key));
    assert_null(imap_find_as(m, 12345, never_equal, &key));
    assert_false(imap_contains(m, &key));
    assert_int_equal(imap_get_or(m, &key, 77), 77);
    assert_int_equal(cow_error(), COW_RANGE); /* a lookup that finds nothing is no failure */
    assert_true(imap_each(m, never_run, NULL));
    imap_fold(m, never_fold, NULL);
    COW_MAP_EACH (imap, it, m) fail_msg("%d", it->key);
    const imap_pair *pair, *other;
    imap_iter walk = imap_iter_of(m);
    assert_false(imap_iter_next(&walk, &pair));
    walk = imap_iter_of(m);
    imap_iter_drop(&walk);
    imap_diff_iter diff = imap_diff_of(m, m);
    assert_false(imap_diff_next(&diff, &pair, &other));
    diff = imap_diff_of(m, m);
    imap_diff_drop(&diff);
    assert_true(imap_diff(m, m, never_diff, NULL));
    assert_true(imap_equal(m, m) && imap_is_subset(m, m));
    assert_int_equal(imap_bytes(m), 0);
    assert_int_equal(imap_bytes_owned(m), 0);
    assert_int_equal(imap_bytes_shared(m, m), 0);
}

static void change_an_empty_map(imap *m) {
    int key = 3, out = 99;
    assert_true(FAILS(imap_erase(m, &key), COW_ABSENT));
    assert_true(FAILS(imap_take(m, &key, &out), COW_ABSENT) && out == 99);
    assert_true(FAILS(imap_replace(m, &key, 1), COW_ABSENT));
    assert_true(FAILS(imap_update(m, &key, never_update, NULL), COW_ABSENT));
    assert_true(FAILS(imap_mut(m, &key), COW_ABSENT));
    assert_true(imap_update_all(m, never_edit, NULL));
    assert_true(imap_retain_if(m, never_keep, NULL));
    imap yes, no, made;
    assert_true(imap_partition(m, &yes, &no, never_keep, NULL) && imap_is_empty(&yes) && imap_is_empty(&no));
    assert_true(imap_map_values(&made, m, never_map, NULL) && imap_is_empty(&made));
    assert_true(imap_union(m, m, never_conflict, NULL) && imap_intersection(m, m, never_conflict, NULL));
    assert_true(imap_difference(m, m) && imap_symmetric_difference(m, m));
    imap_clear(m);
    imap_freeze(m);
    imap_swap(m, m);
    imap_assign(m, m);
    imap copy = imap_copy(m), moved = imap_move(m);
    assert_true(imap_same(&copy, &moved) && imap_equal(&copy, &moved));
    imap_drop(&copy);
    imap_drop(&moved);
    imap_drop(m);
    assert_true(imap_is_empty(m));
}

static void all_zero_is_an_empty_map(void **state) {
    (void)state;
    imap m;
    memset(&m, 0, sizeof m);
    read_an_empty_map(&m);
    change_an_empty_map(&m);
    read_an_empty_map(&m);
    assert_int_equal(kit.calls, 0); /* none of this needs memory */
    assert_int_equal(imap_seed(&m), cow_seed());
}

static void a_map_is_empty_again_after_its_last_key(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes) && map_sizes[i] <= 3000; i++) {
        imap m = imap_run(0, map_sizes[i], 1);
        for (int k = 0; k < map_sizes[i]; k++) assert_true(imap_erase(&m, &k));
        read_an_empty_map(&m);
        assert_int_equal(kit_lost_blocks(), 0); /* nothing is kept for an empty map */
        change_an_empty_map(&m);
        m = imap_run(0, map_sizes[i], 1);
        imap_clear(&m);
        read_an_empty_map(&m);
        change_an_empty_map(&m);
        m = imap_run(0, map_sizes[i], 1);
        imap_drop(&m);
        imap_drop(&m);
        read_an_empty_map(&m);
    }
}

/* ---- keys one by one ---- */

static void what_is_put_is_got(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        imap m = imap_run(0, map_sizes[i], 3);
        check_run(&m, 0, map_sizes[i], 3);
        for (int k = -1; k < 3 * map_sizes[i] + 3; k++)
            assert_true(imap_contains(&m, &k) == (k >= 0 && k % 3 == 0 && k < 3 * map_sizes[i]));
        imap_drop(&m);
    }
}

static void what_is_erased_is_gone(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        int n = map_sizes[i];
        imap m = imap_run(0, n, 1);
        for (int k = 1; k < n; k += 2) assert_true(imap_erase(&m, &k));
        check_run(&m, 0, (n + 1) / 2, 2);
        for (int k = 1; k < n; k += 2) assert_true(FAILS(imap_erase(&m, &k), COW_ABSENT));
        for (int k = 1; k < n; k += 2) assert_true(imap_put(&m, k, 10 * k));
        check_run(&m, 0, n, 1);
        for (int k = n; k-- > 0;) {
            int value = -1;
            assert_true(imap_take(&m, &k, &value) && value == 10 * k);
            assert_int_equal(imap_len(&m), k);
        }
        imap_drop(&m);
    }
}

/* The keys far apart and close together, negative, and the ends of the type. */
static void every_int_is_a_key(void **state) {
    (void)state;
    static const int keys[] = {0,       -1,         1,   INT32_MIN, INT32_MAX, INT32_MIN + 1,
                               1 << 30, -(1 << 30), 255, 256,       65535,     65536};
    imap m = {0};
    for (size_t i = 0; i < LENGTH(keys); i++) assert_true(imap_put(&m, keys[i], (int)i));
    for (int bit = 2; bit < 30; bit++) assert_true(imap_put_if_absent(&m, 3 << bit, bit));
    for (size_t i = 0; i < LENGTH(keys); i++) assert_true(imap_has(&m, keys[i], (int)i));
    imap_drop(&m);
}

static void put_replaces_the_value(void **state) {
    (void)state;
    imap m = imap_run(0, 100, 1);
    for (int k = 0; k < 100; k++) assert_true(imap_put(&m, k, 0) && imap_put(&m, k, 10 * k));
    check_run(&m, 0, 100, 1);
    imap_drop(&m);
}

static void put_if_absent_leaves_what_is_there(void **state) {
    (void)state;
    imap m = {0};
    for (int k = 0; k < 300; k++) {
        assert_true(imap_put_if_absent(&m, k, 10 * k));
        assert_true(FAILS(imap_put_if_absent(&m, k / 2, 4), COW_EXISTS));
    }
    check_run(&m, 0, 300, 1);
    imap_drop(&m);
}

static void replace_adds_nothing(void **state) {
    (void)state;
    imap m = imap_run(0, 300, 2);
    for (int k = 0; k < 600; k++) {
        if (k % 2)
            assert_true(FAILS(imap_replace(&m, &k, 3), COW_ABSENT));
        else
            assert_true(imap_replace(&m, &k, 3) && imap_has(&m, k, 3) && imap_replace(&m, &k, 10 * k));
    }
    check_run(&m, 0, 300, 2);
    imap_drop(&m);
}

static void take_gives_the_value(void **state) {
    (void)state;
    imap m = imap_run(0, 300, 1);
    int out = -7, missing = 300;
    assert_true(FAILS(imap_take(&m, &missing, &out), COW_ABSENT) && out == -7);
    for (int k = 299; k >= 100; k--) assert_true(imap_take(&m, &k, &out) && out == 10 * k);
    check_run(&m, 0, 100, 1);
    imap_drop(&m);
}

static void add_to(int *value, void *context) { *value += *(int *)context; }

static void update_and_mut_write_the_value(void **state) {
    (void)state;
    imap m = imap_run(0, 300, 1);
    int missing = -1, five = 5;
    for (int k = 0; k < 300; k++) {
        assert_true(imap_update(&m, &k, add_to, &five));
        int *v = imap_mut(&m, &k);
        assert_true(v && *v == 10 * k + 5);
        *v -= 5;
        assert_ptr_equal(v, imap_get(&m, &k)); /* unshared: in place */
    }
    assert_true(FAILS(imap_update(&m, &missing, never_update, NULL), COW_ABSENT));
    assert_true(FAILS(imap_mut(&m, &missing), COW_ABSENT));
    check_run(&m, 0, 300, 1);
    imap_drop(&m);
}

static void entry_finds_or_inserts_a_zero(void **state) {
    (void)state;
    imap m = {0};
    bool inserted = false;
    for (int i = 0; i < 2000; i++) { /* counts how often each remainder comes */
        int *v = imap_entry(&m, i % 70, &inserted);
        assert_non_null(v);
        assert_true(inserted == (i < 70) && *v == i / 70);
        ++*v;
    }
    for (int k = 0; k < 70; k++) assert_int_equal(*imap_entry(&m, k, NULL), 2000 / 70 + (k < 2000 % 70));
    assert_int_equal(imap_len(&m), 70);
    assert_int_equal(*imap_entry(&m, 70, NULL), 0);
    assert_int_equal(imap_len(&m), 71);
    imap_drop(&m);
}

static void find_shows_the_stored_pair(void **state) {
    (void)state;
    imap m = imap_run(0, 100, 1);
    for (int k = 0; k < 100; k++) {
        const imap_pair *e = imap_find(&m, &k);
        assert_true(e && e->key == k && e->value == 10 * k);
        assert_ptr_equal(&e->value, imap_get(&m, &k));
    }
    imap_drop(&m);
}

static void lookups_leave_the_error_alone(void **state) {
    (void)state;
    imap m = imap_run(0, 100, 1);
    for (int k = -50; k < 150; k++) {
        cow__set_error(COW_RANGE);
        (void)imap_get(&m, &k);
        (void)imap_find(&m, &k);
        (void)imap_contains(&m, &k);
        (void)imap_get_or(&m, &k, 0);
        assert_int_equal(cow_error(), COW_RANGE);
    }
    imap_drop(&m);
}

/* What worked says nothing about errors either. */
static void changes_that_work_leave_the_error_alone(void **state) {
    (void)state;
    imap m = {0};
    cow__set_error(COW_RANGE);
    for (int k = 0; k < 1000; k++) assert_true(imap_put(&m, k, k));
    imap other = imap_copy(&m);
    for (int k = 0; k < 1000; k += 2) assert_true(imap_erase(&m, &k));
    assert_true(imap_union(&m, &other, NULL, NULL) && imap_difference(&m, &other));
    assert_int_equal(cow_error(), COW_RANGE);
    imap_drop(&m);
    imap_drop(&other);
}

/* ---- strings, and keys of another type ---- */

static cow_str text_of(int i) {
    cow_str s = {0};
    assert_true(cow_str_append_format(&s, i % 3 ? "%d" : "key number %d, too long for a handle", i));
    return s;
}

static void strings_are_keys(void **state) {
    (void)state;
    enum { N = 500 };
    smap m = {0};
    for (int i = 0; i < N; i++) assert_true(smap_put(&m, text_of(i), i));
    for (int i = 0; i < N; i++) { /* put again: the key that was passed is dropped */
        assert_true(smap_put(&m, text_of(i), 2 * i));
        cow_str key = text_of(i), other = text_of(i + N);
        assert_true(*smap_get(&m, &key) == 2 * i && !smap_get(&m, &other));
        assert_true(FAILS(smap_put_if_absent(&m, key, 0), COW_EXISTS)); /* still ours */
        if (i % 2) assert_true(smap_erase(&m, &key));
        cow_str_drop(&key);
        cow_str_drop(&other);
    }
    assert_int_equal(smap_len(&m), N / 2);
    smap_drop(&m);
}

typedef struct span {
    const char *p;
    size_t n;
} span;
static bool is_span(const cow_str *key, const void *probe) {
    const span *s = probe;
    return cow_str_is_bytes(key, s->p, s->n);
}

static void a_string_map_is_asked_by_pointer_and_length(void **state) {
    (void)state;
    enum { N = 300 };
    smap m = {0};
    char buffer[100];
    for (int i = 0; i < N; i++) assert_true(smap_put(&m, text_of(i), i));
    kit_fail(1, true);
    for (int i = 0; i < 2 * N; i++) {
        int n = snprintf(buffer, sizeof buffer, i % 3 ? "%d" : "key number %d, too long for a handle", i);
        span probe = {buffer, (size_t)n};
        uint64_t hash = cow_hash_bytes(probe.p, probe.n, smap_seed(&m));
        const smap_pair *e = smap_find_as(&m, hash, is_span, &probe);
        assert_true(i < N ? e && e->value == i && cow_str_is_bytes(&e->key, probe.p, probe.n) : !e);
    }
    assert_int_equal(kit.calls, 0); /* nothing is made for the question */
    kit_fail_none();
    smap_drop(&m);
}

/* ---- from ---- */

static void from_copies_pairs_and_the_later_of_two_wins(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        int n = map_sizes[i];
        int *keys = malloc(2 * sizeof *keys * (size_t)n + 1), *values = malloc(2 * sizeof *values * (size_t)n + 1);
        assert_true(keys && values);
        for (int k = 0; k < n; k++) {
            keys[k] = k, values[k] = -1;
            keys[2 * n - 1 - k] = k, values[2 * n - 1 - k] = 10 * k;
        }
        imap m;
        memset(&m, 0xa5, sizeof m); /* only written */
        assert_true(imap_from(&m, keys, values, 2 * (size_t)n));
        check_run(&m, 0, n, 1);
        free(keys);
        free(values);
        imap_drop(&m);
    }
    imap none;
    assert_true(imap_from(&none, NULL, NULL, 0) && imap_is_empty(&none));
    imap_drop(&none);
}

/* ---- all values ---- */

static bool double_it(const int *key, int *value, void *context) {
    (void)context;
    KIT_CHECK(*value == 10 * *key);
    *value *= 2;
    return true;
}
static bool count_down(const int *key, int *value, void *context) {
    int *left = context;
    *value = -*key - 1;
    return --*left > 0;
}

static void update_all_edits_each_value(void **state) {
    (void)state;
    imap m = imap_run(0, 700, 1);
    assert_true(imap_update_all(&m, double_it, NULL));
    for (int k = 0; k < 700; k++) assert_true(imap_has(&m, k, 20 * k));
    int left = 50;
    assert_true(FAILS(imap_update_all(&m, count_down, &left), COW_OK)); /* stopped, which is no error */
    int edited = 0;
    for (int k = 0; k < 700; k++) {
        if (imap_has(&m, k, -k - 1))
            edited++;
        else
            assert_true(imap_has(&m, k, 20 * k));
    }
    assert_int_equal(edited, 50);
    imap_drop(&m);
}

static bool plus_context(int *to, const int *key, const int *from, void *context) {
    KIT_CHECK(*from == 10 * *key);
    *to = *from + *(int *)context;
    return true;
}
static bool refuse_77(int *to, const int *key, const int *from, void *context) {
    *to = *from;
    ++*(int *)context;
    return *key != 77;
}

static void map_values_makes_a_map_of_the_same_keys(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        imap m = imap_run(0, map_sizes[i], 1), made;
        int one = 1, calls = 0;
        memset(&made, 0xa5, sizeof made);
        assert_true(imap_map_values(&made, &m, plus_context, &one));
        assert_int_equal(imap_len(&made), map_sizes[i]);
        for (int k = 0; k < map_sizes[i]; k++) assert_true(imap_has(&made, k, 10 * k + 1));
        check_run(&m, 0, map_sizes[i], 1);
        imap_drop(&made);
        memset(&made, 0xa5, sizeof made);
        if (map_sizes[i] > 77) {
            imap was;
            memset(&was, 0xa5, sizeof was);
            assert_true(FAILS(imap_map_values(&made, &m, refuse_77, &calls), COW_HOOK));
            assert_memory_equal(&made, &was, sizeof was);
            assert_true(calls >= 1 && calls <= map_sizes[i]);
        }
        imap_drop(&m);
    }
}

static bool is_multiple(const imap_pair *e, void *context) { return e->key % *(int *)context == 0; }

static void retain_if_and_partition_sift(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        for (int divisor = 1; divisor <= 100; divisor = 3 * divisor + 1) {
            int n = map_sizes[i], kept = (n + divisor - 1) / divisor;
            imap m = imap_run(0, n, 1), yes, no;
            memset(&yes, 0xa5, sizeof yes);
            memset(&no, 0xa5, sizeof no);
            assert_true(imap_partition(&m, &yes, &no, is_multiple, &divisor));
            assert_int_equal(imap_len(&no), n - kept);
            COW_MAP_EACH (imap, it, &no) assert_true(it->key % divisor != 0 && it->value == 10 * it->key);
            check_run(&yes, 0, kept, divisor);
            check_run(&m, 0, n, 1);
            assert_true(imap_retain_if(&m, is_multiple, &divisor));
            check_run(&m, 0, kept, divisor);
            assert_true(imap_equal(&m, &yes));
            imap_drop(&m);
            imap_drop(&yes);
            imap_drop(&no);
        }
    }
}

static void add_pair(void *sum, const imap_pair *e) { *(long *)sum += e->key * 7 + e->value; }
static bool add_run(const imap_pair *run, size_t n, void *context) {
    KIT_CHECK(n > 0);
    for (size_t i = 0; i < n; i++) add_pair(context, &run[i]);
    return true;
}
static bool two_runs(const imap_pair *run, size_t n, void *context) {
    (void)run, (void)n;
    return ++*(int *)context < 2;
}

static void each_walk_meets_every_pair_once(void **state) {
    (void)state;
    for (size_t i = 0; i < LENGTH(map_sizes); i++) {
        long n = map_sizes[i], folded = 0, runs = 0, walked = 0, objects = 0, expected = 17 * n * (n - 1) / 2;
        imap m = imap_run(0, (int)n, 1);
        imap_fold(&m, add_pair, &folded);
        assert_true(imap_each(&m, add_run, &runs));
        COW_MAP_EACH (imap, it, &m) add_pair(&walked, it);
        imap_iter walk = imap_iter_of(&m);
        const imap_pair *e;
        while (imap_iter_next(&walk, &e)) add_pair(&objects, e);
        assert_true(folded == expected && runs == expected && walked == expected && objects == expected);
        int calls = 0;
        if (n > 100) assert_true(!imap_each(&m, two_runs, &calls) && calls == 2);
        imap_drop(&m);
    }
}

static void break_and_continue_work_in_a_walk(void **state) {
    (void)state;
    imap m = imap_run(0, 500, 1);
    int seen = 0, even = 0;
    COW_MAP_EACH (imap, it, &m) {
        if (++seen == 123) break;
        if (it->key % 2) continue;
        even++;
    }
    assert_true(seen == 123 && even <= 122);
    seen = 0;
    for (int turn = 0; turn < 3; turn++) { /* the break leaves the walk alone, not the loop around it */
        COW_MAP_EACH (imap, outer, &m) {
            COW_MAP_EACH (imap, inner, &m) {
                if (inner->key == outer->key) break;
                seen++;
            }
            if (seen > 100) break;
        }
    }
    assert_true(seen > 0);
    if (seen)
        COW_MAP_EACH (imap, it, &m) seen = it->key;
    else
        fail(); /* the macro is one statement */
    imap_drop(&m);
}

/* ---- sizes and alignments of keys and values ---- */

typedef struct odd3 {
    unsigned char b[3];
} odd3;
static bool odd3_equal(const odd3 *a, const odd3 *b) { return memcmp(a, b, sizeof *a) == 0; }
static uint64_t odd3_hash(const odd3 *e, uint64_t seed) { return cow_hash_bytes(e, sizeof *e, seed); }
typedef struct page {
    int n;
    unsigned char b[5000];
} page;
typedef struct wide {
    long double first;
    char c;
} wide;
static bool wide_equal(const wide *a, const wide *b) { return a->c == b->c; }
static uint64_t wide_hash(const wide *e, uint64_t seed) { return cow_hash_u64((unsigned char)e->c, seed); }

#define COW_MAP bytes_to_bytes, unsigned char, signed char
#include "cow/cow.h"
#define COW_MAP byte_to_double, char, double
#include "cow/cow.h"
#define COW_MAP double_to_byte, double, char
#include "cow/cow.h"
#define COW_MAP odd_to_page, odd3, page
#define COW_EQUAL odd3_equal
#define COW_HASH odd3_hash
#include "cow/cow.h"
#define COW_MAP u64_to_odd, uint64_t, odd3
#include "cow/cow.h"
#define COW_MAP wide_to_byte, wide, char
#define COW_EQUAL wide_equal
#define COW_HASH wide_hash
#include "cow/cow.h"
#define COW_MAP byte_to_wide, unsigned char, wide
#include "cow/cow.h"
#define COW_SET bytes_set, unsigned char
#include "cow/cow.h"
#define COW_MAP bool_to_int, bool, int
#include "cow/cow.h"

#define ALIGNED(p, T) ((uintptr_t)(p) % _Alignof(T) == 0)

static void pairs_of_every_size_are_aligned(void **state) {
    (void)state;
    bytes_to_bytes bb = {0};
    byte_to_double bd = {0};
    double_to_byte db = {0};
    u64_to_odd uo = {0};
    wide_to_byte wb = {0};
    byte_to_wide bw = {0};
    bytes_set s = {0};
    for (int i = 0; i < 256; i++) {
        unsigned char b = (unsigned char)i;
        wide w = {(long double)i, (char)i};
        assert_true(bytes_to_bytes_put(&bb, b, (signed char)(i - 128)) && bytes_set_put(&s, b));
        assert_true(byte_to_double_put(&bd, (char)i, i / 2.0) && double_to_byte_put(&db, i / 2.0, (char)i));
        assert_true(u64_to_odd_put(&uo, (uint64_t)i << 40, (odd3){{b, b, b}}));
        assert_true(wide_to_byte_put(&wb, w, (char)i) && byte_to_wide_put(&bw, b, w));
    }
    for (int i = 0; i < 256; i++) {
        unsigned char b = (unsigned char)i;
        char c = (char)i;
        double d = i / 2.0;
        uint64_t u = (uint64_t)i << 40;
        wide w = {0, (char)i};
        assert_true(*bytes_to_bytes_get(&bb, &b) == (signed char)(i - 128) && bytes_set_contains(&s, &b));
        assert_true(*byte_to_double_get(&bd, &c) >= d && *byte_to_double_get(&bd, &c) <= d);
        assert_true(*double_to_byte_get(&db, &d) == (char)i);
        assert_int_equal(u64_to_odd_get(&uo, &u)->b[2], i);
        const wide_to_byte_pair *wide_pair = wide_to_byte_find(&wb, &w);
        assert_true(wide_pair->key.first >= i && wide_pair->key.first <= i && wide_pair->value == (char)i);
        assert_true(byte_to_wide_get(&bw, &b)->c == (char)i);
        assert_true(ALIGNED(byte_to_double_get(&bd, &c), double) && ALIGNED(wide_pair, wide) &&
                    ALIGNED(byte_to_wide_get(&bw, &b), wide));
    }
    assert_int_equal(bytes_set_len(&s), 256);
    bytes_to_bytes_drop(&bb);
    byte_to_double_drop(&bd);
    double_to_byte_drop(&db);
    u64_to_odd_drop(&uo);
    wide_to_byte_drop(&wb);
    byte_to_wide_drop(&bw);
    bytes_set_drop(&s);
}

static void values_may_be_larger_than_a_page(void **state) {
    (void)state;
    odd_to_page m = {0};
    static page p;
    for (int i = 0; i < 100; i++) {
        odd3 key = {{(unsigned char)i, 7, 7}};
        p.n = i;
        memset(p.b, i, sizeof p.b);
        assert_true(odd_to_page_put(&m, key, p));
    }
    odd_to_page kept = odd_to_page_copy(&m);
    for (int i = 0; i < 100; i += 2) {
        odd3 key = {{(unsigned char)i, 7, 7}};
        odd_to_page_mut(&m, &key)->b[4999] = 200;
        assert_true(odd_to_page_get(&kept, &key)->b[4999] == i && odd_to_page_get(&m, &key)->b[4999] == 200);
        assert_true(odd_to_page_get(&m, &key)->b[0] == i && odd_to_page_get(&m, &key)->n == i);
    }
    odd_to_page_drop(&m);
    odd_to_page_drop(&kept);
}

static void bools_and_floats_are_keys(void **state) {
    (void)state;
    bool_to_int b = {0};
    assert_true(bool_to_int_put(&b, true, 1) && bool_to_int_put(&b, false, 0) && bool_to_int_put(&b, true, 2));
    assert_int_equal(bool_to_int_len(&b), 2);
    bool_to_int_drop(&b);
    double_to_byte d = {0};
    double nan = strtod("nan", NULL), minus_zero = -0.0, zero = 0.0;
    assert_true(double_to_byte_put(&d, nan, 'n') && double_to_byte_put(&d, nan, 'N') &&
                double_to_byte_put(&d, minus_zero, '0'));
    assert_int_equal(double_to_byte_len(&d), 2); /* the library's own order of floats: NaN equals itself */
    assert_true(*double_to_byte_get(&d, &nan) == 'N' && *double_to_byte_get(&d, &zero) == '0');
    assert_true(double_to_byte_erase(&d, &nan) && double_to_byte_erase(&d, &zero) && double_to_byte_is_empty(&d));
    double_to_byte_drop(&d);
}

/* ---- seeds ---- */

static uint64_t order_of(const imap *m) {
    uint64_t order = 1;
    COW_MAP_EACH (imap, it, m) order = order * 0x9e3779b97f4a7c15u + (uint64_t)it->key;
    return order;
}

static void the_order_differs_between_seeds(void **state) {
    (void)state;
    imap m[4] = {{{0}}};
    uint64_t was = cow_seed();
    for (size_t i = 0; i < 4; i++) {
        cow_seed_set(i / 2 + 1);
        for (int k = 0; k < 200; k++) assert_true(imap_put(&m[i], k, 10 * k));
        assert_int_equal(imap_seed(&m[i]), cow_seed());
    }
    assert_true(order_of(&m[0]) == order_of(&m[1]) && order_of(&m[2]) == order_of(&m[3])); /* reproducible */
    assert_true(order_of(&m[0]) != order_of(&m[2]));
    assert_true(imap_seed(&m[0]) != imap_seed(&m[2]));
    cow_seed_set(was);
    for (size_t i = 0; i < 4; i++) { /* a map keeps the seed it began with */
        assert_true(imap_put(&m[i], 200, 2000));
        check_run(&m[i], 0, 201, 1);
        imap_drop(&m[i]);
        assert_int_equal(imap_seed(&m[i]), cow_seed());
    }
}

static void a_copy_hashes_with_the_seed_of_its_original(void **state) {
    (void)state;
    cow_seed_set(11);
    imap a = imap_run(0, 100, 1), b = imap_copy(&a);
    cow_seed_set(12);
    for (int k = 100; k < 200; k++) assert_true(imap_put(&b, k, 10 * k));
    assert_int_equal(imap_seed(&a), imap_seed(&b));
    check_run(&a, 0, 100, 1);
    check_run(&b, 0, 200, 1);
    imap_drop(&a);
    imap_drop(&b);
}

static void an_emptied_map_begins_anew(void **state) {
    (void)state;
    cow_seed_set(21);
    imap m = imap_run(0, 40, 1), c = imap_run(0, 40, 1);
    for (int k = 0; k < 40; k++) assert_true(imap_erase(&m, &k));
    imap_clear(&c);
    cow_seed_set(22);
    assert_true(imap_seed(&m) == cow_seed() && imap_seed(&c) == cow_seed());
    assert_true(imap_put(&m, 1, 10) && imap_put(&c, 1, 10));
    assert_true(imap_seed(&m) == cow_seed() && imap_seed(&c) == cow_seed());
    imap_drop(&m);
    imap_drop(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_zero_is_an_empty_map),
        UNIT(a_map_is_empty_again_after_its_last_key),
        UNIT(what_is_put_is_got),
        UNIT(what_is_erased_is_gone),
        UNIT(every_int_is_a_key),
        UNIT(put_replaces_the_value),
        UNIT(put_if_absent_leaves_what_is_there),
        UNIT(replace_adds_nothing),
        UNIT(take_gives_the_value),
        UNIT(update_and_mut_write_the_value),
        UNIT(entry_finds_or_inserts_a_zero),
        UNIT(find_shows_the_stored_pair),
        UNIT(lookups_leave_the_error_alone),
        UNIT(changes_that_work_leave_the_error_alone),
        UNIT(strings_are_keys),
        UNIT(a_string_map_is_asked_by_pointer_and_length),
        UNIT(from_copies_pairs_and_the_later_of_two_wins),
        UNIT(update_all_edits_each_value),
        UNIT(map_values_makes_a_map_of_the_same_keys),
        UNIT(retain_if_and_partition_sift),
        UNIT(each_walk_meets_every_pair_once),
        UNIT(break_and_continue_work_in_a_walk),
        UNIT(pairs_of_every_size_are_aligned),
        UNIT(values_may_be_larger_than_a_page),
        UNIT(bools_and_floats_are_keys),
        UNIT(the_order_differs_between_seeds),
        UNIT(a_copy_hashes_with_the_seed_of_its_original),
        UNIT(an_emptied_map_begins_anew),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}

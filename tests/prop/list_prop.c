/* SPDX-License-Identifier: MIT */
/*
 * What always holds between the operations on lists: what undoes each other does, what divides a list leaves nothing out,
 * searching agrees with a scan, views agree with the list. Long lists of operations are list_model_prop.c.
 */
#include "tests/unit/kit_memory.h"

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_LIST ints, int64_t
#include "cow/cow.h"

/* Sorted by key alone; the tag tells where a record stood. */
typedef struct record {
    int64_t key;
    size_t tag;
} record;
static int by_key(const record *a, const record *b) { return (a->key > b->key) - (a->key < b->key); }
#define COW_LIST records, record
#define COW_COMPARE by_key
#include "cow/cow.h"

#define COW_LIST names, cow_str
#include "cow/cow.h"

#include "rapidcheck-c/rapidcheck_c.h"

enum { LONGEST = 40 };

/* Variables that are given up when a check fails, too. */
#define INTS __attribute__((cleanup(ints_drop))) ints
#define RECORDS __attribute__((cleanup(records_drop))) records
#define NAMES __attribute__((cleanup(names_drop))) names
#define SNAPSHOT __attribute__((cleanup(ints_snapshot_drop))) ints_snapshot
#define ARRAY __attribute__((cleanup(ints_array_drop))) ints_array
#define ITER __attribute__((cleanup(ints_iter_drop))) ints_iter
#define WRITER __attribute__((cleanup(ints_writer_drop))) ints_writer
#define SUBLIST __attribute__((cleanup(ints_sublist_drop))) ints_sublist
#define STR __attribute__((cleanup(cow_str_drop))) cow_str

/* Numbers as they were drawn. Few different ones, so that equal elements and equal lists turn up. */
typedef struct numbers {
    int64_t v[LONGEST];
    size_t n;
} numbers;

static numbers drawn(const char *name) {
    numbers out;
    out.n = rc_ints(name, -3, 9, out.v, LONGEST);
    return out;
}

static void make(ints *l, const numbers *from) { rc_assert(ints_from(l, from->v, from->n)); }

/* What the list holds now. */
static ints_snapshot seen(const ints *l) {
    ints_snapshot s;
    rc_assert(ints_snapshot_of(l, &s));
    return s;
}

static void holds(const ints *l, const int64_t *v, size_t n) {
    SNAPSHOT s = seen(l);
    const ints_array *all = ints_snapshot_value(&s);
    rc_assert_equal(all->n, n);
    for (size_t i = 0; i < n; i++) rc_assert_equal(all->p[i], v[i]);
}

static void holds_still(const ints_snapshot *s, const numbers *is) {
    const ints_array *all = ints_snapshot_value(s);
    rc_assert_equal(all->n, is->n);
    for (size_t i = 0; i < is->n; i++) rc_assert_equal(all->p[i], is->v[i]);
}

/* ---- What undoes each other ---- */

static void removing_what_was_added_is_the_identity(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    SNAPSHOT before = seen(&l);
    size_t at = rc_choice("at", is.n + 1);
    int64_t value = rc_int("value", -3, 9), out = 0;
    rc_assert(at == is.n ? ints_add(&l, value) : ints_add_at(&l, at, value));
    rc_assert_equal(ints_len(&l), is.n + 1);
    rc_assert(ints_get(&l, at, &out) && out == value);
    rc_assert(ints_remove_at(&l, at, &out) && out == value);
    holds(&l, is.v, is.n);
    holds_still(&before, &is);
}

/* The first of equal elements is removed, so what was added in front goes. */
static void removing_the_first_equal_one_leaves_the_others(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    int64_t value = rc_int("value", -3, 9);
    rc_assert(ints_add_at(&l, 0, value) && ints_remove(&l, &value));
    holds(&l, is.v, is.n);
}

static void setting_back_is_the_identity(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    rc_require(is.n > 0);
    INTS l = {0};
    make(&l, &is);
    SNAPSHOT before = seen(&l);
    size_t at = rc_choice("at", is.n);
    int64_t value = rc_int("value", -3, 9), old, again;
    rc_assert(ints_set(&l, at, value, &old) && old == is.v[at]);
    rc_assert(ints_set(&l, at, old, &again) && again == value);
    holds(&l, is.v, is.n);
    holds_still(&before, &is);
    rc_assert_equal(ints_version(&l), 3);
}

static void exchanging_twice_is_the_identity(void *ctx) {
    (void)ctx;
    numbers is = drawn("list"), other = drawn("other");
    INTS l = {0};
    ARRAY all = {0};
    make(&l, &is);
    rc_assert(ints_array_from(&all, other.v, other.n));
    SNAPSHOT first = {NULL}, second = {NULL};
    rc_assert(ints_exchange(&l, ints_array_copy(&all), &first));
    holds(&l, other.v, other.n);
    rc_assert(!ints_compare_exchange(&l, &first, all) && cow_error() == COW_CONFLICT);
    rc_assert(ints_exchange(&l, ints_array_copy(ints_snapshot_value(&first)), &second));
    holds(&l, is.v, is.n);
    holds_still(&second, &other);
}

/* ---- Adding many ---- */

static void adding_all_is_adding_each(void *ctx) {
    (void)ctx;
    numbers is = drawn("list"), more = drawn("more");
    INTS l = {0};
    INTS m = {0};
    make(&l, &is);
    make(&m, &is);
    size_t at = rc_choice("at", is.n + 1);
    rc_assert(ints_add_all(&l, more.v, more.n));
    for (size_t i = 0; i < more.n; i++) rc_assert(ints_add(&m, more.v[i]));
    rc_assert(ints_equal(&l, &m));
    rc_assert(ints_add_all_at(&l, at, more.v, more.n));
    for (size_t i = more.n; i > 0; i--) rc_assert(ints_add_at(&m, at, more.v[i - 1]));
    rc_assert(ints_equal(&l, &m));
    rc_assert_equal(ints_version(&l), more.n ? 3 : 1);
}

/* Each new number comes once, behind the others; a second time there is none. */
static void adding_what_is_absent_adds_it_once(void *ctx) {
    (void)ctx;
    numbers is = drawn("list"), more = drawn("more");
    INTS l = {0};
    INTS m = {0};
    make(&l, &is);
    make(&m, &is);
    size_t added = 0, again = 0;
    for (size_t i = 0; i < more.n; i++) rc_assert(ints_add_if_absent(&m, more.v[i]) || cow_error() == COW_EXISTS);
    rc_assert(ints_add_all_absent(&l, more.v, more.n, &added));
    rc_assert(ints_equal(&l, &m) && ints_len(&l) == is.n + added);
    rc_assert(ints_contains_all(&l, more.v, more.n));
    for (size_t i = is.n; i < is.n + added; i++) {
        int64_t value;
        rc_assert(ints_get(&l, i, &value));
        rc_assert_equal(ints_index_of(&l, &value), i);
        rc_assert_equal(ints_last_index_of(&l, &value), i);
    }
    size_t version = ints_version(&l);
    rc_assert(ints_add_all_absent(&l, more.v, more.n, &again) && again == 0);
    rc_assert_equal(ints_version(&l), version);
}

/* Every version is kept, and yet the elements are not copied again and again: memory stays in proportion to their number.
   */
static void adding_shares_the_elements(void *ctx) {
    (void)ctx;
    enum { MOST = 300 };
    size_t n = 1 + rc_choice("n - 1", MOST), before = kit.bytes;
    INTS l = {0};
    ints_snapshot s[MOST];
    for (size_t i = 0; i < n; i++) {
        rc_assert(ints_add(&l, (int64_t)i));
        s[i] = seen(&l);
    }
    size_t bytes = kit.bytes - before;
    for (size_t i = 0; i < n; i++) {
        const ints_array *all = ints_snapshot_value(&s[i]);
        rc_assert(all->n == i + 1 && all->p[i] == (int64_t)i && all->p[0] == 0);
        ints_snapshot_drop(&s[i]);
    }
    /* A version, with its block's head; and the elements in all the storages that there were, each twice as large as the
       last. */
    rc_assertf(bytes <= n * (96 + 4 * sizeof(int64_t)) + 2000, "%zu bytes for %zu elements", bytes, n);
}

/* ---- Removing many ---- */

static bool is_even(const int64_t *e, void *ctx) { return (void)ctx, *e % 2 == 0; }
static bool is_odd(const int64_t *e, void *ctx) { return (void)ctx, *e % 2 != 0; }

static bool is_among(const numbers *of, int64_t value) {
    for (size_t i = 0; i < of->n; i++)
        if (of->v[i] == value) return true;
    return false;
}

/* Two lists that each keep some: each element is in exactly one of them, in order. */
static void divided(const numbers *is, const ints *yes, const ints *no, bool (*in_yes)(int64_t, const void *),
                    const void *ctx) {
    size_t y = 0, n = 0;
    for (size_t i = 0; i < is->n; i++) {
        bool here = in_yes(is->v[i], ctx);
        int64_t got = 0;
        rc_assert(here ? ints_get(yes, y++, &got) : ints_get(no, n++, &got));
        rc_assert_equal(got, is->v[i]);
    }
    rc_assert(ints_len(yes) == y && ints_len(no) == n);
}

static bool among(int64_t value, const void *those) { return is_among(those, value); }
static bool odd(int64_t value, const void *ctx) { return (void)ctx, value % 2 != 0; }

static void removing_and_retaining_divide_a_list(void *ctx) {
    (void)ctx;
    numbers is = drawn("list"), those = drawn("those");
    INTS retained = {0};
    INTS rest = {0};
    make(&retained, &is);
    rc_assert(ints_assign(&rest, &retained) && ints_equal(&rest, &retained));
    size_t from_retained = 0, from_rest = 0;
    rc_assert(ints_retain_all(&retained, those.v, those.n, &from_retained));
    rc_assert(ints_remove_all(&rest, those.v, those.n, &from_rest));
    rc_assert_equal(from_retained + from_rest, is.n);
    divided(&is, &retained, &rest, among, &those);
}

static void removing_by_a_function_divides_a_list(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS without_even = {0};
    INTS without_odd = {0};
    make(&without_even, &is);
    make(&without_odd, &is);
    size_t even = 0, odds = 0;
    rc_assert(ints_remove_if(&without_even, is_even, NULL, &even) && ints_remove_if(&without_odd, is_odd, NULL, &odds));
    rc_assert_equal(even + odds, is.n);
    divided(&is, &without_even, &without_odd, odd, NULL);
}

/* Its own elements are those to remove, or to keep. */
static void a_list_may_be_removed_from_itself(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    ints_guard g;
    rc_assert(ints_borrow(&l, &g));
    size_t kept = 0, removed = 0;
    bool ok =
        ints_retain_all(&l, g.value->p, g.value->n, &kept) && ints_remove_all(&l, g.value->p, g.value->n, &removed);
    ints_end(&g);
    rc_assert(ok && kept == 0 && removed == is.n && ints_is_empty(&l));
}

/* ---- Order ---- */

static records drawn_records(void) {
    int64_t keys[LONGEST];
    records l = {0};
    size_t n = rc_ints("keys", 0, 6, keys, LONGEST);
    for (size_t i = 0; i < n; i++) rc_assert(records_add(&l, (record){keys[i], i}));
    return l;
}

static int downwards(const record *a, const record *b, void *ctx) { return (void)ctx, by_key(b, a); }

static void sorting_is_a_stable_permutation(void *ctx) {
    (void)ctx;
    RECORDS l = drawn_records();
    bool down = rc_bool("downwards"), there[LONGEST] = {false};
    records_snapshot before, after;
    rc_assert(records_snapshot_of(&l, &before));
    rc_assert(down ? records_sort_by(&l, downwards, NULL) : records_sort(&l));
    rc_assert(records_snapshot_of(&l, &after));
    const records_array *was = records_snapshot_value(&before), *is = records_snapshot_value(&after);
    rc_assert_equal(is->n, was->n);
    for (size_t i = 0; i < is->n; i++) {
        const record *e = is->p + i;
        rc_assert(e->tag < is->n && !there[e->tag] && was->p[e->tag].key == e->key && was->p[i].tag == i);
        there[e->tag] = true;
        if (!i) continue;
        int order = down ? by_key(e, e - 1) : by_key(e - 1, e);
        rc_assert(order < 0 || (order == 0 && e[-1].tag < e->tag));
    }
    records_snapshot_drop(&before);
    records_snapshot_drop(&after);
}

/* ---- Searching and comparing ---- */

static void searching_agrees_with_a_scan(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    int64_t key = rc_int("key", -4, 10);
    size_t from = rc_choice("from", LONGEST + 2);
    size_t first = COW_NPOS, last = COW_NPOS, first_behind = COW_NPOS, last_before = COW_NPOS;
    for (size_t i = 0; i < is.n; i++) {
        if (is.v[i] != key) continue;
        if (first == COW_NPOS) first = i;
        if (i >= from && first_behind == COW_NPOS) first_behind = i;
        if (i <= from) last_before = i;
        last = i;
    }
    rc_label(first == COW_NPOS ? "absent" : "present");
    rc_assert_equal(ints_index_of(&l, &key), first);
    rc_assert_equal(ints_last_index_of(&l, &key), last);
    rc_assert_equal(ints_index_of_from(&l, &key, from), first_behind);
    rc_assert_equal(ints_last_index_of_from(&l, &key, from), last_before);
    rc_assert(ints_contains(&l, &key) == (first != COW_NPOS));
    rc_assert(ints_contains_all(&l, (const int64_t[]){key, key}, 2) == (first != COW_NPOS));
    rc_assert(ints_contains_all(&l, is.v, is.n));
}

/* The other one is drawn by itself, has the same numbers, or differs in one place. */
static void equal_lists_hash_alike(void *ctx) {
    (void)ctx;
    numbers is = drawn("list"), other = is;
    size_t kind = rc_choice("the other is drawn, equal or nearly", 3), at = rc_choice("at", LONGEST);
    uint64_t seed = (uint64_t)rc_int("seed", 0, 3);
    if (kind == 0) other = drawn("other");
    if (kind == 2 && at < other.n) other.v[at]++;
    INTS l = {0};
    INTS m = {0};
    make(&l, &is);
    for (size_t i = 0; i < other.n; i++) rc_assert(ints_add(&m, other.v[i]));
    bool equal = is.n == other.n && (!is.n || memcmp(is.v, other.v, is.n * sizeof *is.v) == 0);
    rc_label(equal ? "equal" : "different");
    rc_assert(ints_equal(&l, &m) == equal && ints_equal(&m, &l) == equal && ints_equal(&l, &l));
    rc_assert((ints_hash(&l, seed) == ints_hash(&m, seed)) == equal);
}

/* ---- Copying out and in ---- */

static void what_is_copied_out_makes_an_equal_list(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    size_t room = rc_choice("room", LONGEST + 1), n = 0, visited = 0;
    int64_t out[LONGEST];
    INTS l = {0};
    make(&l, &is);
    rc_assert(ints_copy_to(&l, out, room, &n) == (is.n <= room) && n == is.n);
    if (is.n > room) rc_assert(cow_error() == COW_RANGE);
    rc_assert(ints_copy_to(&l, out, LONGEST, &n));
    INTS m = {0};
    rc_assert(ints_from(&m, out, n) && ints_equal(&l, &m));
    ARRAY all = {0};
    rc_assert(ints_load(&l, &all) && ints_array_push(&all, 1));
    for (size_t i = 0; i < all.n - 1; i++) visited += all.p[i] == is.v[i];
    rc_assert(visited == is.n && ints_equal(&l, &m));
}

static bool print_number(cow_str *out, const int64_t *e, void *ctx) { return (void)ctx, cow_str_append_int(out, *e); }

static void printing_is_what_one_writes_by_hand(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    STR out = {0};
    STR expected = {0};
    rc_assert(cow_str_append(&out, "numbers: ") && cow_str_append(&expected, "numbers: ["));
    for (size_t i = 0; i < is.n; i++) rc_assert(cow_str_append_format(&expected, "%s%d", i ? ", " : "", (int)is.v[i]));
    rc_assert(cow_str_append(&expected, "]") && ints_print(&l, &out, print_number, NULL));
    rc_assert(cow_str_equal(&out, &expected));
}

/* ---- Iterators: from anywhere to both ends, whatever becomes of the list ---- */

static void iterators_go_over_what_the_list_was(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    size_t at = rc_choice("at", is.n + 1);
    ITER forth = {0};
    ITER back = {0};
    const int64_t *e;
    rc_assert(ints_iter_at(&l, at, &forth) && ints_iter_at(&l, rc_bool("at the end") ? COW_NPOS : at, &back));
    rc_assert(!ints_iter_at(&l, is.n + 1, &back) && cow_error() == COW_RANGE);
    size_t end = ints_iter_index(&back);
    ints_clear(&l);
    for (size_t i = at; i < is.n; i++) rc_assert(ints_iter_next(&forth, &e) && *e == is.v[i]);
    rc_assert(!ints_iter_next(&forth, &e) && ints_iter_index(&forth) == is.n);
    for (size_t i = end; i > 0; i--) rc_assert(ints_iter_prev(&back, &e) && *e == is.v[i - 1]);
    rc_assert(!ints_iter_prev(&back, &e) && ints_iter_index(&back) == 0);
}

/* ---- Writers ---- */

static void a_writer_without_changes_commits(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    WRITER w = {0};
    WRITER late = {0};
    rc_assert(ints_writer_of(&l, &w) && ints_writer_of(&l, &late));
    const int64_t *e;
    for (size_t n = rc_choice("steps", LONGEST + 1); n && ints_writer_next(&w, &e); n--) {
    }
    rc_assert(ints_writer_commit(&l, &w));
    holds(&l, is.v, is.n);
    rc_assert_equal(ints_version(&l), 2);
    for (int twice = 0; twice < 2; twice++) rc_assert(!ints_writer_commit(&l, &late) && cow_error() == COW_CONFLICT);
    rc_assert_equal(ints_version(&l), 2);
}

static bool increment(int64_t *e, void *ctx) { return (void)ctx, ++*e, true; }

static void setting_each_is_replacing_all(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    INTS m = {0};
    make(&l, &is);
    make(&m, &is);
    bool backwards = rc_bool("backwards");
    WRITER w = {0};
    const int64_t *e;
    rc_assert(ints_writer_of(&l, &w));
    while (ints_writer_next(&w, &e))
        if (!backwards) rc_assert(ints_writer_set(&w, *e + 1));
    while (backwards && ints_writer_prev(&w, &e)) rc_assert(ints_writer_set(&w, *e + 1));
    holds(&l, is.v, is.n);
    rc_assert(ints_writer_commit(&l, &w) && ints_replace_all(&m, increment, NULL));
    rc_assert(ints_equal(&l, &m));
}

/* Before each element a twin, and the elements that divide by three go. */
static void writers_add_and_remove_as_they_go(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    make(&l, &is);
    int64_t expected[2 * LONGEST];
    size_t n = 0;
    WRITER w = {0};
    const int64_t *e;
    rc_assert(ints_writer_of(&l, &w));
    while (ints_writer_next(&w, &e)) {
        int64_t value = *e;
        rc_assert(ints_writer_prev(&w, &e) && ints_writer_add(&w, -value));
        rc_assert(!ints_writer_remove(&w) && cow_error() == COW_ABSENT);
        rc_assert(ints_writer_next(&w, &e) && *e == value);
        expected[n++] = -value;
        if (value % 3 == 0)
            rc_assert(ints_writer_remove(&w) && !ints_writer_set(&w, 0) && cow_error() == COW_ABSENT);
        else
            expected[n++] = value;
    }
    rc_assert(ints_writer_commit(&l, &w));
    holds(&l, expected, n);
}

/* ---- Sub-lists ---- */

static bool leave(ints_array *part, void *ctx) { return (void)part, (void)ctx, true; }
static bool sort_part(ints_array *part, void *ctx) { return (void)ctx, ints_array_sort(part); }
static bool refuse(ints_array *part, void *ctx) { return (void)ctx, ints_array_push(part, 5) && false; }

/* A sub-list of the list that is drawn, between two places that are drawn. */
static void cut(ints *l, const numbers *is, ints_sublist *s, size_t *begin, size_t *end) {
    *begin = rc_choice("begin", is->n + 1);
    *end = *begin + rc_choice("length", is->n - *begin + 1);
    rc_assert(ints_sublist_of(l, *begin, *end, s));
}

static void an_update_that_leaves_a_sublist_changes_nothing(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    SUBLIST s = {0};
    size_t begin, end, n;
    make(&l, &is);
    cut(&l, &is, &s, &begin, &end);
    SNAPSHOT before = seen(&l);
    rc_assert(ints_sublist_update(&s, leave, NULL));
    holds(&l, is.v, is.n);
    rc_assert(!ints_sublist_update(&s, refuse, NULL) && cow_error() == COW_HOOK);
    holds(&l, is.v, is.n);
    rc_assert(ints_sublist_len(&s, &n) && n == end - begin);
    holds_still(&before, &is);
}

static void a_sublist_sorts_its_part(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    SUBLIST s = {0};
    size_t begin, end;
    make(&l, &is);
    cut(&l, &is, &s, &begin, &end);
    rc_assert(ints_sublist_update(&s, sort_part, NULL));
    ARRAY part = {0};
    rc_assert(ints_array_from(&part, is.v + begin, end - begin) && ints_array_sort(&part));
    if (part.n) memcpy(is.v + begin, part.p, part.n * sizeof *part.p);
    holds(&l, is.v, is.n);
}

/* What a sub-list does, its list could have done. */
static void changes_of_a_sublist_are_changes_of_the_list(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    INTS m = {0};
    SUBLIST s = {0};
    size_t begin, end;
    make(&l, &is);
    make(&m, &is);
    cut(&l, &is, &s, &begin, &end);
    size_t at = rc_choice("at", end - begin + 1);
    int64_t value = rc_int("value", -3, 9), got = 0;
    rc_assert(ints_sublist_add_at(&s, at, value) && ints_add_at(&m, begin + at, value));
    rc_assert(ints_sublist_add(&s, 7) && ints_add_at(&m, end + 1, 7));
    rc_assert(ints_sublist_set(&s, at, value + 1) && ints_set(&m, begin + at, value + 1, NULL));
    rc_assert(ints_sublist_get(&s, at, &got) && got == value + 1);
    rc_assert(ints_equal(&l, &m));
    rc_assert(ints_sublist_remove_at(&s, at) && ints_remove_at(&m, begin + at, NULL));
    rc_assert(ints_equal(&l, &m));
    rc_assert(ints_sublist_clear(&s));
    for (size_t i = begin; i < end + 1; i++) rc_assert(ints_remove_at(&m, begin, NULL));
    rc_assert(ints_equal(&l, &m));
}

static void a_sublist_ends_when_somebody_else_changes_the_list(void *ctx) {
    (void)ctx;
    numbers is = drawn("list");
    INTS l = {0};
    SUBLIST s = {0};
    size_t begin, end, n;
    int64_t out;
    make(&l, &is);
    cut(&l, &is, &s, &begin, &end);
    rc_assert(ints_sort(&l));
    SNAPSHOT after = seen(&l);
    rc_assert(!ints_sublist_len(&s, &n) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_get(&s, 0, &out) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_set(&s, 0, 1) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_add(&s, 1) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_remove_at(&s, 0) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_clear(&s) && cow_error() == COW_CONFLICT);
    rc_assert(!ints_sublist_update(&s, leave, NULL) && cow_error() == COW_CONFLICT);
    rc_assert_equal(ints_version(&l), 2);
    rc_assert_equal(ints_snapshot_value(&after)->n, ints_len(&l));
}

/* ---- Elements that own something ---- */

static cow_str name_of(int64_t number) {
    cow_str s = {0};
    rc_assert(cow_str_append_int(&s, number) &&
              (number % 2 == 0 || cow_str_append(&s, " and more than a handle holds")));
    return s;
}

/* A list of strings, and what it was when each was added: the strings are shared, and each version has its own. */
static void versions_share_their_strings(void *ctx) {
    (void)ctx;
    numbers is = drawn("names");
    NAMES l = {0};
    names_snapshot s[LONGEST];
    for (size_t i = 0; i < is.n; i++) {
        rc_assert(names_add(&l, name_of(is.v[i])));
        rc_assert(names_snapshot_of(&l, &s[i]));
        if (i % 3 == 2) rc_assert(names_set(&l, i / 2, name_of(-is.v[i]), NULL) && names_remove_at(&l, 0, NULL));
        if (i % 3 == 2) rc_assert(names_add_at(&l, 0, name_of(is.v[i])));
    }
    for (size_t i = 0; i < is.n; i++) {
        const names_array *all = names_snapshot_value(&s[i]);
        STR last = name_of(is.v[i]);
        rc_assert(all->n == i + 1 && cow_str_equal(all->p + i, &last));
        names_snapshot_drop(&s[i]);
    }
}

/* ---- Running them ---- */

typedef struct named {
    const char *name;
    void (*property)(void *ctx);
} named;

static const named properties[] = {
    {"removing what was added is the identity", removing_what_was_added_is_the_identity},
    {"removing the first equal one leaves the others", removing_the_first_equal_one_leaves_the_others},
    {"setting back is the identity", setting_back_is_the_identity},
    {"exchanging twice is the identity", exchanging_twice_is_the_identity},
    {"adding all is adding each", adding_all_is_adding_each},
    {"adding what is absent adds it once", adding_what_is_absent_adds_it_once},
    {"adding shares the elements", adding_shares_the_elements},
    {"removing and retaining divide a list", removing_and_retaining_divide_a_list},
    {"removing by a function divides a list", removing_by_a_function_divides_a_list},
    {"a list may be removed from itself", a_list_may_be_removed_from_itself},
    {"sorting is a stable permutation", sorting_is_a_stable_permutation},
    {"searching agrees with a scan", searching_agrees_with_a_scan},
    {"equal lists hash alike", equal_lists_hash_alike},
    {"what is copied out makes an equal list", what_is_copied_out_makes_an_equal_list},
    {"printing is what one writes by hand", printing_is_what_one_writes_by_hand},
    {"iterators go over what the list was", iterators_go_over_what_the_list_was},
    {"a writer without changes commits", a_writer_without_changes_commits},
    {"setting each is replacing all", setting_each_is_replacing_all},
    {"writers add and remove as they go", writers_add_and_remove_as_they_go},
    {"an update that leaves a sub-list changes nothing", an_update_that_leaves_a_sublist_changes_nothing},
    {"a sub-list sorts its part", a_sublist_sorts_its_part},
    {"changes of a sub-list are changes of the list", changes_of_a_sublist_are_changes_of_the_list},
    {"a sub-list ends when somebody else changes the list", a_sublist_ends_when_somebody_else_changes_the_list},
    {"versions share their strings", versions_share_their_strings},
};

/* In a child of its own, so a case starts with nothing but the thread's record, which stays; and it leaves nothing. */
static void and_nothing_is_left(void *row) {
    const ints empty = {0};
    rc_assert(ints_is_empty(&empty));
    kit_leave();
    ((const named *)row)->property(NULL);
    rc_assert_equal(kit_lost_blocks(), 0);
}

int main(void) {
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        named row = properties[i];
        rc_check_isolated(row.name, and_nothing_is_left, &row);
    }
    return rc_summary("list properties");
}

/* SPDX-License-Identifier: MIT */
/* type: how an element type finds its hooks: scalars, user hooks, containers of containers, recursive types. */
#include "arrays.h"

#include <limits.h>
#include <math.h>

/* ---- every built-in scalar has equal, compare and hash ---- */

#define COW_ARRAY bools, bool
#include "cow/cow.h"
#define COW_ARRAY chars, char
#include "cow/cow.h"
#define COW_ARRAY schars, signed char
#include "cow/cow.h"
#define COW_ARRAY uchars, unsigned char
#include "cow/cow.h"
#define COW_ARRAY shorts, short
#include "cow/cow.h"
#define COW_ARRAY ushorts, unsigned short
#include "cow/cow.h"
#define COW_ARRAY uints, unsigned
#include "cow/cow.h"
#define COW_ARRAY longs, long
#include "cow/cow.h"
#define COW_ARRAY ulongs, unsigned long
#include "cow/cow.h"
#define COW_ARRAY llongs, long long
#include "cow/cow.h"
#define COW_ARRAY ullongs, unsigned long long
#include "cow/cow.h"
#define COW_ARRAY floats, float
#include "cow/cow.h"
#define COW_ARRAY doubles, double
#include "cow/cow.h"
#define COW_ARRAY sizes, size_t
#include "cow/cow.h"
#define COW_ARRAY i64s, int64_t
#include "cow/cow.h"
#define COW_ARRAY bytes, uint8_t
#include "cow/cow.h"

#define CHECK_SCALAR(name, T, low, high)                                                       \
    do {                                                                                       \
        name a = {0}, b = {0};                                                                 \
        T least = (low), most = (high);                                                        \
        assert_true(name##_push(&a, most) && name##_push(&a, least) && name##_push(&a, most)); \
        assert_int_equal(name##_index_of(&a, &least), 1);                                      \
        assert_int_equal(name##_count(&a, &most), 2);                                          \
        assert_true(name##_sort(&a));                                                          \
        assert_true(name##_at(&a, 0) == least && name##_at(&a, 2) == most);                    \
        assert_int_equal(name##_lower_bound(&a, &most), 1);                                    \
        b = name##_copy(&a);                                                                   \
        assert_true(name##_equal(&a, &b) && name##_hash(&a, 3) == name##_hash(&b, 3));         \
        assert_true(name##_set(&b, 0, most));                                                  \
        assert_true(!name##_equal(&a, &b) && name##_compare(&a, &b) < 0);                      \
        assert_true(name##_hash(&a, 3) != name##_hash(&b, 3));                                 \
        name##_drop(&a);                                                                       \
        name##_drop(&b);                                                                       \
    } while (0)

static void integers_of_every_width(void **state) {
    (void)state;
    CHECK_SCALAR(bools, bool, false, true);
    CHECK_SCALAR(chars, char, 1, 127);
    CHECK_SCALAR(schars, signed char, SCHAR_MIN, SCHAR_MAX);
    CHECK_SCALAR(uchars, unsigned char, 0, UCHAR_MAX);
    CHECK_SCALAR(shorts, short, SHRT_MIN, SHRT_MAX);
    CHECK_SCALAR(ushorts, unsigned short, 0, USHRT_MAX);
    CHECK_SCALAR(ints, int, INT_MIN, INT_MAX);
    CHECK_SCALAR(uints, unsigned, 0, UINT_MAX);
    CHECK_SCALAR(longs, long, LONG_MIN, LONG_MAX);
    CHECK_SCALAR(ulongs, unsigned long, 0, ULONG_MAX);
    CHECK_SCALAR(llongs, long long, LLONG_MIN, LLONG_MAX);
    CHECK_SCALAR(ullongs, unsigned long long, 0, ULLONG_MAX);
    CHECK_SCALAR(sizes, size_t, 0, SIZE_MAX);
    CHECK_SCALAR(i64s, int64_t, INT64_MIN, INT64_MAX);
    CHECK_SCALAR(bytes, uint8_t, 0, 255);
}

static void floating_point(void **state) {
    (void)state;
    CHECK_SCALAR(floats, float, -1e30f, 1e30f);
    CHECK_SCALAR(doubles, double, -1e300, (double)INFINITY);
}

static void equal_values_hash_equally_even_zeros_and_nans(void **state) {
    (void)state;
    doubles a = {0}, b = {0};
    assert_true(doubles_push(&a, 0.0) && doubles_push(&a, (double)NAN));
    assert_true(doubles_push(&b, -0.0) && doubles_push(&b, -(double)NAN));
    if (doubles_equal(&a, &b)) assert_true(doubles_hash(&a, 1) == doubles_hash(&b, 1));
    double zero = 0.0;
    assert_true(doubles_contains(&b, &zero)); /* -0.0 == 0.0 in C */
    doubles_drop(&a);
    doubles_drop(&b);
}

static void nans_do_not_break_a_sort(void **state) {
    (void)state;
    doubles a = {0};
    for (int i = 0; i < 100; i++) assert_true(doubles_push(&a, i % 3 == 0 ? (double)NAN : (double)(100 - i)));
    assert_true(doubles_sort(&a));
    double last = -1;
    size_t numbers = 0;
    COW_EACH (double, it, &a) {
        if (isnan(*it)) continue;
        assert_true(*it >= last);
        last = *it;
        numbers++;
    }
    assert_int_equal(numbers, 66);
    assert_true(doubles_is_sorted(&a));
    doubles_drop(&a);
}

/* ---- plain structs: bitwise copies, no other hooks needed ---- */

typedef struct point {
    double x, y;
    char name[11];
} point;
#define COW_ARRAY points, point
#include "cow/cow.h"

typedef enum color { RED, GREEN, BLUE } color;
#define COW_ARRAY colors, color
#include "cow/cow.h"

typedef const char *text;
static bool text_equal(const text *a, const text *b) { return strcmp(*a, *b) == 0; }
static int text_compare(const text *a, const text *b) { return strcmp(*a, *b); }
#define COW_ARRAY texts, text
#define COW_EQUAL text_equal
#define COW_COMPARE text_compare
#include "cow/cow.h"

static void structs_without_hooks_are_copied_bitwise(void **state) {
    (void)state;
    points a = {0};
    for (int i = 0; i < 50; i++) assert_true(points_push(&a, (point){i, -i, "abc"}));
    points b = points_copy(&a);
    points_mut(&b, 7)->x = 99;
    assert_true(points_at(&a, 7).x == 7 && points_at(&b, 7).x == 99);
    assert_string_equal(points_at(&b, 49).name, "abc");
    points_drop(&a);
    points_drop(&b);
}

static void enums_and_pointers(void **state) {
    (void)state;
    colors c = {0};
    assert_true(colors_push(&c, GREEN) && colors_push(&c, RED) && colors_push(&c, BLUE));
    color green = GREEN;
    assert_int_equal(colors_index_of(&c, &green), 0);
    colors_drop(&c);
    texts t = {0};
    assert_true(texts_push(&t, "pear") && texts_push(&t, "apple"));
    assert_true(texts_sort(&t));
    assert_string_equal(texts_at(&t, 0), "apple");
    char other[] = "pear";
    text key = other;
    assert_true(texts_contains(&t, &key));
    texts_drop(&t);
}

/* ---- arrays of arrays of arrays, without a hook written ---- */

#define COW_ARRAY rows, ints
#include "cow/cow.h"
#define COW_ARRAY sheets, rows
#include "cow/cow.h"
#define COW_ARRAY books, sheets
#include "cow/cow.h"
#define COW_ARRAY track_rows, tracks
#include "cow/cow.h"
#define COW_ARRAY track_sheets, track_rows
#include "cow/cow.h"

static rows rows_of(int first) {
    rows r = {0};
    for (int i = 0; i < 3; i++) assert_true(rows_push(&r, INTS(first + i, first + i + 1)));
    return r;
}

static void nested_arrays_find_their_hooks(void **state) {
    (void)state;
    sheets a = {0}, b = {0};
    for (int i = 0; i < 3; i++) assert_true(sheets_push(&a, rows_of(i)) && sheets_push(&b, rows_of(i)));
    assert_true(sheets_equal(&a, &b));
    assert_int_equal(sheets_compare(&a, &b), 0);
    assert_true(sheets_hash(&a, 1) == sheets_hash(&b, 1));
    assert_false(sheets_same(&a, &b));
    rows key = rows_of(1);
    assert_int_equal(sheets_index_of(&a, &key), 1);
    assert_int_equal(sheets_lower_bound(&a, &key), 1);
    rows_drop(&key);
    ints *inner = rows_mut(sheets_mut(&b, 2), 0);
    assert_true(ints_push(inner, 100));
    assert_false(sheets_equal(&a, &b));
    assert_true(sheets_compare(&a, &b) < 0);
    books library = {0};
    assert_true(books_push(&library, sheets_copy(&a)) && books_push(&library, a));
    sheets_drop(&b);
    assert_int_equal(ints_at(rows_get(sheets_get(books_get(&library, 1), 2), 2), 1), 5);
    books_drop(&library);
}

static void writing_deep_inside_leaves_every_copy(void **state) {
    (void)state;
    sheets a = {0};
    for (int i = 0; i < 3; i++) assert_true(sheets_push(&a, rows_of(10 * i)));
    sheets b = sheets_copy(&a);
    size_t bytes_before = kit.bytes;
    *ints_mut(rows_mut(sheets_mut(&b, 1), 1), 0) = -1;
    assert_int_equal(ints_at(rows_get(sheets_get(&a, 1), 1), 0), 11);
    assert_int_equal(ints_at(rows_get(sheets_get(&b, 1), 1), 0), -1);
    assert_true(rows_same(sheets_get(&a, 0), sheets_get(&b, 0))); /* one path was copied, the rest is shared */
    assert_false(rows_same(sheets_get(&a, 1), sheets_get(&b, 1)));
    assert_true(ints_same(rows_get(sheets_get(&a, 1), 0), rows_get(sheets_get(&b, 1), 0)));
    assert_true(kit.bytes > bytes_before);
    sheets_drop(&a);
    assert_int_equal(ints_at(rows_get(sheets_get(&b, 2), 0), 0), 20);
    sheets_drop(&b);
}

static void every_leaf_dies_once(void **state) {
    (void)state;
    track_sheets a = {0};
    for (int i = 0; i < 4; i++) {
        track_rows r = {0};
        for (int j = 0; j < 4; j++) assert_true(track_rows_push(&r, tracks_run(j, 4)));
        assert_true(track_sheets_push(&a, r));
    }
    assert_int_equal(lives.alive, 64);
    track_sheets b = track_sheets_copy(&a);
    assert_true(tracks_set(track_rows_mut(track_sheets_mut(&b, 0), 0), 0, tracked_make(99)));
    assert_int_equal(lives.alive, 68);
    assert_true(track_sheets_pop(&a, NULL));
    track_sheets_drop(&a);
    assert_int_equal(lives.alive, 64);
    assert_true(track_sheets_erase(&b, 0));
    assert_int_equal(lives.alive, 48);
    track_sheets_drop(&b);
    assert_int_equal(lives.alive, 0);
}

static void zero_bytes_are_an_empty_inner_value(void **state) {
    (void)state;
    rows a = {0};
    assert_true(rows_resize(&a, 3, NULL));
    assert_true(ints_is_empty(rows_get(&a, 2)));
    assert_true(ints_push(rows_mut(&a, 1), 5));
    assert_int_equal(ints_at(rows_get(&a, 1), 0), 5);
    rows_drop(&a);
}

static void freezing_reaches_the_inner_values(void **state) {
    (void)state;
    rows a = rows_of(1);
    rows_freeze(&a);
    ints inner = ints_copy(rows_get(&a, 0));
    ints twin = ints_copy(&inner);
    assert_true(ints_set(&inner, 0, 70));
    assert_int_equal(ints_at(rows_get(&a, 0), 0), 1);
    ints_drop(&inner);
    ints_drop(&twin);
    rows b = rows_copy(&a);
    assert_true(ints_push(rows_mut(&b, 0), 5));
    assert_int_equal(ints_len(rows_get(&a, 0)), 2);
    rows_drop(&b);
    rows_drop(&a);
    kit_give_up_immortals();
}

/* ---- a struct that holds containers brings its hooks ---- */

typedef struct person {
    int id;
    ints scores;
    tracks friends;
} person;
static bool person_copy(person *copy, const person *from) {
    copy->id = from->id;
    copy->scores = ints_copy(&from->scores);
    copy->friends = tracks_copy(&from->friends);
    return true;
}
static void person_drop(person *p) {
    ints_drop(&p->scores);
    tracks_drop(&p->friends);
}
static bool person_equal(const person *a, const person *b) {
    return a->id == b->id && ints_equal(&a->scores, &b->scores);
}
static uint64_t person_hash(const person *p, uint64_t seed) {
    return ints_hash(&p->scores, cow_hash_u64((uint64_t)p->id, seed));
}
#define COW_ARRAY people, person
#define COW_COPY person_copy
#define COW_DROP person_drop
#define COW_EQUAL person_equal
#define COW_HASH person_hash
#include "cow/cow.h"
#define COW_ARRAY crowds, people
#include "cow/cow.h"

static void user_hooks_reach_through_containers(void **state) {
    (void)state;
    people a = {0};
    for (int i = 0; i < 5; i++) assert_true(people_push(&a, (person){i, INTS(i, i), tracks_run(0, i)}));
    people b = people_copy(&a);
    assert_true(ints_push(&people_mut(&b, 3)->scores, 9));
    assert_false(people_equal(&a, &b));
    assert_true(people_hash(&a, 1) != people_hash(&b, 1));
    assert_int_equal(ints_len(&people_get(&a, 3)->scores), 2);
    crowds c = {0};
    assert_true(crowds_push(&c, a) && crowds_push(&c, b));
    assert_int_equal(crowds_index_of(&c, crowds_get(&c, 1)), 1); /* equality found through two levels */
    assert_true(crowds_hash(&c, 1) != 0);
    assert_int_equal(lives.alive, 10); /* the tracked friends are shared by the two crowds */
    crowds_drop(&c);
}

/* ---- recursive types ---- */

typedef struct tree tree;
#define COW_ARRAY trees, tree
#define COW_FORWARD
#include "cow/cow.h"
struct tree {
    tracked label;
    trees children;
};
static bool tree_copy(tree *copy, const tree *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->children = trees_copy(&from->children);
    return true;
}
static void tree_drop(tree *t) {
    tracked_drop(&t->label);
    trees_drop(&t->children);
}
#define COW_ARRAY trees, tree
#define COW_FORWARDED
#define COW_COPY tree_copy
#define COW_DROP tree_drop
#include "cow/cow.h"

static trees forest(int depth) {
    trees t = {0};
    if (depth == 0) return t;
    for (int i = 0; i < 3; i++) assert_true(trees_push(&t, (tree){tracked_make(depth), forest(depth - 1)}));
    return t;
}

static size_t tree_count(const trees *t) {
    size_t n = trees_len(t);
    COW_EACH (tree, it, t) n += tree_count(&it->children);
    return n;
}

static void a_type_may_hold_itself(void **state) {
    (void)state;
    trees a = forest(4);
    assert_int_equal(tree_count(&a), 3 + 9 + 27 + 81);
    trees b = trees_copy(&a);
    tree *deep = trees_mut(&trees_mut(&b, 0)->children, 0);
    deep->label.value = 77;
    assert_int_equal(trees_get(&trees_get(&a, 0)->children, 0)->label.value, 3);
    assert_true(trees_push(&deep->children, (tree){tracked_make(5), {0}}));
    assert_int_equal(tree_count(&b), tree_count(&a) + 1);
    trees_drop(&a);
    assert_int_equal(tree_count(&b), 3 + 9 + 27 + 81 + 1);
    trees_drop(&b);
    assert_int_equal(lives.alive, 0);
}

static void a_value_may_hold_a_copy_of_itself(void **state) {
    (void)state;
    trees a = forest(2);
    trees inner = trees_copy(&a);
    assert_true(trees_push(&a, (tree){tracked_make(1), inner}));
    assert_int_equal(tree_count(&a), 12 + 1 + 12);
    trees_drop(&a);
    assert_int_equal(lives.alive, 0);
}

static void a_deep_value_is_dropped_while_another_is(void **state) {
    (void)state;
    /* Depth 1000 within a wide value: the deferred drops of one must not swallow the other's. */
    trees wide = {0};
    for (int i = 0; i < 20; i++) {
        trees chain = {0};
        for (int d = 0; d < 1000; d++) {
            trees up = {0};
            assert_true(trees_push(&up, (tree){tracked_make(d), chain}));
            chain = up;
        }
        assert_true(trees_push(&wide, (tree){tracked_make(i), chain}));
    }
    assert_int_equal(lives.alive, 20 * 1001);
    assert_true(trees_truncate(&wide, 10));
    assert_int_equal(lives.alive, 10 * 1001);
    trees_drop(&wide);
    assert_int_equal(lives.alive, 0);
}

/* ---- types that are instantiated while their element type is only declared ---- */

struct note;
#define COW_ARRAY notes, struct note
#define COW_FORWARD
#include "cow/cow.h"
#define COW_ARRAY note_rows, notes
#include "cow/cow.h"
struct note {
    int label;
};
#define COW_ARRAY notes, struct note
#define COW_FORWARDED
#include "cow/cow.h"

static void a_declared_handle_brings_its_hooks(void **state) {
    (void)state;
    note_rows a = {0};
    notes row = {0};
    assert_true(notes_push(&row, (struct note){1}) && note_rows_push(&a, row));
    note_rows b = note_rows_copy(&a);
    assert_true(note_rows_push(&b, (notes){0}) && note_rows_set(&b, 1, (notes){0}));
    assert_true(notes_set(note_rows_mut(&b, 0), 0, (struct note){2}));
    assert_int_equal(notes_at(note_rows_get(&a, 0), 0).label, 1);
    assert_int_equal(notes_at(note_rows_get(&b, 0), 0).label, 2);
    note_rows_drop(&a);
    assert_int_equal(notes_at(note_rows_get(&b, 0), 0).label, 2);
    note_rows_drop(&b);
}

/* A ring of two types: a branch holds limbs and a limb holds branches. A push into a tail that others share could put a buffer
 * inside itself, and its count would never come down to zero. In the first ring `branches` finds its hooks. */
typedef struct limb limb;
#define COW_ARRAY limbs, limb
#define COW_FORWARD
#include "cow/cow.h"
#define COW_ARRAY branches, limbs
#include "cow/cow.h"
struct limb {
    tracked label;
    branches kids;
};
static bool limb_copy(limb *copy, const limb *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->kids = branches_copy(&from->kids);
    return true;
}
static void limb_drop(limb *e) {
    tracked_drop(&e->label);
    branches_drop(&e->kids);
}
#define COW_ARRAY limbs, limb
#define COW_FORWARDED
#define COW_COPY limb_copy
#define COW_DROP limb_drop
#include "cow/cow.h"

/* In the second ring they are given. */
typedef struct hoop hoop;
#define COW_ARRAY hoops, hoop
#define COW_FORWARD
#include "cow/cow.h"
static bool hoops_hook(hoops *copy, const hoops *from) {
    *copy = hoops_copy(from);
    return true;
}
#define COW_ARRAY tangles, hoops
#define COW_COPY hoops_hook
#define COW_DROP hoops_drop
#include "cow/cow.h"
struct hoop {
    tracked label;
    tangles kids;
};
static bool hoop_copy(hoop *copy, const hoop *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->kids = tangles_copy(&from->kids);
    return true;
}
static void hoop_drop(hoop *e) {
    tracked_drop(&e->label);
    tangles_drop(&e->kids);
}
#define COW_ARRAY hoops, hoop
#define COW_FORWARDED
#define COW_COPY hoop_copy
#define COW_DROP hoop_drop
#include "cow/cow.h"

/* `a` gets an element that holds a copy of `a`. `outer` is an array of `inner`, which is an array of T, which holds an `outer`. */
#define CHECK_NO_CYCLE(outer, inner, T)                     \
    do {                                                    \
        outer a = {0};                                      \
        inner between = {0};                                \
        assert_true(outer##_push(&a, (inner){0}));          \
        assert_true(outer##_reserve(&a, 100));              \
        T e = {tracked_make(1), outer##_copy(&a)};          \
        assert_true(inner##_push(&between, e));             \
        assert_true(outer##_push(&a, between));             \
        const T *held = inner##_get(outer##_get(&a, 1), 0); \
        assert_int_equal(outer##_len(&held->kids), 1);      \
        outer##_drop(&a);                                   \
        assert_int_equal(lives.alive, 0);                   \
        assert_int_equal(kit_lost_blocks(), 0);             \
    } while (0)

static void no_ring_of_types_closes_a_ring_of_values(void **state) {
    (void)state;
    CHECK_NO_CYCLE(branches, limbs, limb);
    CHECK_NO_CYCLE(tangles, hoops, hoop);
}

/* ---- two instances of one element type, with different hooks ---- */

static bool equal_mod_ten(const int *a, const int *b) { return *a % 10 == *b % 10; }
#define COW_ARRAY loose_ints, int
#define COW_EQUAL equal_mod_ten
#include "cow/cow.h"

static void a_given_hook_goes_before_the_built_in_one(void **state) {
    (void)state;
    loose_ints a = {0};
    ints b = INTS(13);
    int key = 23;
    assert_true(loose_ints_push(&a, 13));
    assert_true(loose_ints_contains(&a, &key));
    assert_false(ints_contains(&b, &key));
    loose_ints_drop(&a);
    ints_drop(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(integers_of_every_width),
        UNIT(floating_point),
        UNIT(equal_values_hash_equally_even_zeros_and_nans),
        UNIT(nans_do_not_break_a_sort),
        UNIT(structs_without_hooks_are_copied_bitwise),
        UNIT(enums_and_pointers),
        UNIT(nested_arrays_find_their_hooks),
        UNIT(writing_deep_inside_leaves_every_copy),
        UNIT(every_leaf_dies_once),
        UNIT(zero_bytes_are_an_empty_inner_value),
        UNIT(freezing_reaches_the_inner_values),
        UNIT(user_hooks_reach_through_containers),
        UNIT(a_type_may_hold_itself),
        UNIT(a_value_may_hold_a_copy_of_itself),
        UNIT(a_deep_value_is_dropped_while_another_is),
        UNIT(a_declared_handle_brings_its_hooks),
        UNIT(no_ring_of_types_closes_a_ring_of_values),
        UNIT(a_given_hook_goes_before_the_built_in_one),
    };
    return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}

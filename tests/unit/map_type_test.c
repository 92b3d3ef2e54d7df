/* SPDX-License-Identifier: MIT */
/* map_type: what keys and values may be, and the options of an instantiation. Arrays, strings, sets and maps are keys and values without
   hooks; a type may hold itself; hashes may be stored, counts unshared, and hooks given. */
#include "kit_map.h"

#define COW_ARRAY ints, int
#include "cow/cow.h"

/* ---- containers as values ---- */

#define COW_MAP rows, int, ints
#include "cow/cow.h"

static void push_all(ints *a, int n) {
    for (int i = 0; i < n; i++) assert_true(ints_push(a, i));
}

static void values_may_be_arrays(void **state) {
    (void)state;
    rows m = {0};
    for (int k = 0; k < 200; k++) {
        ints *row = rows_entry(&m, k, NULL); /* a zero value is an empty array */
        assert_true(row && ints_is_empty(row));
        push_all(row, k % 20);
    }
    rows c = rows_copy(&m);
    assert_true(rows_equal(&m, &c) && rows_hash(&m, 1) == rows_hash(&c, 1));
    for (int k = 0; k < 200; k += 3) {
        ints *row = rows_mut(&c, &k);
        assert_true(row && ints_push(row, -1));
        assert_int_equal(ints_len(rows_get(&m, &k)), k % 20);
        assert_int_equal(ints_len(rows_get(&c, &k)), k % 20 + 1);
    }
    assert_true(!rows_equal(&m, &c) && rows_hash(&m, 1) != rows_hash(&c, 1));
    int key = 7;
    ints row = {0}, out = {0};
    push_all(&row, 3);
    assert_true(rows_put(&m, 1000, ints_copy(&row)) && rows_put(&m, 7, row) && rows_take(&m, &key, &out));
    assert_int_equal(ints_len(&out), 3);
    rows_drop(&m);
    ints_drop(&out);
    rows_drop(&c);
}

static bool join_rows(ints *mine, const int *key, const ints *theirs, void *context) {
    (void)key, (void)context;
    return ints_concat(mine, theirs);
}

static void arrays_are_joined_by_a_union(void **state) {
    (void)state;
    rows a = {0}, b = {0};
    for (int k = 0; k < 100; k++) {
        push_all(rows_entry(&a, k, NULL), 3);
        push_all(rows_entry(&b, k + 50, NULL), k % 2 ? 3 : 4);
    }
    rows kept = rows_copy(&a);
    assert_true(rows_union(&a, &b, join_rows, NULL) && rows_len(&a) == 150);
    for (int k = 0; k < 150; k++) {
        size_t n = ints_len(rows_get(&a, &k));
        assert_int_equal(n, k < 50 ? 3 : k < 100 && k % 2 == 0 ? 7 : k % 2 ? 3 : 4);
    }
    for (int k = 0; k < 100; k++) assert_int_equal(ints_len(rows_get(&kept, &k)), 3);
    rows_drop(&a);
    rows_drop(&b);
    rows_drop(&kept);
}

/* ---- maps of maps of strings ---- */

#define COW_MAP texts, cow_str, cow_str
#include "cow/cow.h"
#define COW_MAP tables, cow_str, texts
#include "cow/cow.h"
#define COW_ARRAY shelf, tables
#include "cow/cow.h"

static cow_str text(const char *format, int i) {
    cow_str s = {0};
    assert_true(cow_str_append_format(&s, "%s%d", format, i));
    return s;
}

static const char far_text[] = "a text that is too long to live in a handle, number ";

static texts some_texts(int n) {
    texts m = {0};
    for (int i = 0; i < n; i++)
        assert_true(texts_put(&m, text(i % 2 ? "key " : far_text, i), text(i % 3 ? "v" : far_text, i)));
    return m;
}

static tables some_tables(int n, int each) {
    tables m = {0};
    for (int i = 0; i < n; i++) assert_true(tables_put(&m, text("table ", i), some_texts(each + i)));
    return m;
}

static const cow_str *text_in(const tables *m, int table, int key) {
    cow_str t = text("table ", table), k = text(key % 2 ? "key " : far_text, key);
    const texts *inner = tables_get(m, &t);
    const cow_str *found = inner ? texts_get(inner, &k) : NULL;
    cow_str_drop(&t);
    cow_str_drop(&k);
    return found;
}

static bool text_is(const tables *m, int table, int key, const char *format) {
    cow_str expected = text(format, key);
    const cow_str *found = text_in(m, table, key);
    bool same = found && cow_str_equal(found, &expected);
    cow_str_drop(&expected);
    return same;
}

static void maps_of_maps_of_strings(void **state) {
    (void)state;
    tables m = some_tables(50, 40), c = tables_copy(&m), twin = some_tables(50, 40);
    assert_true(tables_equal(&m, &twin) && tables_hash(&m, 5) == tables_hash(&twin, 5));
    for (int t = 0; t < 50; t += 3) {
        cow_str name = text("table ", t), key = text("key ", 7);
        texts *inner = tables_mut(&c, &name);
        cow_str *value = inner ? texts_mut(inner, &key) : NULL;
        assert_true(value && cow_str_append(value, "!"));
        assert_true(text_is(&m, t, 7, "v") && !text_is(&c, t, 7, "v"));
        cow_str_drop(&name);
        cow_str_drop(&key);
    }
    assert_true(!tables_equal(&m, &c) && tables_hash(&m, 5) != tables_hash(&c, 5) && tables_equal(&m, &twin));
    for (int t = 0; t < 50; t++) {
        for (int k = 0; k < 40 + t; k++) assert_true(text_is(&m, t, k, k % 3 ? "v" : far_text));
    }
    tables_drop(&m);
    for (int t = 1; t < 50; t += 3) assert_true(text_is(&c, t, 7, "v"));
    tables_drop(&c);
    tables_drop(&twin);
}

static void arrays_of_maps_of_maps(void **state) {
    (void)state;
    shelf a = {0};
    for (int i = 0; i < 5; i++) assert_true(shelf_push(&a, some_tables(4, 10 * i)));
    shelf b = shelf_copy(&a);
    assert_true(shelf_equal(&a, &b) && shelf_hash(&a, 1) == shelf_hash(&b, 1));
    tables *one = shelf_mut(&b, 3);
    cow_str name = text("table ", 2);
    assert_true(one && tables_erase(one, &name));
    cow_str_drop(&name);
    assert_true(!shelf_equal(&a, &b) && tables_len(shelf_get(&a, 3)) == 4 && tables_len(shelf_get(&b, 3)) == 3);
    tables out;
    assert_true(shelf_pop(&b, &out) && tables_len(&out) == 4);
    tables_drop(&out);
    shelf_drop(&a);
    shelf_drop(&b);
}

/* What is frozen is not counted any more: copies of inner values and of their strings write nothing. */
static void freezing_reaches_the_inner_values(void **state) {
    (void)state;
    tables m = some_tables(20, 40);
    tables_freeze(&m);
    cow_str name = text("table ", 3);
    const texts *inner = tables_get(&m, &name);
    const cow_str *value = text_in(&m, 3, 6);
    assert_int_equal(cow_str_retained_bytes(value), 0);
    uint32_t count = cow__ref_rc(inner->m.root)->v;
    assert_true(count >= 0x80000000u);
    for (int i = 0; i < 10; i++) {
        texts mine = texts_copy(inner);
        texts_drop(&mine);
    }
    assert_int_equal(cow__ref_rc(inner->m.root)->v, count);
    texts mine = texts_copy(inner);
    assert_true(texts_put(&mine, text("new ", 1), text("new ", 2)) && texts_len(inner) + 1 == texts_len(&mine));
    texts_drop(&mine);
    tables c = tables_copy(&m);
    assert_true(tables_erase(&c, &name) && tables_len(&m) == 20 && text_is(&m, 3, 6, far_text));
    tables_drop(&c);
    cow_str_drop(&name);
    tables_drop(&m);
    kit_give_up_immortals();
}

/* ---- containers as keys ---- */

#define COW_MAP by_array, ints, int
#include "cow/cow.h"
#define COW_MAP by_set, iset, int
#include "cow/cow.h"
#define COW_SET map_set, imap
#include "cow/cow.h"
#define COW_SET set_set, iset
#include "cow/cow.h"

static void keys_may_be_arrays(void **state) {
    (void)state;
    by_array m = {0};
    for (int n = 0; n < 100; n++) {
        ints key = {0};
        push_all(&key, n);
        assert_true(by_array_put(&m, key, n));
    }
    by_array c = by_array_copy(&m);
    for (int n = 0; n < 100; n++) {
        ints key = {0};
        push_all(&key, n);
        assert_int_equal(*by_array_get(&m, &key), n);
        assert_true(by_array_erase(&c, &key) && ints_push(&key, 1000) && !by_array_contains(&m, &key));
        ints_drop(&key);
    }
    by_array_drop(&c);
    by_array_drop(&m);
}

/* The same elements by another history, under another seed, are the same key. */
static void keys_may_be_sets_and_maps(void **state) {
    (void)state;
    by_set m = {0};
    map_set maps = {0};
    set_set sets = {0};
    cow_seed_set(1);
    for (int n = 0; n < 60; n++)
        assert_true(by_set_put(&m, iset_run(0, n, 1), n) && map_set_put(&maps, imap_run(0, n, 1)) &&
                    set_set_put(&sets, iset_run(n, 3, 1)));
    cow_seed_set(2);
    for (int n = 0; n < 60; n++) {
        iset key = {0};
        for (int k = n; k-- > 0;) assert_true(iset_put(&key, k));
        const int *v = by_set_get(&m, &key);
        assert_true(v && *v == n);
        assert_true(iset_put(&key, 500) && !by_set_contains(&m, &key));
        iset_drop(&key);
        imap inner = imap_run(0, n, 1);
        assert_true(map_set_contains(&maps, &inner) && map_set_put(&maps, imap_copy(&inner)));
        assert_true(imap_put(&inner, 0, -1) && !map_set_contains(&maps, &inner));
        imap_drop(&inner);
        iset three = iset_run(n, 3, 1);
        assert_true(set_set_erase(&sets, &three));
        iset_drop(&three);
    }
    assert_true(map_set_len(&maps) == 60 && set_set_is_empty(&sets));
    by_set_drop(&m);
    map_set_drop(&maps);
}

/* ---- types that hold themselves ---- */

typedef struct folder folder;
#define COW_MAP folders, int, folder
#define COW_FORWARD
#include "cow/cow.h"
struct folder {
    tracked label;
    folders inner;
};
static bool folder_copy(folder *copy, const folder *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->inner = folders_copy(&from->inner);
    return true;
}
static void folder_drop(folder *f) {
    tracked_drop(&f->label);
    folders_drop(&f->inner);
}
static bool folder_equal(const folder *a, const folder *b);
static uint64_t folder_hash(const folder *f, uint64_t seed);
#define COW_MAP folders, int, folder
#define COW_FORWARDED
#define COW_VALUE_COPY folder_copy
#define COW_VALUE_DROP folder_drop
#define COW_VALUE_EQUAL folder_equal
#define COW_VALUE_HASH folder_hash
#include "cow/cow.h"
static bool folder_equal(const folder *a, const folder *b) {
    return tracked_equal(&a->label, &b->label) && folders_equal(&a->inner, &b->inner);
}
static uint64_t folder_hash(const folder *f, uint64_t seed) {
    return tracked_hash(&f->label, folders_hash(&f->inner, seed));
}

static folders forest(int depth, int width) {
    folders all = {0};
    for (int i = 0; i < width && depth; i++)
        assert_true(folders_put(&all, i, (folder){tracked_make(depth), forest(depth - 1, width)}));
    return all;
}
static size_t folder_count(const folders *all) {
    size_t n = folders_len(all);
    COW_MAP_EACH (folders, it, all) n += folder_count(&it->value.inner);
    return n;
}

static void a_type_may_hold_itself(void **state) {
    (void)state;
    folders a = forest(4, 5), twin = forest(4, 5), b = folders_copy(&a);
    size_t all = 5 + 25 + 125 + 625;
    assert_int_equal(folder_count(&a), all);
    assert_true(folders_equal(&a, &twin) && folders_hash(&a, 1) == folders_hash(&twin, 1));
    int two = 2;
    folder *deep = folders_mut(&folders_mut(&folders_mut(&b, &two)->inner, &two)->inner, &two);
    assert_true(folders_put(&deep->inner, 77, (folder){tracked_make(5), {{0}}}));
    assert_true(folder_count(&b) == all + 1 && folder_count(&a) == all && !folders_equal(&a, &b));
    folders_drop(&a);
    assert_int_equal(folder_count(&b), all + 1);
    folders_drop(&b);
    folders_drop(&twin);
}

static void a_value_may_hold_a_copy_of_itself(void **state) {
    (void)state;
    for (int width = 1; width < 80; width += 26) {
        folders a = forest(2, width);
        size_t n = folder_count(&a);
        assert_true(folders_put(&a, 1000, (folder){tracked_make(1), folders_copy(&a)}));
        assert_int_equal(folder_count(&a), 2 * n + 1);
        int zero = 0;
        folders again = folders_copy(&a);
        folder *inside = folders_mut(&a, &zero);
        folders_drop(&inside->inner);
        inside->inner = again;
        assert_int_equal(folder_count(&a),
                         4 * n + 2 - folder_count(&folders_get(&folders_get(&a, &zero)->inner, &zero)->inner));
        folders_drop(&a);
        assert_int_equal(lives.alive, 0);
    }
}

/* Deeper than a drop may recurse, among others that are not. */
static void deep_values_are_dropped_whole(void **state) {
    (void)state;
    folders wide = {0};
    for (int i = 0; i < 20; i++) {
        folders chain = {0};
        for (int d = 0; d < 1000; d++) {
            folders up = {0};
            assert_true(folders_put(&up, d, (folder){tracked_make(d), chain}));
            chain = up;
        }
        assert_true(folders_put(&wide, i, (folder){tracked_make(i), chain}));
    }
    assert_int_equal(lives.alive, 20 * 1001);
    for (int i = 0; i < 10; i++) assert_true(folders_erase(&wide, &i));
    assert_int_equal(lives.alive, 10 * 1001);
    folders_drop(&wide);
    assert_int_equal(lives.alive, 0);
}

/* Maps in arrays in maps: both kinds of storage wait for the outermost drop. */
typedef struct crate crate;
#define COW_ARRAY crates, crate
#define COW_FORWARD
#include "cow/cow.h"
#define COW_MAP stock, int, crates
#include "cow/cow.h"
struct crate {
    tracked label;
    stock inside;
};
static bool crate_copy(crate *copy, const crate *from) {
    if (!tracked_copy(&copy->label, &from->label)) return false;
    copy->inside = stock_copy(&from->inside);
    return true;
}
static void crate_drop(crate *c) {
    tracked_drop(&c->label);
    stock_drop(&c->inside);
}
static bool crate_equal(const crate *a, const crate *b) {
    return tracked_equal(&a->label, &b->label) && stock_equal(&a->inside, &b->inside);
}
static uint64_t crate_hash(const crate *c, uint64_t seed) {
    return stock_hash(&c->inside, tracked_hash(&c->label, seed));
}
#define COW_ARRAY crates, crate
#define COW_FORWARDED
#define COW_COPY crate_copy
#define COW_DROP crate_drop
#define COW_EQUAL crate_equal
#define COW_HASH crate_hash
#include "cow/cow.h"

static void deep_rings_of_maps_and_arrays_are_dropped_whole(void **state) {
    (void)state;
    for (int depth = 1; depth < 3000; depth = 3 * depth + 1) {
        stock all = {0};
        for (int d = 0; d < depth; d++) {
            crates row = {0};
            assert_true(crates_push(&row, (crate){tracked_make(d), all}) &&
                        crates_push(&row, (crate){tracked_make(d), {{0}}}));
            all = (stock){{0}};
            assert_true(stock_put(&all, d, row) && stock_put(&all, -1, crates_copy(&row)));
        }
        assert_int_equal(lives.alive, 2 * depth);
        stock other = stock_copy(&all);
        assert_true(stock_equal(&all, &other) && stock_put(&other, -2, (crates){0}) && !stock_equal(&all, &other));
        stock_drop(&other);
        stock_drop(&all);
        assert_int_equal(lives.alive, 0);
        assert_int_equal(kit_lost_blocks(), 0);
    }
}

/* Arrays nested too deeply for a drop to recurse, dropped by the death of a leaf. */
typedef struct shell shell;
#define COW_ARRAY shells, shell
#define COW_FORWARD
#include "cow/cow.h"
struct shell {
    shells inside;
};
static size_t shells_dropped;
static bool shell_copy(shell *copy, const shell *from) {
    copy->inside = shells_copy(&from->inside);
    return true;
}
static void shell_drop(shell *s) {
    shells_dropped++;
    shells_drop(&s->inside);
}
#define COW_ARRAY shells, shell
#define COW_FORWARDED
#define COW_COPY shell_copy
#define COW_DROP shell_drop
#include "cow/cow.h"
static inline uint64_t shells_sum(const shells *s, uint64_t seed) { return cow_hash_u64(shells_len(s), seed); }
#define COW_MAP beach, int, shells
#define COW_VALUE_EQUAL shells_same
#define COW_VALUE_HASH shells_sum
#include "cow/cow.h"

static void deep_arrays_in_a_map_are_dropped_whole(void **state) {
    (void)state;
    beach m = {0};
    for (int k = 0; k < 20; k++) {
        shells all = {0};
        for (int d = 0; d < 200; d++) {
            shells outer = {0};
            assert_true(shells_push(&outer, (shell){all}));
            all = outer;
        }
        assert_true(beach_put(&m, k, all));
    }
    shells_dropped = 0;
    int key = 3;
    assert_true(beach_erase(&m, &key));
    assert_int_equal(shells_dropped, 200);
    beach_drop(&m);
    assert_int_equal(shells_dropped, 20 * 200);
}

/* A map whose values are maps of its own type, with no struct between. */
#define COW_MAP nest, int, nest
#define COW_FORWARD
#include "cow/cow.h"
#define COW_MAP nest, int, nest
#define COW_FORWARDED
#include "cow/cow.h"

static nest nested(int depth, int width) {
    nest all = {0};
    for (int i = 0; i < width && depth; i++) assert_true(nest_put(&all, i, nested(depth - 1, width)));
    return all;
}

static void the_values_may_be_maps_of_the_same_type(void **state) {
    (void)state;
    nest a = nested(3, 9), b = nest_copy(&a), twin = nested(3, 9);
    int three = 3;
    assert_true(nest_equal(&a, &twin) && nest_hash(&a, 1) == nest_hash(&twin, 1));
    nest *deep = nest_mut(nest_mut(&b, &three), &three);
    assert_true(deep && nest_put(deep, 50, (nest){{0}}));
    assert_true(!nest_equal(&a, &b) && nest_len(nest_get(nest_get(&a, &three), &three)) == 9);
    assert_true(nest_put(&a, 100, nest_copy(&a)) && nest_put(&a, 101, nest_copy(&a))); /* into itself */
    nest_drop(&b);
    nest_drop(&a);
    nest_drop(&twin);
}

/* Sets of sets of sets, as in the books. */
#define COW_SET pure, pure
#define COW_FORWARD
#include "cow/cow.h"
#define COW_SET pure, pure
#define COW_FORWARDED
#include "cow/cow.h"

static void numbers_are_sets_of_sets(void **state) {
    (void)state;
    pure number[8] = {{{0}}}; /* von Neumann's: n + 1 is n and its elements */
    for (int i = 1; i < 8; i++) {
        number[i] = pure_copy(&number[i - 1]);
        assert_true(pure_put(&number[i], pure_copy(&number[i - 1])));
        assert_int_equal(pure_len(&number[i]), i);
    }
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 8; j++) {
            assert_true(pure_contains(&number[i], &number[j]) == (j < i));
            assert_true(pure_is_subset(&number[i], &number[j]) == (i <= j));
        }
    }
    for (int i = 0; i < 8; i++) pure_drop(&number[i]);
}

/* A ring of two types, the one behind a pointer of the user's. */
typedef struct island island;
#define COW_MAP islands, int, island *
#define COW_RECURSIVE
static bool island_copy(island **to, island *const *from);
static void island_drop(island **e);
#define COW_VALUE_COPY island_copy
#define COW_VALUE_DROP island_drop
#include "cow/cow.h"
struct island {
    islands bridges;
};
static bool island_copy(island **to, island *const *from) {
    *to = kit_malloc(sizeof(island));
    if (!*to) return false;
    (*to)->bridges = islands_copy(&(*from)->bridges);
    return true;
}
static void island_drop(island **e) {
    islands_drop(&(*e)->bridges);
    kit_free(*e, sizeof(island));
}

static void rings_behind_pointers_end(void **state) {
    (void)state;
    islands a = {0};
    for (int k = 0; k < 100; k++) {
        island *i = kit_malloc(sizeof *i);
        assert_non_null(i);
        i->bridges = islands_copy(&a);
        assert_true(islands_put(&a, k, i));
    }
    assert_int_equal(islands_len(&a), 100);
    islands_drop(&a);
}

/* ---- values without equality: what their bits say ---- */

typedef struct spot {
    int x, y;
} spot;
#define COW_MAP spots, int, spot
#include "cow/cow.h"

static bool count_spots(const spots_pair *was, const spots_pair *is, void *context) {
    assert_true(was && is && was->value.x != is->value.x);
    ++*(int *)context;
    return true;
}
static bool add_spots(spot *mine, const int *key, const spot *theirs, void *context) {
    (void)key;
    mine->x += theirs->x;
    ++*(int *)context;
    return true;
}

static void values_without_equality_are_compared_by_their_bits(void **state) {
    (void)state;
    spots a = {0}, b = {0};
    int differences = 0, asked = 0;
    for (int k = 0; k < 200; k++)
        assert_true(spots_put(&a, k, (spot){k, 1}) && spots_put(&b, k, (spot){k + (k % 10 == 0), 1}));
    assert_true(spots_diff(&a, &b, count_spots, &differences) && differences == 20);
    assert_true(spots_union(&a, &b, add_spots, &asked) && asked == 20);
    for (int k = 0; k < 200; k++) assert_int_equal(spots_get(&a, &k)->x, k % 10 ? k : 2 * k + 1);
    spots_drop(&a);
    spots_drop(&b);
}

/* ---- options ---- */

static size_t hash_calls, equal_calls, compare_calls;
static uint64_t counted_hash(const int *e, uint64_t seed) {
    hash_calls++;
    return cow_hash_u64((uint64_t)*e, seed);
}
static bool counted_equal(const int *a, const int *b) {
    equal_calls++;
    return *a == *b;
}
static int counted_compare(const int *a, const int *b) {
    compare_calls++;
    return (*a > *b) - (*a < *b);
}

#define COW_MAP dear, int, int
#define COW_HASH counted_hash
#define COW_EQUAL counted_equal
#define COW_STORE_HASH
#include "cow/cow.h"

/* Keys are hashed once, when they come in, and not again when their leaf splits; equality is only asked for good reason. */
static void stored_hashes_spare_the_hook(void **state) {
    (void)state;
    enum { N = 20000 };
    hash_calls = equal_calls = 0;
    dear m = {0};
    for (int k = 0; k < N; k++) assert_true(dear_put(&m, k, k));
    assert_true(hash_calls <= N + N / 20 && equal_calls <= N / 20);
    hash_calls = equal_calls = 0;
    for (int k = 0; k < 2 * N; k++) assert_true(dear_contains(&m, &k) == (k < N));
    assert_int_equal(hash_calls, 2 * N);
    assert_true(equal_calls >= N && equal_calls <= N + N / 20);
    dear c = dear_copy(&m);
    hash_calls = 0;
    for (int k = 0; k < N; k += 2) assert_true(dear_erase(&c, &k));
    assert_true(hash_calls <= N / 2 + N / 20);
    for (int k = 0; k < N; k++) assert_true(dear_contains(&c, &k) == (k % 2 == 1) && *dear_get(&m, &k) == k);
    assert_true(dear_union(&c, &m, NULL, NULL) && dear_equal(&c, &m));
    dear_drop(&c);
    dear_drop(&m);
}

/* COW_COMPARE alone is enough. */
#define COW_MAP ordered, int, int
#define COW_HASH counted_hash
#define COW_COMPARE counted_compare
#include "cow/cow.h"

static void an_order_gives_equality(void **state) {
    (void)state;
    ordered m = {0};
    compare_calls = 0;
    for (int k = 0; k < 1000; k++) assert_true(ordered_put(&m, k / 2, k));
    assert_true(ordered_len(&m) == 500 && compare_calls >= 500);
    for (int k = 0; k < 500; k++) assert_int_equal(*ordered_get(&m, &k), 2 * k + 1);
    ordered_drop(&m);
}

#define COW_MAP locals, int, tracked
#define COW_NONATOMIC
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include "cow/cow.h"

static void unshared_between_threads_means_uncounted_between_threads_only(void **state) {
    (void)state;
    locals m = {0};
    for (int k = 0; k < 500; k++) assert_true(locals_put(&m, k, tracked_make(k)));
    locals c = locals_copy(&m), d = locals_copy(&c);
    for (int k = 0; k < 500; k += 2) assert_true(locals_erase(&c, &k) && locals_put(&d, k, tracked_make(-k)));
    for (int k = 0; k < 500; k++) assert_int_equal(tracked_value(locals_get(&m, &k)), k);
    locals_drop(&m);
    assert_true(locals_len(&c) == 250 && locals_len(&d) == 500);
    locals_drop(&c);
    locals_drop(&d);
}

static bool equal_mod_ten(const int *a, const int *b) { return *a % 10 == *b % 10; }
static uint64_t hash_mod_ten(const int *e, uint64_t seed) { return cow_hash_u64((uint64_t)(*e % 10), seed); }
#define COW_MAP loose, int, int
#define COW_EQUAL equal_mod_ten
#define COW_HASH hash_mod_ten
#define COW_VALUE_EQUAL equal_mod_ten
#include "cow/cow.h"

static void a_given_hook_goes_before_the_built_in_one(void **state) {
    (void)state;
    loose a = {0}, b = {0};
    for (int k = 0; k < 100; k++) assert_true(loose_put(&a, k, k) && loose_put(&b, k + 100, k + 50));
    assert_true(loose_len(&a) == 10 && loose_equal(&a, &b));
    int key = 12345;
    assert_int_equal(loose_find(&a, &key)->key, 5); /* the first key stays */
    assert_int_equal(*loose_get(&a, &key), 95);
    loose_drop(&a);
    loose_drop(&b);
}

/* A user's hash need not be spread: sums, pointers, multiples. */
static uint64_t low_hash(const int *e, uint64_t seed) {
    (void)seed;
    return (uint64_t)*e;
}
static uint64_t high_hash(const int *e, uint64_t seed) {
    (void)seed;
    return (uint64_t)*e << 32;
}
static size_t poor_equals;
static bool low_equal(const int *a, const int *b) {
    poor_equals++;
    return *a == *b;
}
#define COW_MAP poor, int, int
#define COW_HASH low_hash
#define COW_EQUAL low_equal
#include "cow/cow.h"
#define COW_MAP poor_high, int, int
#define COW_HASH high_hash
#define COW_EQUAL low_equal
#include "cow/cow.h"

static void a_hash_need_not_be_well_spread(void **state) {
    (void)state;
    enum { N = 20000 };
    for (int step = 1; step <= 4096; step *= 16) {
        poor m = {0};
        poor_high h = {0};
        for (int k = 0; k < N; k++) assert_true(poor_put(&m, k * step, k) && poor_high_put(&h, k * step, k));
        poor_equals = 0;
        for (int k = 0; k < N; k++) {
            int key = k * step;
            assert_true(*poor_get(&m, &key) == k && *poor_high_get(&h, &key) == k);
        }
        assert_true(poor_equals < 2 * N + N); /* few false candidates: about one question a lookup */
        poor_drop(&m);
        poor_high_drop(&h);
    }
}

static const char *const words[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
#define COW_MAP by_pointer, const char *, int
static uint64_t address_hash(const char *const *p, uint64_t seed) {
    return cow_hash_u64((uint64_t)(uintptr_t)*p, seed);
}
static bool same_address(const char *const *a, const char *const *b) { return *a == *b; }
#define COW_HASH address_hash
#define COW_EQUAL same_address
#include "cow/cow.h"

static void pointers_are_keys_with_hooks(void **state) {
    (void)state;
    by_pointer m = {0};
    for (size_t i = 0; i < LENGTH(words); i++) assert_true(by_pointer_put(&m, words[i], (int)i));
    for (size_t i = 0; i < LENGTH(words); i++) assert_int_equal(*by_pointer_get(&m, &words[i]), i);
    by_pointer_drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(values_may_be_arrays),
        UNIT(arrays_are_joined_by_a_union),
        UNIT(maps_of_maps_of_strings),
        UNIT(arrays_of_maps_of_maps),
        UNIT(freezing_reaches_the_inner_values),
        UNIT(keys_may_be_arrays),
        UNIT(keys_may_be_sets_and_maps),
        UNIT(a_type_may_hold_itself),
        UNIT(a_value_may_hold_a_copy_of_itself),
        UNIT(deep_values_are_dropped_whole),
        UNIT(deep_rings_of_maps_and_arrays_are_dropped_whole),
        UNIT(deep_arrays_in_a_map_are_dropped_whole),
        UNIT(the_values_may_be_maps_of_the_same_type),
        UNIT(numbers_are_sets_of_sets),
        UNIT(rings_behind_pointers_end),
        UNIT(values_without_equality_are_compared_by_their_bits),
        UNIT(stored_hashes_spare_the_hook),
        UNIT(an_order_gives_equality),
        UNIT(unshared_between_threads_means_uncounted_between_threads_only),
        UNIT(a_given_hook_goes_before_the_built_in_one),
        UNIT(a_hash_need_not_be_well_spread),
        UNIT(pointers_are_keys_with_hooks),
    };
    return cmocka_run_group_tests_name("map_type", tests, NULL, NULL);
}

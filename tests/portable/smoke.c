/* SPDX-License-Identifier: MIT */
/* One program, small enough to build a hundred times, that walks every kind of code in the header: inline and
 * erased, hooks, nested arrays, alignment, the shared tail. The units test the details; this tests the compiler. */
#define COW_IMPLEMENTATION
#include "smoke.h"

static void arrays_of_ints(void) {
    ints a = EMPTY;
    for (int i = 0; i < 1000; i++) {
        CHECK(ints_push(&a, 999 - i));
    }
    ints old = ints_copy(&a);
    CHECK(ints_same(&a, &old) && ints_is_shared(&a));
    CHECK(ints_push(&a, -1));
    CHECK(ints_len(&old) == 1000 && ints_len(&a) == 1001 && ints_back(&a)[0] == -1);
    CHECK(ints_set(&a, 0, 7) && *ints_front(&old) == 999 && ints_at(&a, 0) == 7);
    CHECK(!ints_set(&a, 5000, 7) && cow_error() == COW_RANGE);

    CHECK(ints_sort(&a) && ints_is_sorted(&a));
    int key = 500;
    CHECK(ints_at(&a, ints_search(&a, &key)) == 500 && ints_count(&a, &key) == 1 && !ints_is_sorted(&old));
    CHECK(ints_insert(&a, 3, 42) && ints_at(&a, 3) == 42 && ints_erase(&a, 3));
    CHECK(ints_push_front(&a, 11) && *ints_front(&a) == 11 && ints_pop_front(&a, &key) && key == 11);
    CHECK(ints_concat(&a, &a) && ints_len(&a) == 2002 && ints_at(&a, 1001) == ints_at(&a, 0));
    CHECK(ints_push_n(&a, ints_data(&a), 10) && ints_at(&a, 2002) == ints_at(&a, 0));

    ints part = ints_slice(&old, 10, 20);
    CHECK(ints_len(&part) == 10 && *ints_get(&part, 0) == 989 && sum_of(&part) == 9845);
    CHECK(ints_reverse(&part) && *ints_get(&part, 0) == 980 && *ints_get(&old, 10) == 989);
    CHECK(ints_rotate(&part, 3) && *ints_get(&part, 0) == 983);
    CHECK(sum_of(&old) == 499500);

    ints_iter it = ints_iter_of(&part);
    const int *value = NULL;
    size_t seen = 0;
    while (ints_iter_next(&it, &value)) {
        seen++;
    }
    CHECK(seen == 10);
    ints_drop(&part);
    ints_drop(&old);
    ints_drop(&a);
    ints_drop(&a);
}

static void arrays_of_structs(void) {
    people team = EMPTY;
    CHECK(people_push(&team, person_new("Ada", 36)) && people_push(&team, person_new("Grace", 85)));
    CHECK(people_push(&team, person_new("Edsger", 72)));
    people before = people_copy(&team);
    CHECK(alive == 3);
    CHECK(people_push(&team, person_new("Barbara", 82))); /* the shared tail: nothing else is copied */
    person *first = people_mut(&team, 0);
    CHECK(first && alive == 4 + 4);
    first->age++;
    CHECK(people_get(&before, 0)->age == 36 && people_get(&team, 0)->age == 37);

    CHECK(people_sort(&team) && people_get(&team, 1)->age == 72 && !people_equal(&team, &before));
    CHECK(people_contains(&before, people_get(&team, 3)));
    person taken = EMPTY;
    CHECK(people_take(&team, 0, &taken) && taken.age == 37);
    person_drop(&taken);

    /* A copy hook that fails leaves everything as it was. */
    people again = people_copy(&before);
    copies_left = 1;
    CHECK(!people_mut(&again, 0) && cow_error() == COW_HOOK && people_equal(&again, &before));
    copies_left = -1;
    people_drop(&again);
    people_drop(&before);
    CHECK(alive == 3);
    people_drop(&team);
    CHECK(alive == 0);
}

static void arrays_of_arrays(void) {
    rows grid = EMPTY;
    for (int i = 0; i < 8; i++) {
        ints row = EMPTY;
        CHECK(ints_resize(&row, 16, &i) && rows_push(&grid, row));
    }
    rows kept = rows_copy(&grid);
    ints *row = rows_mut(&grid, 3);      /* copies eight handles ... */
    CHECK(row && ints_set(row, 5, 100)); /* ... and one row */
    CHECK(ints_at(rows_get(&kept, 3), 5) == 3 && ints_at(rows_get(&grid, 3), 5) == 100);
    CHECK(ints_same(rows_get(&kept, 2), rows_get(&grid, 2)) && !rows_equal(&kept, &grid));
    rows_drop(&kept);
    rows_drop(&grid);
}

static void arrays_of_declared_arrays(void) {
    leaf_rows grid = EMPTY;
    leaves row = EMPTY;
    struct leaf first = {1};
    CHECK(leaves_push(&row, first) && leaf_rows_push(&grid, row));
    leaf_rows kept = leaf_rows_copy(&grid);
    struct leaf *changed = leaves_mut(leaf_rows_mut(&grid, 0), 0);
    CHECK(changed);
    changed->label = 2;
    CHECK(leaves_get(leaf_rows_get(&kept, 0), 0)->label == 1 && leaves_get(leaf_rows_get(&grid, 0), 0)->label == 2);
    leaf_rows_drop(&kept);
    CHECK(leaves_get(leaf_rows_get(&grid, 0), 0)->label == 2);
    leaf_rows_drop(&grid);
}

static void other_storage(void) {
    lanes wide = EMPTY;
    for (int i = 0; i < 100; i++) {
        CHECK(lanes_push(&wide, i * 0.5));
        CHECK((uintptr_t)lanes_data(&wide) % 64 == 0);
    }
    lanes_drop(&wide);

    local_ints near = EMPTY;
    CHECK(local_ints_push(&near, 5L));
    local_ints kept = local_ints_copy(&near);
    CHECK(local_ints_set(&near, 0, 6L) && local_ints_at(&kept, 0) == 5L);
    local_ints_drop(&kept);
    local_ints_drop(&near);

    static const int literal[] = {3, 1, 2};
    ints borrowed = ints_borrow(literal, 3);
    CHECK(ints_sort(&borrowed) && ints_at(&borrowed, 0) == 1 && literal[0] == 3);
    ints_drop(&borrowed);

    ints frozen = EMPTY;
    CHECK(ints_from(&frozen, literal, 3));
    ints_freeze(&frozen);
    ints thawed = ints_copy(&frozen);
    CHECK(ints_set(&thawed, 0, 9) && ints_at(&frozen, 0) == 3);
    ints_drop(&thawed);
    ints_drop(&frozen);

    CHECK(cow_hash_u64(1, 2) != cow_hash_u64(2, 2) && cow_hash_bytes("abc", 3, 1) != cow_hash_bytes("abd", 3, 1));
}

static const cow_str units[] = {COW_STR_INIT("byte"), COW_STR_INIT("kilobyte"),
                                COW_STR_INIT("a unit that no machine of today needs")};

static void strings_change_and_share(void) {
    cow_str s = EMPTY;
    CHECK(sizeof s == 24 && cow_str_is_empty(&s) && cow_str_from(&s, "short"));
    for (int i = 0; i < 200; i++) {
        CHECK(cow_str_append_format(&s, " %d", i) && cow_str_append_byte(&s, ';'));
    }
    cow_str old = cow_str_copy(&s), part = cow_str_slice(&s, 6, 700);
    CHECK(cow_str_is_shared(&s) && cow_str_same(&s, &old) && cow_str_data(&part) == cow_str_data(&s) + 6);
    CHECK(cow_str_set(&s, 0, 'S') && cow_str_at(&old, 0) == 's' && cow_str_at(&s, 0) == 'S');
    CHECK(strlen(cow_str_cstr(&part)) == 694 && cow_str_at(&old, 700) != 0);
    CHECK(cow_str_insert(&s, 5, " and ") && cow_str_insert_str(&s, 0, &s) &&
          cow_str_starts_with(&s, "Short and  0; 1;"));
    CHECK(cow_str_replace_all(&s, "Short", "long") && cow_str_count(&s, "long and") == 2);
    CHECK(cow_str_find(&s, "199;", 0) < cow_str_rfind(&s, "199;", COW_NPOS) && !cow_str_contains(&s, "200"));
    CHECK(!cow_str_erase_range(&s, 1, 100000) && cow_error() == COW_RANGE);
    CHECK(cow_str_truncate(&s, 22) && cow_str_shrink(&s) && cow_str_is(&s, "long and  0; 1; 2; 3; "));
    CHECK(cow_str_hash(&old, 5) == cow_hash_bytes(cow_str_data(&old), cow_str_len(&old), 5));
    cow_str_drop(&old);
    cow_str_drop(&part);
    cow_str_drop(&s);
    cow_str_drop(&s);

    cow_str_freeze(&s);
    s = cow_str_copy(&units[2]);
    CHECK(cow_str_to_upper(&s) && cow_str_ends_with(&s, "NEEDS") && cow_str_ends_with(&units[2], "needs"));
    CHECK(cow_str_compare(&units[0], &units[1]) < 0 && !cow_str_equal(&s, &units[2]));
    CHECK(cow_str_equal_ignoring_case(&s, &units[2]));
    cow_str_drop(&s);
}

static void strings_split_and_count(void) {
    strs words = EMPTY;
    cow_str line = COW_STR("one, two, a field that is longer than the handle, -4.5e3"), field = EMPTY, joined = EMPTY;
    cow_str_split it = cow_str_split_by(&line, ", ");
    while (cow_str_split_next(&it, &field)) {
        CHECK(strs_push(&words, cow_str_copy(&field)));
    }
    double number = 0;
    CHECK(strs_len(&words) == 4 && cow_str_parse_double(strs_get(&words, 3), &number, NULL));
    CHECK(number < -4499 && number > -4501);
    strs kept = strs_copy(&words);
    CHECK(strs_sort(&words) && cow_str_is(strs_get(&words, 0), "-4.5e3") && !strs_equal(&words, &kept));
    CHECK(strs_contains(&words, strs_get(&kept, 1)) && strs_hash(&words, 1) != strs_hash(&kept, 1));
    CHECK(cow_str_join(&joined, strs_data(&kept), strs_len(&kept), ", ") && cow_str_equal(&joined, &line));
    strs_drop(&words);
    strs_drop(&kept);
    cow_str_drop(&joined);

    int64_t whole = 0;
    size_t end = 0;
    cow_str text = COW_STR("-0x7f rest");
    CHECK(cow_str_parse_int(&text, 0, &whole, &end) && whole == -127 && end == 5);
    CHECK(cow_str_append_int(&joined, INT64_MIN) && cow_str_append_double(&joined, 0.1) && cow_str_len(&joined) == 23);
    CHECK(cow_str_append_code_point(&joined, 0x20ac) && cow_str_is_utf8(&joined, &end) && end == 26);
    CHECK(cow_str_count_code_points(&joined) == 24 && !cow_str_is_boundary(&joined, 25));
    cow_str_drop(&joined);
}

static void maps_of_strings_and_arrays(void) {
    lists m = EMPTY;
    for (int i = 0; i < 500; i++) {
        cow_str key = EMPTY;
        CHECK(cow_str_append_format(&key, "the key number %d of this map", i % 300));
        ints *list = lists_entry(&m, key, NULL);
        CHECK(list && ints_push(list, i));
    }
    CHECK(lists_len(&m) == 300);
    lists was = lists_copy(&m);
    cow_str key = COW_STR("the key number 7 of this map");
    CHECK(ints_len(lists_get(&m, &key)) == 2 && ints_push(lists_mut(&m, &key), 1));
    CHECK(lists_erase(&m, &key) && !lists_contains(&m, &key));
    CHECK(lists_contains(&was, &key) && !lists_equal(&was, &m) && lists_is_subset(&m, &was));
    CHECK(lists_union(&m, &was, NULL, NULL) && lists_equal(&was, &m) && lists_hash(&was, 1) == lists_hash(&m, 1));
    size_t numbers = 0;
    COW_MAP_EACH (lists, it, &was) {
        numbers += ints_len(&it->value);
    }
    CHECK(numbers == 500);
    lists_drop(&m);
    lists_drop(&was);
}

static bool has_odd_key(const staff_pair *pair, void *ctx) {
    (void)ctx;
    return pair->key % 2 != 0;
}

static void maps_of_structs_and_maps(void) {
    staff all = EMPTY, odd = EMPTY, even = EMPTY;
    for (int i = 0; i < 200; i++) {
        CHECK(staff_put(&all, i, person_new("Ada", i)));
    }
    CHECK(staff_partition(&all, &odd, &even, has_odd_key, NULL) && staff_len(&odd) == 100 && staff_len(&even) == 100);
    offices map = EMPTY;
    CHECK(offices_put(&map, 0.5, odd) && offices_put(&map, 1.5, even));
    offices other = offices_copy(&map);
    double key = 1.5;
    int who = 42;
    copies_left = 3;
    CHECK(!staff_erase(offices_mut(&map, &key), &who) && cow_error() == COW_HOOK);
    copies_left = -1;
    CHECK(staff_erase(offices_mut(&map, &key), &who) && staff_len(offices_get(&map, &key)) == 99);
    CHECK(staff_len(offices_get(&other, &key)) == 100 && !offices_equal(&map, &other));
    staff_drop(&all);
    offices_drop(&map);
    offices_drop(&other);
    CHECK(alive == 0);
}

static void sets_of_bytes(void) {
    bytes a = EMPTY, b = EMPTY;
    for (int i = 0; i < 256; i++) {
        CHECK(bytes_put(&a, (unsigned char)i));
    }
    b = bytes_copy(&a);
    for (int i = 0; i < 250; i++) {
        unsigned char c = (unsigned char)i;
        CHECK(bytes_erase(&b, &c));
    }
    CHECK(bytes_len(&b) == 6 && bytes_difference(&a, &b) && bytes_len(&a) == 250);
    CHECK(bytes_symmetric_difference(&a, &b) && bytes_len(&a) == 256 && bytes_intersection(&a, &b) &&
          bytes_equal(&a, &b));
    bytes_drop(&a);
    bytes_drop(&b);
}

static void cells_of_arrays_and_strings(void) {
    ints_cell cell = EMPTY;
    cow_str_cell motto = EMPTY;
    ints_cell_guard g;
    ints_cell_reader reader = EMPTY;
    ints now = EMPTY;
    CHECK(ints_push(&now, 1) && ints_cell_store(&cell, now) && ints_cell_borrow(&cell, &g));
    now = ints_copy(g.value);
    CHECK(ints_push(&now, 2) && ints_cell_store(&cell, now) && ints_len(g.value) == 1);
    ints_cell_end(&g);
    CHECK(ints_len(ints_cell_cached(&cell, &reader)) == 2 && ints_cell_version(&cell) == 2);
    CHECK(!ints_cell_wait(&cell, 2, 1000));
    ints_cell_idle(&reader);
    ints_cell_drop(&cell);
    CHECK(cow_str_cell_store(&motto, COW_STR("more haste less speed")));
    cow_str_cell_drop(&motto);
}

static bool born_at_even_age(const person *p, void *ctx) {
    (void)ctx;
    return p->age % 2 == 0;
}

static void lists_of_structs(void) {
    crowd list = EMPTY;
    crowd_iter it;
    crowd_sublist part;
    const person *one;
    person who = person_new("somebody", 7);
    size_t n = 0, removed = 0;
    for (int i = 0; i < 50; i++) CHECK(crowd_add(&list, person_new("somebody", i)));
    CHECK(crowd_iter_of(&list, &it) && crowd_remove_if(&list, born_at_even_age, NULL, &removed) && removed == 25);
    while (crowd_iter_next(&it, &one)) n++;
    crowd_iter_drop(&it);
    CHECK(n == 50 && crowd_len(&list) == 25 && crowd_sort(&list) && crowd_len(&list) == 25);
    CHECK(!crowd_add_if_absent(&list, who) && cow_error() == COW_EXISTS);
    person_drop(&who);
    CHECK(crowd_sublist_of(&list, 1, 3, &part) && crowd_sublist_clear(&part) && crowd_len(&list) == 23);
    copies_left = 3;
    CHECK(!crowd_remove_at(&list, 0, NULL) && cow_error() == COW_HOOK && crowd_len(&list) == 23);
    copies_left = -1;
    crowd_sublist_drop(&part);
    crowd_drop(&list);
    CHECK(alive == 0);
}

static void sets_for_many_threads(void) {
    static const char *const said[] = {"one", "two", "one", "a word that is much too long for a handle", "two"};
    vocabulary set = EMPTY;
    vocabulary_iter it;
    squares set_of_ints = EMPTY;
    const cow_str *word;
    size_t n = 0;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        cow_str s;
        CHECK(cow_str_from(&s, said[i]));
        if (!vocabulary_add(&set, s)) cow_str_drop(&s);
    }
    CHECK(vocabulary_len(&set) == 3 && vocabulary_iter_of(&set, &it));
    while (vocabulary_iter_next(&it, &word)) n += cow_str_is(word, said[n == 2 ? 3 : n]);
    CHECK(n == 3);
    vocabulary_iter_drop(&it);
    vocabulary_drop(&set);
    for (int i = -20; i < 20; i++) CHECK(squares_add(&set_of_ints, i * i) || cow_error() == COW_EXISTS);
    CHECK(squares_len(&set_of_ints) == 21);
    squares_drop(&set_of_ints);
}

int main(void) {
    arrays_of_ints();
    arrays_of_structs();
    arrays_of_arrays();
    arrays_of_declared_arrays();
    other_storage();
    strings_change_and_share();
    strings_split_and_count();
    maps_of_strings_and_arrays();
    maps_of_structs_and_maps();
    sets_of_bytes();
    cells_of_arrays_and_strings();
    lists_of_structs();
    sets_for_many_threads();
    return 0;
}

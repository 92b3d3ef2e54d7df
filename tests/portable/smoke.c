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

int main(void) {
    arrays_of_ints();
    arrays_of_structs();
    arrays_of_arrays();
    arrays_of_declared_arrays();
    other_storage();
    return 0;
}

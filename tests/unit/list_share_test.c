/* SPDX-License-Identifier: MIT */
/* list: what is copied and what is not, when elements die, hooks that use the list, and that a change that fails changes
   nothing. */
#define _GNU_SOURCE
#include "lists.h"

/* ---- what is copied ---- */

/* Nothing is copied but when the storage grows, with four versions held. */
static void adding_copies_nothing_while_versions_are_held(void **state) {
    (void)state;
    enum { MANY = 1000 };
    const int when[4] = {100, 300, 600, 900};
    list l = {0};
    list_snapshot held[4] = {{NULL}, {NULL}, {NULL}, {NULL}};
    size_t copies = 0, moves = 0, next = 0;
    for (int i = 0; i < MANY; i++) {
        if (next < 4 && i == when[next]) assert_true(list_snapshot_of(&l, &held[next++]));
        const tracked *before = list_storage(&l);
        list_run(&l, i, 1);
        if (list_storage(&l) == before) continue;
        copies += (size_t)i;
        moves++;
    }
    assert_int_equal(lives.copied, copies);
    assert_true(moves <= 8 && copies < MANY);
    for (size_t s = 0; s < 4; s++) {
        const list_array *all = list_snapshot_value(&held[s]);
        assert_int_equal(all->n, when[s]);
        for (int i = 0; i < when[s]; i++) assert_int_equal(tracked_value(&all->p[i]), i);
        list_snapshot_drop(&held[s]);
    }
    assert_int_equal(list_len(&l), MANY);
    list_drop(&l);
}

/* The count of the version before moves along. Builds with COW_STATS know. */
static void adding_counts_nothing(void **state) {
    (void)state;
    list l = {0};
    cow_stats stats;
    memset(&stats, 0, sizeof stats);
    cow_stats_reset();
    list_run(&l, 1, 8);
    assert_true(cow_stats_get(&stats) || cow_error() == COW_UNSUPPORTED);
    assert_int_equal(stats.retains + stats.copies, 0);
    list_drop(&l);
}

static void adding_many_copies_only_those(void **state) {
    (void)state;
    list l = {0};
    list_guard g = {0};
    tracked more[3] = {tracked_make(5), tracked_make(6), tracked_make(7)};
    list_run(&l, 1, 4);
    assert_true(list_borrow(&l, &g) && list_add_all(&l, more, 3) && lives.copied == 3);
    assert_true(list_add_at(&l, 7, tracked_make(8)) && lives.copied == 3);
    assert_ptr_equal(list_storage(&l), g.value->p);
    list_end(&g);
    CHECK_LIST(&l, 1, 2, 3, 4, 5, 6, 7, 8);
    for (size_t i = 0; i < 3; i++) tracked_drop(&more[i]);
    list_drop(&l);
}

static void removing_plain_elements_at_an_end_copies_nothing(void **state) {
    (void)state;
    numbers l;
    numbers_guard g = {0};
    int out = 0;
    numbers_make(&l, SOME(1, 2, 3, 4, 5));
    assert_true(numbers_borrow(&l, &g));
    const int *p = g.value->p;
    assert_true(numbers_remove_at(&l, 4, NULL) && numbers_remove_at(&l, 0, &out) && out == 1);
    numbers_end(&g);
    assert_true(numbers_borrow(&l, &g) && g.value->p == p + 1 && g.value->n == 3);
    numbers_end(&g);
    CHECK_NUMBERS(&l, 2, 3, 4);
    numbers_drop(&l);
}

static bool pop_two(list_array *all, void *ctx) {
    (void)ctx;
    return list_array_pop(all, NULL) && list_array_pop_front(all, NULL);
}

static bool pop_one_and_push_one(list_array *all, void *ctx) {
    (void)ctx;
    return list_array_pop_front(all, NULL) && list_array_push(all, tracked_make(9));
}

/* Not when the storage is copied some time later: whoever removes the last reference to something expects it to go. */
static void what_is_removed_dies_with_the_last_version_that_has_it(void **state) {
    (void)state;
    list l = {0};
    list_guard g = {0};
    tracked one = tracked_make(1);
    list_run(&l, 1, 8);
    assert_true(list_remove_at(&l, 7, NULL) && lives.alive == 8); /* and the key */
    assert_true(list_remove_at(&l, 0, NULL) && lives.alive == 7);
    list_run(&l, 1, 1);
    assert_true(list_borrow(&l, &g) && list_remove(&l, &one) && lives.alive > 7);
    list_end(&g);
    assert_int_equal(lives.alive, 7);
    assert_true(list_update(&l, pop_two, NULL) && lives.alive == 5);
    CHECK_LIST(&l, 3, 4, 5, 6);
    while (!list_is_empty(&l)) {
        tracked out = {0, 0};
        assert_true(list_remove_at(&l, 0, &out));
        assert_int_equal(lives.alive, list_len(&l) + 2);
        tracked_drop(&out);
    }
    list_run(&l, 1, 5);
    assert_true(list_update(&l, pop_one_and_push_one, NULL) && lives.alive == 6);
    CHECK_LIST(&l, 2, 3, 4, 5, 9);
    tracked_drop(&one);
    list_drop(&l);
}

/* Whoever is first has the free room behind the elements; the other copies. */
static void a_loaded_array_may_take_the_tail(void **state) {
    (void)state;
    list l = {0};
    list_snapshot old = {NULL};
    list_array mine = {NULL, 0, NULL}, older;
    list_run(&l, 1, 3);
    assert_true(list_snapshot_of(&l, &old));
    older = list_array_copy(list_snapshot_value(&old));
    list_run(&l, 4, 1);
    assert_true(list_array_push(&older, tracked_make(14)) && lives.copied == 3); /* the list had it */
    assert_true(list_load(&l, &mine) && list_array_push(&mine, tracked_make(15)) && lives.copied == 3);
    list_run(&l, 5, 1);
    assert_int_equal(lives.copied, 7); /* the array had it */
    list_run(&l, 6, 1);
    assert_int_equal(lives.copied, 7);
    CHECK_LIST(&l, 1, 2, 3, 4, 5, 6);
    CHECK_ELEMENTS(&mine, 1, 2, 3, 4, 15);
    CHECK_ELEMENTS(&older, 1, 2, 3, 14);
    CHECK_ELEMENTS(list_snapshot_value(&old), 1, 2, 3);
    list_snapshot_drop(&old);
    list_array_drop(&mine);
    list_drop(&l);
    CHECK_ELEMENTS(&older, 1, 2, 3, 14);
    list_array_drop(&older);
}

/* The array that is left alone is unique, and may write in place. */
static void a_loaded_array_outlives_its_list(void **state) {
    (void)state;
    list l = {0};
    list_array mine = {NULL, 0, NULL};
    list_run(&l, 1, 4);
    assert_true(list_load(&l, &mine));
    list_run(&l, 5, 3);
    assert_true(list_array_is_shared(&mine));
    list_drop(&l);
    assert_false(list_array_is_shared(&mine));
    assert_true(list_array_push(&mine, tracked_make(9)) && lives.copied == 0);
    CHECK_ELEMENTS(&mine, 1, 2, 3, 4, 9);
    assert_int_equal(lives.alive, 5); /* what the list had added is gone */
    list_array_drop(&mine);
}

static void a_version_that_nobody_holds_is_used_again(void **state) {
    (void)state;
    numbers l;
    numbers_snapshot held = {NULL};
    numbers_make(&l, SOME(1, 2, 3));
    kit_fail_none();
    assert_true(numbers_set(&l, 0, 1, NULL) && kit.calls == 1); /* two versions from here on: one current, one spare */
    for (int i = 0; i < 10; i++) assert_true(numbers_set(&l, 0, 1, NULL));
    assert_int_equal(kit.calls, 1);
    assert_true(numbers_snapshot_of(&l, &held));
    for (int i = 0; i < 10; i++) assert_true(numbers_set(&l, 0, 1, NULL));
    assert_int_equal(kit.calls, 2); /* one more for the one that is held */
    assert_true(FAILS(numbers_set(&l, 9, 1, NULL), COW_RANGE) && kit.calls == 2);
    assert_int_equal(numbers_snapshot_value(&held)->n, 3);
    numbers_snapshot_drop(&held);
    numbers_drop(&l);
}

/* ---- hooks and functions that use the list ---- */

static list *looked_at;
static size_t expected_length, looks;

/* What the hooks of a change see is the list before it. */
static void look(void) {
    list_guard g = {0};
    KIT_CHECK(list_borrow(looked_at, &g) && g.value->n == expected_length);
    for (size_t i = 0; i < g.value->n; i++) KIT_CHECK(tracked_value(&g.value->p[i]) == (int)i + 1);
    list_end(&g);
    looks++;
}
static bool look_and_keep(const tracked *e, void *ctx) {
    (void)e, (void)ctx;
    look();
    return true;
}
static bool look_and_negate(tracked *e, void *ctx) {
    (void)ctx;
    look();
    e->value = -e->value;
    look();
    return true;
}
static bool look_and_pop(list_array *all, void *ctx) {
    (void)ctx;
    look();
    bool ok = list_array_pop(all, NULL);
    look();
    return ok;
}

static void look_during(change_fn change, size_t at_least) {
    list l = {0};
    list_run(&l, 1, 5);
    looked_at = &l;
    expected_length = 5;
    looks = 0;
    spy.copy = spy.equal = spy.compare = look;
    assert_true(change(&l));
    assert_true(looks >= at_least);
    spy.copy = spy.equal = spy.compare = NULL;
    list_drop(&l);
}

static bool insert_one(list *l) {
    tracked v = tracked_make(9);
    return given(list_add_at(l, 2, v), &v);
}
static bool set_one(list *l) {
    tracked v = tracked_make(9);
    return given(list_set(l, 2, v, NULL), &v);
}
static bool take_one(list *l) {
    tracked out = {0, 0};
    bool ok = list_remove_at(l, 2, &out);
    if (ok) tracked_drop(&out);
    return ok;
}
static bool add_an_absent_one(list *l) {
    tracked v = tracked_make(9);
    return given(list_add_if_absent(l, v), &v);
}
static bool remove_one(list *l) {
    tracked v = tracked_make(3);
    bool ok = list_remove(l, &v);
    tracked_drop(&v);
    return ok;
}
static bool add_absent_ones(list *l) {
    tracked some[3] = {tracked_make(3), tracked_make(9), tracked_make(10)};
    bool ok = list_add_all_absent(l, some, 3, NULL);
    for (size_t i = 0; i < 3; i++) tracked_drop(&some[i]);
    return ok;
}
static bool remove_the_even(list *l) {
    size_t removed = 99;
    bool ok = list_remove_if(l, is_even, NULL, &removed);
    KIT_CHECK(ok || removed == 99);
    return ok;
}
static bool sort_backwards(list *l) {
    int compared = 0;
    return list_sort_by(l, backwards, &compared);
}
static bool update_by_popping(list *l) { return list_update(l, look_and_pop, NULL); }
static bool replace_by_negating(list *l) { return list_replace_all(l, look_and_negate, NULL); }
static bool walk(list *l) { return list_for_each(l, look_and_keep, NULL); }
static bool sort_what_is_sorted(list *l) { return list_sort(l); }

static void hooks_may_read_the_list_during_a_change(void **state) {
    (void)state;
    look_during(insert_one, 5);
    look_during(set_one, 5);
    look_during(take_one, 5);
    look_during(remove_one, 7);
    look_during(add_an_absent_one, 5);
    look_during(add_absent_ones, 10);
    look_during(remove_the_even, 3);
    look_during(sort_what_is_sorted, 4);
    look_during(sort_backwards, 5);
    look_during(update_by_popping, 2);
    look_during(replace_by_negating, 10);
    look_during(walk, 5);
}

static list *changed_by_drops;
static int drops_left;

/* Each death adds an element, until enough have. */
static void add_when_dropped(int value) {
    if (drops_left == 0) return;
    drops_left--;
    KIT_CHECK(list_add(changed_by_drops, tracked_make(100 + value)));
}

static void drop_hooks_may_change_the_list(void **state) {
    (void)state;
    list l = {0};
    tracked three = tracked_make(3);
    changed_by_drops = &l;
    list_run(&l, 1, 3);
    spy.drop = add_when_dropped;
    drops_left = 1;
    assert_true(list_set(&l, 1, tracked_make(5), NULL) && drops_left == 0);
    CHECK_LIST(&l, 1, 5, 3, 101); /* the old version died first */
    drops_left = 1;
    assert_true(list_remove(&l, &three) && drops_left == 0);
    CHECK_LIST(&l, 1, 5, 101, 101);
    drops_left = 2;
    list_clear(&l);
    CHECK_LIST(&l, 101, 105);
    drops_left = 1;
    assert_true(list_store(&l, array_of_two(7, 8)) && drops_left == 0);
    assert_int_equal(list_len(&l), 3);
    drops_left = 1;
    assert_true(list_remove_if(&l, is_even, NULL, NULL) && drops_left == 0);
    assert_true(list_has(&l, 107) && list_len(&l) == 3);
    drops_left = 1;
    assert_true(list_update(&l, pop_two, NULL) && drops_left == 0);
    assert_int_equal(list_len(&l), 2);
    spy.drop = NULL;
    tracked_drop(&three);
    list_drop(&l);
}

/* ---- addIfAbsent's race: the equality hook plays the other thread, while the list is searched without the lock ---- */

static list *raced;
static void add_seven_once(void) {
    spy.equal = NULL;
    list_run(raced, 7, 1);
}
static void clear_once(void) {
    spy.equal = NULL;
    list_clear(raced);
}
static void replace_by_the_same_once(void) {
    spy.equal = NULL;
    KIT_CHECK(list_store(raced, array_of_two(1, 2)));
}

static void add_if_absent_looks_again_when_the_list_was_changed(void **state) {
    (void)state;
    list l = {0};
    tracked seven = tracked_make(7), eight = tracked_make(8), nine = tracked_make(9);
    raced = &l;
    list_run(&l, 1, 2);
    spy.equal = add_seven_once;
    assert_true(FAILS(list_add_if_absent(&l, seven), COW_EXISTS) && tracked_value(&seven) == 7);
    CHECK_LIST(&l, 1, 2, 7);
    spy.equal = add_seven_once;
    assert_true(list_add_if_absent(&l, eight));
    CHECK_LIST(&l, 1, 2, 7, 7, 8);
    spy.equal = clear_once;
    assert_true(list_add_if_absent(&l, nine));
    CHECK_LIST(&l, 9);
    spy.equal = replace_by_the_same_once;
    assert_true(list_add_if_absent(&l, seven));
    CHECK_LIST(&l, 1, 2, 7);
    tracked two = tracked_make(2); /* what is found at once is not looked for again */
    spy.equal = add_seven_once;
    assert_true(FAILS(list_add_if_absent(&l, two), COW_EXISTS) && tracked_value(&two) == 2);
    CHECK_LIST(&l, 1, 2, 7, 7);
    tracked_drop(&two);
    list_drop(&l);
}

/* Then it is the last to hold what it looked at first. */
static void add_if_absent_drops_when_the_lock_is_free(void **state) {
    (void)state;
    list l = {0};
    raced = changed_by_drops = &l;
    list_run(&l, 1, 2);
    spy.equal = clear_once;
    spy.drop = add_when_dropped;
    drops_left = 1;
    assert_true(list_add_if_absent(&l, tracked_make(9)) && drops_left == 0);
    CHECK_LIST(&l, 9, 101);
    spy.drop = NULL;
    list_drop(&l);
}

/* ---- failures ---- */

static bool add_one(list *l) {
    tracked v = tracked_make(9);
    return given(list_add(l, v), &v);
}
static bool with_two(list *l, bool (*change)(list *l, const tracked *two)) {
    tracked two[2] = {tracked_make(3), tracked_make(9)};
    bool ok = change(l, two);
    for (size_t i = 0; i < 2; i++) tracked_drop(&two[i]);
    return ok;
}
static bool append_two(list *l, const tracked *two) { return list_add_all(l, two, 2); }
static bool insert_two(list *l, const tracked *two) { return list_add_all_at(l, 3, two, 2); }
static bool remove_two(list *l, const tracked *two) { return list_remove_all(l, two, 2, NULL); }
static bool retain_two(list *l, const tracked *two) { return list_retain_all(l, two, 2, NULL); }
static bool add_two(list *l) { return with_two(l, append_two); }
static bool add_two_inside(list *l) { return with_two(l, insert_two); }
static bool remove_these(list *l) { return with_two(l, remove_two); }
static bool retain_these(list *l) { return with_two(l, retain_two); }
static bool set_and_keep(list *l) {
    tracked v = tracked_make(9), old = {0, 7};
    bool ok = list_set(l, 2, v, &old);
    KIT_CHECK(ok == (old.id != 0));
    tracked_drop(ok ? &old : &v);
    return ok;
}
static bool take_or_leave(list *l) {
    tracked out = {0, 7};
    bool ok = list_remove_at(l, 0, &out);
    KIT_CHECK(ok == (out.id != 0));
    if (ok) tracked_drop(&out);
    return ok;
}
static bool store_nothing(list *l) { return list_store(l, (list_array){NULL, 0, NULL}); }
static bool exchange_nothing(list *l) {
    list_snapshot old = {NULL};
    bool ok = list_exchange(l, (list_array){NULL, 0, NULL}, &old);
    KIT_CHECK(ok == (old.v != NULL));
    list_snapshot_drop(&old);
    return ok;
}
static bool compare_and_store_itself(list *l) {
    list_snapshot now = {NULL};
    list_array all = {NULL, 0, NULL};
    KIT_CHECK(list_load(l, &all) && list_snapshot_of(l, &now));
    bool ok = list_compare_exchange(l, &now, all);
    list_snapshot_drop(&now);
    if (!ok) list_array_drop(&all);
    return ok;
}
static bool assign_itself(list *l) { return list_assign(l, l); }
static bool negate(tracked *e, void *ctx) {
    (void)ctx;
    e->value = -e->value;
    return true;
}
static bool replace_by_negatives(list *l) { return list_replace_all(l, negate, NULL); }
static bool pop_one(list_array *all, void *ctx) {
    (void)ctx;
    return list_array_pop(all, NULL);
}
static bool update_one(list *l) { return list_update(l, pop_one, NULL); }

static void a_change_that_fails_changes_nothing(void **state) {
    (void)state;
    const change_fn changes[] = {
        add_one,         insert_one,   add_two,       add_two_inside,   add_an_absent_one,
        add_absent_ones, set_one,      set_and_keep,  take_one,         take_or_leave,
        remove_one,      remove_these, retain_these,  remove_the_even,  replace_by_negatives,
        sort_backwards,  update_one,   store_nothing, exchange_nothing, compare_and_store_itself,
        assign_itself,
    };
    for (size_t i = 0; i < LENGTH(changes); i++) fail_everywhere(changes[i]);
}

static void clearing_and_dropping_never_fail(void **state) {
    (void)state;
    list l = full_list();
    kit_fail(1, true);
    tracked_fail(1, true);
    list_clear(&l);
    assert_int_equal(lives.alive, 0);
    list_drop(&l);
    assert_int_equal(kit.injected + lives.injected, 0);
}

/* What was claimed behind the elements by a change that failed is lost until the storage is copied, and nothing else. */
static void a_failed_change_may_cost_the_tail(void **state) {
    (void)state;
    list l = {0};
    bool allowed = false;
    list_run(&l, 1, 3);
    assert_true(FAILS(list_update(&l, push_two_and_drop_the_first, &allowed), COW_HOOK));
    list_run(&l, 4, 2);
    CHECK_LIST(&l, 1, 2, 3, 4, 5);
    assert_int_equal(lives.copied, 3);
    list_drop(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LIST_UNIT(adding_copies_nothing_while_versions_are_held),
        LIST_UNIT(adding_counts_nothing),
        LIST_UNIT(adding_many_copies_only_those),
        LIST_UNIT(removing_plain_elements_at_an_end_copies_nothing),
        LIST_UNIT(what_is_removed_dies_with_the_last_version_that_has_it),
        LIST_UNIT(a_loaded_array_may_take_the_tail),
        LIST_UNIT(a_loaded_array_outlives_its_list),
        LIST_UNIT(a_version_that_nobody_holds_is_used_again),
        LIST_UNIT(hooks_may_read_the_list_during_a_change),
        LIST_UNIT(drop_hooks_may_change_the_list),
        LIST_UNIT(add_if_absent_looks_again_when_the_list_was_changed),
        LIST_UNIT(add_if_absent_drops_when_the_lock_is_free),
        LIST_UNIT(a_change_that_fails_changes_nothing),
        LIST_UNIT(clearing_and_dropping_never_fail),
        LIST_UNIT(a_failed_change_may_cost_the_tail),
    };
    return cmocka_run_group_tests_name("list_share", tests, lists_begin, NULL);
}

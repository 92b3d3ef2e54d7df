/* SPDX-License-Identifier: MIT */
/*
 * Death tests of COW_DEBUG builds. Each mistake runs in a child process, which must die by SIGABRT with its name on stderr;
 * beside it stands a control, the same steps done right, which must end well and say nothing.
 */
#ifndef COW_DEBUG
#define COW_DEBUG
#endif
#define _GNU_SOURCE
#define COW_PAGED
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"
#define COW_ARRAY ints, int
#include "cow/cow.h"
#define COW_ARRAY rows, ints
#include "cow/cow.h"
#define COW_CELL ints_cell, ints
#include "cow/cow.h"

static ints three(void) {
    static const int values[] = {1, 2, 3};
    ints a = {0};
    if (!ints_from(&a, values, 3)) exit(3);
    return a;
}

static void must(bool said) {
    if (!said) exit(4);
}

/* ---- double drop ---- */

static void drop_a_bitwise_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    ints_drop(&b);
}

static void drop_a_bitwise_copy_of_a_shared_value(bool wrong) {
    ints a = three(), other = ints_copy(&a), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    ints_drop(&other);
    ints_drop(&b);
}

static void drop_an_inner_value_twice(bool wrong) {
    ints a = three();
    rows r = {0};
    must(rows_push(&r, wrong ? a : ints_copy(&a))); /* pushed, so it is the array's; then dropped here too */
    ints_drop(&a);
    rows_drop(&r);
}

static void drop_a_popped_value_and_its_source(bool wrong) {
    rows r = {0};
    must(rows_push(&r, three()));
    ints borrowed = rows_at(&r, 0); /* at lends; it does not give */
    ints mine = wrong ? borrowed : ints_copy(&borrowed);
    rows_drop(&r);
    ints_drop(&mine);
}

/* ---- use after drop ---- */

static void read_a_stale_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    const int *p = ints_get(&b, 0);
    must(p != NULL);
    if (!wrong) ints_drop(&b);
}

static void copy_a_stale_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    ints c = ints_copy(&b);
    ints_drop(&c);
    if (!wrong) ints_drop(&b);
}

static void push_to_a_stale_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    must(ints_push(&b, 4));
    if (!wrong) ints_drop(&b);
}

static void write_to_a_stale_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    must(ints_set(&b, 0, 4));
    if (!wrong) ints_drop(&b);
}

static void slice_a_stale_copy(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    ints_drop(&a);
    ints c = ints_slice(&b, 1, 2);
    ints_drop(&c);
    if (!wrong) ints_drop(&b);
}

static void use_a_copy_whose_original_grew(bool wrong) {
    ints a = three(), b = wrong ? a : ints_copy(&a);
    for (int i = 0; i < 1000; i++) must(ints_push(&a, i)); /* the storage moves */
    must(ints_at(&b, 1) == 2);
    ints_drop(&a);
    if (!wrong) ints_drop(&b);
}

/* ---- writes through a pointer that a copy made shared ---- */

static void write_after_a_copy(bool wrong) {
    ints a = three();
    int *p = ints_mut(&a, 1);
    ints b = ints_copy(&a);
    if (!wrong) p = ints_mut(&a, 1); /* asked for again: this detaches */
    *p = 9;
    ints_drop(&b);
    ints_drop(&a);
}

static void write_after_a_slice(bool wrong) {
    ints a = three();
    int *p = ints_edit(&a);
    ints b = ints_slice(&a, 1, 3);
    if (!wrong) p = ints_edit(&a);
    p[2] = 9;
    must(ints_set(&b, 0, 5));
    ints_drop(&b);
    ints_drop(&a);
}

static void write_after_a_copy_then_write_properly(bool wrong) {
    ints a = three();
    int *p = ints_mut(&a, 0);
    ints b = ints_copy(&a);
    ints_drop(&b);
    if (!wrong) p = ints_mut(&a, 0);
    *p = 9;
    must(wrong || ints_at(&a, 0) == 9);
    b = ints_copy(&a);
    ints_drop(&b);
    ints_drop(&a);
}

static void write_through_data(bool wrong) {
    ints a = three(), b = ints_copy(&a);
    int *p = wrong ? (int *)(uintptr_t)ints_data(&a) : ints_edit(&a); /* a cast takes the const away */
    p[0] = 7;
    ints_drop(&a);
    ints_drop(&b);
}

/* ---- two writers of one variable ---- */

static ints variable, second_variable;
static pthread_barrier_t barrier;

static void *write_to(void *which) {
    pthread_barrier_wait(&barrier);
    (void)ints_push(which, 1);
    pthread_barrier_wait(&barrier);
    return NULL;
}

/* Holds its own write open until the other thread has written. */
static bool meet(const int *e, void *context) {
    (void)context;
    if (*e == 2) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return true;
}

static void write_from_two_threads(bool wrong) {
    pthread_t thread;
    variable = three();
    second_variable = ints_copy(&variable); /* another variable over the same storage is allowed */
    if (pthread_barrier_init(&barrier, NULL, 2)) exit(5);
    if (pthread_create(&thread, NULL, write_to, wrong ? &variable : &second_variable)) exit(5);
    must(ints_retain_if(&variable, meet, NULL));
    pthread_join(thread, NULL);
    ints_drop(&variable);
    ints_drop(&second_variable);
}

static int plain_order(const int *a, const int *b, void *context) {
    (void)context;
    return (*a > *b) - (*a < *b);
}

static void *sort_it(void *which) {
    pthread_barrier_wait(&barrier);
    (void)ints_sort_by(which, plain_order, NULL);
    pthread_barrier_wait(&barrier);
    return NULL;
}

/* The first comparison finds that the value is not sorted; the second, in the midst of sorting, waits until the other thread has
 * sorted. */
static int waiting_order(const int *a, const int *b, void *context) {
    int *calls = context;
    if (++*calls == 2) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return plain_order(a, b, NULL);
}

static void sort_from_two_threads(bool wrong) {
    pthread_t thread;
    int calls = 0;
    variable = three();
    must(ints_reverse(&variable));
    second_variable = ints_copy(&variable);
    if (pthread_barrier_init(&barrier, NULL, 2)) exit(5);
    if (pthread_create(&thread, NULL, sort_it, wrong ? &variable : &second_variable)) exit(5);
    must(ints_sort_by(&variable, waiting_order, &calls));
    pthread_join(thread, NULL);
    ints_drop(&variable);
    ints_drop(&second_variable);
}

static void *push_often(void *which) {
    for (int i = 0; i < 2000000; i++) {
        (void)ints_push(which, i);
        (void)ints_pop(which, NULL);
    }
    return NULL;
}

/* Without a rendezvous: two threads that just do it. */
static void hammer_from_two_threads(bool wrong) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, push_often, &variable)) exit(5);
    push_often(wrong ? &variable : &second_variable);
    pthread_join(thread, NULL);
    ints_drop(&variable);
    ints_drop(&second_variable);
}

typedef struct selfish {
    int x;
} selfish;
static bool selfish_copy(selfish *to, const selfish *from);
static void selfish_drop(selfish *s) { s->x = -1; }
#define COW_ARRAY selfishes, selfish
#define COW_COPY selfish_copy
#define COW_DROP selfish_drop
#include "cow/cow.h"
static selfishes own, not_own;
static bool hook_is_wrong;
static bool selfish_copy(selfish *to, const selfish *from) {
    *to = *from;
    static bool once;
    if (!once) {
        once = true;
        must(selfishes_push(hook_is_wrong ? &own : &not_own, *from));
    }
    return true;
}

static void use_the_own_container_in_a_hook(bool wrong) {
    hook_is_wrong = wrong;
    must(selfishes_push(&own, (selfish){1}));
    selfishes copy = selfishes_copy(&own);
    must(selfishes_insert(&own, 0, (selfish){2})); /* copies through the hook */
    selfishes_drop(&copy);
    selfishes_drop(&own);
    selfishes_drop(&not_own);
}

/* ---- at beyond the end ---- */

static void at_beyond_the_end(bool wrong) {
    ints a = three();
    must(ints_at(&a, wrong ? 3 : 2) == 3);
    ints_drop(&a);
}

static void at_of_an_empty_value(bool wrong) {
    ints a = {0};
    if (!wrong) must(ints_push(&a, 0));
    must(ints_at(&a, 0) == 0);
    ints_drop(&a);
}

/* ---- strings: the same mistakes ---- */

static const char long_text[] = "a text that is too long to live in the handle itself";

static cow_str far_text(void) {
    cow_str s = {0};
    must(cow_str_from(&s, long_text));
    return s;
}

static void drop_a_bitwise_copy_of_a_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    cow_str_drop(&b);
}

static void drop_a_bitwise_copy_of_a_shared_string(bool wrong) {
    cow_str a = far_text(), other = cow_str_copy(&a), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    cow_str_drop(&other);
    cow_str_drop(&b);
}

static void read_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    must(cow_str_data(&b) != NULL);
    if (!wrong) cow_str_drop(&b);
}

static void terminate_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    must(cow_str_cstr(&b) != NULL);
    if (!wrong) cow_str_drop(&b);
}

static void copy_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    cow_str c = cow_str_copy(&b);
    cow_str_drop(&c);
    if (!wrong) cow_str_drop(&b);
}

static void slice_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    cow_str c = cow_str_slice(&b, 1, 40);
    cow_str_drop(&c);
    if (!wrong) cow_str_drop(&b);
}

static void append_to_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    must(cow_str_append(&b, "!"));
    if (!wrong) cow_str_drop(&b);
}

static void search_a_stale_string(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    cow_str_drop(&a);
    must(cow_str_contains(&b, "text"));
    if (!wrong) cow_str_drop(&b);
}

static void use_a_string_whose_original_grew(bool wrong) {
    cow_str a = far_text(), b = wrong ? a : cow_str_copy(&a);
    for (int i = 0; i < 1000; i++) must(cow_str_append(&a, "more")); /* the storage moves */
    must(cow_str_at(&b, 0) == 'a');
    cow_str_drop(&a);
    if (!wrong) cow_str_drop(&b);
}

static void write_a_string_after_a_copy(bool wrong) {
    cow_str a = far_text();
    char *p = cow_str_edit(&a);
    cow_str b = cow_str_copy(&a);
    if (!wrong) p = cow_str_edit(&a);
    p[3] = '!';
    cow_str_drop(&b);
    cow_str_drop(&a);
}

static void write_a_string_after_a_slice(bool wrong) {
    cow_str a = far_text();
    while (cow_str_len(&a) < 1000) must(cow_str_append(&a, long_text));
    char *p = cow_str_edit(&a);
    cow_str b = cow_str_slice(&a, 10, 900);
    if (!wrong) p = cow_str_edit(&a);
    p[500] = '!';
    must(cow_str_set(&b, 0, '!'));
    cow_str_drop(&b);
    cow_str_drop(&a);
}

static void write_through_the_data_of_a_string(bool wrong) {
    cow_str a = far_text(), b = cow_str_copy(&a);
    char *p = wrong ? (char *)(uintptr_t)cow_str_data(&a) : cow_str_edit(&a);
    p[0] = '!';
    cow_str_drop(&a);
    cow_str_drop(&b);
}

static void string_at_beyond_the_end(bool wrong) {
    cow_str a = far_text(), b = COW_STR("abc");
    must(cow_str_at(&a, wrong ? sizeof long_text - 1 : 0) == 'a');
    must(cow_str_at(&b, 2) == 'c');
    cow_str_drop(&a);
}

static void string_at_beyond_the_end_of_the_handle(bool wrong) {
    cow_str s = {0};
    must(cow_str_from(&s, "abc"));
    must(cow_str_at(&s, wrong ? 3 : 2) == 'c');
}

static cow_str letter, second_letter;

static void *append_to(void *which) {
    pthread_barrier_wait(&barrier);
    (void)cow_str_append(which, "!");
    pthread_barrier_wait(&barrier);
    return NULL;
}

/* Adopted bytes are given back in the midst of the drop, which this holds open until the other thread has written. */
static void meet_in_release(void *context, const void *p, size_t n) {
    (void)context, (void)p, (void)n;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
}

static void write_a_string_from_two_threads(bool wrong) {
    pthread_t thread;
    must(cow_str_adopt(&letter, long_text, sizeof long_text - 1, meet_in_release, NULL));
    second_letter = far_text();
    if (pthread_barrier_init(&barrier, NULL, 2)) exit(5);
    if (pthread_create(&thread, NULL, append_to, wrong ? &letter : &second_letter)) exit(5);
    must(cow_str_append(&letter, "?")); /* copies the bytes, then gives them back */
    pthread_join(thread, NULL);
    cow_str_drop(&letter);
    cow_str_drop(&second_letter);
}

static void *append_often(void *which) {
    for (int i = 0; i < 2000000; i++) {
        (void)cow_str_append_byte(which, 'x');
        if (cow_str_len(which) > 20) cow_str_clear(which);
    }
    return NULL;
}

static void hammer_a_string_from_two_threads(bool wrong) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, append_often, &letter)) exit(5);
    append_often(wrong ? &letter : &second_letter);
    pthread_join(thread, NULL);
    cow_str_drop(&letter);
    cow_str_drop(&second_letter);
}

/* ---- maps and sets: the same mistakes ---- */

#define COW_MAP ages, int, int
#include "cow/cow.h"
#define COW_MAP ages_by_name, cow_str, ages
#include "cow/cow.h"
#define COW_SET ids, int
#include "cow/cow.h"

static ages some_ages(int n) {
    ages m = {0};
    for (int k = 0; k < n; k++) must(ages_put(&m, k, k));
    return m;
}

static void drop_a_bitwise_copy_of_a_map(bool wrong) {
    ages a = some_ages(3), b = wrong ? a : ages_copy(&a);
    ages_drop(&a);
    ages_drop(&b);
}

static void drop_a_bitwise_copy_of_a_large_map(bool wrong) {
    ages a = some_ages(300), other = ages_copy(&a), b = wrong ? a : ages_copy(&a);
    ages_drop(&a);
    ages_drop(&other);
    ages_drop(&b);
}

static void drop_an_inner_map_twice(bool wrong) {
    ages a = some_ages(3);
    ages_by_name m = {0};
    must(ages_by_name_put(&m, far_text(), wrong ? a : ages_copy(&a)));
    ages_drop(&a);
    ages_by_name_drop(&m);
}

static void drop_a_bitwise_copy_of_a_set(bool wrong) {
    ids a = {0};
    must(ids_put(&a, 1));
    ids b = wrong ? a : ids_copy(&a);
    ids_drop(&a);
    ids_drop(&b);
}

static void read_a_stale_map(bool wrong) {
    ages a = some_ages(40), b = wrong ? a : ages_copy(&a);
    int key = 7;
    ages_drop(&a);
    must(ages_get(&b, &key) != NULL);
    if (!wrong) ages_drop(&b);
}

static void walk_over_a_stale_map(bool wrong) {
    ages a = some_ages(40), b = wrong ? a : ages_copy(&a);
    int n = 0;
    ages_drop(&a);
    COW_MAP_EACH (ages, it, &b) n += it->key >= 0;
    must(n == 40);
    if (!wrong) ages_drop(&b);
}

static void copy_a_stale_map(bool wrong) {
    ages a = some_ages(40), b = wrong ? a : ages_copy(&a);
    ages_drop(&a);
    ages c = ages_copy(&b);
    ages_drop(&c);
    if (!wrong) ages_drop(&b);
}

static void put_into_a_stale_map(bool wrong) {
    ages a = some_ages(3), b = wrong ? a : ages_copy(&a);
    ages_drop(&a);
    must(ages_put(&b, 4, 4));
    if (!wrong) ages_drop(&b);
}

static void erase_from_a_stale_map(bool wrong) {
    ages a = some_ages(300), b = wrong ? a : ages_copy(&a);
    int key = 7;
    ages_drop(&a);
    must(ages_erase(&b, &key));
    if (!wrong) ages_drop(&b);
}

static void unite_with_a_stale_map(bool wrong) {
    ages a = some_ages(3), b = wrong ? a : ages_copy(&a), c = some_ages(40);
    ages_drop(&a);
    must(ages_union(&c, &b, NULL, NULL));
    ages_drop(&c);
    if (!wrong) ages_drop(&b);
}

static void use_a_map_whose_original_grew(bool wrong) {
    ages a = some_ages(3), b = wrong ? a : ages_copy(&a);
    int key = 1;
    for (int k = 3; k < 1000; k++) must(ages_put(&a, k, k)); /* the leaf moves */
    must(ages_contains(&b, &key));
    ages_drop(&a);
    if (!wrong) ages_drop(&b);
}

static void write_a_value_after_a_copy(bool wrong) {
    ages a = some_ages(40);
    int key = 7, *p = ages_mut(&a, &key);
    ages b = ages_copy(&a);
    if (!wrong) p = ages_mut(&a, &key);
    *p = 99;
    must(ages_put(&b, 100, 1));
    ages_drop(&b);
    ages_drop(&a);
}

static ages map_variable, second_map_variable;

static void *put_into(void *which) {
    pthread_barrier_wait(&barrier);
    (void)ages_put(which, 1000, 1);
    pthread_barrier_wait(&barrier);
    return NULL;
}

/* Holds its own write open until the other thread has written. */
static bool meet_at_a_pair(const ages_pair *e, void *context) {
    (void)context;
    if (e->key == 2) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return true;
}

static void write_a_map_from_two_threads(bool wrong) {
    pthread_t thread;
    map_variable = some_ages(3);
    second_map_variable = ages_copy(&map_variable);
    if (pthread_barrier_init(&barrier, NULL, 2)) exit(5);
    if (pthread_create(&thread, NULL, put_into, wrong ? &map_variable : &second_map_variable)) exit(5);
    must(ages_retain_if(&map_variable, meet_at_a_pair, NULL));
    pthread_join(thread, NULL);
    ages_drop(&map_variable);
    ages_drop(&second_map_variable);
}

static void put_into_itself(int *value, void *which) {
    *value = 5;
    must(ages_put(which, 77, 7));
}

static void change_a_map_inside_its_own_update(bool wrong) {
    ages a = some_ages(3), b = some_ages(3);
    int key = 1;
    must(ages_update(&a, &key, put_into_itself, wrong ? &a : &b));
    ages_drop(&a);
    ages_drop(&b);
}

/* ---- cells ---- */

static void end_a_borrow_through_a_copy_of_its_guard(bool wrong) {
    ints_cell c = {0};
    ints_cell_guard g = {0}, copy;
    must(ints_cell_store(&c, three()) && ints_cell_borrow(&c, &g));
    copy = g;
    ints_cell_end(&g);
    if (wrong) ints_cell_end(&copy);
    ints_cell_drop(&c);
}

/* ---- lists ---- */

#define COW_LIST numbers, int
#include "cow/cow.h"
#define COW_LIST lines, ints
#include "cow/cow.h"

typedef struct item {
    int value;
} item;
static bool item_copy(item *to, const item *from);
static void item_drop(item *i) { i->value = -1; }
#define COW_LIST items, item
#define COW_COPY item_copy
#define COW_DROP item_drop
#include "cow/cow.h"

static numbers first_list, second_list;
static items first_items, second_items, *changed_by_hook;

/* Copies are made for a change, too. */
static bool item_copy(item *to, const item *from) {
    items *l = changed_by_hook;
    *to = *from;
    changed_by_hook = NULL;
    return !l || items_add(l, *from);
}

static bool add_to(numbers_array *all, void *list) { return numbers_array_push(all, 4) && numbers_add(list, 5); }

static bool add_to_both(numbers_array *all, void *list) { return add_to(all, &second_list) && add_to(all, list); }

static bool store_into(int *element, void *list) {
    numbers_array none = {0};
    ++*element;
    return numbers_store(list, none);
}

static void give_up_the_lists(void) {
    numbers_drop(&first_list);
    numbers_drop(&second_list);
    items_drop(&first_items);
    items_drop(&second_items);
}

static void change_a_list_inside_its_own_update(bool wrong) {
    must(numbers_update(&first_list, add_to, wrong ? &first_list : &second_list));
    give_up_the_lists();
}

static void change_a_list_behind_another_inside_its_own_update(bool wrong) {
    must(numbers_update(&first_list, add_to_both, wrong ? &first_list : &second_list));
    give_up_the_lists();
}

static void store_into_a_list_that_is_replaced(bool wrong) {
    must(numbers_add(&first_list, 1));
    must(numbers_replace_all(&first_list, store_into, wrong ? &first_list : &second_list));
    give_up_the_lists();
}

static void change_a_list_in_its_copy_hook(bool wrong) {
    for (int i = 0; i < 3; i++) must(items_add(&first_items, (item){i}));
    changed_by_hook = wrong ? &first_items : &second_items;
    must(items_set(&first_items, 1, (item){7}, NULL));
    give_up_the_lists();
}

static void drop_an_array_that_a_list_holds(bool wrong) {
    numbers_array a = {0};
    must(numbers_array_push(&a, 1));
    must(numbers_store(&first_list, wrong ? a : numbers_array_copy(&a))); /* stored, so it is the list's */
    numbers_array_drop(&a);
    give_up_the_lists();
}

static void drop_an_element_that_a_list_holds(bool wrong) {
    lines l = {0};
    ints a = three();
    must(lines_add(&l, wrong ? a : ints_copy(&a)));
    ints_drop(&a);
    lines_drop(&l);
}

static void keep_an_element_that_an_iterator_lent(bool wrong) {
    lines l = {0};
    lines_iter it;
    const ints *line;
    must(lines_add(&l, three()) && lines_iter_of(&l, &it) && lines_iter_next(&it, &line));
    ints kept = wrong ? *line : ints_copy(line);
    lines_iter_drop(&it);
    lines_drop(&l);
    must(ints_at(&kept, 2) == 3);
    ints_drop(&kept);
}

static void write_what_a_list_holds(bool wrong) {
    numbers_array a = {0}, b;
    must(numbers_array_push(&a, 1));
    int *p = numbers_array_mut(&a, 0);
    must(numbers_store(&first_list, a) && numbers_load(&first_list, &b));
    if (wrong) *p = 9;
    must(numbers_set(&first_list, 0, 9, NULL)); /* copies what is shared with b */
    numbers_array_drop(&b);
    give_up_the_lists();
}

static numbers_writer a_writer(numbers *l) {
    numbers_writer w;
    const int *number;
    must(numbers_writer_of(l, &w) && numbers_writer_next(&w, &number) && numbers_writer_set(&w, *number + 1));
    return w;
}

static void drop_a_bitwise_copy_of_a_writer(bool wrong) {
    must(numbers_add(&first_list, 1));
    numbers_writer w = a_writer(&first_list), other = a_writer(&first_list), copy = wrong ? w : other;
    numbers_writer_drop(&w);
    numbers_writer_drop(&copy);
    give_up_the_lists();
}

static void end_a_borrow_of_a_list_through_a_copy_of_its_guard(bool wrong) {
    must(numbers_add(&first_list, 1));
    numbers_guard g, copy;
    must(numbers_borrow(&first_list, &g));
    copy = g;
    numbers_end(&g);
    if (wrong) numbers_end(&copy);
    give_up_the_lists();
}

/* ---- paged regions ---- */

/* The first write to a protected page would end the program, without a word. */
static void block_the_faults_of_a_region(bool wrong) {
    sigset_t faults;
    cow_paged *r = cow_paged_new(3, NULL);
    must(r != NULL && sigemptyset(&faults) == 0 && sigaddset(&faults, wrong ? SIGSEGV : SIGUSR1) == 0);
    must(pthread_sigmask(SIG_BLOCK, &faults, NULL) == 0);
    cow_snap *s = cow_paged_snapshot(r);
    must(s != NULL);
    *(volatile char *)cow_paged_data(r) = 1;
    cow_snap_drop(s);
    cow_paged_free(r);
}

/* The same in a thread that takes no snapshots, but says what it is about to write. */
static void *announce_a_write(void *job) {
    cow_paged *r = (cow_paged *)job;
    sigset_t all;
    must(sigfillset(&all) == 0 && pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    must(cow_paged_will_write(r, cow_paged_data(r), 1));
    return NULL;
}

static void block_all_signals_of_a_writer(bool wrong) {
    pthread_t thread;
    cow_paged *r = cow_paged_new(3, NULL);
    must(r != NULL);
    if (wrong) must(pthread_create(&thread, NULL, announce_a_write, r) == 0 && pthread_join(thread, NULL) == 0);
    must(cow_paged_will_write(r, cow_paged_data(r), 1));
    cow_paged_free(r);
}

/* ---- the runner ---- */

typedef struct death {
    const char *name;
    void (*run)(bool wrong);
    const char *message;
} death;

#define DEATH(run, message) \
    { #run, run, message }
static const death deaths[] = {
    DEATH(drop_a_bitwise_copy, "double drop"),
    DEATH(drop_a_bitwise_copy_of_a_shared_value, "double drop"),
    DEATH(drop_an_inner_value_twice, "double drop"),
    DEATH(drop_a_popped_value_and_its_source, "double drop"),
    DEATH(read_a_stale_copy, "use after drop"),
    DEATH(copy_a_stale_copy, "use after drop"),
    DEATH(push_to_a_stale_copy, "use after drop"),
    DEATH(write_to_a_stale_copy, "use after drop"),
    DEATH(slice_a_stale_copy, "use after drop"),
    DEATH(use_a_copy_whose_original_grew, "use after drop"),
    DEATH(write_after_a_copy, "write through a stale pointer"),
    DEATH(write_after_a_slice, "write through a stale pointer"),
    DEATH(write_after_a_copy_then_write_properly, "write through a stale pointer"),
    DEATH(write_through_data, "write through a stale pointer"),
    DEATH(write_from_two_threads, "two concurrent writers"),
    DEATH(sort_from_two_threads, "two concurrent writers"),
    DEATH(hammer_from_two_threads, "two concurrent writers"),
    DEATH(use_the_own_container_in_a_hook, "two concurrent writers"),
    DEATH(at_beyond_the_end, "index out of range"),
    DEATH(at_of_an_empty_value, "index out of range"),
    DEATH(drop_a_bitwise_copy_of_a_string, "double drop"),
    DEATH(drop_a_bitwise_copy_of_a_shared_string, "double drop"),
    DEATH(read_a_stale_string, "use after drop"),
    DEATH(terminate_a_stale_string, "use after drop"),
    DEATH(copy_a_stale_string, "use after drop"),
    DEATH(slice_a_stale_string, "use after drop"),
    DEATH(append_to_a_stale_string, "use after drop"),
    DEATH(search_a_stale_string, "use after drop"),
    DEATH(use_a_string_whose_original_grew, "use after drop"),
    DEATH(write_a_string_after_a_copy, "write through a stale pointer"),
    DEATH(write_a_string_after_a_slice, "write through a stale pointer"),
    DEATH(write_through_the_data_of_a_string, "write through a stale pointer"),
    DEATH(string_at_beyond_the_end, "index out of range"),
    DEATH(string_at_beyond_the_end_of_the_handle, "index out of range"),
    DEATH(write_a_string_from_two_threads, "two concurrent writers"),
    DEATH(hammer_a_string_from_two_threads, "two concurrent writers"),
    DEATH(drop_a_bitwise_copy_of_a_map, "double drop"),
    DEATH(drop_a_bitwise_copy_of_a_large_map, "double drop"),
    DEATH(drop_an_inner_map_twice, "double drop"),
    DEATH(drop_a_bitwise_copy_of_a_set, "double drop"),
    DEATH(read_a_stale_map, "use after drop"),
    DEATH(walk_over_a_stale_map, "use after drop"),
    DEATH(copy_a_stale_map, "use after drop"),
    DEATH(put_into_a_stale_map, "use after drop"),
    DEATH(erase_from_a_stale_map, "use after drop"),
    DEATH(unite_with_a_stale_map, "use after drop"),
    DEATH(use_a_map_whose_original_grew, "use after drop"),
    DEATH(write_a_value_after_a_copy, "write through a stale pointer"),
    DEATH(write_a_map_from_two_threads, "two concurrent writers"),
    DEATH(change_a_map_inside_its_own_update, "two concurrent writers"),
    DEATH(end_a_borrow_through_a_copy_of_its_guard, "a borrow that has ended is ended again"),
    DEATH(change_a_list_inside_its_own_update, "a change within a change"),
    DEATH(change_a_list_behind_another_inside_its_own_update, "a change within a change"),
    DEATH(store_into_a_list_that_is_replaced, "a change within a change"),
    DEATH(change_a_list_in_its_copy_hook, "a change within a change"),
    DEATH(drop_an_array_that_a_list_holds, "double drop"),
    DEATH(drop_an_element_that_a_list_holds, "double drop"),
    DEATH(keep_an_element_that_an_iterator_lent, "use after drop"),
    DEATH(write_what_a_list_holds, "write through a stale pointer"),
    DEATH(drop_a_bitwise_copy_of_a_writer, "double drop"),
    DEATH(end_a_borrow_of_a_list_through_a_copy_of_its_guard, "a borrow that has ended is ended again"),
    DEATH(block_the_faults_of_a_region, "blocks SIGSEGV"),
    DEATH(block_all_signals_of_a_writer, "blocks SIGSEGV"),
};
enum { DEATHS = sizeof deaths / sizeof *deaths };

/* Runs one in a child; its wait status, and what it wrote to stderr. */
static int run_in_child(const death *d, bool wrong, char *text, size_t room) {
    int channel[2];
    if (pipe(channel)) exit(6);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) exit(6);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(60);
        dup2(channel[1], 2);
        close(channel[0]);
        d->run(wrong);
        _exit(0);
    }
    close(channel[1]);
    size_t n = 0;
    ssize_t got;
    while (n + 1 < room && (got = read(channel[0], text + n, room - 1 - n)) > 0) n += (size_t)got;
    text[n] = 0;
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static int check(const death *d) {
    static char text[4096];
    int wrong = 0, status = run_in_child(d, true, text, sizeof text);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || strncmp(text, "cow: ", 5) != 0 ||
        !strstr(text, d->message)) {
        printf("%s: should die of \"%s\"; status %#x, stderr: %s\n", d->name, d->message, (unsigned)status, text);
        wrong++;
    }
    status = run_in_child(d, false, text, sizeof text);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text[0]) {
        printf("%s: done right, it should end well; status %#x, stderr: %s\n", d->name, (unsigned)status, text);
        wrong++;
    }
    return wrong;
}

int main(void) {
    int failures = 0;
    for (size_t i = 0; i < DEATHS; i++) failures += check(&deaths[i]);
    if (failures)
        printf("death tests: %d failures\n", failures);
    else
        printf("death tests: %d mistakes die naming themselves, %d controls live\n", (int)DEATHS, (int)DEATHS);
    return failures ? 1 : 0;
}

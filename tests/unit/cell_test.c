/* SPDX-License-Identifier: MIT */
/* cell: what readers see of a value that is replaced, when versions die. One thread at a time
   here, and threads that come, go and fork; tests/stress/cell_threads_test.c has them all at once. */
#define _GNU_SOURCE
#include "kit.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the end of a thread needs may take memory that is not there. */
static bool no_memory_for_keys;
#define pthread_setspecific(key, value) (no_memory_for_keys ? ENOMEM : pthread_setspecific(key, value))
#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define FAILS(call, code) (cow__set_error(COW_OK), !(call) && cow_error() == (code))
#define LENGTH(a) (sizeof(a) / sizeof *(a))

#define COW_CELL cell, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#include "cow/cow.h"
#define COW_ARRAY line, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#include "cow/cow.h"
#define COW_CELL line_cell, line
#include "cow/cow.h"
#define COW_MAP ages, cow_str, int
#include "cow/cow.h"
#define COW_CELL ages_cell, ages
#include "cow/cow.h"
#define COW_CELL text_cell, cow_str
#include "cow/cow.h"
#define COW_CELL number_cell, int
#include "cow/cow.h"

static int value_of(const cell_guard *g) { return tracked_value(g->value); }

static void in_thread(void *(*fn)(void *), void *argument) {
    pthread_t thread;
    KIT_CHECK(pthread_create(&thread, NULL, fn, argument) == 0 && pthread_join(thread, NULL) == 0);
}

/* ---- reading ---- */

static void all_zero_is_an_empty_cell(void **state) {
    (void)state;
    number_cell numbers;
    text_cell texts;
    memset(&numbers, 0, sizeof numbers);
    memset(&texts, 0, sizeof texts);
    number_cell_guard g;
    text_cell_snapshot s;
    number_cell_reader r = {NULL};
    int number = 3;
    cow_str text = {0};
    assert_true(number_cell_borrow(&numbers, &g) && *g.value == 0);
    number_cell_end(&g);
    number_cell_end(&g);
    assert_true(number_cell_load(&numbers, &number) && number == 0);
    assert_true(*number_cell_cached(&numbers, &r) == 0);
    number_cell_idle(&r);
    assert_true(text_cell_load(&texts, &text) && cow_str_is_empty(&text));
    assert_true(text_cell_snapshot_of(&texts, &s) && cow_str_is_empty(text_cell_snapshot_value(&s)));
    text_cell_snapshot other = text_cell_snapshot_copy(&s);
    text_cell_snapshot_drop(&other);
    text_cell_snapshot_drop(&s);
    assert_int_equal(number_cell_version(&numbers), 0);
    number_cell_drop(&numbers);
    text_cell_drop(&texts);
    assert_int_equal(kit.calls, 0);
}

static void a_borrow_keeps_its_version_and_no_longer(void **state) {
    (void)state;
    cell c = {0};
    cell_guard g, h;
    assert_true(cell_store(&c, tracked_make(1)));
    assert_true(cell_borrow(&c, &g) && value_of(&g) == 1);
    assert_true(cell_store(&c, tracked_make(2)));
    assert_int_equal(lives.alive, 2);
    assert_true(cell_borrow(&c, &h) && value_of(&h) == 2 && value_of(&g) == 1);
    cell_end(&g);
    assert_int_equal(lives.alive, 1);
    assert_null(g.value);
    cell_end(&g);
    cell_drop(&c);
    assert_int_equal(value_of(&h), 2);
    cell_end(&h);
    assert_int_equal(lives.alive, 0);
    assert_int_equal(lives.copied, 0);
}

/* More borrows than slots, ended in every rotation: those beyond the slots are counted, and nobody else notices. */
static void a_thread_may_borrow_any_number(void **state) {
    (void)state;
    enum { MANY = 20 };
    for (size_t first = 0; first < MANY; first++) {
        cell c = {0};
        cell_guard g[MANY];
        for (int i = 0; i < MANY; i++) {
            assert_true(cell_store(&c, tracked_make(i)));
            assert_true(cell_borrow(&c, &g[i]));
        }
        for (int i = 0; i < MANY; i++) assert_int_equal(value_of(&g[i]), i);
        assert_int_equal(lives.alive, MANY);
        for (size_t i = 0; i < MANY; i++) {
            cell_end(&g[(first + i * 7) % MANY]);
            /* The last version is in the cell, too. */
            assert_true(lives.alive == MANY - i - 1 || lives.alive == MANY - i);
        }
        cell_drop(&c);
        assert_int_equal(lives.alive, 0);
    }
}

static void one_version_may_be_borrowed_often(void **state) {
    (void)state;
    cell c = {0};
    cell_guard g[12];
    assert_true(cell_store(&c, tracked_make(5)));
    for (size_t i = 0; i < LENGTH(g); i++) assert_true(cell_borrow(&c, &g[i]));
    assert_true(cell_store(&c, tracked_make(6)));
    for (size_t i = 0; i < LENGTH(g); i++) {
        assert_int_equal(value_of(&g[i]), 5);
        cell_end(&g[i]);
        assert_int_equal(lives.alive, i + 1 < LENGTH(g) ? 2 : 1);
    }
    cell_drop(&c);
}

static void a_load_is_a_copy(void **state) {
    (void)state;
    line_cell c = {0};
    line a = {0}, b = {0};
    assert_true(line_push(&a, tracked_make(1)) && line_cell_store(&c, line_copy(&a)));
    assert_true(line_cell_load(&c, &b) && line_same(&a, &b));
    line_cell_drop(&c);
    assert_true(line_is_shared(&b));
    line_drop(&a);
    assert_true(!line_is_shared(&b) && tracked_value(line_get(&b, 0)) == 1);
    line_drop(&b);
    assert_int_equal(lives.copied, 0);
}

static void a_snapshot_lives_as_long_as_it_wants(void **state) {
    (void)state;
    cell c = {0};
    cell_snapshot s, t;
    assert_true(cell_store(&c, tracked_make(1)) && cell_snapshot_of(&c, &s));
    t = cell_snapshot_copy(&s);
    cell_drop(&c);
    assert_int_equal(tracked_value(cell_snapshot_value(&s)), 1);
    cell_snapshot_drop(&s);
    cell_snapshot_drop(&s);
    assert_int_equal(tracked_value(cell_snapshot_value(&t)), 1);
    cell_snapshot_drop(&t);
    assert_int_equal(lives.alive, 0);
}

static void a_cached_reader_holds_one_version(void **state) {
    (void)state;
    cell c = {0};
    cell_reader r = {NULL};
    assert_true(cell_store(&c, tracked_make(1)));
    const tracked *first = cell_cached(&c, &r);
    assert_int_equal(tracked_value(first), 1);
    for (int i = 0; i < 10; i++) assert_ptr_equal(cell_cached(&c, &r), first);
    assert_true(cell_store(&c, tracked_make(2)));
    assert_int_equal(lives.alive, 2);
    assert_int_equal(tracked_value(cell_cached(&c, &r)), 2);
    assert_int_equal(lives.alive, 1);
    cell_idle(&r);
    cell_idle(&r);
    assert_true(cell_store(&c, tracked_make(3)));
    assert_int_equal(lives.alive, 1);
    assert_int_equal(tracked_value(cell_cached(&c, &r)), 3);
    cell_drop(&c);
    assert_int_equal(cell_cached(&c, &r)->id, 0); /* empty again */
    assert_int_equal(lives.alive, 0);
}

/* ---- replacing ---- */

static void exchange_gives_the_version_that_was_there(void **state) {
    (void)state;
    cell c = {0};
    cell_snapshot old = {NULL};
    assert_true(cell_exchange(&c, tracked_make(1), &old));
    assert_null(old.v);
    assert_true(cell_exchange(&c, tracked_make(2), &old));
    assert_int_equal(tracked_value(cell_snapshot_value(&old)), 1);
    cell_snapshot_drop(&old);
    assert_int_equal(lives.alive, 1);
    cell_drop(&c);
}

static void compare_exchange_wants_the_very_version(void **state) {
    (void)state;
    cell c = {0};
    cell_snapshot nothing = {NULL}, first, again;
    tracked refused = tracked_make(9);
    assert_true(cell_compare_exchange(&c, &nothing, tracked_make(1)));
    assert_true(FAILS(cell_compare_exchange(&c, &nothing, refused), COW_CONFLICT));
    assert_true(cell_snapshot_of(&c, &first));
    assert_true(cell_store(&c, tracked_make(1)));
    assert_true(FAILS(cell_compare_exchange(&c, &first, refused), COW_CONFLICT));
    assert_true(cell_snapshot_of(&c, &again));
    assert_true(cell_compare_exchange(&c, &again, refused));
    assert_int_equal(tracked_value(cell_snapshot_value(&first)), 1);
    cell_snapshot_drop(&first);
    cell_snapshot_drop(&again);
    assert_int_equal(cell_version(&c), 3);
    assert_int_equal(lives.alive, 1);
    cell_drop(&c);
}

static bool append(line *a, void *value) { return line_push(a, tracked_make(*(int *)value)); }

static void update_appends_to_a_shared_array_in_place(void **state) {
    (void)state;
    line_cell c = {0};
    line_cell_snapshot middle = {NULL};
    for (int i = 0; i < 1000; i++) {
        if (i == 500) assert_true(line_cell_snapshot_of(&c, &middle));
        assert_true(line_cell_update(&c, append, &i));
    }
    assert_int_equal(line_len(line_cell_snapshot_value(&middle)), 500);
    line_cell_guard g;
    assert_true(line_cell_borrow(&c, &g));
    for (int i = 0; i < 1000; i++) assert_int_equal(tracked_value(line_get(g.value, (size_t)i)), i);
    line_cell_end(&g);
    line_cell_snapshot_drop(&middle);
    line_cell_drop(&c);
}

static cell *raced;
static int races;

/* Another writer is faster, three times. */
static bool lose_thrice(tracked *value, void *context) {
    (void)context;
    if (races < 3) KIT_CHECK(cell_store(raced, tracked_make(100 * ++races)));
    value->value++;
    return true;
}

static void update_begins_again_when_it_was_too_late(void **state) {
    (void)state;
    cell c = {0};
    raced = &c;
    races = 0;
    assert_true(cell_store(&c, tracked_make(0)));
    cow__set_error(COW_RANGE);
    assert_true(cell_update(&c, lose_thrice, NULL));
    assert_int_equal(cow_error(), COW_RANGE);
    cell_guard g;
    assert_true(cell_borrow(&c, &g) && value_of(&g) == 301);
    cell_end(&g);
    assert_int_equal(cell_version(&c), 5);
    assert_int_equal(lives.alive, 1);
    cell_drop(&c);
}

static bool refuse(tracked *value, void *context) {
    (void)context;
    value->value = -1;
    return false;
}

static void update_does_nothing_when_the_function_refuses(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(7)));
    assert_true(FAILS(cell_update(&c, refuse, NULL), COW_HOOK));
    cell_guard g;
    assert_true(cell_borrow(&c, &g) && value_of(&g) == 7);
    cell_end(&g);
    assert_int_equal(cell_version(&c), 1);
    cell_drop(&c);
}

/* A value may come from the cell itself. */
static void a_cell_may_be_given_its_own_value(void **state) {
    (void)state;
    text_cell c = {0};
    cow_str text = {0};
    assert_true(cow_str_from(&text, "a text that is too long for the handle") && text_cell_store(&c, text));
    for (int i = 0; i < 3; i++) {
        assert_true(text_cell_load(&c, &text));
        assert_true(text_cell_store(&c, text));
    }
    text_cell_guard g;
    assert_true(text_cell_borrow(&c, &g) && cow_str_len(g.value) == 38);
    text_cell_end(&g);
    text_cell_drop(&c);
}

static bool set_age(ages *m, void *age) { return ages_put(m, COW_STR("Ada"), *(int *)age); }

static void cells_hold_maps(void **state) {
    (void)state;
    ages_cell c = {0};
    ages_cell_snapshot s;
    cow_str ada = COW_STR("Ada");
    for (int age = 1; age <= 36; age++) assert_true(ages_cell_update(&c, set_age, &age));
    assert_true(ages_cell_snapshot_of(&c, &s));
    int age = 37;
    assert_true(ages_cell_update(&c, set_age, &age));
    assert_int_equal(*ages_get(ages_cell_snapshot_value(&s), &ada), 36);
    ages now;
    assert_true(ages_cell_load(&c, &now));
    assert_int_equal(*ages_get(&now, &ada), 37);
    ages_drop(&now);
    ages_cell_snapshot_drop(&s);
    ages_cell_drop(&c);
}

/* ---- threads that come and go ---- */

static void *first_time_without_memory(void *c) {
    cell_guard g;
    tracked out;
    cell_snapshot s;
    cell_reader r = {NULL};
    kit_fail(1, true);
    KIT_CHECK(FAILS(cell_borrow(c, &g), COW_NOMEM) && FAILS(cell_load(c, &out), COW_NOMEM));
    KIT_CHECK(FAILS(cell_snapshot_of(c, &s), COW_NOMEM) && FAILS(cell_cached(c, &r), COW_NOMEM));
    kit_fail_none();
    KIT_CHECK(cell_borrow(c, &g) && value_of(&g) == 1);
    cell_end(&g);
    kit_fail(1, true);
    KIT_CHECK(cell_borrow(c, &g) && cell_snapshot_of(c, &s) && cell_cached(c, &r));
    kit_fail_none();
    cell_end(&g);
    cell_snapshot_drop(&s);
    cell_idle(&r);
    return NULL;
}

/* The record is given back, and taken when there is memory again. */
static void *first_time_without_a_key(void *c) {
    cell_guard g;
    cell_snapshot s;
    no_memory_for_keys = true;
    KIT_CHECK(FAILS(cell_borrow(c, &g), COW_NOMEM) && FAILS(cell_snapshot_of(c, &s), COW_NOMEM));
    no_memory_for_keys = false;
    KIT_CHECK(cell_borrow(c, &g) && value_of(&g) == 1 && g.g.i == 0);
    return NULL;
}

static void *read_once(void *c) {
    cell_guard g;
    KIT_CHECK(cell_borrow(c, &g) && value_of(&g) == 1);
    cell_end(&g);
    return NULL;
}

static void *read_new_value(void *c) {
    cell_guard g;
    KIT_CHECK(cell_borrow(c, &g) && value_of(&g) == 2 && g.g.i == 0);
    cell_end(&g);
    return NULL;
}

static void a_thread_whose_end_would_not_be_noticed_cannot_read(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    in_thread(read_once, &c);
    size_t before = kit.blocks;
    in_thread(first_time_without_a_key, &c); /* ends while it borrows */
    in_thread(read_once, &c);
    assert_int_equal(kit.blocks, before);
    cell_drop(&c);
}

static void only_the_first_read_of_a_thread_can_fail(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    size_t before = kit.blocks;
    in_thread(first_time_without_memory, &c);
    assert_int_equal(kit.blocks, before + 1); /* its record, for the next thread */
    kit_fail(1, true);
    in_thread(read_once, &c);
    kit_fail_none();
    cell_drop(&c);
    kit_leave();
}

static void *borrow_and_go(void *c) {
    static cell_guard g[10];
    for (size_t i = 0; i < LENGTH(g); i++) KIT_CHECK(cell_borrow(c, &g[i]));
    for (size_t i = 7; i < LENGTH(g); i++) cell_end(&g[i]); /* those with a count would be lost */
    return NULL;
}

static void a_thread_that_ends_ends_its_borrows(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    in_thread(borrow_and_go, &c);
    assert_true(cell_store(&c, tracked_make(2)));
    assert_int_equal(lives.alive, 1);
    cell_drop(&c);
    kit_leave();
}

static pthread_key_t last_words;
static cell_guard ended_with_its_thread;

/* Comes after the destructor of the library, which has ended the borrow below. */
static void borrow_in_a_later_destructor(void *c) {
    cell_guard g;
    KIT_CHECK(cell_borrow(c, &g) && value_of(&g) == 1);
    cell_end(&ended_with_its_thread); /* must not take it for the new one, which is of the same version */
    KIT_CHECK(cell_store(c, tracked_make(2)) && value_of(&g) == 1);
    cell_end(&g);
}

static void *borrow_and_leave_last_words(void *c) {
    KIT_CHECK(cell_borrow(c, &ended_with_its_thread));
    KIT_CHECK(pthread_key_create(&last_words, borrow_in_a_later_destructor) == 0);
    KIT_CHECK(pthread_setspecific(last_words, c) == 0);
    return NULL;
}

static void later_destructors_of_a_thread_may_borrow(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    in_thread(borrow_and_leave_last_words, &c);
    assert_int_equal(lives.alive, 1);
    assert_int_equal(pthread_key_delete(last_words), 0);
    in_thread(read_new_value, &c); /* who uses the record again has slots */
    cell_drop(&c);
    kit_leave();
}

static void *borrow_replace_and_go(void *c) {
    static cell_guard g[2];
    KIT_CHECK(cell_borrow(c, &g[0]) && cell_store(c, tracked_make(2)) && cell_borrow(c, &g[1]));
    return NULL;
}

static void also_those_that_were_paid_for(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    in_thread(borrow_replace_and_go, &c);
    assert_int_equal(lives.alive, 1);
    cell_drop(&c);
    kit_leave();
}

static void a_thousand_threads_need_one_record(void **state) {
    (void)state;
    cell c = {0};
    assert_true(cell_store(&c, tracked_make(1)));
    in_thread(read_once, &c);
    size_t before = kit.blocks;
    for (int i = 0; i < 1000; i++) in_thread(read_once, &c);
    assert_int_equal(kit.blocks, before);
    cell_drop(&c);
    kit_leave();
}

static pthread_barrier_t both;

static void *borrow_during_the_fork(void *c) {
    cell_guard g;
    KIT_CHECK(cell_borrow(c, &g));
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
    cell_end(&g);
    return NULL;
}

/* The child has its own borrow still; those of threads that it does not have are given up. */
static int in_the_child(cell *c, cell_guard *own) {
    bool ok = cell_store(c, tracked_make(2)) && lives.alive == 2 && value_of(own) == 1;
    cell_end(own);
    ok = ok && lives.alive == 1;
    cell_drop(c);
    return ok && lives.alive == 0 ? 0 : 1;
}

static void a_forked_child_has_its_own_borrows_only(void **state) {
    (void)state;
    cell c = {0};
    cell_guard own;
    pthread_t thread;
    int status = -1;
    assert_true(cell_store(&c, tracked_make(1)));
    assert_true(pthread_barrier_init(&both, NULL, 2) == 0);
    assert_true(pthread_create(&thread, NULL, borrow_during_the_fork, &c) == 0);
    pthread_barrier_wait(&both);
    assert_true(cell_borrow(&c, &own));
    pid_t child = fork();
    if (child == 0) _exit(in_the_child(&c, &own));
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pthread_barrier_wait(&both);
    pthread_join(thread, NULL);
    cell_end(&own);
    cell_drop(&c);
    pthread_barrier_destroy(&both);
    kit_leave();
}

/* ---- waiting ---- */

static void *store_later(void *c) {
    usleep(20000);
    KIT_CHECK(number_cell_store(c, 1));
    return NULL;
}

static void wait_returns_when_the_value_is_replaced(void **state) {
    (void)state;
    number_cell c = {0};
    pthread_t thread;
    assert_false(number_cell_wait(&c, 0, 0));
    assert_false(number_cell_wait(&c, 0, 1000000));
    assert_true(number_cell_wait(&c, 7, 0));
    assert_true(pthread_create(&thread, NULL, store_later, &c) == 0);
    assert_true(number_cell_wait(&c, 0, UINT64_MAX));
    assert_int_equal(number_cell_version(&c), 1);
    pthread_join(thread, NULL);
    number_cell_drop(&c);
}

/* The record of the main thread stays for the whole process. */
static int begin(void **state) {
    number_cell c = {0};
    number_cell_guard g;
    (void)state;
    bool ok = number_cell_borrow(&c, &g);
    number_cell_end(&g);
    kit_leave();
    return ok ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(all_zero_is_an_empty_cell),
        UNIT(a_borrow_keeps_its_version_and_no_longer),
        UNIT(a_thread_may_borrow_any_number),
        UNIT(one_version_may_be_borrowed_often),
        UNIT(a_load_is_a_copy),
        UNIT(a_snapshot_lives_as_long_as_it_wants),
        UNIT(a_cached_reader_holds_one_version),
        UNIT(exchange_gives_the_version_that_was_there),
        UNIT(compare_exchange_wants_the_very_version),
        UNIT(update_appends_to_a_shared_array_in_place),
        UNIT(update_begins_again_when_it_was_too_late),
        UNIT(update_does_nothing_when_the_function_refuses),
        UNIT(a_cell_may_be_given_its_own_value),
        UNIT(cells_hold_maps),
        UNIT(only_the_first_read_of_a_thread_can_fail),
        UNIT(a_thread_whose_end_would_not_be_noticed_cannot_read),
        UNIT(a_thread_that_ends_ends_its_borrows),
        UNIT(later_destructors_of_a_thread_may_borrow),
        UNIT(also_those_that_were_paid_for),
        UNIT(a_thousand_threads_need_one_record),
        UNIT(a_forked_child_has_its_own_borrows_only),
        UNIT(wait_returns_when_the_value_is_replaced),
    };
    return cmocka_run_group_tests_name("cell", tests, begin, NULL);
}

/* SPDX-License-Identifier: MIT */
/* list_set: arguments that lie in the set itself, hooks that use it, what is copied and when keys die, and that a change that fails
   changes nothing. -DORDERED: with the order of insertion. */
#define _GNU_SOURCE
#include "list_sets.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- arguments within the set itself ---- */

/* Where the keys of a version lie: a set of one leaf has them in a row. */
typedef struct row {
    const tracked *k;
    size_t n;
} row;
#ifdef ORDERED
static row row_of(const VALUE(marks) * all) {
    row r;
    r.k = marks_ordered_keys(all, &r.n);
    return r;
}
#else
static bool first_run(const tracked *k, size_t n, void *r) {
    *(row *)r = (row){k, n};
    return false;
}
static row row_of(const VALUE(marks) * all) {
    row r = {NULL, 0};
    (void)marks_set_each(all, first_run, &r);
    return r;
}
#endif

static void arguments_may_be_the_sets_own_keys(void **state) {
    (void)state;
    marks s = {0};
    marks_guard g;
    size_t count = 9;
    run(&s, 1, 9);
    assert_true(marks_borrow(&s, &g));
    row own = row_of(g.value);
    assert_true(own.n == 9 && marks_contains(&s, own.k) && marks_contains_all(&s, own.k, own.n));
    assert_true(marks_add_all(&s, own.k, own.n, &count) && count == 0 && marks_version(&s) == 9);
    assert_true(marks_retain_all(&s, own.k, own.n, &count) && count == 0 && marks_version(&s) == 9);
    assert_true(marks_remove(&s, own.k + 4) && !marks_contains(&s, own.k + 4) && marks_len(&s) == 8);
    assert_true(marks_remove_all(&s, own.k + 2, 3, &count) && count == 2 && marks_len(&s) == 6);
    assert_true(marks_add_all(&s, own.k, own.n, &count) && count == 3 && marks_len(&s) == 9);
    assert_true(marks_retain_all(&s, own.k + 5, 2, &count) && count == 7 && marks_len(&s) == 2);
    assert_true(marks_remove_all(&s, own.k, own.n, &count) && count == 2 && marks_is_empty(&s));
    assert_true(marks_add_all(&s, own.k, own.n, &count) && count == 9);
    marks_end(&g);
    CHECK_KEYS(&s, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    marks_drop(&s);
}

/* The same while nobody but the set holds its version, which is replaced during the call. */
static void also_when_nobody_else_holds_them(void **state) {
    (void)state;
    marks s = {0};
    marks_guard g;
    size_t count = 0;
    run(&s, 1, 9);
    assert_true(marks_borrow(&s, &g));
    row own = row_of(g.value);
    int gone = tracked_value(own.k + 3);
    marks_end(&g);
    assert_true(marks_remove(&s, own.k + 3) && !has(&s, gone) && marks_len(&s) == 8);
    assert_true(marks_borrow(&s, &g));
    own = row_of(g.value);
    marks_end(&g);
    assert_true(own.n == 8 && marks_add_all(&s, own.k, own.n, &count) && count == 0);
    assert_true(marks_remove_all(&s, own.k, own.n, &count) && count == 8 && marks_is_empty(&s));
    marks_drop(&s);
    assert_int_equal(lives.alive, 0);
}

static bool remove_it(const tracked *k, void *s) { return marks_remove(s, k); }

static void for_each_may_remove_each(void **state) {
    (void)state;
    marks s = {0};
    run(&s, 1, 60);
    assert_true(marks_for_each(&s, remove_it, &s) && marks_is_empty(&s) && lives.alive == 0);
    marks_drop(&s);
}

/* ---- hooks ---- */

static marks *looked_at;
static size_t expected_length, looks;

/* What the hooks of a change see is the set before it. */
static void look(void) {
    marks_guard g;
    KIT_CHECK(marks_borrow(looked_at, &g) && marks_set_len(SET_IN(g.value)) == expected_length);
    marks_end(&g);
    looks++;
}
static bool even_and_look(const tracked *k, void *ctx) { return look(), is_even(k, ctx); }
static bool unite_and_look(marks_set *all, void *with) { return look(), unite(all, with); }

static void hooks_may_read_the_set_during_a_change(void **state) {
    (void)state;
    bunch b = bunch_of(SOME(3, 9, 10));
    marks_set with = other_set(SOME(70, 71));
    for (int change = 0; change < 7; change++) {
        marks s = {0};
        bool ok = false;
        run(&s, 1, 5);
        looked_at = &s;
        expected_length = 5;
        looks = 0;
        spy.look = look;
        if (change == 0) ok = add(&s, 9);
        if (change == 1) ok = erase(&s, 3);
        if (change == 2) ok = marks_add_all(&s, b.k, b.n, NULL);
        if (change == 3) ok = marks_remove_all(&s, b.k, b.n, NULL);
        if (change == 4) ok = marks_retain_all(&s, b.k, b.n, NULL);
        if (change == 5) ok = marks_remove_if(&s, even_and_look, NULL, NULL);
        if (change == 6) ok = marks_update(&s, unite_and_look, &with);
        spy.look = NULL;
        assert_true(ok && looks > 2 && marks_len(&s) != 5);
        marks_drop(&s);
    }
    bunch_drop(&b);
    marks_set_drop(&with);
}

/* Another thread, played by a hook: it comes in while the key is looked for without the lock. */
static int raced;
static void add_it_first(void) {
    spy.look = NULL;
    KIT_CHECK(add(looked_at, raced));
}
static void remove_it_first(void) {
    spy.look = NULL;
    KIT_CHECK(erase(looked_at, raced));
}

static void what_was_found_without_the_lock_is_looked_for_again(void **state) {
    (void)state;
    marks s = {0};
    looked_at = &s;
    run(&s, 1, 3);
    raced = 4;
    spy.look = add_it_first;
    assert_true(FAILS(add(&s, 4), COW_EXISTS));
    CHECK_KEYS(&s, 1, 2, 3, 4);
    raced = 2;
    spy.look = remove_it_first;
    assert_true(FAILS(erase(&s, 2), COW_ABSENT));
    CHECK_KEYS(&s, 1, 3, 4);
    spy.look = NULL;
    assert_int_equal(lives.alive, 3 * COPIES);
    marks_drop(&s);
}

static marks *changed_by_drops;
static int drops_left;

/* Deaths add a key, until enough have. */
static void add_when_dropped(int value) {
    if (drops_left == 0) return;
    drops_left--;
    KIT_CHECK(COW__LOAD(&changed_by_drops->c.lock.state, COW__RELAXED) == 0 && "the lock is free");
    KIT_CHECK(marks_add(changed_by_drops, tracked_make(100 + value)));
}

/* Whoever gives up the last hold of a version runs its drop hooks. */
static void drop_hooks_of_old_versions_may_change_the_set(void **state) {
    (void)state;
    marks s = {0};
    marks_guard g;
    marks_snapshot held;
    marks_reader r = {NULL};
    VALUE(marks) mine;
    changed_by_drops = &s;
    spy.drop = add_when_dropped;
    run(&s, 1, 2);
    assert_true(marks_borrow(&s, &g));
    marks_clear(&s);
    drops_left = 1;
    marks_end(&g);
    assert_true(drops_left == 0 && marks_len(&s) == 1 && marks_snapshot_of(&s, &held));
    marks_clear(&s);
    drops_left = 1;
    marks_snapshot_drop(&held);
    assert_true(drops_left == 0 && marks_len(&s) == 1 && marks_cached(&s, &r));
    marks_clear(&s);
    drops_left = 1;
    (void)marks_cached(&s, &r);
    assert_true(drops_left == 0 && marks_len(&s) == 1 && marks_load(&s, &mine));
    marks_idle(&r);
    marks_clear(&s);
    drops_left = 1;
    DROP_VALUE(marks)(&mine);
    assert_true(drops_left == 0 && marks_len(&s) == 1);
    spy.drop = NULL;
    marks_drop(&s);
}

#ifdef COW_DEBUG
/* A hook of a change. */
static void add_within(void) {
    if (COW__LOAD(&looked_at->c.lock.state, COW__RELAXED) == 0) return;
    spy.look = NULL;
    (void)add(looked_at, 77);
}
static bool add_again(marks_set *all, void *s) {
    (void)all;
    return add(s, 77);
}

/* The way in which a child ends that does one of these. */
static int end_of(int change) {
    marks s = {0};
    run(&s, 1, 3);
    pid_t child = fork();
    if (child == 0) {
        looked_at = &s;
        (void)close(2);
        if (change == 0) spy.look = add_within;
        (void)(change == 0 ? erase(&s, 2) : marks_update(&s, add_again, &s));
        _exit(0);
    }
    int status = 0;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    marks_drop(&s);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_change_within_a_change_dies(void **state) {
    (void)state;
    assert_int_equal(end_of(0), SIGABRT);
    assert_int_equal(end_of(1), SIGABRT);
}
#endif

/* Nothing may be done beyond the keys, whatever the hooks say. */
static int agree;
static bool agrees(const int *a, const int *b) { return *a == *b && agree-- > 0; }
static uint64_t number_hash(const int *k, uint64_t seed) { return cow_hash_u64((uint64_t)*k, seed); }
#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET lied, int
#define COW_EQUAL agrees
#define COW_HASH number_hash
#include "cow/cow.h"

static void an_equality_may_contradict_itself(void **state) {
    (void)state;
    for (int times = 0; times < 8; times++) {
        lied s = {0};
        int k = 3;
        agree = 0;
        for (int i = 0; i < 5; i++) assert_true(lied_add(&s, i));
        agree = times;
        if (lied_remove(&s, &k))
            assert_int_equal(lied_len(&s), 4);
        else
            assert_true(cow_error() == COW_ABSENT && lied_len(&s) == 5);
        agree = 0;
        lied_drop(&s);
    }
}

/* ---- what is copied, and when keys die ---- */

/* Whoever removes the last reference to something expects it to go: the set of one leaf keeps nothing of older versions. */
static void what_is_removed_dies_with_the_last_version_that_has_it(void **state) {
    (void)state;
    marks s = {0};
    marks_guard g;
    size_t removed = 0;
    int bound = 17;
    run(&s, 1, 30);
    const int victims[] = {30, 1, 15, 2, 29, 16};
    for (size_t i = 0; i < LENGTH(victims); i++) {
        assert_true(erase(&s, victims[i]));
        assert_int_equal(lives.alive, (29 - i) * COPIES);
    }
    assert_true(marks_borrow(&s, &g) && erase(&s, 3) && lives.alive > 23 * COPIES);
    marks_end(&g);
    assert_int_equal(lives.alive, 23 * COPIES);
    assert_true(marks_remove_if(&s, is_small, &bound, &removed));
    assert_int_equal(lives.alive, (23 - removed) * COPIES);
    while (!marks_is_empty(&s)) {
        marks_iter it;
        const tracked *k;
        assert_true(marks_iter_of(&s, &it) && marks_iter_next(&it, &k) && marks_remove(&s, k));
        marks_iter_drop(&it);
        assert_int_equal(lives.alive, marks_len(&s) * COPIES);
    }
    run(&s, 1, 3);
    assert_int_equal(lives.alive, 3 * COPIES);
    marks_drop(&s);
}

/* A leaf has 32 keys at most, and halves; the order is copied when its room is used up, which doubles. */
static void adding_copies_a_leaf(void **state) {
    (void)state;
    enum { MANY = 3000 };
    marks s = {0};
    marks_snapshot held;
    run(&s, 0, MANY);
    assert_true(marks_snapshot_of(&s, &held));
    size_t before = lives.copied;
    run(&s, MANY, 500);
    assert_true(lives.copied - before <= 500 * (32 + 1) + (IN_ORDER ? 2 * MANY : 0));
    assert_int_equal(marks_set_len(SET_IN(marks_snapshot_value(&held))), MANY);
    marks_snapshot_drop(&held);
    marks_drop(&s);
}

static void a_version_that_nobody_holds_is_used_again(void **state) {
    (void)state;
    numbers s = {0};
    int k = 9;
    assert_true(numbers_add(&s, 1) && numbers_add(&s, 2));
    size_t version_block = sizeof(void *) + COW__VERSION_HEAD;
    kit_fail_none();
    size_t bytes = kit.bytes, blocks = kit.blocks;
    for (int i = 0; i < 10; i++) assert_true(numbers_add(&s, k) && numbers_remove(&s, &k));
    assert_true(kit.blocks <= blocks + 1 && kit.bytes <= bytes + 20 * version_block);
    assert_true(FAILS(numbers_add(&s, 1), COW_EXISTS) && FAILS(numbers_remove(&s, &k), COW_ABSENT));
    kit_fail(1, true);
    assert_true(FAILS(numbers_add(&s, 1), COW_EXISTS) && FAILS(numbers_remove(&s, &k), COW_ABSENT));
    kit_fail_none();
    CHECK_NUMBERS(&s, 1, 2);
    numbers_drop(&s);
}

/* A key that holds an older version of its own set must not be stored in what that version keeps alive. */
typedef struct node {
    cow__version *held;
    int refs;
} node;
typedef struct knot {
    node *to;
    int id;
} knot;
static bool knot_copy(knot *to, const knot *from) {
    if (from->to) from->to->refs++;
    return *to = *from, true;
}
static void knot_drop(knot *k) {
    node *n = k->to;
    if (!n || --n->refs) return;
    cow__version_release(n->held);
    kit_free(n, sizeof *n);
}
static bool knot_equal(const knot *a, const knot *b) { return a->id == b->id; }
static uint64_t knot_hash(const knot *k, uint64_t seed) { return cow_hash_u64((uint64_t)k->id, seed); }
#ifdef ORDERED
#define COW_KEEP_ORDER
#endif
#define COW_LIST_SET knots, knot
#define COW_COPY knot_copy
#define COW_DROP knot_drop
#define COW_EQUAL knot_equal
#define COW_HASH knot_hash
#define COW_RECURSIVE
#include "cow/cow.h"

static void a_key_may_hold_an_older_version_of_its_set(void **state) {
    (void)state;
    knots s = {0};
    for (int id = 0; id < 40; id++) {
        knots_snapshot now = {NULL};
        node *n = kit_malloc(sizeof *n);
        assert_true(n && knots_snapshot_of(&s, &now));
        *n = (node){now.v, 1};
        assert_true(knots_add(&s, (knot){n, id}));
    }
    assert_int_equal(knots_len(&s), 40);
    knots_drop(&s);
}

/* ---- failures ---- */

/* A change of a set of 1 to 40; what it was given by value it gives up itself when it fails. */
typedef bool (*change_fn)(marks *s);

static bool add_one(marks *s) { return add(s, 99); }
static bool remove_one(marks *s) { return erase(s, 20); }
static bool remove_the_first(marks *s) { return erase(s, 1); }
static bool remove_the_last(marks *s) { return erase(s, 40); }
static bool with_some(marks *s, bool (*fn)(marks *s, const tracked *k, size_t n, size_t *by)) {
    bunch b = bunch_of(SOME(3, 99, 40, 98, 1));
    size_t by = 77;
    bool ok = fn(s, b.k, b.n, &by);
    KIT_CHECK(ok == (by != 77));
    bunch_drop(&b);
    return ok;
}
static bool add_some(marks *s) { return with_some(s, marks_add_all); }
static bool remove_some(marks *s) { return with_some(s, marks_remove_all); }
static bool retain_some(marks *s) { return with_some(s, marks_retain_all); }
static bool remove_the_even(marks *s) { return marks_remove_if(s, is_even, NULL, NULL); }
static bool put_two(marks_set *all, void *ctx) {
    tracked a = tracked_make(50), b = tracked_make(51), third = tracked_make(3);
    (void)ctx;
    bool first = marks_set_put(all, a), second = first && marks_set_put(all, b);
    if (!first) tracked_drop(&a);
    if (!second) tracked_drop(&b);
    bool ok = second && marks_set_erase(all, &third);
    tracked_drop(&third);
    return ok;
}
static bool update_two(marks *s) { return marks_update(s, put_two, NULL); }

/* Runs `change` with its `at`th allocation or copy failing, and all later ones when `sticky`. Whether a fault was injected. */
static bool fail_once(change_fn change, bool hook, size_t at, bool sticky) {
    static int values[40];
    marks s = {0};
    marks_snapshot before, after;
    for (int i = 0; i < 40; i++) values[i] = i + 1;
    run(&s, 1, 40);
    assert_true(marks_snapshot_of(&s, &before));
    size_t version = marks_version(&s);
    cow__set_error(COW_OK);
    hook ? tracked_fail(at, sticky) : kit_fail(at, sticky);
    bool ok = change(&s);
    size_t injected = hook ? lives.injected : kit.injected;
    cow_error_code why = cow_error();
    tracked_fail_none();
    kit_fail_none();
    assert_true(ok || injected);
    assert_true(marks_snapshot_of(&s, &after));
    if (ok) {
        assert_int_equal(why, COW_OK);
    } else {
        assert_true(why == (hook ? COW_HOOK : COW_NOMEM) || (change == update_two && why == COW_HOOK));
        assert_true(after.v == before.v && marks_version(&s) == version);
        check_keys(&s, values, 40);
    }
    check_value(marks_snapshot_value(&before), values, 40);
    marks_snapshot_drop(&before);
    marks_snapshot_drop(&after);
    marks_drop(&s);
    assert_int_equal(lives.alive, 0);
    return injected > 0;
}

static void a_change_that_fails_changes_nothing(void **state) {
    (void)state;
    const change_fn changes[] = {add_one,     remove_one,  remove_the_first, remove_the_last, add_some,
                                 remove_some, retain_some, remove_the_even,  update_two};
    for (size_t i = 0; i < LENGTH(changes); i++) {
        for (int way = 0; way < 4; way++) {
            size_t at = 1;
            while (fail_once(changes[i], way & 1, at, way >> 1)) at++;
        }
    }
}

static void *first_time_without_memory(void *s) {
    tracked v = tracked_make(7);
    marks_guard g;
    marks_iter it;
    marks_snapshot snapshot;
    VALUE(marks) all;
    marks_reader r = {NULL};
    cow_str text = {0};
    size_t n;
    kit_fail(1, true);
    KIT_CHECK(FAILS(marks_borrow(s, &g), COW_NOMEM) && FAILS(marks_load(s, &all), COW_NOMEM));
    KIT_CHECK(FAILS(marks_snapshot_of(s, &snapshot), COW_NOMEM) && FAILS(marks_cached(s, &r), COW_NOMEM));
    KIT_CHECK(FAILS(marks_len(s), COW_NOMEM) && FAILS(marks_copy_to(s, NULL, 0, &n), COW_NOMEM));
    KIT_CHECK(FAILS(marks_contains(s, &v), COW_NOMEM) && FAILS(marks_contains_all(s, &v, 1), COW_NOMEM));
    KIT_CHECK(FAILS(marks_equal(s, s), COW_NOMEM) && FAILS(marks_iter_of(s, &it), COW_NOMEM) && marks_hash(s, 5) == 5);
    KIT_CHECK(FAILS(marks_for_each(s, is_even, NULL), COW_NOMEM) &&
              FAILS(marks_print(s, &text, NULL, NULL), COW_NOMEM));
    KIT_CHECK(FAILS(marks_add(s, v), COW_NOMEM) && FAILS(marks_remove(s, &v), COW_NOMEM));
    kit_fail(1, false); /* not even if there is memory for the change itself */
    KIT_CHECK(FAILS(marks_add(s, v), COW_NOMEM) && marks_version(s) == 1);
    kit_fail_none();
    tracked_drop(&v);
    return NULL;
}

static void only_the_first_read_of_a_thread_needs_memory(void **state) {
    (void)state;
    marks s = {0};
    pthread_t thread;
    run(&s, 2, 1);
    assert_true(pthread_create(&thread, NULL, first_time_without_memory, &s) == 0);
    pthread_join(thread, NULL);
    kit_fail(1, true);
    assert_true(marks_len(&s) == 1 && has(&s, 2) && marks_for_each(&s, everything, NULL));
    kit_fail_none();
    marks_drop(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT(arguments_may_be_the_sets_own_keys),
        UNIT(also_when_nobody_else_holds_them),
        UNIT(for_each_may_remove_each),
        UNIT(hooks_may_read_the_set_during_a_change),
        UNIT(what_was_found_without_the_lock_is_looked_for_again),
        UNIT(drop_hooks_of_old_versions_may_change_the_set),
#ifdef COW_DEBUG
        UNIT(a_change_within_a_change_dies),
#endif
        UNIT(an_equality_may_contradict_itself),
        UNIT(what_is_removed_dies_with_the_last_version_that_has_it),
        UNIT(adding_copies_a_leaf),
        UNIT(a_version_that_nobody_holds_is_used_again),
        UNIT(a_change_that_fails_changes_nothing),
        UNIT(only_the_first_read_of_a_thread_needs_memory),
        UNIT(a_key_may_hold_an_older_version_of_its_set),
    };
    return cmocka_run_group_tests_name(IN_ORDER ? "list_set_share, ordered" : "list_set_share", tests, list_sets_begin,
                                       NULL);
}

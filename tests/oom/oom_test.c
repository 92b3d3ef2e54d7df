/* SPDX-License-Identifier: MIT */
/*
 * The out-of-memory sweep. Every public function runs in every starting state; allocation k fails, once and from then on,
 * for k = 1, 2, ... until nothing was left to fail; then the same with the copy hook failing at call k.
 *
 * When a call says false: the handle's three words, every byte of every element of every value in the scene are as before,
 * cow_error() says why, and what was passed by value is still ours. When it says true, the result is the one of a run
 * without faults. Either way, once all is dropped, no block and no element is left.
 *
 * A function that cannot fail stands in the table too, marked QUIET: it must not allocate or call the copy hook at all.
 * `oom_test --list` prints the functions of the table; names.sh compares them with those the header declares.
 */
#include "../unit/model_element.h"

#include <stdarg.h>
#include <stddef.h>

enum { LENT = 6, LONGEST = 64 };

typedef struct scene {
    elems a;      /* the subject */
    elems keeper; /* shares with it, in the shared states */
    elems other;  /* a second value, the source of concat and the like */
    elems made;   /* what constructors and slice produce */
    elem lent[LENT];
    elem got; /* what pop, take and others hand out */
    bool has_got;
    long answer; /* what a reader found, so that faults cannot change answers either */
    size_t immortal_blocks, immortal_alive;
} scene;

/* ---- starting states ---- */

/* An allocator that cannot resize: growth takes another path there. */
static void *plain_alloc(void *context, size_t size) {
    (void)context;
    return kit_malloc(size);
}
static void plain_release(void *context, void *p, size_t size) {
    (void)context;
    kit_free(p, size);
}
static const cow_alloc plain = {plain_alloc, NULL, plain_release, NULL};

typedef enum state {
    EMPTY,
    UNIQUE_FULL,
    UNIQUE_ROOM,
    SHARED_FULL,
    SHARED_ROOM,
    TAIL_TAKEN,
    BORROWED,
    FROZEN,
    SLICE_SHARED,
    SLICE_UNIQUE,
    LEFTOVERS,
    FRONT_ROOM,
    NO_RESIZE,
    NO_RESIZE_SHARED,
    STATES
} state;

static const char *const state_names[STATES] = {
    "empty",
    "unique, full",
    "unique, with room",
    "shared, full",
    "shared, with room",
    "shared, tail taken",
    "borrowed",
    "frozen",
    "a slice, shared",
    "a slice, alone",
    "alone, with leftovers",
    "alone, with room in front",
    "in an allocator without resize",
    "the same, shared",
};

static void must(bool said) { KIT_CHECK(said && "setting the scene"); }

static void add(elems *a, int value) { must(elems_push(a, elem_make(value))); }

static elems six_values(const elem *lent) {
    elems a = {0};
    must(elems_from(&a, lent, 6));
    must(elems_shrink(&a));
    return a;
}

static void set_state(scene *s, state which) {
    switch (which) {
    case EMPTY: break;
    case UNIQUE_FULL: s->a = six_values(s->lent); break;
    case UNIQUE_ROOM:
        s->a = six_values(s->lent);
        must(elems_reserve(&s->a, 20));
        break;
    case SHARED_FULL:
        s->a = six_values(s->lent);
        s->keeper = elems_copy(&s->a);
        break;
    case SHARED_ROOM:
        s->a = six_values(s->lent);
        must(elems_reserve(&s->a, 20));
        s->keeper = elems_copy(&s->a);
        break;
    case TAIL_TAKEN:
        s->a = six_values(s->lent);
        must(elems_reserve(&s->a, 20));
        s->keeper = elems_copy(&s->a);
        add(&s->keeper, 70);
        break;
    case BORROWED: s->a = elems_borrow(s->lent, 6); break;
    case FROZEN: {
        size_t blocks = kit.blocks, alive = lives.alive;
        s->a = six_values(s->lent);
        elems_freeze(&s->a);
        s->immortal_blocks = kit.blocks - blocks;
        /* Freezing reaches inner arrays, which here are shared with those in lent. */
        if (MODEL_ELEMENT == NESTED) s->immortal_blocks += LENT;
        s->immortal_alive = lives.alive - alive;
        break;
    }
    case SLICE_SHARED:
        s->keeper = six_values(s->lent);
        s->a = elems_slice(&s->keeper, 1, 5);
        break;
    case SLICE_UNIQUE:
        s->keeper = six_values(s->lent);
        s->a = elems_slice(&s->keeper, 1, 5);
        elems_drop(&s->keeper);
        break;
    case LEFTOVERS:
        s->a = six_values(s->lent);
        must(elems_reserve(&s->a, 20));
        s->keeper = elems_copy(&s->a);
        add(&s->keeper, 70);
        must(elems_truncate(&s->a, 4));
        elems_drop(&s->keeper);
        break;
    case FRONT_ROOM:
        s->a = six_values(s->lent);
        must(elems_push_front(&s->a, elem_make(80)));
        must(elems_pop_front(&s->a, NULL));
        break;
    case NO_RESIZE:
    case NO_RESIZE_SHARED:
        must(elems_new_in(&s->a, 6, &plain));
        must(elems_push_n(&s->a, s->lent, 6));
        if (which == NO_RESIZE_SHARED) s->keeper = elems_copy(&s->a);
        break;
    case STATES: break;
    }
}

static void set_scene(scene *s, state which) {
    memset(s, 0, sizeof *s);
    memset(&s->got, 0xA5, sizeof s->got); /* what is there must stay there when a call says false */
    static const int values[LENT] = {3, 1, 2, 2, 5, 4};
    for (size_t i = 0; i < LENT; i++) s->lent[i] = elem_make(values[i]);
    set_state(s, which);
    for (int i = 0; i < 3; i++) add(&s->other, 20 + i);
}

static void strike_scene(scene *s) {
    elems_drop(&s->a);
    elems_drop(&s->keeper);
    elems_drop(&s->other);
    elems_drop(&s->made);
    if (s->has_got) elem_drop(&s->got);
    for (size_t i = 0; i < LENT; i++) elem_drop(&s->lent[i]);
}

/* ---- what the scene looks like, byte by byte and value by value ---- */

typedef struct picture {
    elems handle[4];
    elem bytes[4][LONGEST];
    int values[4][LONGEST];
    unsigned char got_bytes[sizeof(elem)];
    int got;
    long answer;
} picture;

static void take_picture(picture *shot, scene *s) {
    memset(shot, 0, sizeof *shot);
    const elems *all[4] = {&s->a, &s->keeper, &s->other, &s->made};
    for (size_t v = 0; v < 4; v++) {
        shot->handle[v] = *all[v];
        KIT_CHECK(all[v]->n <= LONGEST);
        if (all[v]->n) memcpy(shot->bytes[v], all[v]->p, all[v]->n * sizeof(elem));
        for (size_t i = 0; i < all[v]->n; i++) shot->values[v][i] = elem_value(&all[v]->p[i]);
    }
    memcpy(shot->got_bytes, &s->got, sizeof s->got);
    if (s->has_got) shot->got = elem_value(&s->got);
    shot->answer = s->answer;
}

/* Nothing happened: the same handles and the same bytes. */
static void check_unchanged(const picture *before, const picture *after) {
    for (size_t v = 0; v < 4; v++) {
        KIT_CHECK(before->handle[v].p == after->handle[v].p && before->handle[v].n == after->handle[v].n);
        KIT_CHECK(before->handle[v].h == after->handle[v].h);
        KIT_CHECK(memcmp(before->bytes[v], after->bytes[v], sizeof before->bytes[v]) == 0);
        KIT_CHECK(memcmp(before->values[v], after->values[v], sizeof before->values[v]) == 0);
    }
    KIT_CHECK(memcmp(before->got_bytes, after->got_bytes, sizeof before->got_bytes) == 0 && "*out is as it was");
}

/* It worked: the same values as in the run without faults. */
static void check_as_expected(const picture *expected, const picture *after) {
    for (size_t v = 0; v < 4; v++) {
        KIT_CHECK(expected->handle[v].n == after->handle[v].n);
        KIT_CHECK(memcmp(expected->values[v], after->values[v], sizeof expected->values[v]) == 0);
    }
    KIT_CHECK(expected->got == after->got && expected->answer == after->answer);
}

/* ---- the table's rows ---- */

#define ROW(name) static bool row_##name(scene *s)

/* Arguments passed by value are ours again when the call says false. */
static bool gave(bool said, elem e) {
    if (!said) elem_drop(&e);
    return said;
}

static bool found(scene *s, long answer) {
    s->answer = answer;
    return true;
}

static bool received(scene *s, bool said) {
    s->has_got = said;
    return said;
}

static long position(const elems *a, const elem *e) { return e ? (long)(e - a->p) : -1; }

static int reverse_order(const elem *a, const elem *b, void *context) {
    ++*(int *)context;
    return (elem_value(a) < elem_value(b)) - (elem_value(a) > elem_value(b));
}

static bool is_odd(const elem *e, void *context) {
    (void)context;
    return elem_value(e) % 2 != 0;
}
static bool add_chunk(const elem *chunk, size_t n, void *context) {
    for (size_t i = 0; i < n; i++) *(long *)context += elem_value(&chunk[i]);
    return true;
}

ROW(from) { return elems_from(&s->made, s->lent, 5); }
ROW(from_nothing) { return elems_from(&s->made, NULL, 0); }
ROW(borrow) {
    s->made = elems_borrow(s->lent, 5);
    return true;
}
ROW(with_capacity) { return elems_with_capacity(&s->made, 9); }

ROW(new_in) { return elems_new_in(&s->made, 9, &plain); }

ROW(copy) {
    s->made = elems_copy(&s->a);
    return true;
}
ROW(drop) {
    elems_drop(&s->a);
    return true;
}
ROW(move) {
    s->made = elems_move(&s->a);
    return true;
}
ROW(swap) {
    elems_swap(&s->a, &s->other);
    return true;
}
ROW(assign) {
    elems_assign(&s->a, &s->other);
    return true;
}
ROW(freeze) {
    elems_freeze(&s->a);
    return true;
}

ROW(len) { return found(s, (long)elems_len(&s->a)); }
ROW(is_empty) { return found(s, elems_is_empty(&s->a)); }
ROW(get) { return found(s, position(&s->a, elems_get(&s->a, 2))); }
ROW(at) { return s->a.n == 0 || found(s, ((void)elems_at(&s->a, s->a.n - 1), 1)); }
ROW(front) { return found(s, position(&s->a, elems_front(&s->a))); }
ROW(back) { return found(s, position(&s->a, elems_back(&s->a))); }
ROW(data) { return found(s, elems_data(&s->a) == s->a.p); }
ROW(capacity) { return found(s, elems_capacity(&s->a) >= s->a.n || s->a.h == NULL); }
ROW(is_shared) { return found(s, elems_is_shared(&s->a)); }
ROW(same) { return found(s, elems_same(&s->a, &s->keeper)); }

ROW(mut) { return elems_mut(&s->a, s->a.n / 2) || s->a.n == 0; }
ROW(edit) { return elems_edit(&s->a) || s->a.n == 0; }
ROW(set) {
    if (s->a.n == 0) return true;
    elem e = elem_make(9);
    return gave(elems_set(&s->a, 2, e), e);
}

ROW(push) {
    elem e = elem_make(9);
    return gave(elems_push(&s->a, e), e);
}
ROW(push_n) { return elems_push_n(&s->a, s->lent, 4); }
ROW(push_n_of_itself) { return elems_push_n(&s->a, s->a.p, s->a.n); }
ROW(push_n_of_nothing) { return elems_push_n(&s->a, NULL, 0); }
ROW(pop) { return s->a.n == 0 || received(s, elems_pop(&s->a, &s->got)); }
ROW(pop_to_nowhere) { return s->a.n == 0 || elems_pop(&s->a, NULL); }
ROW(push_front) {
    elem e = elem_make(9);
    return gave(elems_push_front(&s->a, e), e);
}
ROW(pop_front) { return s->a.n == 0 || received(s, elems_pop_front(&s->a, &s->got)); }
ROW(pop_front_to_nowhere) { return s->a.n == 0 || elems_pop_front(&s->a, NULL); }

ROW(insert) {
    elem e = elem_make(9);
    return gave(elems_insert(&s->a, s->a.n / 2, e), e);
}
ROW(insert_n) { return elems_insert_n(&s->a, s->a.n / 2, s->lent, 4); }
ROW(insert_n_of_itself) { return elems_insert_n(&s->a, s->a.n / 2, s->a.p, s->a.n); }
ROW(erase) { return s->a.n == 0 || elems_erase(&s->a, 1); }
ROW(erase_range) { return elems_erase_range(&s->a, s->a.n / 3, s->a.n / 2); }
ROW(take) { return s->a.n == 0 || received(s, elems_take(&s->a, 1, &s->got)); }
ROW(swap_remove) { return s->a.n == 0 || received(s, elems_swap_remove(&s->a, 1, &s->got)); }

ROW(resize) { return elems_resize(&s->a, s->a.n + 5, s->lent); }
ROW(resize_with_its_own) { return s->a.n == 0 || elems_resize(&s->a, s->a.n + 5, s->a.p); }
ROW(resize_down) { return elems_resize(&s->a, s->a.n / 2, s->lent); }
ROW(truncate) { return elems_truncate(&s->a, s->a.n / 2); }
ROW(clear) {
    elems_clear(&s->a);
    return true;
}
ROW(reserve) { return elems_reserve(&s->a, 30); }
ROW(shrink) { return elems_shrink(&s->a); }
ROW(slice) {
    s->made = elems_slice(&s->a, s->a.n / 3, s->a.n);
    return true;
}
ROW(concat) { return elems_concat(&s->a, &s->other); }
ROW(concat_with_itself) { return elems_concat(&s->a, &s->a); }

ROW(reverse) { return elems_reverse(&s->a); }
ROW(rotate) { return elems_rotate(&s->a, s->a.n / 3); }
ROW(sort) { return elems_sort(&s->a); }
ROW(sort_by) {
    int calls = 0;
    return elems_sort_by(&s->a, reverse_order, &calls);
}
ROW(sort_stable) { return elems_sort_stable(&s->a); }
ROW(sort_stable_by) {
    int calls = 0;
    return elems_sort_stable_by(&s->a, reverse_order, &calls);
}
ROW(is_sorted) { return found(s, elems_is_sorted(&s->a)); }
ROW(is_sorted_by) {
    int calls = 0;
    return found(s, elems_is_sorted_by(&s->a, reverse_order, &calls));
}
ROW(lower_bound) { return found(s, (long)elems_lower_bound(&s->other, s->lent)); }
ROW(lower_bound_by) {
    int calls = 0;
    return found(s, (long)elems_lower_bound_by(&s->other, s->lent, reverse_order, &calls));
}
ROW(upper_bound) { return found(s, (long)elems_upper_bound(&s->other, s->lent)); }
ROW(upper_bound_by) {
    int calls = 0;
    return found(s, (long)elems_upper_bound_by(&s->other, s->lent, reverse_order, &calls));
}
ROW(search) { return found(s, (long)elems_search(&s->other, s->lent)); }
ROW(search_by) {
    int calls = 0;
    return found(s, (long)elems_search_by(&s->other, s->lent, reverse_order, &calls));
}

ROW(find) { return found(s, position(&s->a, elems_find(&s->a, &s->lent[3]))); }
ROW(index_of) { return found(s, (long)elems_index_of(&s->a, &s->lent[3])); }
ROW(index_of_from) { return found(s, (long)elems_index_of_from(&s->a, &s->lent[3], 1)); }
ROW(last_index_of) { return found(s, (long)elems_last_index_of(&s->a, &s->lent[3])); }
ROW(last_index_of_from) { return found(s, (long)elems_last_index_of_from(&s->a, &s->lent[3], 4)); }
ROW(contains) { return found(s, elems_contains(&s->a, &s->lent[3])); }
ROW(count) { return found(s, (long)elems_count(&s->a, &s->lent[3])); }
ROW(equal) { return found(s, elems_equal(&s->a, &s->keeper)); }
ROW(compare) { return found(s, elems_compare(&s->a, &s->other)); }
ROW(hash) { return found(s, (long)elems_hash(&s->a, 1)); }

ROW(fill) { return elems_fill(&s->a, s->lent); }
ROW(fill_with_its_own) { return s->a.n == 0 || elems_fill(&s->a, &s->a.p[1]); }
ROW(retain_if) { return elems_retain_if(&s->a, is_odd, NULL); }
ROW(dedup) { return elems_dedup(&s->a); }

ROW(iter_of) {
    elems_iter walk = elems_iter_of(&s->a);
    elems_iter_drop(&walk);
    return true;
}
ROW(iter_next) {
    elems_iter walk = elems_iter_of(&s->a);
    const elem *e;
    while (elems_iter_next(&walk, &e)) s->answer += elem_value(e);
    return true;
}
ROW(each) { return elems_each(&s->a, add_chunk, &s->answer); }

ROW(cow_error) { return found(s, cow_error() <= COW_UNSUPPORTED); }
ROW(cow_error_text) { return found(s, cow_error_text(COW_NOMEM) != NULL); }
ROW(cow_seed) { return found(s, cow_seed() == cow_seed()); }
ROW(cow_seed_set) {
    cow_seed_set(7);
    return found(s, 1);
}
ROW(cow_hash_bytes) { return found(s, (long)cow_hash_bytes("abc", 3, 1)); }
ROW(cow_hash_u64) { return found(s, (long)cow_hash_u64(3, 1)); }
ROW(cow_stats_get) {
    cow_stats stats;
    return found(s, cow_stats_get(&stats));
}
ROW(cow_stats_reset) {
    cow_stats_reset();
    return found(s, 1);
}
ROW(cow_reason_text) { return found(s, cow_reason_text(COW_REASON_SHARED) != NULL); }

typedef enum kind { MAY_FAIL, QUIET, MAKES_IMMORTAL } kind;

typedef struct row {
    const char *name;
    bool (*run)(scene *s);
    kind kind;
} row;

#define ROW_OF(name, kind) \
    { #name, row_##name, kind }
static const row rows[] = {
    ROW_OF(from, MAY_FAIL),
    ROW_OF(from_nothing, QUIET),
    ROW_OF(borrow, QUIET),
    ROW_OF(with_capacity, MAY_FAIL),
    ROW_OF(new_in, MAY_FAIL),
    ROW_OF(copy, QUIET),
    ROW_OF(drop, QUIET),
    ROW_OF(move, QUIET),
    ROW_OF(swap, QUIET),
    ROW_OF(assign, QUIET),
    ROW_OF(freeze, MAKES_IMMORTAL),
    ROW_OF(len, QUIET),
    ROW_OF(is_empty, QUIET),
    ROW_OF(get, QUIET),
    ROW_OF(at, QUIET),
    ROW_OF(front, QUIET),
    ROW_OF(back, QUIET),
    ROW_OF(data, QUIET),
    ROW_OF(capacity, QUIET),
    ROW_OF(is_shared, QUIET),
    ROW_OF(same, QUIET),
    ROW_OF(mut, MAY_FAIL),
    ROW_OF(edit, MAY_FAIL),
    ROW_OF(set, MAY_FAIL),
    ROW_OF(push, MAY_FAIL),
    ROW_OF(push_n, MAY_FAIL),
    ROW_OF(push_n_of_itself, MAY_FAIL),
    ROW_OF(push_n_of_nothing, QUIET),
    ROW_OF(pop, MAY_FAIL),
    ROW_OF(pop_to_nowhere, QUIET),
    ROW_OF(push_front, MAY_FAIL),
    ROW_OF(pop_front, MAY_FAIL),
    ROW_OF(pop_front_to_nowhere, QUIET),
    ROW_OF(insert, MAY_FAIL),
    ROW_OF(insert_n, MAY_FAIL),
    ROW_OF(insert_n_of_itself, MAY_FAIL),
    ROW_OF(erase, MAY_FAIL),
    ROW_OF(erase_range, MAY_FAIL),
    ROW_OF(take, MAY_FAIL),
    ROW_OF(swap_remove, MAY_FAIL),
    ROW_OF(resize, MAY_FAIL),
    ROW_OF(resize_with_its_own, MAY_FAIL),
    ROW_OF(resize_down, MAY_FAIL),
    ROW_OF(truncate, QUIET),
    ROW_OF(clear, QUIET),
    ROW_OF(reserve, MAY_FAIL),
    ROW_OF(shrink, MAY_FAIL),
    ROW_OF(slice, QUIET),
    ROW_OF(concat, MAY_FAIL),
    ROW_OF(concat_with_itself, MAY_FAIL),
    ROW_OF(reverse, MAY_FAIL),
    ROW_OF(rotate, MAY_FAIL),
    ROW_OF(sort, MAY_FAIL),
    ROW_OF(sort_by, MAY_FAIL),
    ROW_OF(sort_stable, MAY_FAIL),
    ROW_OF(sort_stable_by, MAY_FAIL),
    ROW_OF(is_sorted, QUIET),
    ROW_OF(is_sorted_by, QUIET),
    ROW_OF(lower_bound, QUIET),
    ROW_OF(lower_bound_by, QUIET),
    ROW_OF(upper_bound, QUIET),
    ROW_OF(upper_bound_by, QUIET),
    ROW_OF(search, QUIET),
    ROW_OF(search_by, QUIET),
    ROW_OF(find, QUIET),
    ROW_OF(index_of, QUIET),
    ROW_OF(index_of_from, QUIET),
    ROW_OF(last_index_of, QUIET),
    ROW_OF(last_index_of_from, QUIET),
    ROW_OF(contains, QUIET),
    ROW_OF(count, QUIET),
    ROW_OF(equal, QUIET),
    ROW_OF(compare, QUIET),
    ROW_OF(hash, QUIET),
    ROW_OF(fill, MAY_FAIL),
    ROW_OF(fill_with_its_own, MAY_FAIL),
    ROW_OF(retain_if, MAY_FAIL),
    ROW_OF(dedup, MAY_FAIL),
    ROW_OF(iter_of, QUIET),
    ROW_OF(iter_next, QUIET),
    {"iter_drop", row_iter_of, QUIET},
    ROW_OF(each, QUIET),
    ROW_OF(cow_error, QUIET),
    ROW_OF(cow_error_text, QUIET),
    ROW_OF(cow_seed, QUIET),
    ROW_OF(cow_seed_set, QUIET),
    ROW_OF(cow_hash_bytes, QUIET),
    ROW_OF(cow_hash_u64, QUIET),
    ROW_OF(cow_stats_get, QUIET),
    ROW_OF(cow_stats_reset, QUIET),
    ROW_OF(cow_reason_text, QUIET),
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- the sweep ---- */

typedef enum fault { ALLOCATION, ALLOCATION_STICKY, COPY_HOOK, COPY_HOOK_STICKY, FAULTS } fault;
static const char *const fault_names[FAULTS] = {
    "allocation %zu fails",
    "allocations fail from %zu on",
    "copy hook fails at call %zu",
    "copy hook fails from call %zu on",
};

static struct { size_t runs, failed, worked_anyway; } total;

static void arm(fault which, size_t at) {
    kit_fail_none();
    tracked_fail_none();
    if (which == ALLOCATION || which == ALLOCATION_STICKY)
        kit_fail(at, which == ALLOCATION_STICKY);
    else
        tracked_fail(at, which == COPY_HOOK_STICKY);
}

static void check_nothing_left(const scene *s) {
    KIT_CHECK(kit.blocks == s->immortal_blocks && "a block is lost");
    KIT_CHECK(lives.alive == s->immortal_alive && "an element is lost");
    kit_abandon();
    tracked_abandon();
}

/* One run with one fault. False when the fault was never reached: the sweep of this row is complete. */
static bool run_with_fault(const row *r, state from, fault which, size_t at, const picture *expected) {
    char fault_text[64];
    snprintf(fault_text, sizeof fault_text, fault_names[which], at);
    snprintf(kit_context, sizeof kit_context, "%s, %s, %s", r->name, state_names[from], fault_text);
    static scene s;
    static picture before, after;
    set_scene(&s, from);
    take_picture(&before, &s);
    arm(which, at);
    bool said = r->run(&s);
    size_t injected = kit.injected + lives.injected;
    bool out_of_memory = kit.injected > 0;
    arm(ALLOCATION, 0);
    take_picture(&after, &s);
    total.runs++;
    if (said) {
        total.worked_anyway += injected > 0;
        check_as_expected(expected, &after);
    } else {
        total.failed++;
        KIT_CHECK(injected > 0 && "false without a fault");
        KIT_CHECK(cow_error() == (out_of_memory ? COW_NOMEM : COW_HOOK));
        check_unchanged(&before, &after);
    }
    strike_scene(&s);
    if (said && r->kind == MAKES_IMMORTAL) {
        kit_abandon();
        tracked_abandon();
    } else {
        check_nothing_left(&s);
    }
    return injected > 0;
}

/* The run without faults: it works, says what to expect, and a quiet function is seen to be quiet. */
static void run_without_fault(const row *r, state from, picture *expected) {
    snprintf(kit_context, sizeof kit_context, "%s, %s, no fault", r->name, state_names[from]);
    static scene s;
    set_scene(&s, from);
    arm(ALLOCATION, 0);
    KIT_CHECK(r->run(&s) && "works without faults");
    if (r->kind == QUIET)
        KIT_CHECK(kit.calls == 0 && lives.calls == 0 && "a quiet function allocates or copies an element");
    take_picture(expected, &s);
    strike_scene(&s);
    if (r->kind != MAKES_IMMORTAL) check_nothing_left(&s);
    kit_abandon();
    tracked_abandon();
}

static void sweep(const row *r, state from) {
    static picture expected;
    run_without_fault(r, from, &expected);
    if (r->kind == QUIET) return;
    for (fault which = 0; which < FAULTS; which++) {
        size_t at = 1;
        while (run_with_fault(r, from, which, at, &expected)) at++;
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < ROWS; i++) puts(rows[i].name);
        return 0;
    }
    for (size_t i = 0; i < ROWS; i++) {
        for (state from = EMPTY; from < STATES; from++) sweep(&rows[i], from);
    }
    printf("oom sweep, element type %d: %d operations x %d states, %zu runs with a fault armed: %zu failed cleanly, "
           "%zu did without\n",
           MODEL_ELEMENT, (int)ROWS, (int)STATES, total.runs, total.failed, total.worked_anyway);
    KIT_CHECK(total.failed > ROWS && "the sweep injects failures");
    return 0;
}

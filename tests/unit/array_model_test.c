/* SPDX-License-Identifier: MIT */
/*
 * The workhorse: random operations over several live handles and slices, against a model that copies everything.
 *
 * After each operation the handle it touched, and after every few all handles, are compared with their models. In most rounds
 * allocations or copy hooks fail every now and then: an operation that says false must have changed nothing, not even the
 * handle's three words. A round ends by dropping everything, and then no block and no element is left.
 *
 *   array_model_test [operations] [seed]
 */
#include "model_element.h"

#include <stdarg.h>
#include <stddef.h>

enum { SLOTS = 6, LONGEST = 40, ROUND = 150, LENT = 12 };

typedef struct slot {
    elems a;
    int m[2 * LONGEST + LONGEST];
    size_t n;
} slot;

static struct {
    slot slots[SLOTS];
    elem lent[LENT]; /* what x_borrow and the sources of push_n and insert_n point at */
    uint64_t random;
    bool faults;  /* this round injects failures */
    bool freezes; /* this round makes immortal values, so the closing leak check does not hold */
    elems before; /* the subject's handle as it was */
    size_t operations, failed;
} world;

static uint64_t random_next(void) {
    /* splitmix64: tiny, and the same everywhere. */
    uint64_t z = (world.random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t n) { return n ? (size_t)(random_next() % n) : 0; }
static int some_value(void) { return (int)below(30); }

/* ---- the model ---- */

static void model_splice(slot *s, size_t at, size_t remove, const int *values, size_t count) {
    int source[LONGEST * 2] = {0};
    KIT_CHECK(at + remove <= s->n && s->n - remove + count <= sizeof s->m / sizeof *s->m && count <= LONGEST * 2);
    if (count) memcpy(source, values, count * sizeof *source);
    memmove(s->m + at + count, s->m + at + remove, (s->n - at - remove) * sizeof *s->m);
    memcpy(s->m + at, source, count * sizeof *s->m);
    s->n = s->n - remove + count;
}

static void model_copy(slot *to, const slot *from) {
    if (to == from) return;
    memcpy(to->m, from->m, from->n * sizeof *from->m);
    to->n = from->n;
}

static int by_value(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void verify(const slot *s) {
    KIT_CHECK(elems_len(&s->a) == s->n && s->a.n == s->n);
    KIT_CHECK(elems_is_empty(&s->a) == (s->n == 0));
    KIT_CHECK(elems_capacity(&s->a) >= s->n || s->a.h == NULL);
    for (size_t i = 0; i < s->n; i++) KIT_CHECK(elem_value(&s->a.p[i]) == s->m[i]);
}

/* ---- outcome of an operation ---- */

static bool faults_injected(void) { return kit.injected + lives.injected > 0; }

static void faults_none(void) {
    kit_fail_none();
    tracked_fail_none();
}

static void faults_arm(const slot *s) {
    faults_none();
    if (!world.faults || below(3)) return;
    bool sticky = below(2);
    if (below(2))
        kit_fail(1 + below(4), sticky);
    else
        tracked_fail(1 + below(s->n + 2), sticky);
}

/* True when it worked. False only by an injected fault, with its reason, and the handle untouched. */
static bool worked(const slot *s, bool said) {
    if (said) return true;
    cow_error_code why = cow_error();
    KIT_CHECK(faults_injected() && "false without a fault");
    KIT_CHECK((why == COW_NOMEM && kit.injected) || (why == COW_HOOK && lives.injected));
    KIT_CHECK(s->a.p == world.before.p && s->a.n == world.before.n && s->a.h == world.before.h);
    world.failed++;
    return false;
}

static slot *another(void) { return &world.slots[below(SLOTS)]; }

/* A run of values to put in: from the lent elements, from the array itself, or from another array. */
static const elem *some_source(slot *s, slot *other, int *values, size_t *count) {
    slot *from = below(2) ? s : other;
    if (from->n == 0 || below(3) == 0) {
        *count = below(LENT);
        for (size_t i = 0; i < *count; i++) values[i] = elem_value(&world.lent[i]);
        return world.lent;
    }
    size_t at = below(from->n);
    *count = below(from->n - at + 1);
    memcpy(values, from->m + at, *count * sizeof *values);
    return from->a.p + at;
}

/* ---- operations: each does one thing to s, and to its model when it worked ---- */

static void op_push(slot *s, slot *other) {
    (void)other;
    int value = some_value();
    elem e = elem_make(value);
    if (worked(s, elems_push(&s->a, e)))
        model_splice(s, s->n, 0, &value, 1);
    else
        elem_drop(&e);
}

static void op_push_front(slot *s, slot *other) {
    (void)other;
    int value = some_value();
    elem e = elem_make(value);
    if (worked(s, elems_push_front(&s->a, e)))
        model_splice(s, 0, 0, &value, 1);
    else
        elem_drop(&e);
}

static void op_push_n(slot *s, slot *other) {
    int values[2 * LONGEST];
    size_t count;
    const elem *source = some_source(s, other, values, &count);
    if (worked(s, elems_push_n(&s->a, source, count))) model_splice(s, s->n, 0, values, count);
}

static void op_insert(slot *s, slot *other) {
    (void)other;
    int value = some_value();
    size_t at = below(s->n + 1);
    elem e = elem_make(value);
    if (worked(s, elems_insert(&s->a, at, e)))
        model_splice(s, at, 0, &value, 1);
    else
        elem_drop(&e);
}

static void op_insert_n(slot *s, slot *other) {
    int values[2 * LONGEST];
    size_t count, at = below(s->n + 1);
    const elem *source = some_source(s, other, values, &count);
    if (worked(s, elems_insert_n(&s->a, at, source, count))) model_splice(s, at, 0, values, count);
}

/* What pop, pop_front, take and swap_remove hand out is ours, and is the value that was there. */
static void received(elem *e, int value) {
    KIT_CHECK(elem_value(e) == value);
    elem_drop(e);
}

static void op_pop(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    elem e;
    bool want = below(3);
    if (!worked(s, elems_pop(&s->a, want ? &e : NULL))) return;
    if (want) received(&e, s->m[s->n - 1]);
    model_splice(s, s->n - 1, 1, NULL, 0);
}

static void op_pop_front(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    elem e;
    bool want = below(3);
    if (!worked(s, elems_pop_front(&s->a, want ? &e : NULL))) return;
    if (want) received(&e, s->m[0]);
    model_splice(s, 0, 1, NULL, 0);
}

static void op_take(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    size_t at = below(s->n);
    elem e;
    if (!worked(s, elems_take(&s->a, at, &e))) return;
    received(&e, s->m[at]);
    model_splice(s, at, 1, NULL, 0);
}

static void op_swap_remove(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    size_t at = below(s->n);
    elem e;
    bool want = below(3);
    if (!worked(s, elems_swap_remove(&s->a, at, want ? &e : NULL))) return;
    if (want) received(&e, s->m[at]);
    s->m[at] = s->m[s->n - 1];
    model_splice(s, s->n - 1, 1, NULL, 0);
}

static void op_erase(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    size_t at = below(s->n);
    if (worked(s, elems_erase(&s->a, at))) model_splice(s, at, 1, NULL, 0);
}

static void op_erase_range(slot *s, slot *other) {
    (void)other;
    size_t begin = below(s->n + 1), end = begin + below(s->n - begin + 1);
    if (worked(s, elems_erase_range(&s->a, begin, end))) model_splice(s, begin, end - begin, NULL, 0);
}

static void op_set(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    size_t at = below(s->n);
    int value = some_value();
    elem e = elem_make(value);
    if (worked(s, elems_set(&s->a, at, e)))
        s->m[at] = value;
    else
        elem_drop(&e);
}

/* Through a pointer: the element is exchanged for a new one, as a user of mut and edit would. */
static void write_through(elem *p, int value) {
    elem old = *p;
    *p = elem_make(value);
    elem_drop(&old);
}

static void op_mut(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    size_t at = below(s->n);
    elem *p = elems_mut(&s->a, at);
    if (!worked(s, p != NULL)) return;
    s->m[at] = some_value();
    write_through(p, s->m[at]);
}

static void op_edit(slot *s, slot *other) {
    (void)other;
    if (s->n == 0) return;
    elem *p = elems_edit(&s->a);
    if (!worked(s, p != NULL)) return;
    KIT_CHECK(p == s->a.p && !elems_is_shared(&s->a));
    for (size_t i = 0; i < s->n; i += 3) {
        s->m[i] = some_value();
        write_through(&p[i], s->m[i]);
    }
}

static void op_resize(slot *s, slot *other) {
    slot *from = below(2) ? s : other;
    size_t size = below(LONGEST);
    int values[2 * LONGEST];
    const elem *fill = NULL;
    /* Zero bytes are no tracked element, so a NULL fill is for the other types only. */
    bool zero_is_legal =
        MODEL_ELEMENT == PLAIN || MODEL_ELEMENT == ALIGNED || MODEL_ELEMENT == ODD || MODEL_ELEMENT == NESTED;
    int value = ZERO_VALUE;
    if (from->n && (!zero_is_legal || below(2))) {
        size_t at = below(from->n);
        fill = from->a.p + at;
        value = from->m[at];
    } else if (!zero_is_legal) {
        fill = world.lent;
        value = elem_value(fill);
    }
    for (size_t i = 0; i < size; i++) values[i] = value;
    if (!worked(s, elems_resize(&s->a, size, fill))) return;
    if (size < s->n)
        s->n = size;
    else
        model_splice(s, s->n, 0, values, size - s->n);
}

static void op_truncate(slot *s, slot *other) {
    (void)other;
    size_t size = below(s->n + 1);
    if (worked(s, elems_truncate(&s->a, size))) s->n = size;
}

static void op_clear(slot *s, slot *other) {
    (void)other;
    elems_clear(&s->a);
    s->n = 0;
}

static void op_reserve(slot *s, slot *other) {
    (void)other;
    size_t room = below(2 * LONGEST);
    if (worked(s, elems_reserve(&s->a, room))) KIT_CHECK(room == 0 || elems_capacity(&s->a) >= room);
}

static void op_shrink(slot *s, slot *other) {
    (void)other;
    (void)worked(s, elems_shrink(&s->a));
}

static void op_slice(slot *s, slot *other) {
    size_t begin = below(other->n + 1), end = begin + below(other->n - begin + 1);
    elems part = elems_slice(&other->a, begin, end);
    int values[2 * LONGEST];
    size_t count = end - begin;
    memcpy(values, other->m + begin, count * sizeof *values);
    elems_drop(&s->a);
    s->a = part;
    memcpy(s->m, values, count * sizeof *values);
    s->n = count;
}

static void op_copy(slot *s, slot *other) {
    if (s == other) return;
    elems_drop(&s->a);
    s->a = elems_copy(&other->a);
    model_copy(s, other);
}

static void op_assign(slot *s, slot *other) {
    elems_assign(&s->a, &other->a);
    model_copy(s, other);
}

static void op_swap(slot *s, slot *other) {
    elems_swap(&s->a, &other->a);
    if (s == other) return;
    slot was = *s;
    model_copy(s, other);
    model_copy(other, &was);
}

static void op_move(slot *s, slot *other) {
    if (s == other) return;
    elems_drop(&s->a);
    s->a = elems_move(&other->a);
    model_copy(s, other);
    other->n = 0;
}

static void op_concat(slot *s, slot *other) {
    int values[2 * LONGEST];
    size_t count = other->n;
    memcpy(values, other->m, count * sizeof *values);
    if (worked(s, elems_concat(&s->a, &other->a))) model_splice(s, s->n, 0, values, count);
}

static void op_reverse(slot *s, slot *other) {
    (void)other;
    if (!worked(s, elems_reverse(&s->a))) return;
    for (size_t i = 0; i < s->n / 2; i++) {
        int value = s->m[i];
        s->m[i] = s->m[s->n - 1 - i];
        s->m[s->n - 1 - i] = value;
    }
}

static void op_rotate(slot *s, slot *other) {
    (void)other;
    size_t by = below(s->n + 1);
    if (!worked(s, elems_rotate(&s->a, by))) return;
    int values[2 * LONGEST];
    for (size_t i = 0; i < s->n; i++) values[i] = s->m[(i + by) % s->n];
    memcpy(s->m, values, s->n * sizeof *values);
}

static int by_element(const elem *a, const elem *b, void *context) {
    (void)context;
    int x = elem_value(a), y = elem_value(b);
    return (x > y) - (x < y);
}

static void op_sort(slot *s, slot *other) {
    (void)other;
    bool said;
    switch (below(4)) {
    case 0: said = elems_sort(&s->a); break;
    case 1: said = elems_sort_by(&s->a, by_element, NULL); break;
    case 2: said = elems_sort_stable(&s->a); break;
    default: said = elems_sort_stable_by(&s->a, by_element, NULL); break;
    }
    if (!worked(s, said)) return;
    qsort(s->m, s->n, sizeof *s->m, by_value);
    KIT_CHECK(elems_is_sorted(&s->a));
}

static void op_fill(slot *s, slot *other) {
    slot *from = below(2) ? s : other;
    const elem *with = world.lent;
    if (from->n) with = from->a.p + below(from->n);
    int value = elem_value(with);
    if (!worked(s, elems_fill(&s->a, with))) return;
    for (size_t i = 0; i < s->n; i++) s->m[i] = value;
}

static bool keep_if(const elem *e, void *context) { return elem_value(e) % *(int *)context != 0; }

static void op_retain_if(slot *s, slot *other) {
    (void)other;
    int divisor = 2 + (int)below(4);
    if (!worked(s, elems_retain_if(&s->a, keep_if, &divisor))) return;
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->m[i] % divisor != 0) s->m[kept++] = s->m[i];
    s->n = kept;
}

static void op_dedup(slot *s, slot *other) {
    (void)other;
    if (!worked(s, elems_dedup(&s->a))) return;
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++)
        if (kept == 0 || s->m[kept - 1] != s->m[i]) s->m[kept++] = s->m[i];
    s->n = kept;
}

static void op_from(slot *s, slot *other) {
    int values[2 * LONGEST];
    size_t count;
    const elem *source = some_source(s, other, values, &count);
    elems made = {0};
    if (!elems_from(&made, source, count)) {
        KIT_CHECK(faults_injected() && made.p == NULL && made.n == 0 && made.h == NULL);
        world.failed++;
        return;
    }
    elems_drop(&s->a);
    s->a = elems_move(&made);
    s->n = 0;
    model_splice(s, 0, 0, values, count);
}

static void op_borrow(slot *s, slot *other) {
    (void)other;
    size_t count = below(LENT + 1);
    elems_drop(&s->a);
    s->a = elems_borrow(world.lent, count);
    s->n = count;
    for (size_t i = 0; i < count; i++) s->m[i] = elem_value(&world.lent[i]);
}

static void op_with_capacity(slot *s, slot *other) {
    (void)other;
    elems made = {0};
    if (!elems_with_capacity(&made, below(LONGEST))) {
        KIT_CHECK(faults_injected());
        return;
    }
    elems_drop(&s->a);
    s->a = made;
    s->n = 0;
}

static void op_freeze(slot *s, slot *other) {
    (void)other;
    if (world.freezes && below(4) == 0) elems_freeze(&s->a);
}

/* Reading: everything that only looks, against the model. */
static void op_read(slot *s, slot *other) {
    int value = some_value();
    elem key = elem_make(value);
    size_t count = 0, first = COW_NPOS;
    for (size_t i = s->n; i-- > 0;) {
        if (s->m[i] != value) continue;
        count++;
        first = i;
    }
    KIT_CHECK(elems_count(&s->a, &key) == count);
    size_t last = COW_NPOS, from = below(s->n + 2), next = COW_NPOS, before = COW_NPOS;
    for (size_t i = 0; i < s->n; i++) {
        if (s->m[i] != value) continue;
        last = i;
        if (i >= from && next == COW_NPOS) next = i;
        if (i <= from) before = i;
    }
    KIT_CHECK(elems_index_of(&s->a, &key) == first);
    KIT_CHECK(elems_last_index_of(&s->a, &key) == last);
    KIT_CHECK(elems_index_of_from(&s->a, &key, from) == next);
    KIT_CHECK(elems_last_index_of_from(&s->a, &key, from) == before);
    KIT_CHECK(elems_contains(&s->a, &key) == (count > 0));
    KIT_CHECK(elems_find(&s->a, &key) == (count ? s->a.p + first : NULL));
    KIT_CHECK(elems_get(&s->a, s->n) == NULL && cow_error() == COW_RANGE);
    elem_drop(&key);
    bool same = s->n == other->n && memcmp(s->m, other->m, s->n * sizeof *s->m) == 0;
    KIT_CHECK(elems_equal(&s->a, &other->a) == same);
    elems_iter walk = elems_iter_of(&s->a);
    const elem *e;
    size_t at = 0, stop = below(2) ? s->n : below(s->n + 1);
    while (at < stop && elems_iter_next(&walk, &e)) KIT_CHECK(elem_value(e) == s->m[at++]);
    KIT_CHECK(at == stop);
    elems_iter_drop(&walk);
}

/* An object iterator sees the value as it was, whatever happens to the variable meanwhile. */
static void op_iterate_and_write(slot *s, slot *other) {
    int was[2 * LONGEST];
    size_t n = s->n, at = 0;
    memcpy(was, s->m, n * sizeof *was);
    elems_iter walk = elems_iter_of(&s->a);
    const elem *e;
    while (elems_iter_next(&walk, &e)) {
        KIT_CHECK(elem_value(e) == was[at++]);
        if (at == 2) op_push(s, other);
        world.before = s->a;
        if (at == 3) op_pop(s, other);
        world.before = s->a;
    }
    KIT_CHECK(at == n);
}

typedef struct operation {
    const char *name;
    void (*run)(slot *s, slot *other);
    unsigned weight;
} operation;

#define OPERATION(name, weight) \
    { #name, op_##name, weight }
static const operation operations[] = {
    OPERATION(push, 12),
    OPERATION(pop, 6),
    OPERATION(push_n, 4),
    OPERATION(push_front, 5),
    OPERATION(pop_front, 4),
    OPERATION(insert, 4),
    OPERATION(insert_n, 3),
    OPERATION(erase, 4),
    OPERATION(erase_range, 3),
    OPERATION(take, 3),
    OPERATION(swap_remove, 3),
    OPERATION(set, 4),
    OPERATION(mut, 4),
    OPERATION(edit, 2),
    OPERATION(resize, 3),
    OPERATION(truncate, 4),
    OPERATION(clear, 1),
    OPERATION(reserve, 3),
    OPERATION(shrink, 2),
    OPERATION(slice, 8),
    OPERATION(copy, 8),
    OPERATION(assign, 3),
    OPERATION(swap, 1),
    OPERATION(move, 1),
    OPERATION(concat, 3),
    OPERATION(reverse, 2),
    OPERATION(rotate, 2),
    OPERATION(sort, 2),
    OPERATION(fill, 2),
    OPERATION(retain_if, 2),
    OPERATION(dedup, 2),
    OPERATION(from, 2),
    OPERATION(borrow, 1),
    OPERATION(with_capacity, 1),
    OPERATION(freeze, 1),
    OPERATION(read, 4),
    OPERATION(iterate_and_write, 2),
};

static const operation *some_operation(void) {
    enum { COUNT = sizeof operations / sizeof *operations };
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) total += operations[i].weight;
    size_t left = below(total);
    for (size_t i = 0;; i++) {
        if (left < operations[i].weight) return &operations[i];
        left -= operations[i].weight;
    }
}

static void step(size_t number) {
    slot *s = another(), *other = another();
    const operation *op = some_operation();
    while (s->n + other->n > LONGEST) {
        slot *longer = s->n > other->n ? s : other;
        elems_drop(&longer->a);
        longer->n = 0;
    }
    snprintf(kit_context, sizeof kit_context, "operation %zu: %s, n=%zu, other n=%zu%s", number, op->name, s->n,
             other->n, s == other ? " (the same)" : "");
    faults_arm(s);
    world.before = s->a;
    op->run(s, other);
    faults_none();
    verify(s);
    verify(other);
    for (size_t i = 0; i < SLOTS && number % 4 == 0; i++) verify(&world.slots[i]);
    world.operations++;
}

static void finish_round(void) {
    snprintf(kit_context, sizeof kit_context, "after operation %zu: the round's end", world.operations);
    for (size_t i = 0; i < SLOTS; i++) {
        verify(&world.slots[i]);
        elems_drop(&world.slots[i].a);
        KIT_CHECK(world.slots[i].a.p == NULL && world.slots[i].a.n == 0 && world.slots[i].a.h == NULL);
        elems_drop(&world.slots[i].a);
        world.slots[i].n = 0;
    }
    for (size_t i = 0; i < LENT; i++) elem_drop(&world.lent[i]);
    if (world.freezes) {
        kit_abandon();
        tracked_abandon();
        return;
    }
    KIT_CHECK(lives.alive == 0 && "every element is destroyed");
    KIT_CHECK(kit_lost_blocks() == 0 && "every block is given back");
}

static void run_round(size_t number, size_t steps) {
    world.faults = number % 4 != 0;
    world.freezes = number % 8 == 7 && !KIT_KEEPS_DEAD;
    for (int i = 0; i < LENT; i++) world.lent[i] = elem_make(100 + i);
    for (size_t i = 0; i < steps; i++) step(world.operations);
    finish_round();
}

int main(int argc, char **argv) {
    size_t wanted = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 400000;
    world.random = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (size_t round = 0; world.operations < wanted; round++) run_round(round, ROUND);
    printf("array model, element type %d: %zu operations, %zu of them failed on purpose, all values as the model's\n",
           MODEL_ELEMENT, world.operations, world.failed);
    free(lives.state);
    return 0;
}

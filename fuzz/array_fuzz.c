/* SPDX-License-Identifier: MIT */
/* array_fuzz: operations on six arrays that share buffers; after each one every array is compared with a naive copy of what it
   should hold. Sources alias, allocations and copy hooks fail when the input says so. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "array_world.h"
#include "program.h"

/* ---- Plans ---- */

static size_t size_of(size_t i) { return wanted[i].n; }

static bool room(size_t n) { return size_of(self) + n <= MOST; }

static bool pick_value(void) {
    value = next_byte() % 100;
    return true;
}

/* A place before which something can be inserted; once in a while one too far. */
static bool pick_gap(void) {
    at = below(size_of(self) + 2);
    if (at > size_of(self)) refusal = COW_RANGE;
    return true;
}

/* An element at `at`, with its value, or the reason why there is none. */
static bool pick_at(size_t i) {
    at = i;
    if (i < size_of(self))
        value = wanted[self].v[i];
    else
        refusal = size_of(self) ? COW_RANGE : COW_ABSENT;
    return true;
}

static bool pick_first(void) { return pick_at(0); }
static bool pick_last(void) { return pick_at(size_of(self) ? size_of(self) - 1 : 0); }
static bool pick_any(void) { return pick_at(below(size_of(self) + 1)); }

static bool pick_in_range(void) {
    at = below(size_of(self) + 1);
    if (at >= size_of(self)) refusal = COW_RANGE;
    return pick_value();
}

static bool pick_piece(void) {
    at = below(size_of(self) + 1);
    count = below(size_of(self) - at + 2);
    if (at + count > size_of(self)) refusal = COW_RANGE;
    return true;
}

static bool pick_other(void) {
    other = below(ARRAYS);
    return true;
}

static bool pick_source(void) {
    other = below(ARRAYS);
    from = below(size_of(other) + 1);
    length = below(size_of(other) - from + 1);
    return true;
}

static bool pick_source_element(void) {
    other = below(ARRAYS);
    from = below(size_of(other));
    return size_of(other) > 0;
}

static bool pick_size(size_t most) {
    count = below(most + 1);
    return true;
}

static bool pick_shorter(void) {
    count = below(size_of(self) + 2);
    if (count > size_of(self)) refusal = COW_RANGE;
    return true;
}

/* ---- The model ---- */

static void splice(size_t place, size_t removed, const int *src, size_t n) {
    int copy[MOST];
    int *v = wanted[self].v;
    if (n) memcpy(copy, src, n * sizeof *src);
    memmove(v + place + n, v + place + removed, (size_of(self) - place - removed) * sizeof *v);
    memcpy(v + place, copy, n * sizeof *copy);
    wanted[self].n += n - removed;
}

static void add(size_t place) {
    int number = (int)value;
    splice(place, 0, &number, 1);
}

static void take_out(size_t place) { splice(place, 1, NULL, 0); }
static void add_source(size_t place) { splice(place, 0, wanted[other].v + from, length); }
static void become_source(void) {
    int old[MOST];
    memcpy(old, wanted[other].v + from, length * sizeof *old);
    want(self, length, old);
}

static void fill_last_in(void) {
    wanted[self].v[at] = wanted[self].v[size_of(self) - 1];
    wanted[self].n--;
}

static void exchange(void) {
    int mine[MOST];
    size_t n = size_of(self);
    memcpy(mine, wanted[self].v, sizeof mine);
    want(self, size_of(other), wanted[other].v);
    want(other, n, mine);
}

static void resize_to(size_t n, int fill) {
    for (size_t i = size_of(self); i < n; i++) wanted[self].v[i] = fill;
    wanted[self].n = n;
}

static void fill_all(int fill) {
    size_t n = size_of(self);
    wanted[self].n = 0;
    resize_to(n, fill);
}

static void keep(bool twins_go) {
    size_t kept = 0;
    int *v = wanted[self].v;
    for (size_t i = 0; i < size_of(self); i++)
        if (twins_go ? !kept || v[kept - 1] != v[i] : v[i] % 2 == 0) v[kept++] = v[i];
    wanted[self].n = kept;
}

static void insertion_sort(int divisor) {
    int *v = wanted[self].v;
    for (size_t i = 1; i < size_of(self); i++)
        for (size_t k = i; k && v[k] / divisor < v[k - 1] / divisor; k--) {
            int t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
}

static void turn(size_t by, bool backwards) {
    int old[MOST];
    size_t n = size_of(self);
    memcpy(old, wanted[self].v, sizeof old);
    for (size_t i = 0; i < n; i++) wanted[self].v[i] = old[backwards ? n - 1 - i : (i + by) % n];
}

static void increment_all(void) {
    for (size_t i = 0; i < size_of(self); i++) wanted[self].v[i] = (wanted[self].v[i] + 1) % 100;
}

static void put_shelf(void) {
    for (size_t i = 0; i < count; i++) wanted[self].v[i] = (int)i;
    wanted[self].n = count;
}

/* ---- What reads must give ---- */

static size_t first_place(void) {
    for (size_t i = 0; i < size_of(self); i++)
        if (wanted[self].v[i] == value) return i;
    return COW_NPOS;
}

/* How many elements come before `number`. */
static size_t elements_below(long long number) {
    size_t n = 0;
    for (size_t i = 0; i < size_of(self); i++) n += wanted[self].v[i] < number;
    return n;
}

static bool sorted(void) {
    for (size_t i = 1; i < size_of(self); i++)
        if (wanted[self].v[i] < wanted[self].v[i - 1]) return false;
    return true;
}

static long long sum(void) {
    long long s = 0;
    for (size_t i = 0; i < size_of(self); i++) s += wanted[self].v[i];
    return s;
}

static int order(void) {
    for (size_t i = 0; i < size_of(self) && i < size_of(other); i++)
        if (wanted[self].v[i] != wanted[other].v[i]) return sign_of(wanted[self].v[i] - wanted[other].v[i]);
    return (size_of(self) > size_of(other)) - (size_of(self) < size_of(other));
}

/* ---- The table: name, weight, plan, call, effect ---- */

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    TRY(push, 12, room(1) && pick_value(), given(boxes_push(&a[self], offer(value))), add(size_of(self))) \
    TRY(push_front, 6, room(1) && pick_value(), given(boxes_push_front(&a[self], offer(value))), add(0)) \
    TRY(insert, 6, room(1) && pick_gap() && pick_value(), given(boxes_insert(&a[self], at, offer(value))), add(at)) \
    TRY(pop, 4, pick_last(), took(boxes_pop(&a[self], &taken), value), take_out(at)) \
    TRY(pop_away, 2, pick_last(), boxes_pop(&a[self], NULL), take_out(at)) \
    TRY(pop_front, 4, pick_first(), took(boxes_pop_front(&a[self], &taken), value), take_out(at)) \
    TRY(pop_front_away, 2, pick_first(), boxes_pop_front(&a[self], NULL), take_out(at)) \
    TRY(take, 4, pick_any(), took(boxes_take(&a[self], at, &taken), value), take_out(at)) \
    TRY(take_away, 2, pick_any(), boxes_take(&a[self], at, NULL), take_out(at)) \
    TRY(swap_remove, 3, pick_any(), took(boxes_swap_remove(&a[self], at, &taken), value), fill_last_in()) \
    TRY(swap_remove_away, 2, pick_any(), boxes_swap_remove(&a[self], at, NULL), fill_last_in()) \
    TRY(erase, 3, pick_in_range(), boxes_erase(&a[self], at), take_out(at)) \
    TRY(erase_range, 5, pick_piece(), boxes_erase_range(&a[self], at, at + count), splice(at, count, NULL, 0)) \
    TRY(push_n, 6, pick_source() && room(length), boxes_push_n(&a[self], in(other, from), length), add_source(size_of(self))) \
    TRY(insert_n, 6, pick_source() && room(length) && pick_gap(), \
        boxes_insert_n(&a[self], at, in(other, from), length), add_source(at)) \
    TRY(concat, 3, pick_other() && room(length = size_of(other)), boxes_concat(&a[self], &a[other]), add_source(size_of(self))) \
    TRY(concat_slice, 6, pick_source() && room(length), \
        concat_slice(&a[self], &a[other], from, from + length), add_source(size_of(self))) \
    TRY(make_from, 4, pick_source(), replace_when(boxes_from(&made, in(other, from), length), &a[self]), become_source()) \
    TRY(with_capacity, 2, pick_size(MOST), replace_when(boxes_with_capacity(&made, count), &a[self]), want(self, 0, NULL)) \
    TRY(new_in, 2, pick_size(MOST), replace_when(boxes_new_in(&made, count, instance()), &a[self]), want(self, 0, NULL)) \
    DO(borrow, 2, pick_size(8), replace(&a[self], boxes_borrow(shelf, count)), put_shelf()) \
    DO(assign, 12, pick_other() && (length = size_of(other), true), boxes_assign(&a[self], &a[other]), become_source()) \
    DO(slice, 12, pick_source(), replace(&a[self], boxes_slice(&a[other], from, from + length)), become_source()) \
    DO(move, 2, pick_other() && other != self, replace(&a[self], boxes_move(&a[other])), \
       (want(self, size_of(other), wanted[other].v), want(other, 0, NULL))) \
    DO(swap, 3, pick_other(), boxes_swap(&a[self], &a[other]), exchange()) \
    DO(drop, 5, true, boxes_drop(&a[self]), want(self, 0, NULL)) \
    DO(clear, 2, true, boxes_clear(&a[self]), want(self, 0, NULL)) \
    TRY(resize, 4, pick_size(MOST) && pick_source_element(), boxes_resize(&a[self], count, in(other, from)), \
        resize_to(count, wanted[other].v[from])) \
    TRY(truncate, 4, pick_shorter(), boxes_truncate(&a[self], count), resize_to(count, 0)) \
    TRY(reserve, 5, pick_size(MOST), boxes_reserve(&a[self], count), (void)0) \
    TRY(shrink, 3, true, boxes_shrink(&a[self]), (void)0) \
    TRY(set, 8, pick_in_range(), given(boxes_set(&a[self], at, offer(value))), wanted[self].v[at] = (int)value) \
    TRY(mut, 8, pick_in_range(), write_to(boxes_mut(&a[self], at), value), wanted[self].v[at] = (int)value) \
    TRY(edit, 4, (count = size_of(self), refusal = count ? COW_OK : COW_ABSENT, true), \
        increment(boxes_edit(&a[self]), count), increment_all()) \
    TRY(sort, 3, true, boxes_sort(&a[self]), insertion_sort(1)) \
    TRY(sort_stable, 3, true, boxes_sort_stable_by(&a[self], by_tens, NULL), insertion_sort(10)) \
    TRY(sort_all_stable, 1, true, boxes_sort_stable(&a[self]), insertion_sort(1)) \
    TRY(reverse, 3, true, boxes_reverse(&a[self]), turn(0, true)) \
    TRY(rotate, 4, pick_shorter(), boxes_rotate(&a[self], count), turn(count, false)) \
    TRY(retain_if, 3, true, boxes_retain_if(&a[self], is_even, NULL), keep(false)) \
    TRY(dedup, 3, true, boxes_dedup(&a[self]), keep(true)) \
    TRY(fill, 3, pick_source_element(), boxes_fill(&a[self], in(other, from)), fill_all(wanted[other].v[from])) \
    IS(length, 1, true, boxes_len(&a[self]), size_of(self)) \
    IS(index_of, 1, pick_value(), boxes_index_of(&a[self], key(value)), first_place()) \
    IS(count_of, 1, pick_value(), boxes_count(&a[self], key(value)), elements_below(value + 1) - elements_below(value)) \
    IS(is_sorted, 1, true, boxes_is_sorted(&a[self]), sorted()) \
    IS(lower_bound, 1, pick_value() && sorted(), boxes_lower_bound(&a[self], key(value)), elements_below(value)) \
    IS(upper_bound, 1, pick_value() && sorted(), boxes_upper_bound(&a[self], key(value)), elements_below(value + 1)) \
    IS(equal, 2, pick_other(), boxes_equal(&a[self], &a[other]), order() == 0) \
    IS(compare, 2, pick_other(), sign_of(boxes_compare(&a[self], &a[other])), order()) \
    IS(hash, 1, pick_other(), boxes_hash(&a[self], 1) == boxes_hash(&a[other], 1), order() == 0) \
    IS(is_empty, 1, true, boxes_is_empty(&a[self]), size_of(self) == 0) \
    IS(get, 2, pick_any(), number_in(boxes_get(&a[self], at)), at < size_of(self) ? value : -1) \
    IS(front, 1, pick_first(), number_in(boxes_front(&a[self])), size_of(self) ? value : -1) \
    IS(back, 1, pick_last(), number_in(boxes_back(&a[self])), size_of(self) ? value : -1) \
    IS(find, 1, pick_value(), number_in(boxes_find(&a[self], key(value))), first_place() == COW_NPOS ? -1 : value) \
    IS(contains, 1, pick_value(), boxes_contains(&a[self], key(value)), first_place() != COW_NPOS) \
    IS(search, 1, pick_value() && sorted(), boxes_search(&a[self], key(value)) != COW_NPOS, first_place() != COW_NPOS) \
    IS(slice_beyond, 1, pick_any(), boxes_slice(&a[self], at, MOST + 1).n, 0) \
    IS(slice_backwards, 1, pick_any(), boxes_slice(&a[self], at + 1, at).n, 0) \
    IS(iterate, 2, true, sum_of_copy(&a[self]), sum())
/* clang-format on */

PROGRAM_TABLE

static void print_wanted(FILE *out, size_t i) {
    (void)fprintf(out, "    want(%zu, %zu, ", i, size_of(i));
    for (size_t k = 0; k < size_of(i); k++) (void)fprintf(out, "%s%d", k ? ", " : "(const int[]){", wanted[i].v[k]);
    (void)fputs(size_of(i) ? "});\n" : "NULL);\n", out);
}

static const char *const world[] = {
#include "array_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "array",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = ARRAYS,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .check_all = check_all,
    .finish = finish,
    .fallible = true,
    .world = world,
};

/* SPDX-License-Identifier: MIT */
/* list_set_fuzz: operations on sets of four types, two of each, and on all that holds a version of them: snapshots,
   borrows, cached readers, loaded values, iterators. After each operation all of them are compared with what they should
   hold. Arguments point into the set that changes; allocations, hooks and functions given to a change fail when the input
   says so. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "list_set_world.h"
#include "program.h"

/* ---- What the model knows beside the keys ---- */

static struct {
    size_t changes;
    bool live; /* there is a version, if only one of an empty set */
} mark[ALL];

static void begin(void) {
    memset(mark, 0, sizeof mark);
    forge(text, text_length);
}

/* ---- Plans ---- */

/* Whose keys an operation is about: `self` counts those of its kind and type. */
static size_t modelled;
static size_t base; /* of the type */
static bool in_order;

static bool on(size_t type, bool keeps_order, size_t kind, size_t n) {
    base = type;
    in_order = keeps_order;
    self %= n;
    modelled = base + kind + self;
    return true;
}

static size_t size(void) { return wanted[modelled].n; }

static bool has_in(size_t i, size_t number) { return memchr(wanted[i].v, (int)number, wanted[i].n) != NULL; }
static bool has(size_t number) { return has_in(modelled, number); }

static bool refuse_unless(bool ok, int reason) {
    if (!ok && !refusal) refusal = reason;
    return true;
}

static bool pick_key(void) {
    at = below(KEYS);
    return true;
}

/* Every other time one that is there; `other` may have it stored. */
static bool pick_stored(int reason) {
    other = below(SETS);
    at = below(2) && size() ? wanted[modelled].v[below(size())] : below(KEYS);
    return refuse_unless(has(at), reason);
}

static bool pick_set(void) {
    other = below(SETS);
    return true;
}

static bool pick_value(void) {
    other = below(VALUES);
    return true;
}

/* The keys at, at + length, ...: `count` of them. */
static bool pick_run(void) {
    at = below(KEYS);
    count = below(KEYS + 1);
    length = below(8);
    return true;
}

static size_t nth(size_t i) { return (at + i * length) % KEYS; }

/* A piece of the keys of set `other`, or one of them when they have no order. */
static bool pick_own(void) {
    (void)pick_set();
    size_t n = wanted[base + SET + other].n;
    at = below(n);
    count = in_order ? below(n - at + 1) : n > 0;
    return true;
}

/* What a call takes its keys from: a run, or a piece of a set. */
static size_t taken(size_t i, bool own) { return own ? wanted[base + SET + other].v[at + i] : nth(i); }

static bool among(size_t number, bool own) {
    for (size_t i = 0; i < count; i++)
        if (taken(i, own) == number) return true;
    return false;
}

/* How many keys come, each once. */
static bool count_new(bool own) {
    bool met_before[KEYS] = {false};
    value = 0;
    for (size_t i = 0; i < count; i++) {
        size_t number = taken(i, own);
        value += !has(number) && !met_before[number];
        met_before[number] = true;
    }
    return true;
}

/* How many keys go: those among them, or the others. */
static bool count_gone(bool own, bool these) {
    value = 0;
    for (size_t i = 0; i < size(); i++) value += among(wanted[modelled].v[i], own) == these;
    return true;
}

static bool count_multiples(void) {
    at = 1 + below(6);
    value = 0;
    for (size_t i = 0; i < size(); i++) value += wanted[modelled].v[i] % at == 0;
    return true;
}

static size_t new_of_value(void) {
    size_t n = 0, from_value = base + VALUE + other;
    for (size_t i = 0; i < wanted[from_value].n; i++) n += !has(wanted[from_value].v[i]);
    return n;
}

/* Several new keys would come in any order. */
static bool pick_edit(void) {
    count = below(EDITS);
    at = below(KEYS);
    (void)pick_value();
    if ((count == BECOME || count == JOIN) && in_order && new_of_value() > 1) return false;
    return refuse_unless(count != PUT_AND_REFUSE, COW_HOOK);
}

static bool pick_room(void) {
    count = below(size() + 2);
    return refuse_unless(count >= size(), COW_RANGE);
}

static bool pick_some(void) {
    count = 1 + below(size() + 2);
    return true;
}

static bool pick_steps(void) {
    count = 1 + below(16);
    return true;
}

static bool has_run(void) {
    for (size_t i = 0; i < count; i++)
        if (!has(nth(i))) return false;
    return true;
}

/* ---- The model ---- */

static void publish(void) {
    mark[modelled].changes++;
    mark[modelled].live = true;
}

static void publish_if(bool changed) {
    if (changed) publish();
}

static void append(size_t number) {
    if (!has(number)) wanted[modelled].v[wanted[modelled].n++] = (unsigned char)number;
}

/* Keeps the keys for which `stays` is set; what is behind the others is 0. */
static void filter(const bool *stays) {
    unsigned char left[KEYS] = {0};
    size_t n = 0;
    for (size_t i = 0; i < size(); i++)
        if (stays[wanted[modelled].v[i]]) left[n++] = wanted[modelled].v[i];
    want(modelled, n, left);
}

static void take_out(size_t number) {
    bool stays[KEYS];
    for (size_t k = 0; k < KEYS; k++) stays[k] = k != number;
    filter(stays);
}

static void add_taken(bool own) {
    unsigned char all[KEYS];
    for (size_t i = 0; i < count; i++) all[i] = (unsigned char)taken(i, own);
    for (size_t i = 0; i < count; i++) append(all[i]);
    publish_if(value > 0);
}

static void filter_taken(bool own, bool these) {
    bool stays[KEYS];
    for (size_t k = 0; k < KEYS; k++) stays[k] = among(k, own) == these;
    filter(stays);
    publish_if(value > 0);
}

static void filter_multiples(size_t of) {
    bool stays[KEYS];
    for (size_t k = 0; k < KEYS; k++) stays[k] = k % of != 0;
    filter(stays);
}

static void filter_by_value(bool these) {
    bool stays[KEYS];
    for (size_t k = 0; k < KEYS; k++) stays[k] = has_in(base + VALUE + other, k) == these;
    filter(stays);
}

static void append_value(void) {
    size_t i = base + VALUE + other;
    for (size_t k = 0; k < wanted[i].n; k++) append(wanted[i].v[k]);
}

static void become(size_t i) {
    unsigned char copy[KEYS];
    memcpy(copy, wanted[i].v, KEYS);
    want(modelled, wanted[i].n, copy);
}

static void become_nothing(void) { want(modelled, 0, NULL); }

static void edit_set(void) {
    switch (count) {
    case PUT: append(at); break;
    case PUT_AND_ERASE:
        take_out((at + 1) % KEYS);
        append(at);
        break;
    case EMPTY: become_nothing(); break;
    case BECOME:
        filter_by_value(true);
        append_value();
        break;
    case JOIN: append_value(); break;
    case COMMON: filter_by_value(true); break;
    case WITHOUT: filter_by_value(false); break;
    case THIN_OUT: filter_multiples(1 + at % 6); break;
    default: break;
    }
    publish();
}

/* Each one that comes is published by itself. */
static void echo_all(void) {
    unsigned char was[KEYS];
    size_t n = size();
    memcpy(was, wanted[modelled].v, KEYS);
    for (size_t i = 0; i < n; i++) {
        size_t next = (was[i] + 1u) % KEYS, before = size();
        append(next);
        publish_if(size() > before);
    }
}

static void clear_set(void) {
    become_nothing();
    mark[modelled].changes++;
    mark[modelled].live = false;
}

static void drop_set(void) {
    bool live = mark[modelled].live;
    become_nothing();
    mark[modelled].changes += live;
    mark[modelled].live = false;
}

/* A set that is new has no version when it is empty. */
static void remade(void) {
    mark[modelled].changes = size() > 0;
    mark[modelled].live = size() > 0;
}

static void become_run(void) {
    become_nothing();
    for (size_t i = 0; i < count; i++) append(nth(i));
    remade();
}

static bool same_keys(void) {
    size_t i = base + SET + other;
    bool same = size() == wanted[i].n;
    for (size_t k = 0; same && k < wanted[i].n; k++) same = has(wanted[i].v[k]);
    return same;
}

/* ---- The table: name, weight, plan, call, effect; the same rows for each type ---- */

/* clang-format off */
#define OF_SET(x) on(x##_at, x##_in_order, SET, SETS)
#define ROWS(x, TRY, IS, DO) \
    TRY(x##_add_one, 16, OF_SET(x) && pick_key() && refuse_unless(!has(at), COW_EXISTS), \
        given(x##_owns, x##_add(&x##_s[self], offer(x##_owns, at))), (append(at), publish())) \
    TRY(x##_add_run, 10, OF_SET(x) && pick_run() && count_new(false), \
        counts(x##_add_all(&x##_s[self], run(at, count, length), count, &counted), (size_t)value), add_taken(false)) \
    TRY(x##_add_own, 5, OF_SET(x) && pick_own() && count_new(true), \
        counts(x##_add_all(&x##_s[self], x##_own(x##_now(other), x##_at + SET + other, at), count, &counted), (size_t)value), \
        add_taken(true)) \
    TRY(x##_remove_one, 12, OF_SET(x) && pick_stored(COW_ABSENT), x##_remove(&x##_s[self], x##_stored(other, at)), \
        (take_out(at), publish())) \
    TRY(x##_remove_run, 4, OF_SET(x) && pick_run() && count_gone(false, true), \
        counts(x##_remove_all(&x##_s[self], run(at, count, length), count, &counted), (size_t)value), filter_taken(false, false)) \
    TRY(x##_remove_own, 4, OF_SET(x) && pick_own() && count_gone(true, true), \
        counts(x##_remove_all(&x##_s[self], x##_own(x##_now(other), x##_at + SET + other, at), count, &counted), (size_t)value), \
        filter_taken(true, false)) \
    TRY(x##_retain_run, 3, OF_SET(x) && pick_run() && count_gone(false, false), \
        counts(x##_retain_all(&x##_s[self], run(at, count, length), count, &counted), (size_t)value), filter_taken(false, true)) \
    TRY(x##_retain_own, 3, OF_SET(x) && pick_own() && count_gone(true, false), \
        counts(x##_retain_all(&x##_s[self], x##_own(x##_now(other), x##_at + SET + other, at), count, &counted), (size_t)value), \
        filter_taken(true, true)) \
    TRY(x##_thin_out, 4, OF_SET(x) && count_multiples(), \
        counts(x##_remove_if(&x##_s[self], is_multiple, &(size_t){at}, &counted), (size_t)value), \
        (filter_multiples(at), publish_if(value > 0))) \
    DO(x##_empty, 2, OF_SET(x), x##_clear(&x##_s[self]), clear_set()) \
    TRY(x##_update_all, 12, OF_SET(x) && pick_edit(), x##_updates(&x##_s[self], count, at, other), edit_set()) \
    TRY(x##_join, 3, OF_SET(x) && pick_value(), x##_joins(self, other), (void)0) \
    TRY(x##_remake_run, 3, OF_SET(x) && pick_run(), x##_remake(self, run(at, count, length), count), become_run()) \
    DO(x##_drop_one, 2, OF_SET(x), x##_drop(&x##_s[self]), drop_set()) \
    DO(x##_echo_all, 2, OF_SET(x), x##_echo(self), echo_all()) \
    DO(x##_keep_one, 8, on(x##_at, x##_in_order, SNAPSHOT, SNAPSHOTS) && pick_set(), x##_keep(self, other), become(base + SET + other)) \
    DO(x##_keep_again, 2, on(x##_at, x##_in_order, SNAPSHOT, SNAPSHOTS) && (other = below(SNAPSHOTS), true), \
       x##_keep_copy(self, other), become(base + SNAPSHOT + other)) \
    DO(x##_forget, 3, on(x##_at, x##_in_order, SNAPSHOT, SNAPSHOTS), x##_snapshot_drop(&x##_kept[self]), become_nothing()) \
    DO(x##_load_one, 8, on(x##_at, x##_in_order, VALUE, VALUES) && pick_set(), x##_load_from(self, other), become(base + SET + other)) \
    DO(x##_drop_value, 2, on(x##_at, x##_in_order, VALUE, VALUES), x##_give_up(self), become_nothing()) \
    TRY(x##_change_value, 4, on(x##_at, x##_in_order, VALUE, VALUES) && pick_key(), x##_change_copy(self, at), (void)0) \
    DO(x##_borrow_one, 6, on(x##_at, x##_in_order, BORROWED, GUARDS) && pick_set(), x##_borrow_from(self, other), \
       become(base + SET + other)) \
    DO(x##_end_one, 4, on(x##_at, x##_in_order, BORROWED, GUARDS), x##_end(&x##_g[self]), become_nothing()) \
    IS(x##_cached_one, 4, on(x##_at, x##_in_order, SET, READERS) && pick_set(), x##_read_cached(self, other), true) \
    DO(x##_idle_one, 2, on(x##_at, x##_in_order, SET, READERS), x##_idle(&x##_r[self]), (void)0) \
    DO(x##_walk, 4, on(x##_at, x##_in_order, SET, ITERS) && pick_set(), x##_walk_from(self, other), (void)0) \
    DO(x##_walk_further, 8, on(x##_at, x##_in_order, SET, ITERS) && pick_steps(), x##_walk_on(self, count), (void)0) \
    DO(x##_walk_end, 1, on(x##_at, x##_in_order, SET, ITERS), x##_walk_away(self), (void)0) \
    IS(x##_length, 1, OF_SET(x), x##_len(&x##_s[self]), size()) \
    IS(x##_empty_or_not, 1, OF_SET(x), x##_is_empty(&x##_s[self]), size() == 0) \
    IS(x##_has_one, 2, OF_SET(x) && pick_stored(0), x##_contains(&x##_s[self], x##_stored(other, at)), has(at)) \
    IS(x##_has_run, 2, OF_SET(x) && pick_run(), x##_contains_all(&x##_s[self], run(at, count, length), count), has_run()) \
    IS(x##_visit_some, 3, OF_SET(x) && pick_some(), x##_visit(self, count), count < size() ? count : size()) \
    TRY(x##_copy_all, 3, OF_SET(x) && pick_room(), x##_copy_out(self, count), (void)0) \
    IS(x##_equal_and_hash, 3, OF_SET(x) && pick_set() && (count = same_keys(), true), x##_agree(self, other, count), true) \
    TRY(x##_print_all, 2, OF_SET(x), x##_print_out(self), (void)0) \
    IS(x##_changes, 2, OF_SET(x), x##_version(&x##_s[self]), mark[modelled].changes) \
    IS(x##_wait_no_time, 1, OF_SET(x) && (at = mark[modelled].changes + below(2), true), x##_wait(&x##_s[self], at, 0), \
       at != mark[modelled].changes)
#define OPERATIONS(TRY, IS, DO) ROWS(bag, TRY, IS, DO) ROWS(row, TRY, IS, DO) ROWS(plain_bag, TRY, IS, DO) ROWS(plain_row, TRY, IS, DO)
/* clang-format on */

PROGRAM_TABLE

static void print_wanted(FILE *out, size_t i) {
    size_t n = wanted[i].n;
    (void)fprintf(out, "    want(%zu, %zu, ", i, n);
    for (size_t k = 0; k < n; k++) (void)fprintf(out, "%s%d", k ? ", " : "(const unsigned char[]){", wanted[i].v[k]);
    (void)fputs(n ? "});\n" : "NULL);\n", out);
}

static const char *const world[] = {
#include "list_set_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "list_set",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = ALL,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .begin = begin,
    .opening = "forge(text, text_length)",
    .check_all = check_all,
    .finish = finish,
    .text_most = 24,
    .fallible = true,
    .calm_most = 60,
    .world = world,
};

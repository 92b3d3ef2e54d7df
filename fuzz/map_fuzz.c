/* SPDX-License-Identifier: MIT */
/* map_fuzz: operations on five maps and three sets that share nodes; after each one all of them are compared with what they should
   hold. The text of the input forges the hashes, so that keys collide in as many bits as it takes to reach each kind of node.
   Keys to look up lie in the map that changes, maps are merged with themselves; allocations, hooks and callbacks fail when the
   input says so. See program.h. */
#define FUZZ_TARGET
#include "kit.h"
#include "map_world.h"
#include "program.h"

/* ---- Plans ---- */

/* Which value: `self` is a map in calls of maps, a set in those of sets; the model has the sets behind the maps. */
static size_t modelled;

static bool on_map(void) {
    self %= MAPS;
    modelled = self;
    return true;
}

static bool on_set(void) {
    self %= SETS;
    modelled = MAPS + self;
    return true;
}

static unsigned char *mine(void) { return wanted[modelled].v; }
static unsigned char *theirs(void) { return wanted[modelled < MAPS ? other : MAPS + other].v; }
static bool has(size_t k) { return mine()[k] != 0; }

static bool pick_other(void) {
    other = below(modelled < MAPS ? MAPS : SETS);
    return true;
}

static bool pick_key(void) {
    at = below(KEYS);
    return true;
}

static bool pick_value(void) {
    value = (long long)below(100);
    return true;
}

/* A key, which may be given as it is stored in a map. It must be there, or must not. */
static bool pick_stored(bool wanted_here) {
    at = below(KEYS);
    other = below(MAPS + 1);
    if (has(at) != wanted_here) refusal = wanted_here ? COW_ABSENT : COW_EXISTS;
    value = has(at) ? mine()[at] - 1 : -1;
    return true;
}

/* Every `text_length`th key has the same byte of the text, and so is of one class. 32 keys fill a leaf. */
static bool pick_run(void) {
    at = below(KEYS);
    count = below(4) ? below(80) : 31 + below(3);
    length = 1 + below(17);
    if (text_length && below(2)) length = text_length;
    return true;
}

static bool pick_divisor(void) {
    count = 1 + below(6);
    return true;
}

static bool pick_steps(void) {
    count = below(64);
    return true;
}

/* ---- The model ---- */

static void set_key(size_t k, long long number) {
    wanted[modelled].n += !mine()[k];
    mine()[k] = (unsigned char)(number + 1);
}

static void unset_key(size_t k) {
    wanted[modelled].n -= mine()[k] != 0;
    mine()[k] = 0;
}

static void set_or_unset(size_t k, unsigned char v) {
    if (v)
        set_key(k, v - 1);
    else
        unset_key(k);
}

static void set_run(long long number, int growth) {
    for (size_t i = 0; i < count; i++) set_key(nth(at, i, length), (number + growth * (long long)i) % 100);
}

static void unset_run(void) {
    for (size_t i = 0; i < count; i++) unset_key(nth(at, i, length));
}

static void unset_all(void) { memset(&wanted[modelled], 0, sizeof *wanted); }
static void become_run(long long number, int growth) { unset_all(), set_run(number, growth); }
static void become(size_t i) { wanted[modelled] = wanted[i]; }
static void become_other(void) { become(modelled < MAPS ? other : MAPS + other); }

static void exchange(size_t i, size_t k) {
    char t[sizeof *wanted];
    memcpy(t, &wanted[i], sizeof t);
    wanted[i] = wanted[k];
    memcpy(&wanted[k], t, sizeof t);
}

static void leave_empty(size_t i) { memset(&wanted[i], 0, sizeof *wanted); }

static void increment_all(void) {
    for (size_t k = 0; k < KEYS; k++)
        if (has(k)) mine()[k] = (unsigned char)(mine()[k] % 100 + 1);
}

static void keep_multiples(bool multiples) {
    for (size_t k = 0; k < KEYS; k++)
        if ((k % count == 0) != multiples) unset_key(k);
}

/* The multiples to `self`, the others to `from`, in this order: it may be the same variable. */
static void part_other(void) {
    unsigned char all[KEYS];
    memcpy(all, wanted[other].v, sizeof all);
    for (size_t k = 0; k < KEYS; k++) set_or_unset(k, k % count ? 0 : all[k]);
    modelled = from;
    for (size_t k = 0; k < KEYS; k++) set_or_unset(k, k % count ? all[k] : 0);
}

enum merge { UNION, INTERSECTION, DIFFERENCE, SYMMETRIC_DIFFERENCE };
enum { WITHOUT_CONFLICT, ADDING };

static unsigned char merged(enum merge how, int conflict, unsigned char x, unsigned char y) {
    bool both = x && y;
    if (how == DIFFERENCE) return y ? 0 : x;
    if (how == SYMMETRIC_DIFFERENCE) return both ? 0 : x ? x : y;
    if (!both) return how == INTERSECTION ? 0 : x ? x : y;
    if (x == y) return x;
    if (conflict == ADDING) return (unsigned char)((x - 1 + y - 1) % 100 + 1);
    return how == UNION ? y : x;
}

static void merge(enum merge how, int conflict) {
    unsigned char by[KEYS];
    memcpy(by, theirs(), sizeof by);
    for (size_t k = 0; k < KEYS; k++) set_or_unset(k, merged(how, conflict, mine()[k], by[k]));
}

/* ---- What reads must give ---- */

static bool same_pairs(void) { return memcmp(mine(), theirs(), KEYS) == 0; }

static bool is_subset(void) {
    for (size_t k = 0; k < KEYS; k++)
        if (mine()[k] && !theirs()[k]) return false;
    return true;
}

static long long difference(void) {
    long long sum = 0;
    for (size_t k = 0; k < KEYS; k++)
        if (mine()[k] != theirs()[k]) sum += digest_change(k, mine()[k], theirs()[k]);
    return sum;
}

static long long sum_of_all(void) {
    long long sum = 0;
    for (size_t k = 0; k < KEYS; k++)
        if (has(k)) sum += digest_change(k, 0, mine()[k]);
    return sum;
}

/* ---- The table: name, weight, plan, call, effect ---- */

/* clang-format off */
#define OPERATIONS(TRY, IS, DO) \
    TRY(put_pair, 10, on_map() && pick_key() && pick_value(), given(dict_put(&m[self], offer_key(at), offer(value))), set_key(at, value)) \
    TRY(put_if_absent, 4, on_map() && pick_stored(false) && pick_value(), \
        given(dict_put_if_absent(&m[self], offer_key(at), offer(value))), set_key(at, value)) \
    TRY(replace_value, 4, on_map() && pick_stored(true) && pick_value(), \
        given_value(dict_replace(&m[self], key_in(other, at), offer(value))), set_key(at, value)) \
    TRY(mut, 4, on_map() && pick_stored(true) && pick_value(), write_to(dict_mut(&m[self], key_in(other, at)), value), set_key(at, value)) \
    TRY(entry, 5, on_map() && pick_key() && (count = !has(at), pick_value()), \
        given_key(write_entry(&m[self], offer_key(at), count, value)), set_key(at, value)) \
    TRY(update, 4, on_map() && pick_stored(true), dict_update(&m[self], key_in(other, at), increment, NULL), set_key(at, (value + 1) % 100)) \
    TRY(update_all, 3, on_map(), dict_update_all(&m[self], increment_each, NULL), increment_all()) \
    TRY(map_values, 3, on_map() && pick_other(), replace_when(dict_map_values(&made, &m[other], increment_into, NULL), &m[self]), \
        (become_other(), increment_all())) \
    TRY(erase_key, 8, on_map() && pick_stored(true), dict_erase(&m[self], key_in(other, at)), unset_key(at)) \
    TRY(take, 4, on_map() && pick_stored(true), took(dict_take(&m[self], key_in(other, at), &taken), value), unset_key(at)) \
    TRY(retain_if, 3, on_map() && pick_divisor(), dict_retain_if(&m[self], is_multiple, &(size_t){count}), keep_multiples(true)) \
    TRY(partition, 3, on_map() && pick_other() && pick_divisor() && (from = below(MAPS), true), \
        part(&m[other], count, &m[self], &m[from]), part_other()) \
    TRY(make_from, 4, on_map() && pick_run() && pick_value(), replace_when(make_run(at, count, length, value), &m[self]), become_run(value, 1)) \
    TRY(new_in, 2, on_map(), replace_when(dict_new_in(&made, instance()), &m[self]), unset_all()) \
    DO(put_many, 14, on_map() && pick_run() && pick_value(), put_run(&m[self], at, count, length, value), set_run(value, 0)) \
    DO(erase_many, 8, on_map() && pick_run(), erase_run(&m[self], at, count, length), unset_run()) \
    TRY(unite, 6, on_map() && pick_other(), dict_union(&m[self], &m[other], NULL, NULL), merge(UNION, WITHOUT_CONFLICT)) \
    TRY(unite_adding, 6, on_map() && pick_other(), dict_union(&m[self], &m[other], add_theirs, NULL), merge(UNION, ADDING)) \
    TRY(intersect, 4, on_map() && pick_other(), dict_intersection(&m[self], &m[other], NULL, NULL), merge(INTERSECTION, WITHOUT_CONFLICT)) \
    TRY(intersect_adding, 4, on_map() && pick_other(), dict_intersection(&m[self], &m[other], add_theirs, NULL), merge(INTERSECTION, ADDING)) \
    TRY(subtract, 5, on_map() && pick_other(), dict_difference(&m[self], &m[other]), merge(DIFFERENCE, 0)) \
    TRY(one_sided, 5, on_map() && pick_other(), dict_symmetric_difference(&m[self], &m[other]), merge(SYMMETRIC_DIFFERENCE, 0)) \
    TRY(patch_to_other, 5, on_map() && pick_other(), patch(&m[self], &m[other]), become_other()) \
    DO(assign, 14, on_map() && pick_other(), dict_assign(&m[self], &m[other]), become_other()) \
    DO(move, 2, on_map() && pick_other() && other != self, replace(&m[self], dict_move(&m[other])), (become_other(), leave_empty(other))) \
    DO(swap, 3, on_map() && pick_other(), dict_swap(&m[self], &m[other]), exchange(self, other)) \
    DO(drop, 4, on_map(), dict_drop(&m[self]), unset_all()) \
    DO(clear, 2, on_map(), dict_clear(&m[self]), unset_all()) \
    DO(walk_from_here, 3, on_map(), begin_walk(self), (void)0) \
    DO(walk_further, 4, on_map() && pick_steps(), walk_on(count), (void)0) \
    IS(length_of, 1, on_map(), dict_len(&m[self]), wanted[self].n) \
    IS(is_empty, 1, on_map(), dict_is_empty(&m[self]), wanted[self].n == 0) \
    IS(get, 2, on_map() && pick_stored(true), held_by(dict_get(&m[self], key_in(other, at))), value) \
    IS(get_or, 1, on_map() && pick_stored(true), got_or(&m[self], key_in(other, at), 111), has(at) ? value : 111) \
    IS(contains, 1, on_map() && pick_stored(true), dict_contains(&m[self], key_in(other, at)), has(at)) \
    IS(find_as, 1, on_map() && pick_key(), dict_find_as(&m[self], forged[at], holds_number, &(size_t){at}) != NULL, has(at)) \
    IS(equal, 3, on_map() && pick_other(), dict_equal(&m[self], &m[other]), same_pairs()) \
    IS(same, 1, on_map() && pick_other(), !dict_same(&m[self], &m[other]) || dict_equal(&m[self], &m[other]), true) \
    IS(hash, 2, on_map() && pick_other(), hashes_agree(self, other), true) \
    IS(subset, 2, on_map() && pick_other(), dict_is_subset(&m[self], &m[other]), is_subset()) \
    IS(diff, 4, on_map() && pick_other(), difference_of(&m[self], &m[other]), difference()) \
    IS(diff_walk, 3, on_map() && pick_other(), difference_walked(&m[self], &m[other]), difference()) \
    IS(fold, 2, on_map(), folded(&m[self]), sum_of_all()) \
    IS(bytes, 2, on_map() && pick_other(), bytes_add_up(&m[self], &m[other]), true) \
    TRY(add_number, 4, on_set() && pick_key(), group_put(&g[self], at), set_key(at, 0)) \
    TRY(add_if_absent, 2, on_set() && pick_stored(false), group_put_if_absent(&g[self], at), set_key(at, 0)) \
    TRY(remove_number, 3, on_set() && pick_stored(true), group_erase(&g[self], number_in(other, at)), unset_key(at)) \
    TRY(take_out, 2, on_set() && pick_stored(true), take_number(&g[self], number_in(other, at), at), unset_key(at)) \
    TRY(retain_numbers, 2, on_set() && pick_divisor(), group_retain_if(&g[self], is_multiple_number, &(size_t){count}), keep_multiples(true)) \
    TRY(make_set_from, 2, on_set() && pick_run(), replace_set_when(make_set(at, count, length), &g[self]), become_run(0, 0)) \
    DO(add_many, 8, on_set() && pick_run(), add_run(&g[self], at, count, length), set_run(0, 0)) \
    DO(remove_many, 5, on_set() && pick_run(), remove_run(&g[self], at, count, length), unset_run()) \
    TRY(unite_sets, 4, on_set() && pick_other(), group_union(&g[self], &g[other]), merge(UNION, 0)) \
    TRY(intersect_sets, 3, on_set() && pick_other(), group_intersection(&g[self], &g[other]), merge(INTERSECTION, 0)) \
    TRY(subtract_sets, 3, on_set() && pick_other(), group_difference(&g[self], &g[other]), merge(DIFFERENCE, 0)) \
    TRY(one_sided_sets, 3, on_set() && pick_other(), group_symmetric_difference(&g[self], &g[other]), merge(SYMMETRIC_DIFFERENCE, 0)) \
    DO(assign_set, 8, on_set() && pick_other(), group_assign(&g[self], &g[other]), become_other()) \
    DO(drop_set, 2, on_set(), group_drop(&g[self]), unset_all()) \
    IS(equal_sets, 2, on_set() && pick_other(), group_equal(&g[self], &g[other]), same_pairs()) \
    IS(subset_of_set, 2, on_set() && pick_other(), group_is_subset(&g[self], &g[other]), is_subset()) \
    IS(diff_of_sets, 2, on_set() && pick_other(), difference_of_sets(&g[self], &g[other]), difference()) \
    DO(compact, 4, on_map(), dict_compact(&m[self]), (void)0)
/* clang-format on */

PROGRAM_TABLE

static void print_wanted(FILE *out_file, size_t i) {
    const unsigned char *v = wanted[i].v;
    size_t runs = 0;
    for (size_t k = 0; k < KEYS; k++) runs += v[k] && (!k || v[k - 1] != v[k]);
    (void)fprintf(out_file, "    want(%zu, %zu, ", i, runs);
    (void)fputs(runs ? "(const struct run[]){" : "NULL", out_file);
    for (size_t k = 0, end; k < KEYS; k = end) {
        for (end = k + 1; end < KEYS && v[end] == v[k]; end++) {
        }
        if (v[k]) (void)fprintf(out_file, "{%zu, %zu, %d}, ", k, end - k, v[k] - 1);
    }
    (void)fputs(runs ? "});\n" : ");\n", out_file);
}

static void begin(void) { forge(text, text_length); }

static const char *const world[] = {
#include "map_world.inc"
    NULL};

const struct target fuzz_target = {
    .name = "map",
    .operations = operations,
    .count = sizeof operations / sizeof *operations,
    .wanted = wanted,
    .values = MAPS + SETS,
    .value_size = sizeof *wanted,
    .print_wanted = print_wanted,
    .begin = begin,
    .opening = "forge(text, text_length)",
    .check_all = check_all,
    .finish = finish,
    .text_most = 24,
    .fallible = true,
    .calm_most = 255,
    .world = world,
};

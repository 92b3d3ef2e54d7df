/* SPDX-License-Identifier: MIT */
/* A user's types may have any names, before and after the first include: among them those that functions of the header give
 * their parameters and locals. Compiled with -Wshadow and -Werror, as C and as C++, but without COW__WARN_SHADOW. */
typedef struct {
    int number;
} value, pair, leaf, inner, node, entry, item, element, test, state, path, step, walk, scan, run, rest;
typedef int key, other, first, last, left, right, begin, end, from, to, out, old, made, lent, found, place, at, top;
typedef char line, note, text, word, part, piece, data, bytes, held, mine, theirs, was, is, yes, no, ctx, acc;
typedef long count, length, size, hash, seed, bits, depth, shift, span, room, kept, all, i, n, m, p, q, s, t, a, b, c,
    d, e, h;

#define COW_IMPLEMENTATION
#include "cow/cow.h"

typedef struct {
    long number;
} lines, name, record, table, unit, alloc, type, env, self, root, slot, base, own, tree, twig, it, v, k, list, set,
    cell, change, fresh, reader, snapshot, guard, expected, timeout, seen, removed, added, among, others, whole, copy,
    copied, ok, src, fn, cmp, by, difference, present, keys, order, last_index;

#define COW_MAP people, key, record
#include "cow/cow.h"
#define COW_MAP forest, leaf *, pair
#define COW_HASH leaf_hash
#define COW_EQUAL leaf_equal
#define COW_VALUE_EQUAL pair_equal
static inline uint64_t leaf_hash(leaf *const *one, uint64_t random) { return cow_hash_u64((uintptr_t)*one, random); }
static inline bool leaf_equal(leaf *const *x, leaf *const *y) { return *x == *y; }
static inline bool pair_equal(const pair *x, const pair *y) { return x->number == y->number; }
#include "cow/cow.h"
#define COW_SET hashes, hash
#include "cow/cow.h"
#define COW_CELL variables, pair
#include "cow/cow.h"
#define COW_LIST rows, note
#include "cow/cow.h"
#define COW_LIST_SET marks, word
#include "cow/cow.h"
#define COW_LIST_SET ranks, part
#define COW_KEEP_ORDER
#include "cow/cow.h"
#define COW_ARRAY values, value
#include "cow/cow.h"

int main(void) {
    record r = {3};
    static people all_people;
    if (!people_put(&all_people, 1, r)) return 1;
    people_drop(&all_people);
    return 0;
}

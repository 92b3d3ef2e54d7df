/* SPDX-License-Identifier: MIT */
/* map_walk: walks over a map, or over two of them side by side. Floor 4, built on map_core.

   A scan hands out the pairs in runs, leaf by leaf. A versus walks one map beside another and hands out the pairs that the
   other lacks or has differently; nodes that both share are skipped, so versions of one map are compared at the cost of
   what differs. Difference, equality, subsets and the algebra of whole maps are all made of it. Neither writes or counts. */
#ifndef COW__MAP_WALK_H
#define COW__MAP_WALK_H

#include "map_core.h"

typedef struct cow__scan {
    const cow__map_type *type;
    const cow__inner *inner[COW__LEVELS];
    uint8_t next[COW__LEVELS];
    unsigned depth;
    bool more;   /* of COW_MAP_EACH: its body has not broken off */
    cow__ref at; /* what comes next, 0: the next slot of the innermost level */
    const cow__node *tree;
    size_t rank;
    const void *run, *end; /* the pairs handed out last */
} cow__scan;

typedef struct cow__versus {
    const cow__map_type *type;
    const cow__inner *inner[COW__LEVELS];
    cow__ref other[COW__LEVELS]; /* what stands beside inner[i]; above it, when it covers more */
    uint8_t next[COW__LEVELS];
    unsigned depth;
    bool alike;  /* the two hash alike: nodes may be shared, and have their counterparts */
    bool values; /* pairs whose values differ count as well */
    uint64_t seed;
    cow__ref at, beside;   /* this map's next node; what the other has beside it, or covers it with */
    unsigned shift;        /* hash bits that `beside` has not used */
    const cow__node *leaf; /* whose pairs are being looked up */
    const cow__node *twin; /* the leaf beside it, when there is just one */
    size_t i, n;
} cow__versus;

COW__BEGIN_C
COW__API void cow__scan_begin(cow__scan *s, const cow__map *m, const cow__map_type *type);
/* The next run is [run, end); false when there is none. */
COW__API bool cow__scan_next(cow__scan *s);
/* Walks `mine` beside `theirs`. With `values`, pairs are handed out also when the values differ. */
COW__API void cow__versus_begin(cow__versus *v, const cow__map *mine, const cow__map *theirs, bool values,
                                const cow__map_type *type);
/* The next pair that the other map lacks (*theirs is NULL) or has with another value. False when there is none. */
COW__API bool cow__versus_next(cow__versus *v, const void **mine, const void **theirs);
COW__API bool cow__map_equal(const cow__map *a, const cow__map *b, const cow__map_type *type);
COW__API bool cow__map_within(const cow__map *a, const cow__map *b, const cow__map_type *type);
/* A hash of all pairs, whatever their order. */
COW__API uint64_t cow__map_hash(const cow__map *m, uint64_t seed, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_WALK_BODY)
#define COW__MAP_WALK_BODY
COW__BEGIN_C

/* Asks for the memory of a node that will be read soon. */
#if defined(__GNUC__)
#define COW__PREFETCH(p) __builtin_prefetch(p)
#else
#define COW__PREFETCH(p) ((void)(p))
#endif

/* The first `n` cache lines of a node. Inlined by force, as all that only prefetches: gcc takes it for without effect, and
   removes calls of it. */
COW__ALWAYS_INLINE void cow__ref_prefetch(cow__ref r, unsigned n) {
    const char *p = (const char *)(r & ~(uintptr_t)1);
    for (unsigned i = 0; i < n; i++) COW__PREFETCH(p + 64 * i);
    (void)p;
}

/* ---- Scanning ---- */

COW__API void cow__scan_begin(cow__scan *s, const cow__map *m, const cow__map_type *type) {
    s->type = type;
    s->depth = 0;
    s->more = true;
    s->at = m->root;
    s->tree = NULL;
    s->rank = 0;
    s->run = s->end = NULL;
}

static void cow__scan_hand_out(cow__scan *s, const void *run, size_t n) {
    s->run = run;
    s->end = (const char *)run + n * s->type->pair.size;
}

/* The next slot of the innermost inner node that is not done; 0 at the end. */
static cow__ref cow__scan_slot(cow__scan *s) {
    while (s->depth && s->next[s->depth - 1] == COW__FAN) s->depth--;
    if (!s->depth) return 0;
    const cow__inner *inner = s->inner[s->depth - 1];
    unsigned i = s->next[s->depth - 1], end = cow__run_end(inner, i);
    if (end < COW__FAN) cow__ref_prefetch(inner->slot[end], 8);
    s->next[s->depth - 1] = (uint8_t)end;
    return inner->slot[i];
}

/* A leaf is read faster than memory delivers it: so the heads of all of a node's are asked for at once, and
   its inner nodes whole. */
COW__ALWAYS_INLINE void cow__scan_prefetch(const cow__inner *inner) {
    for (unsigned i = 0; i < COW__FAN; i++)
        if (!i || inner->slot[i] != inner->slot[i - 1]) cow__ref_prefetch(inner->slot[i], 3);
}

COW__API bool cow__scan_next(cow__scan *s) {
    for (;;) {
        if (s->tree && s->rank < cow__collision_size(s->tree)) {
            cow__scan_hand_out(s, cow__collision_at(s->tree, s->rank++), 1);
            return true;
        }
        cow__ref r = s->at ? s->at : cow__scan_slot(s);
        s->tree = NULL;
        s->at = 0;
        if (!r) return false;
        if (!cow__ref_is_leaf(r)) {
            s->inner[s->depth] = cow__ref_inner(r);
            s->next[s->depth++] = 0;
            cow__scan_prefetch(cow__ref_inner(r));
            continue;
        }
        const cow__node *leaf = cow__ref_leaf(r);
        if (leaf->kind == COW__COLLISION) {
            s->tree = leaf;
            s->rank = 0;
        } else if (leaf->n) {
            cow__scan_hand_out(s, cow__pair_at(leaf, 0, s->type), leaf->n);
            return true;
        }
    }
}

/* ---- Two maps side by side ---- */

COW__API void cow__versus_begin(cow__versus *v, const cow__map *mine, const cow__map *theirs, bool values,
                                const cow__map_type *type) {
    v->type = type;
    v->depth = 0;
    v->alike = mine->seed == theirs->seed;
    v->values = values;
    v->seed = theirs->seed;
    v->beside = theirs->root;
    v->at = mine->root == theirs->root ? 0 : mine->root;
    v->shift = 64;
    v->leaf = v->twin = NULL;
    v->i = v->n = 0;
}

/* What the other map has where slots [i, end) of the innermost level are: sets beside and shift. */
static void cow__versus_beside(cow__versus *v, unsigned i, unsigned end) {
    cow__ref other = v->other[v->depth - 1];
    v->beside = other;
    if (!v->alike || !other || cow__ref_is_leaf(other)) return;
    const cow__inner *inner = cow__ref_inner(other);
    bool one = end - i == 1 || (inner->slot[i] == inner->slot[end - 1] && cow__ref_is_leaf(inner->slot[i]));
    v->shift = 64 - COW__FAN_BITS * (v->depth - 1);
    if (!one) return;
    v->beside = inner->slot[i];
    v->shift -= COW__FAN_BITS;
}

/* The first slot from `i` on in which two nodes differ. */
static unsigned cow__versus_shared(const cow__inner *a, const cow__inner *b, unsigned i) {
    const cow__ref *x = a->slot, *y = b->slot;
    while (i + 4 <= COW__FAN &&
           ((x[i] ^ y[i]) | (x[i + 1] ^ y[i + 1]) | (x[i + 2] ^ y[i + 2]) | (x[i + 3] ^ y[i + 3])) == 0)
        i += 4;
    while (i < COW__FAN && x[i] == y[i]) i++;
    return i;
}

/* Goes to this map's next node that is not shared; 0 at the end. */
static cow__ref cow__versus_slot(cow__versus *v) {
    for (;;) {
        while (v->depth && v->next[v->depth - 1] == COW__FAN) v->depth--;
        if (!v->depth) return 0;
        const cow__inner *inner = v->inner[v->depth - 1];
        unsigned i = v->next[v->depth - 1];
        cow__ref other = v->other[v->depth - 1];
        if (v->alike && other && !cow__ref_is_leaf(other)) i = cow__versus_shared(inner, cow__ref_inner(other), i);
        v->next[v->depth - 1] = (uint8_t)(i < COW__FAN ? cow__run_end(inner, i) : i);
        if (i == COW__FAN) continue;
        cow__versus_beside(v, i, v->next[v->depth - 1]);
        return inner->slot[i];
    }
}

/* How many bytes from the first one on are the same, in whole words or to the end. */
static size_t cow__same_prefix(const char *a, const char *b, size_t n) {
    size_t i = 0;
    for (uint64_t x[4], y[4]; i + sizeof x <= n; i += sizeof x) {
        memcpy(x, a + i, sizeof x);
        memcpy(y, b + i, sizeof y);
        if ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) break;
    }
    for (uint64_t x, y; i + 8 <= n; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y) return i;
    }
    while (i < n && a[i] == b[i]) i++;
    return i;
}

static bool cow__value_same(const char *a, const char *b, const cow__map_type *type) {
    size_t size = type->value_size;
    a += type->value_at;
    b += type->value_at;
    /* Of 8 bytes it is a load and a comparison, not a call. */
    if (type->value_bits && (size == 8 ? memcmp(a, b, 8) : memcmp(a, b, size)) == 0) return true;
    return type->value_equal && type->value_equal(a, b);
}

/* Passes over the pairs whose bits are the same in the same place: the twin is often a copy of the leaf. Padding has no
   meaning, so pairs with any between key and value are left to their equality. */
static void cow__versus_skip(cow__versus *v) {
    const cow__map_type *type = v->type;
    size_t size = type->pair.size, n = v->n < v->twin->n ? v->n : v->twin->n;
    if (v->i >= n || !type->key_bits || !type->value_bits || type->key_size + type->value_size != size) return;
    const char *a = cow__pair_at(v->leaf, v->i, type), *b = cow__pair_at(v->twin, v->i, type);
    size_t bytes = (n - v->i) * size;
    v->i = memcmp(a, b, bytes) == 0 ? n : v->i + cow__same_prefix(a, b, bytes) / size;
}

/* Begins to look up the pairs of a leaf or collision node. */
static void cow__versus_leaf_begin(cow__versus *v, const cow__node *leaf) {
    bool plain = leaf->kind == COW__LEAF;
    v->leaf = leaf;
    v->twin = NULL;
    v->i = 0;
    v->n = plain ? leaf->n : cow__collision_size(leaf);
    if (!plain || !v->alike || !cow__ref_is_leaf(v->beside) || cow__ref_leaf(v->beside)->kind != COW__LEAF) return;
    v->twin = cow__ref_leaf(v->beside);
    cow__versus_skip(v);
}

/* The twin's pair for the key of pair `i`: in the same place as a rule, else among those with the same tag. */
static const void *cow__versus_in_twin(const cow__versus *v, const char *mine, size_t i) {
    const cow__map_type *type = v->type;
    uint8_t tag = v->leaf->tags[i];
    if (i < v->twin->n && v->twin->tags[i] == tag) {
        const char *theirs = cow__pair_at(v->twin, i, type);
        if (type->equal(theirs, mine)) return theirs;
    }
    for (uint32_t m = cow__leaf_candidates(v->twin, tag); m; m &= m - 1) {
        const char *theirs = cow__pair_at(v->twin, cow__lowest_bit(m), type);
        if (type->equal(theirs, mine)) return theirs;
    }
    return NULL;
}

/* The other map's pair for the key of `mine`, pair `i` of its leaf. */
static const void *cow__versus_counterpart(const cow__versus *v, const char *mine, size_t i) {
    cow__env env = {v->type, NULL, v->seed};
    if (v->twin) return cow__versus_in_twin(v, mine, i);
    if (!v->beside) return NULL;
    return cow__map_find_below(v->beside, v->shift, mine, v->type->hash(mine, v->seed), &env);
}

/* The next pair of the leaf that is not the same in the other map. */
static bool cow__versus_leaf(cow__versus *v, const void **mine, const void **theirs) {
    while (v->i < v->n) {
        size_t i = v->i++;
        const char *pair = v->leaf->kind == COW__LEAF ? cow__pair_at(v->leaf, i, v->type)
                                                      : (const char *)cow__collision_at(v->leaf, i);
        const char *other = (const char *)cow__versus_counterpart(v, pair, i);
        if (other && (!v->values || cow__value_same(pair, other, v->type))) continue;
        if (other && v->twin) cow__versus_skip(v);
        *mine = pair;
        *theirs = other;
        return true;
    }
    return false;
}

COW__API bool cow__versus_next(cow__versus *v, const void **mine, const void **theirs) {
    for (;;) {
        if (v->leaf && cow__versus_leaf(v, mine, theirs)) return true;
        cow__ref r = v->at ? v->at : cow__versus_slot(v);
        v->leaf = NULL;
        v->at = 0;
        if (!r) return false;
        if (cow__ref_is_leaf(r)) {
            cow__versus_leaf_begin(v, cow__ref_leaf(r));
        } else {
            v->inner[v->depth] = cow__ref_inner(r);
            v->other[v->depth] = v->beside;
            v->next[v->depth++] = 0;
        }
    }
}

COW__API bool cow__map_within(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    if (a->n > b->n) return false;
    cow__versus_begin(&v, a, b, false, type);
    return !cow__versus_next(&v, &mine, &theirs);
}

COW__API bool cow__map_equal(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    if (a->n != b->n) return false;
    cow__versus_begin(&v, a, b, true, type);
    return !cow__versus_next(&v, &mine, &theirs);
}

COW__API uint64_t cow__map_hash(const cow__map *m, uint64_t seed, const cow__map_type *type) {
    uint64_t sum = 0;
    cow__scan s;
    cow__scan_begin(&s, m, type);
    while (cow__scan_next(&s)) {
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size) {
            uint64_t h = type->hash(p, seed);
            if (type->value_hash) h = type->value_hash(p + type->value_at, h);
            sum += cow_hash_u64(h, seed); /* a sum needs terms without structure */
        }
    }
    return cow_hash_u64(sum ^ (uint64_t)m->n, seed);
}

COW__END_C
#endif

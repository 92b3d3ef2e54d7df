/* SPDX-License-Identifier: MIT */
/* map_algebra: unions, intersections and differences of whole maps. Floor 4, built on map_walk.

   Each works on a copy, which shares all its nodes with the original, and puts it in the original's place when everything
   went well. So a failure changes nothing, and a map may be combined with itself. */
#ifndef COW__MAP_ALGEBRA_H
#define COW__MAP_ALGEBRA_H

#include "map_walk.h"

/* Settles two values for one key: edits *mine. False: the whole operation fails. `fn` and `ctx` are the user's. */
typedef struct cow__conflict {
    bool (*settle)(const struct cow__conflict *c, void *mine, const void *key, const void *theirs);
    void (*fn)(void);
    void *ctx;
} cow__conflict;

COW__BEGIN_C
/* *a becomes its union, intersection, difference, or symmetric difference with *b. `c` NULL: a union takes the values of
   *b, an intersection keeps those of *a. */
COW__API bool cow__map_union(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type);
COW__API bool cow__map_intersection(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type);
COW__API bool cow__map_difference(cow__map *a, const cow__map *b, const cow__map_type *type);
COW__API bool cow__map_symmetric_difference(cow__map *a, const cow__map *b, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_ALGEBRA_BODY)
#define COW__MAP_ALGEBRA_BODY
COW__BEGIN_C

/* Removes the key of *pair. A key that equals nothing, not even itself, cannot be found, and stays. */
static bool cow__map_discard_pair(cow__map *m, const void *pair, const cow__map_type *type) {
    uint64_t h = type->hash(pair, m->seed);
    return !cow__map_find(m, pair, h, type) || cow__map_discard(m, pair, h, type);
}

/* Lets the user settle the value of the key of `theirs` in *m. */
static bool cow__map_settle(cow__map *m, const void *theirs, const cow__conflict *c, const cow__map_type *type) {
    uint64_t h = type->hash(theirs, m->seed);
    if (!cow__map_find(m, theirs, h, type)) return true;
    char *mine = (char *)cow__map_reach(m, theirs, h, type);
    if (!mine) return false;
    if (c->settle(c, mine + type->value_at, mine, (const char *)theirs + type->value_at)) return true;
    return cow__fail(COW_HOOK);
}

COW__API bool cow__map_union(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type) {
    /* When nobody is asked, the larger map is the one to start from. */
    bool from_b = !c && b->n > a->n && cow__map_alloc(a, type) == cow__map_alloc(b, type);
    const cow__map *other = from_b ? a : b;
    cow__map result = cow__map_copy(from_b ? b : a, type), held = cow__map_copy(other, type);
    cow__versus v;
    const void *mine, *theirs;
    bool ok = true;
    cow__versus_begin(&v, &held, from_b ? b : a, !from_b && type->value_size, type);
    while (ok && cow__versus_next(&v, &mine, &theirs))
        ok = theirs && c ? cow__map_settle(&result, mine, c, type) : cow__map_store_copy(&result, mine, type);
    ok = cow__map_conclude(a, &result, ok, type);
    cow__map_drop(&held, type);
    return ok;
}

/* The pairs of *a whose keys *b has, when *b is small: looks each of them up. */
static bool cow__map_pick(cow__map *result, const cow__map *a, const cow__map *b, const cow__conflict *c,
                          const cow__map_type *type) {
    cow__scan s;
    cow__scan_begin(&s, b, type);
    while (cow__scan_next(&s)) {
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size) {
            const char *mine = (const char *)cow__map_find(a, p, type->hash(p, a->seed), type);
            if (!mine) continue;
            if (!cow__map_store_copy(result, mine, type)) return false;
            if (c && !cow__value_same(mine, p, type) && !cow__map_settle(result, p, c, type)) return false;
        }
    }
    return true;
}

/* Whether looking up each pair of `few` in `many` is cheaper than walking both. */
static bool cow__map_fewer(const cow__map *few, const cow__map *many) { return few->n < many->n / 4; }

COW__API bool cow__map_intersection(cow__map *a, const cow__map *b, const cow__conflict *c, const cow__map_type *type) {
    cow__map result = cow__map_fewer(b, a) ? cow__map_empty_like(a) : cow__map_copy(a, type);
    bool ok = true;
    if (cow__map_fewer(b, a)) {
        ok = cow__map_pick(&result, a, b, c, type);
    } else {
        cow__versus v;
        const void *mine, *theirs;
        cow__versus_begin(&v, a, b, c != NULL, type);
        while (ok && cow__versus_next(&v, &mine, &theirs))
            ok = theirs ? cow__map_settle(&result, theirs, c, type) : cow__map_discard_pair(&result, mine, type);
    }
    return cow__map_conclude(a, &result, ok, type);
}

/* Adds copies of the pairs of *a whose keys *b has not. */
static bool cow__map_add_missing(cow__map *result, const cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__versus v;
    const void *mine, *theirs;
    cow__versus_begin(&v, a, b, false, type);
    while (cow__versus_next(&v, &mine, &theirs))
        if (!cow__map_store_copy(result, mine, type)) return false;
    return true;
}

COW__API bool cow__map_difference(cow__map *a, const cow__map *b, const cow__map_type *type) {
    bool few = cow__map_fewer(b, a), ok = true;
    cow__map result = few ? cow__map_copy(a, type) : cow__map_empty_like(a);
    if (few) {
        cow__scan s;
        cow__scan_begin(&s, b, type);
        while (ok && cow__scan_next(&s))
            for (const char *p = (const char *)s.run; ok && p != s.end; p += type->pair.size)
                ok = cow__map_discard_pair(&result, p, type);
    } else {
        ok = cow__map_add_missing(&result, a, b, type);
    }
    return cow__map_conclude(a, &result, ok, type);
}

COW__API bool cow__map_symmetric_difference(cow__map *a, const cow__map *b, const cow__map_type *type) {
    cow__map result = cow__map_empty_like(a);
    bool ok = cow__map_add_missing(&result, a, b, type) && cow__map_add_missing(&result, b, a, type);
    return cow__map_conclude(a, &result, ok, type);
}

COW__END_C
#endif

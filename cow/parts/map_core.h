/* SPDX-License-Identifier: MIT */
/* map_core: what all typed maps share: the way down, splitting, merging. Floor 4, built on collision.

   A change goes down from the root once. It makes every node of its path its own, in place while they are unshared, and
   links each copy at once: so when memory runs out on the way, the map holds what it held. */
#ifndef COW__MAP_CORE_H
#define COW__MAP_CORE_H

#include "array_core.h"
#include "collision.h"

/* What a typed map is. All-zero is empty. `from` is the allocator, 0 for the type's own; its bit 0 marks a frozen value. */
typedef struct cow__map {
    cow__ref root;
    size_t n;
    uint64_t seed;
    uintptr_t from;
} cow__map;

#define COW__MAP_FROZEN ((uintptr_t)1)

static inline const cow_alloc *cow__map_alloc(const cow__map *m, const cow__map_type *type) {
    const cow_alloc *own = (const cow_alloc *)(m->from & ~COW__MAP_FROZEN);
    return own ? own : type->pair.alloc;
}

static inline cow__env cow__map_env(const cow__map *m, const cow__map_type *type) {
    cow__env env;
    env.type = type;
    env.alloc = cow__map_alloc(m, type);
    env.seed = m->seed;
    return env;
}

/* A frozen root is not counted by its handle, nor is it unshared. */
static inline bool cow__map_root_counted(const cow__map *m) { return (m->from & COW__MAP_FROZEN) == 0; }

/* Room for a pair outside any node: on the stack for a small one, else from the map's allocator. */
typedef struct cow__loose {
    max_align_t small[256 / sizeof(max_align_t)];
    void *pair, *block;
    size_t size;
} cow__loose;

/* The way from the root to a pair: inner nodes, and the slot taken in each. */
typedef struct cow__path {
    cow__inner *inner[COW__LEVELS];
    uint8_t slot[COW__LEVELS];
    unsigned depth;
    cow__node *leaf; /* or a collision node */
    size_t at;       /* the pair's place in the leaf, or rank in the tree */
} cow__path;

COW__BEGIN_C
/* Makes the value and its nodes immortal. */
COW__API void cow__map_freeze(cow__map *m, const cow__map_type *type);
/* The pair of `key`, for reading; NULL when there is none. */
COW__API const void *cow__map_find(const cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
COW__API const void *cow__map_find_below(cow__ref r, unsigned shift, const void *key, uint64_t h, const cow__env *env);
/* The same by another kind of key; `equal` is given a key of the map and `probe`. */
COW__API const void *cow__map_find_as(const cow__map *m, uint64_t h, cow_equal_fn equal, const void *probe,
                                      const cow__map_type *type);
/* The pair of `key`, for writing: the map owns its path alone. NULL with COW_ABSENT, COW_NOMEM or COW_HOOK. */
COW__API void *cow__map_reach(cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
/* The same, with a pair made for a key that is absent: the caller fills it at once. */
COW__API void *cow__map_enter(cow__map *m, const void *key, uint64_t h, bool *inserted, const cow__map_type *type);
/* Removes the pair of `key` and moves it to *out. */
COW__API bool cow__map_remove(cow__map *m, const void *key, uint64_t h, void *out, const cow__map_type *type);
/* The same, and drops it. */
COW__API bool cow__map_discard(cow__map *m, const void *key, uint64_t h, const cow__map_type *type);
/* Moves *pair into the map. Of a key that is there, the value is replaced and the key stays. */
COW__API bool cow__map_store(cow__map *m, void *pair, uint64_t h, const cow__map_type *type);
/* Stores a copy of *pair, which may be of another map. */
COW__API bool cow__map_store_copy(cow__map *m, const void *pair, const cow__map_type *type);
/* Room for a pair, and its end. NULL with COW_NOMEM. */
COW__API void *cow__loose_begin(cow__loose *l, const cow_type *pair, const cow_alloc *alloc);
COW__API void cow__loose_end(cow__loose *l, const cow_alloc *alloc);
/* Makes every node the map's own. */
COW__API bool cow__map_own(cow__map *m, const cow__map_type *type);
/* Lets go of what only the bases of its own nodes keep alive. */
COW__API void cow__map_compact(cow__map *m, const cow__map_type *type);
COW__END_C

/* The seed its keys are hashed with; an empty map has none yet, and takes the process's. */
static inline uint64_t cow__map_seed(const cow__map *m) { return m->root ? m->seed : cow_seed(); }

/* One more value of the same nodes. Cost: one increment. */
static inline cow__map cow__map_copy(const cow__map *m, const cow__map_type *type) {
    if (!m->root) return *m;
    COW__REF_WATCH(m->root, type);
    if (cow__map_root_counted(m)) {
        cow__rc_retain(cow__ref_rc(m->root), type->pair.local);
        COW__COUNT(RETAINS, 1);
    }
    return *m;
}

/* One value less; leaves it empty. */
static inline void cow__map_drop(cow__map *m, const cow__map_type *type) {
    cow__map old = *m;
    m->root = 0;
    m->n = 0;
    m->from &= ~COW__MAP_FROZEN;
    if (!old.root || !cow__map_root_counted(&old) || !cow__rc_release(cow__ref_rc(old.root), type->pair.local)) return;
    cow__env env = cow__map_env(&old, type);
    cow__ref_destroy(old.root, &env);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_CORE_BODY)
#define COW__MAP_CORE_BODY
COW__BEGIN_C

/* Ends an operation: the result takes the place of *m, or is given up. */
static bool cow__map_conclude(cow__map *m, cow__map *result, bool ok, const cow__map_type *type) {
    cow__map old = *m;
    if (ok)
        *m = *result;
    else
        old = *result;
    cow__map_drop(&old, type);
    return ok;
}

static cow__map cow__map_empty_like(const cow__map *m) {
    cow__map empty = {0, 0, 0, m->from & ~COW__MAP_FROZEN};
    return empty;
}

/* ---- Finding ---- */

COW__API const void *cow__map_find_below(cow__ref r, unsigned shift, const void *key, uint64_t h, const cow__env *env) {
    while (!cow__ref_is_leaf(r)) {
        shift -= COW__FAN_BITS;
        r = cow__ref_inner(r)->slot[h >> shift & (COW__FAN - 1)];
    }
    const cow__node *leaf = cow__ref_leaf(r);
    if (leaf->kind == COW__COLLISION) {
        size_t place, rank = cow__collision_rank(leaf, key, &place, env);
        return rank == COW_NPOS ? NULL : cow__collision_at(leaf, rank);
    }
    unsigned i = cow__leaf_find(leaf, key, h, env);
    return i == COW__LEAF_MAX ? NULL : cow__pair_at(leaf, i, env->type);
}

COW__API const void *cow__map_find(const cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    return m->root ? cow__map_find_below(m->root, 64, key, h, &env) : NULL;
}

/* An order of keys says nothing of other kinds: so a collision node is searched twig by twig. */
COW__API const void *cow__map_find_as(const cow__map *m, uint64_t h, cow_equal_fn equal, const void *probe,
                                      const cow__map_type *type) {
    cow__map_type other = *type;
    other.equal = equal;
    other.compare = NULL;
    return cow__map_find(m, probe, h, &other);
}

/* ---- The way down for writers ---- */

/* A reference that a writer is about to follow: the slot it stands in, and whether it is counted there. */
typedef struct cow__spot {
    cow__map *map;
    cow__ref *slot;
    cow__inner *parent; /* NULL: the slot is the map's root */
    unsigned index, shift;
    bool counted;
} cow__spot;

static cow__spot cow__spot_root(cow__map *m) {
    cow__spot s = {m, &m->root, NULL, 0, 64, cow__map_root_counted(m)};
    return s;
}

static cow__ref cow__spot_ref(const cow__spot *s) { return *s->slot; }

static bool cow__spot_unique(const cow__spot *s) { return s->counted && cow__rc_unique(cow__ref_rc(cow__spot_ref(s))); }

static void cow__spot_set(cow__spot *s, unsigned span, cow__ref r) {
    if (s->parent) {
        cow__inner_set(s->parent, s->index, span, r);
    } else {
        *s->slot = r;
        s->map->from &= ~COW__MAP_FROZEN;
    }
    s->counted = true;
}

/* Makes the inner node at `s` the map's own. */
static cow__inner *cow__spot_own_inner(cow__spot *s, const cow__env *env) {
    cow__inner *inner = cow__ref_inner(cow__spot_ref(s));
    if (!cow__spot_unique(s)) {
        inner = cow__inner_borrow(inner, s->counted, env);
        if (!inner) return NULL;
        cow__spot_set(s, 0, cow__inner_ref(inner));
    }
    COW__NODE_UNWATCH(inner);
    return inner;
}

/* The same, and goes on to the slot of hash `h` below it. */
static bool cow__spot_descend(cow__spot *s, uint64_t h, const cow__env *env) {
    cow__inner *inner = cow__spot_own_inner(s, env);
    if (!inner) return false;
    s->shift -= COW__FAN_BITS;
    s->index = (unsigned)(h >> s->shift) & (COW__FAN - 1);
    s->parent = inner;
    s->slot = &inner->slot[s->index];
    cow__inner_open(inner, s->index, env);
    s->counted = cow__slot_counted(inner, s->index);
    return true;
}

static bool cow__spot_down(cow__spot *s, uint64_t h, cow__path *path, const cow__env *env) {
    while (!cow__ref_is_leaf(cow__spot_ref(s))) {
        if (!cow__spot_descend(s, h, env)) return false;
        path->inner[path->depth] = s->parent;
        path->slot[path->depth++] = (uint8_t)s->index;
    }
    path->leaf = cow__ref_leaf(cow__spot_ref(s));
    return true;
}

/* Puts a new leaf in the place of the one at `s`, which is given up unless it was moved from. */
static void cow__spot_replace(cow__spot *s, const cow__node *fresh, bool moved, const cow__env *env) {
    cow__ref old = cow__spot_ref(s);
    bool counted = s->counted && !moved;
    cow__spot_set(s, fresh->span, cow__leaf_ref(fresh));
    if (counted) cow__ref_release(old, env);
}

/* Makes the leaf at `s` the map's own, with room for `n` pairs. */
static cow__node *cow__spot_own_leaf(cow__spot *s, unsigned n, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *fresh;
    bool unique = cow__spot_unique(s);
    if (unique) COW__LEAF_FORGET(leaf, env->type);
    if (unique && n <= leaf->cap) return leaf;
    fresh = unique ? cow__leaf_move(leaf, n, env) : cow__leaf_copy(leaf, n, env);
    if (fresh) cow__spot_replace(s, fresh, unique, env);
    return fresh;
}

/* The same for a collision node. */
static cow__node *cow__spot_own_collision(cow__spot *s, const cow__env *env) {
    cow__node *node = cow__ref_leaf(cow__spot_ref(s)), *fresh;
    if (cow__spot_unique(s)) return node;
    fresh = cow__collision_copy(node, env);
    if (fresh) cow__spot_replace(s, fresh, false, env);
    return fresh;
}

/* ---- Splitting ---- */

/* Which pairs of a full leaf go to the upper half: those whose hash has `bit` set. */
static uint32_t cow__leaf_upper(const cow__node *leaf, unsigned bit, const cow__env *env) {
    const cow__map_type *type = env->type;
    uint32_t upper = 0;
    if (!type->stored_hash || bit < 32) return type->upper(cow__pair_at(leaf, 0, type), leaf->n, bit, env->seed);
    for (unsigned i = 0; i < leaf->n; i++) upper |= (cow__leaf_hashes(leaf, type)[i] >> (bit - 32) & 1) << i;
    return upper;
}

/* Appends pair `i` of `from`, bitwise or by the copy hooks. */
static bool cow__leaf_append_from(cow__node *leaf, const cow__node *from, unsigned i, bool move, const cow__env *env) {
    const cow__map_type *type = env->type;
    char *to = cow__pair_at(leaf, leaf->n, type), *pair = cow__pair_at(from, i, type);
    if (move)
        cow__pair_move(to, pair, type->pair.size);
    else if (!cow__elements_copy(&type->pair, to, pair, 1))
        return false;
    leaf->tags[leaf->n] = from->tags[i];
    if (type->stored_hash) cow__leaf_hashes(leaf, type)[leaf->n] = cow__leaf_hashes(from, type)[i];
    leaf->n++;
    return true;
}

/* Drops the pairs of a new leaf and frees it. */
static void cow__leaf_undo(cow__node *leaf, const cow__env *env) {
    const cow__map_type *type = env->type;
    cow__elements_drop(&type->pair, cow__pair_at(leaf, 0, type), cow__pair_at(leaf, leaf->n, type));
    cow__leaf_free(leaf, env);
}

/* Deals the pairs of a leaf out to its halves, bitwise: all that a bulk load does beside appending. */
static void cow__leaf_deal(const cow__node *leaf, uint32_t upper, cow__node *const half[2], const cow__env *env) {
    const cow__map_type *type = env->type;
    size_t size = type->pair.size;
    const char *from = cow__pair_at(leaf, 0, type);
    char *to[2] = {cow__pair_at(half[0], 0, type), cow__pair_at(half[1], 0, type)};
    for (unsigned i = 0; i < leaf->n; i++, from += size) {
        unsigned which = upper >> i & 1, at = half[which]->n++;
        cow__pair_move(to[which], from, size);
        to[which] += size;
        half[which]->tags[at] = leaf->tags[i];
        if (type->stored_hash) cow__leaf_hashes(half[which], type)[at] = cow__leaf_hashes(leaf, type)[i];
    }
}

/* The same by the copy hooks. */
static bool cow__leaf_deal_copies(const cow__node *leaf, uint32_t upper, cow__node *const half[2],
                                  const cow__env *env) {
    for (unsigned i = 0; i < leaf->n; i++)
        if (!cow__leaf_append_from(half[upper >> i & 1], leaf, i, false, env)) return false;
    cow__pairs_copied(leaf->n, env);
    return true;
}

/* Two empty leaves for `n` pairs, `upper` of which go to the second, each with room for one more. */
static bool cow__leaf_halves(const cow__node *leaf, unsigned upper, cow__node *half[2], const cow__env *env) {
    unsigned n[2] = {leaf->n - upper, upper};
    for (unsigned i = 0; i < 2; i++) {
        half[i] = cow__leaf_new(env, cow__leaf_room(n[i] && n[i] < COW__LEAF_MAX ? n[i] + 1 : n[i]));
        if (!half[i]) {
            if (i) cow__leaf_free(half[0], env);
            return false;
        }
        half[i]->span = (uint8_t)(leaf->span - 1);
    }
    return true;
}

/* Puts two leaves in the slots of the one at `s`, which has a span. */
static bool cow__spot_halve(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *half[2];
    bool unique = cow__spot_unique(s), counted = s->counted && !unique;
    unsigned width = 1u << leaf->span, first = s->index & ~(width - 1);
    uint32_t upper = cow__leaf_upper(leaf, s->shift + leaf->span - 1u, env);
    if (!cow__leaf_halves(leaf, cow__count_bits(upper), half, env)) return false;
    if (unique) {
        cow__leaf_deal(leaf, upper, half, env);
    } else if (!cow__leaf_deal_copies(leaf, upper, half, env)) {
        cow__leaf_undo(half[0], env);
        cow__leaf_undo(half[1], env);
        return false;
    }
    cow__inner_set(s->parent, first, half[0]->span, cow__leaf_ref(half[0]));
    cow__inner_set(s->parent, first + width / 2, half[1]->span, cow__leaf_ref(half[1]));
    s->counted = true;
    if (unique) cow__leaf_free(leaf, env);
    if (counted) cow__ref_release(cow__leaf_ref(leaf), env);
    return true;
}

/* Puts the leaf at `s`, which has a single slot, below an inner node of its own. */
static bool cow__spot_deepen(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s));
    leaf = cow__spot_own_leaf(s, leaf->n, env);
    if (!leaf) return false;
    cow__inner *inner = cow__inner_new(env);
    if (!inner) return false;
    leaf->span = COW__FAN_BITS;
    cow__inner_set(inner, 0, COW__FAN_BITS, cow__leaf_ref(leaf));
    cow__spot_set(s, 0, cow__inner_ref(inner));
    return true;
}

/* One step towards room beside the full leaf at `s`: halves it; below a new inner node first when it has a single slot;
   where the hash has no more bits, makes it a tree. Halving may leave one half full. */
static bool cow__spot_split(cow__spot *s, const cow__env *env) {
    cow__node *leaf = cow__ref_leaf(cow__spot_ref(s)), *tree;
    if (leaf->span) return cow__spot_halve(s, env);
    if (s->shift) return cow__spot_deepen(s, env);
    bool unique = cow__spot_unique(s);
    tree = cow__collision_from(leaf, unique, env);
    if (tree) cow__spot_replace(s, tree, unique, env);
    return tree != NULL;
}

/* ---- Reaching a pair ---- */

/* Looks for `key` in the leaf or collision node at the end of a path: path->at is where it is. False: it is not there, but
   belongs at *place of a collision node. */
static bool cow__path_find(cow__path *path, const void *key, uint64_t h, size_t *place, const cow__env *env) {
    *place = 0;
    if (path->leaf->kind == COW__COLLISION) {
        path->at = cow__collision_rank(path->leaf, key, place, env);
        return path->at != COW_NPOS;
    }
    path->at = cow__leaf_find(path->leaf, key, h, env);
    return path->at != COW__LEAF_MAX;
}

/* The pair that was found, the map's own from now on. */
static void *cow__path_own(cow__path *path, cow__spot *s, const cow__env *env) {
    bool collides = path->leaf->kind == COW__COLLISION;
    path->leaf = collides ? cow__spot_own_collision(s, env) : cow__spot_own_leaf(s, path->leaf->n, env);
    if (!path->leaf) return NULL;
    return collides ? cow__collision_reach(path->leaf, path->at, env) : cow__pair_at(path->leaf, path->at, env->type);
}

/* The pair of a key that is there. Looks before it changes anything: a key that is absent costs no copy. */
static void *cow__map_path(cow__map *m, const void *key, uint64_t h, cow__path *path, const cow__env *env) {
    cow__spot s = cow__spot_root(m);
    size_t place;
    path->depth = 0;
    if (!m->root || !cow__map_find_below(m->root, 64, key, h, env)) return (void)cow__fail(COW_ABSENT), (void *)NULL;
    if (!cow__spot_down(&s, h, path, env)) return NULL;
    /* A hash or equality that lies may say something else this time. */
    if (!cow__path_find(path, key, h, &place, env)) return (void)cow__fail(COW_ABSENT), (void *)NULL;
    return cow__path_own(path, &s, env);
}

COW__API void *cow__map_reach(cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    return cow__map_path(m, key, h, &path, &env);
}

/* The first leaf of an empty map. */
static bool cow__map_begin(cow__map *m, const cow__env *env) {
    cow__node *leaf = cow__leaf_new(env, cow__leaf_room(1));
    if (leaf) m->root = cow__leaf_ref(leaf);
    return leaf != NULL;
}

/* A new pair in the leaf at `s`, which has room or may grow. */
static void *cow__spot_append(cow__spot *s, unsigned n, uint64_t h, const cow__env *env) {
    cow__node *leaf = cow__spot_own_leaf(s, n + 1, env);
    return leaf ? cow__pair_at(leaf, cow__leaf_append(leaf, h, env), env->type) : NULL;
}

/* A new pair at rank `place` of the collision node at `s`. */
static void *cow__spot_collide(cow__spot *s, size_t place, const cow__env *env) {
    cow_error_code before = cow_error();
    cow__node *node = cow__spot_own_collision(s, env);
    void *pair = node ? cow__collision_insert(node, place, env) : NULL;
    if (pair) cow__set_error(before);
    return pair;
}

COW__API void *cow__map_enter(cow__map *m, const void *key, uint64_t h, bool *inserted, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    path.depth = 0;
    *inserted = false;
    if (!m->root && !cow__map_begin(m, &env)) return NULL;
    cow__spot s = cow__spot_root(m);
    while (cow__spot_down(&s, h, &path, &env)) {
        unsigned n = path.leaf->n;
        bool collides = path.leaf->kind == COW__COLLISION;
        size_t place;
        if (cow__path_find(&path, key, h, &place, &env)) return cow__path_own(&path, &s, &env);
        if (collides || n < COW__LEAF_MAX) {
            void *pair = collides ? cow__spot_collide(&s, place, &env) : cow__spot_append(&s, n, h, &env);
            *inserted = pair != NULL;
            m->n += *inserted;
            return pair;
        }
        if (!cow__spot_split(&s, &env)) break;
    }
    return NULL;
}

/* ---- Removing ---- */

/* The other leaf of the pair of halves that `leaf`, in slot `i`, belongs to; NULL when it is split further. */
static cow__node *cow__leaf_buddy(const cow__inner *inner, unsigned i, const cow__node *leaf) {
    cow__ref r = inner->slot[i ^ (1u << leaf->span)];
    if (!cow__ref_is_leaf(r)) return NULL;
    cow__node *buddy = cow__ref_leaf(r);
    return buddy->kind == COW__LEAF && buddy->span == leaf->span ? buddy : NULL;
}

/* A leaf of both halves' pairs: `leaf` itself when it has room. It is the map's own; `buddy` is moved from when `unique`.
   NULL, and nothing has changed, when memory runs out or a hook fails: merging can wait. */
static cow__node *cow__leaf_merge(cow__node *leaf, const cow__node *buddy, bool unique, const cow__env *env) {
    unsigned total = leaf->n + buddy->n, before = leaf->n;
    cow__node *to = total > leaf->cap ? cow__leaf_new(env, cow__leaf_room(total)) : leaf;
    if (!to) return NULL;
    for (unsigned i = 0; i < buddy->n; i++) {
        if (cow__leaf_append_from(to, buddy, i, unique, env)) continue;
        char *first = cow__pair_at(to, to == leaf ? before : 0, env->type);
        cow__elements_drop(&env->type->pair, first, cow__pair_at(to, to->n, env->type));
        if (to == leaf)
            leaf->n = (uint8_t)before;
        else
            cow__leaf_free(to, env);
        return NULL;
    }
    if (!unique) cow__pairs_copied(buddy->n, env);
    if (to == leaf) return leaf;
    for (unsigned i = 0; i < before; i++) (void)cow__leaf_append_from(to, leaf, i, true, env);
    to->span = leaf->span;
    cow__leaf_free(leaf, env);
    return to;
}

/* Joins a small leaf with the other half of what was once one leaf. False: they stay two. */
static bool cow__path_join(cow__path *path, const cow__env *env) {
    cow__inner *inner = path->inner[path->depth - 1];
    unsigned i = path->slot[path->depth - 1], other = i ^ (1u << path->leaf->span);
    cow__node *buddy = cow__leaf_buddy(inner, i, path->leaf), *leaf;
    if (!buddy || buddy->n + path->leaf->n > COW__LEAF_MAX / 2) return false;
    bool counted = cow__slot_counted(inner, other);
    bool unique = counted && cow__rc_unique(&buddy->rc);
    leaf = cow__leaf_merge(path->leaf, buddy, unique, env);
    if (!leaf) return false;
    leaf->span++;
    cow__inner_set(inner, i, leaf->span, cow__leaf_ref(leaf));
    if (unique)
        cow__leaf_free(buddy, env);
    else if (counted)
        cow__ref_release(cow__leaf_ref(buddy), env);
    path->leaf = leaf;
    return true;
}

/* Puts the leaf, which is alone in its inner node, in that node's place. */
static void cow__path_collapse(cow__map *m, cow__path *path, const cow__env *env) {
    cow__inner *inner = path->inner[--path->depth];
    path->leaf->span = 0;
    if (path->depth)
        cow__inner_set(path->inner[path->depth - 1], path->slot[path->depth - 1], 0, cow__leaf_ref(path->leaf));
    else
        m->root = cow__leaf_ref(path->leaf);
    if (inner->base) cow__ref_release(cow__inner_ref(inner->base), env);
    cow__inner_free(inner, env);
}

/* Keeps the tree small after a removal: at most a quarter full, a leaf joins its other half when both fit into half a leaf. */
static void cow__path_merge(cow__map *m, cow__path *path, const cow__env *env) {
    while (path->depth && path->leaf->n <= COW__LEAF_MAX / 4) {
        if (path->leaf->span == COW__FAN_BITS)
            cow__path_collapse(m, path, env);
        else if (!cow__path_join(path, env))
            return;
    }
}

/* Takes the reached pair out of a leaf or tree. */
static bool cow__path_remove(cow__path *path, uint64_t h, void *out, const cow__env *env) {
    cow__node *node = path->leaf;
    if (node->kind == COW__LEAF) {
        memcpy(out, cow__pair_at(node, path->at, env->type), env->type->pair.size);
        cow__leaf_remove(node, (unsigned)path->at, env);
        return true;
    }
    if (!cow__collision_remove(node, path->at, out, env)) return false;
    if (cow__collision_size(node) > COW__LEAF_MAX / 4) return true;
    cow__node *leaf = cow__collision_to_leaf(node, h, env);
    if (!leaf) return true;
    cow__inner_set(path->inner[path->depth - 1], path->slot[path->depth - 1], 0, cow__leaf_ref(leaf));
    path->leaf = leaf;
    return true;
}

COW__API bool cow__map_remove(cow__map *m, const void *key, uint64_t h, void *out, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__path path;
    cow_error_code before = cow_error();
    if (!cow__map_path(m, key, h, &path, &env) || !cow__path_remove(&path, h, out, &env)) return false;
    if (--m->n == 0)
        cow__map_drop(m, type);
    else if (path.leaf->kind == COW__LEAF)
        cow__path_merge(m, &path, &env);
    cow__set_error(before); /* a merge or rotation that found no memory is nobody's business */
    return true;
}

/* ---- Storing whole pairs ---- */

COW__API bool cow__map_store(cow__map *m, void *pair, uint64_t h, const cow__map_type *type) {
    bool inserted;
    char *at = (char *)cow__map_enter(m, pair, h, &inserted, type);
    if (!at) return false;
    if (inserted) {
        memcpy(at, pair, type->pair.size);
        return true;
    }
    cow__elements_swap(at + type->value_at, (char *)pair + type->value_at, type->value_size);
    if (type->pair.drop) type->pair.drop(pair);
    return true;
}

COW__API void *cow__loose_begin(cow__loose *l, const cow_type *pair, const cow_alloc *alloc) {
    l->block = NULL;
    l->size = 0;
    l->pair = pair->size <= sizeof l->small ? (void *)l->small : cow__scratch(pair, alloc, 1, &l->block, &l->size);
    return l->pair;
}

COW__API void cow__loose_end(cow__loose *l, const cow_alloc *alloc) {
    if (l->block) cow__release(alloc, l->block, l->size);
}

COW__API bool cow__map_store_copy(cow__map *m, const void *pair, const cow__map_type *type) {
    const cow_alloc *alloc = cow__map_alloc(m, type);
    cow__loose copy;
    if (!m->root) m->seed = cow_seed();
    if (!cow__loose_begin(&copy, &type->pair, alloc)) return false;
    bool made = cow__elements_copy(&type->pair, copy.pair, pair, 1);
    bool stored = made && cow__map_store(m, copy.pair, type->hash(pair, m->seed), type);
    if (made && !stored && type->pair.drop) type->pair.drop(copy.pair);
    cow__loose_end(&copy, alloc);
    return stored;
}

COW__API bool cow__map_discard(cow__map *m, const void *key, uint64_t h, const cow__map_type *type) {
    const cow_alloc *alloc = cow__map_alloc(m, type);
    cow__loose out;
    if (!cow__loose_begin(&out, &type->pair, alloc)) return false;
    bool removed = cow__map_remove(m, key, h, out.pair, type);
    if (removed && type->pair.drop) type->pair.drop(out.pair);
    cow__loose_end(&out, alloc);
    return removed;
}

/* ---- The whole map ---- */

static bool cow__spot_own_tree(cow__spot *s, const cow__env *env) {
    cow__node *node = cow__spot_own_collision(s, env);
    for (size_t i = 0; node && i < cow__collision_size(node); i++)
        if (!cow__collision_reach(node, i, env)) return false;
    return node != NULL;
}

static bool cow__spot_own_all(cow__spot *s, const cow__env *env) {
    cow__ref r = cow__spot_ref(s);
    if (cow__ref_is_leaf(r)) {
        const cow__node *leaf = cow__ref_leaf(r);
        return leaf->kind == COW__LEAF ? cow__spot_own_leaf(s, leaf->n, env) != NULL : cow__spot_own_tree(s, env);
    }
    cow__inner *inner = cow__spot_own_inner(s, env);
    if (!inner) return false;
    cow__inner_densify(inner, env);
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) {
        cow__spot child = {s->map, &inner->slot[i], inner, i, 0, true};
        if (!cow__spot_own_all(&child, env)) return false;
    }
    return true;
}

COW__API bool cow__map_own(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow__spot s = cow__spot_root(m);
    return !m->root || cow__spot_own_all(&s, &env);
}

static void cow__ref_compact(cow__ref r, const cow__env *env) {
    if (cow__ref_is_leaf(r) || !cow__rc_unique(cow__ref_rc(r))) return;
    cow__inner *inner = cow__ref_inner(r);
    cow__inner_densify(inner, env);
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) cow__ref_compact(inner->slot[i], env);
}

COW__API void cow__map_compact(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    if (m->root && cow__map_root_counted(m)) cow__ref_compact(m->root, &env);
}

static void cow__ref_freeze(cow__ref r, bool unique, const cow__env *env);

static void cow__inner_freeze(cow__inner *inner, bool unique, const cow__env *env) {
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i))
        cow__ref_freeze(inner->slot[i], unique && cow__slot_counted(inner, i), env);
    if (inner->base) cow__ref_freeze(cow__inner_ref(inner->base), false, env);
}

/* Makes a node and all below it immortal. What is immortal already has been here. Pairs that nobody else can be reading are
   frozen with it. */
static void cow__ref_freeze(cow__ref r, bool unique, const cow__env *env) {
    cow__atomic_u32 *rc = cow__ref_rc(r);
    if (COW__LOAD(rc, COW__RELAXED) >= COW__RC_STUCK) return;
    unique = unique && cow__rc_unique(rc);
    cow__rc_saturate(rc);
    COW__FORGET_LEAK(rc);
    if (!cow__ref_is_leaf(r)) {
        COW__NODE_FROZEN(cow__ref_inner(r));
        cow__inner_freeze(cow__ref_inner(r), unique, env);
        return;
    }
    cow__node *leaf = cow__ref_leaf(r);
    COW__NODE_FROZEN(leaf);
    if (leaf->kind == COW__COLLISION) cow__collision_freeze(leaf, unique, env);
    COW__LEAF_FORGET(leaf, env->type);
    for (unsigned i = 0; unique && env->type->pair.freeze && i < leaf->n; i++)
        env->type->pair.freeze(cow__pair_at(leaf, i, env->type));
}

COW__API void cow__map_freeze(cow__map *m, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    if (!m->root) return;
    cow__ref_freeze(m->root, cow__map_root_counted(m), &env);
    m->from |= COW__MAP_FROZEN;
}

COW__END_C
#endif

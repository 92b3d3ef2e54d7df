/* SPDX-License-Identifier: MIT */
/* collision: keys whose hashes are equal in all 64 bits. Floor 3, built on node.

   More than a leaf holds of them stand in a collision node: a persistent weight-balanced tree (Adams 1992, with the
   parameters that Hirai and Yamamoto proved in 2011) of twigs, a pair each. It is sorted when keys have an order, so
   100,000 keys under one hash stay cheap. Without an order a search looks at every twig. Pairs are reached by their rank,
   so both ways share the code that changes the tree. A change goes down once, making the path its own; when that fails, the
   tree holds what it held. */
#ifndef COW__COLLISION_H
#define COW__COLLISION_H

#include "node.h"

typedef struct cow__twig {
    cow__atomic_u32 rc;
    uint32_t size; /* twigs of this subtree */
    struct cow__twig *left, *right;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
} cow__twig;

/* Pairs need no more than plain alignment, which this keeps. */
#define COW__TWIG_PAIR ((sizeof(cow__twig) + 15) & ~(size_t)15)

static inline void *cow__twig_pair(const cow__twig *t) { return (char *)(uintptr_t)t + COW__TWIG_PAIR; }

/* The top of the tree stands where a leaf has its tags. */
static inline cow__twig *cow__collision_top(const cow__node *node) {
    cow__twig *top;
    memcpy(&top, node->tags, sizeof top);
    return top;
}

COW__BEGIN_C
/* The tree of a full leaf's pairs, which all have one hash. They are moved when `unique`, and the leaf is freed. */
COW__API cow__node *cow__collision_from(cow__node *leaf, bool unique, const cow__env *env);
/* The same tree under a node of its own. */
COW__API cow__node *cow__collision_copy(const cow__node *node, const cow__env *env);
/* A leaf of the pairs of a tree that is not larger than a leaf, in place of its unique node; NULL when memory runs out. */
COW__API cow__node *cow__collision_to_leaf(cow__node *node, uint64_t h, const cow__env *env);
COW__API size_t cow__collision_size(const cow__node *node);
/* The pair of rank `rank`, and the rank of `key` (COW_NPOS: it is not there, but belongs at *place). */
COW__API const void *cow__collision_at(const cow__node *node, size_t rank);
COW__API size_t cow__collision_rank(const cow__node *node, const void *key, size_t *place, const cow__env *env);
/* Of a unique node: the pair of rank `rank` for writing; a new pair at rank `rank`, not filled; a pair taken out to *out. */
COW__API void *cow__collision_reach(cow__node *node, size_t rank, const cow__env *env);
COW__API void *cow__collision_insert(cow__node *node, size_t rank, const cow__env *env);
COW__API bool cow__collision_remove(cow__node *node, size_t rank, void *out, const cow__env *env);
/* Bytes of the node and its twigs, but for those that the `n` nodes at `known` have as well; and of those that it alone
   holds. */
COW__API size_t cow__collision_bytes(const cow__node *node, const cow__node *const *known, size_t n,
                                     const cow__env *env);
COW__API size_t cow__collision_bytes_owned(const cow__node *node, const cow__env *env);
COW__API void cow__collision_freeze(cow__node *node, bool unique, const cow__env *env);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__COLLISION_BODY)
#define COW__COLLISION_BODY
COW__BEGIN_C

/* ---- Twigs ---- */

static size_t cow__twig_size(const cow__twig *t) { return t ? t->size : 0; }

static size_t cow__twig_block(const cow__env *env) { return COW__TWIG_PAIR + env->type->pair.size; }

static cow__twig *cow__twig_new(const cow__env *env) {
    cow__twig *t = (cow__twig *)cow__node_allocate(cow__twig_block(env), env);
    if (!t) return NULL;
    COW__STORE(&t->rc, 1u, COW__RELAXED);
    t->size = 1;
    t->left = t->right = NULL;
    COW__NODE_BORN(t);
    COW__NODE_LIVE(t, cow__twig_block(env), env);
    return t;
}

static void cow__twig_free(cow__twig *t, const cow__env *env) {
    COW__NODE_DIES(t, env);
    COW__NODE_DEAD(t);
    cow__node_free(t, cow__twig_block(env), env);
}

static void cow__twig_retain(cow__twig *t, const cow__env *env) {
    if (t) cow__rc_retain(&t->rc, env->type->pair.local);
}

/* The depth of recursion is that of the tree: at most 2 * log2 of its size, if memory never ran out while it was balanced. */
static void cow__twig_release(cow__twig *t, const cow__env *env) {
    if (!t || !cow__rc_release(&t->rc, env->type->pair.local)) return;
    cow__twig_release(t->left, env);
    cow__twig_release(t->right, env);
    cow__pairs_destroy((uintptr_t)t, env);
}

static void cow__twig_destroy_one(uintptr_t t, const cow__env *env) {
    if (env->type->pair.drop) env->type->pair.drop(cow__twig_pair((cow__twig *)t));
    cow__twig_free((cow__twig *)t, env);
}
COW__STATIC_ASSERT(sizeof(cow__doomed_pairs) <= offsetof(cow__twig, right) + sizeof(void *),
                   "cow: a dead twig remembers its type in its fields");

/* Makes *at the caller's own. */
static bool cow__twig_own(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *own;
    if (cow__rc_unique(&t->rc)) return true;
    own = cow__twig_new(env);
    if (!own) return false;
    if (!cow__elements_copy(&env->type->pair, cow__twig_pair(own), cow__twig_pair(t), 1)) {
        cow__twig_free(own, env);
        return false;
    }
    own->size = t->size;
    own->left = t->left;
    own->right = t->right;
    cow__twig_retain(t->left, env);
    cow__twig_retain(t->right, env);
    cow__twig_release(t, env);
    *at = own;
    cow__pairs_copied(1, env);
    return true;
}

static void cow__twig_measure(cow__twig *t) {
    t->size = (uint32_t)(1 + cow__twig_size(t->left) + cow__twig_size(t->right));
}

/* ---- Balance: neither side is more than 3 times as heavy as the other. A rotation that finds no memory is left out: the
   tree stays right, and is balanced by later changes. *at is the caller's own. ---- */

static bool cow__twig_heavy(const cow__twig *a, const cow__twig *b) {
    return cow__twig_size(a) + 1 > 3 * (cow__twig_size(b) + 1);
}

static bool cow__twig_rotate_right(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *up;
    if (!cow__twig_own(&t->left, env)) return false;
    up = t->left;
    t->left = up->right;
    up->right = t;
    cow__twig_measure(t);
    cow__twig_measure(up);
    *at = up;
    return true;
}

static bool cow__twig_rotate_left(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at, *up;
    if (!cow__twig_own(&t->right, env)) return false;
    up = t->right;
    t->right = up->left;
    up->left = t;
    cow__twig_measure(t);
    cow__twig_measure(up);
    *at = up;
    return true;
}

static bool cow__twig_inner_heavy(const cow__twig *inner, const cow__twig *outer) {
    return cow__twig_size(inner) + 1 >= 2 * (cow__twig_size(outer) + 1);
}

static void cow__twig_balance(cow__twig **at, const cow__env *env) {
    cow__twig *t = *at;
    cow__twig_measure(t);
    if (cow__twig_heavy(t->left, t->right)) {
        if (!cow__twig_own(&t->left, env)) return;
        if (cow__twig_inner_heavy(t->left->right, t->left->left)) (void)cow__twig_rotate_left(&t->left, env);
        (void)cow__twig_rotate_right(at, env);
    } else if (cow__twig_heavy(t->right, t->left)) {
        if (!cow__twig_own(&t->right, env)) return;
        if (cow__twig_inner_heavy(t->right->left, t->right->right)) (void)cow__twig_rotate_right(&t->right, env);
        (void)cow__twig_rotate_left(at, env);
    }
}

/* ---- Searching ---- */

static size_t cow__twig_rank_of_any(const cow__twig *t, const void *key, const cow__env *env) {
    if (!t) return COW_NPOS;
    if (env->type->equal(cow__twig_pair(t), key)) return cow__twig_size(t->left);
    size_t rank = cow__twig_rank_of_any(t->left, key, env);
    if (rank != COW_NPOS) return rank;
    rank = cow__twig_rank_of_any(t->right, key, env);
    return rank == COW_NPOS ? COW_NPOS : cow__twig_size(t->left) + 1 + rank;
}

/* Where `key` is or belongs. */
static size_t cow__twig_rank_in_order(const cow__twig *t, const void *key, bool *found, const cow__env *env) {
    size_t before = 0;
    *found = false;
    while (t && !*found) {
        int c = env->type->compare(key, cow__twig_pair(t));
        if (c < 0) {
            t = t->left;
            continue;
        }
        before += cow__twig_size(t->left);
        if (c == 0)
            *found = true;
        else
            before++;
        t = t->right;
    }
    return before;
}

COW__API size_t cow__collision_rank(const cow__node *node, const void *key, size_t *place, const cow__env *env) {
    bool found;
    *place = 0;
    if (!env->type->compare) return cow__twig_rank_of_any(cow__collision_top(node), key, env);
    *place = cow__twig_rank_in_order(cow__collision_top(node), key, &found, env);
    return found ? *place : COW_NPOS;
}

COW__API size_t cow__collision_size(const cow__node *node) { return cow__twig_size(cow__collision_top(node)); }

COW__API const void *cow__collision_at(const cow__node *node, size_t rank) {
    const cow__twig *t = cow__collision_top(node);
    for (;;) {
        size_t before = cow__twig_size(t->left);
        if (rank == before) return cow__twig_pair(t);
        t = rank < before ? t->left : t->right;
        if (rank > before) rank -= before + 1;
    }
}

/* ---- Changing ---- */

COW__API void *cow__collision_reach(cow__node *node, size_t rank, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), **at = &top;
    bool owned;
    while ((owned = cow__twig_own(at, env))) {
        cow__twig *t = *at;
        size_t before = cow__twig_size(t->left);
        if (rank == before) break;
        at = rank < before ? &t->left : &t->right;
        if (rank > before) rank -= before + 1;
    }
    memcpy(node->tags, &top, sizeof top);
    return owned ? cow__twig_pair(*at) : NULL;
}

/* Puts `fresh` at rank `rank`. Nothing has changed when it fails. */
static bool cow__twig_insert(cow__twig **at, size_t rank, cow__twig *fresh, const cow__env *env) {
    if (!*at) {
        *at = fresh;
        return true;
    }
    if (!cow__twig_own(at, env)) return false;
    cow__twig *t = *at;
    size_t before = cow__twig_size(t->left);
    if (!(rank <= before ? cow__twig_insert(&t->left, rank, fresh, env)
                         : cow__twig_insert(&t->right, rank - before - 1, fresh, env)))
        return false;
    cow__twig_balance(at, env);
    return true;
}

COW__API void *cow__collision_insert(cow__node *node, size_t rank, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), *fresh;
    if (cow__twig_size(top) == UINT32_MAX) return (void)cow__fail(COW_RANGE), (void *)NULL;
    fresh = cow__twig_new(env);
    if (!fresh) return NULL;
    bool inserted = cow__twig_insert(&top, rank, fresh, env);
    memcpy(node->tags, &top, sizeof top);
    if (inserted) return cow__twig_pair(fresh);
    cow__twig_free(fresh, env);
    return NULL;
}

/* Takes the twig of rank `rank` out of the tree, for the caller, who owns it alone. NULL when memory ran out. */
static cow__twig *cow__twig_remove(cow__twig **at, size_t rank, const cow__env *env) {
    if (!cow__twig_own(at, env)) return NULL;
    cow__twig *t = *at, *out = t;
    size_t before = cow__twig_size(t->left);
    if (rank < before) {
        out = cow__twig_remove(&t->left, rank, env);
    } else if (rank > before) {
        out = cow__twig_remove(&t->right, rank - before - 1, env);
    } else if (!t->left || !t->right) {
        *at = t->left ? t->left : t->right;
        return out;
    } else {
        cow__twig *next = cow__twig_remove(&t->right, 0, env);
        if (!next) return NULL;
        next->left = t->left;
        next->right = t->right;
        *at = next;
    }
    if (out) cow__twig_balance(at, env);
    return out;
}

COW__API bool cow__collision_remove(cow__node *node, size_t rank, void *out, const cow__env *env) {
    cow__twig *top = cow__collision_top(node), *t = cow__twig_remove(&top, rank, env);
    memcpy(node->tags, &top, sizeof top);
    if (!t) return false;
    memcpy(out, cow__twig_pair(t), env->type->pair.size);
    cow__twig_free(t, env);
    return true;
}

/* ---- Making and unmaking ---- */

static cow__node *cow__collision_new(cow__twig *top, const cow__env *env) {
    cow__node *node = cow__leaf_new(env, 0);
    if (!node) return NULL;
    node->kind = COW__COLLISION;
    memcpy(node->tags, &top, sizeof top);
    return node;
}

COW__API cow__node *cow__collision_copy(const cow__node *node, const cow__env *env) {
    cow__node *copy = cow__collision_new(cow__collision_top(node), env);
    if (copy) cow__twig_retain(cow__collision_top(node), env);
    return copy;
}

static void cow__collision_destroy(cow__node *node, const cow__env *env) {
    cow__twig_release(cow__collision_top(node), env);
    cow__leaf_free(node, env);
}

/* Memory for `n` twigs; all or none. */
static bool cow__twigs_new(cow__twig **twigs, unsigned n, const cow__env *env) {
    for (unsigned i = 0; i < n; i++) {
        twigs[i] = cow__twig_new(env);
        if (twigs[i]) continue;
        while (i--) cow__twig_free(twigs[i], env);
        return false;
    }
    return true;
}

/* Fills the twigs with copies of a leaf's pairs; all or none. */
static bool cow__twigs_copy(cow__twig **twigs, const cow__node *leaf, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    for (unsigned i = 0; i < leaf->n; i++) {
        if (cow__elements_copy(pair, cow__twig_pair(twigs[i]), cow__pair_at(leaf, i, env->type), 1)) continue;
        while (i--)
            if (pair->drop) pair->drop(cow__twig_pair(twigs[i]));
        return false;
    }
    return true;
}

/* Links twigs that are filled. Nobody else holds one of them, so nothing can fail. */
static cow__twig *cow__twigs_link(cow__twig **twigs, unsigned n, const cow__env *env) {
    cow__twig *top = NULL;
    for (unsigned i = 0; i < n; i++) {
        bool found;
        size_t rank = 0;
        if (env->type->compare) rank = cow__twig_rank_in_order(top, cow__twig_pair(twigs[i]), &found, env);
        (void)cow__twig_insert(&top, rank, twigs[i], env);
    }
    return top;
}

COW__API cow__node *cow__collision_from(cow__node *leaf, bool unique, const cow__env *env) {
    cow__twig *twigs[COW__LEAF_MAX], *top;
    cow__node *node = cow__collision_new(NULL, env);
    unsigned n = leaf->n;
    if (!node) return NULL;
    if (!cow__twigs_new(twigs, n, env)) goto free_node;
    if (unique) {
        for (unsigned i = 0; i < n; i++)
            memcpy(cow__twig_pair(twigs[i]), cow__pair_at(leaf, i, env->type), env->type->pair.size);
        cow__leaf_free(leaf, env);
    } else if (!cow__twigs_copy(twigs, leaf, env)) {
        goto free_twigs;
    }
    top = cow__twigs_link(twigs, n, env);
    memcpy(node->tags, &top, sizeof top);
    return node;
free_twigs:
    for (unsigned i = 0; i < n; i++) cow__twig_free(twigs[i], env);
free_node:
    cow__leaf_free(node, env);
    return NULL;
}

COW__API cow__node *cow__collision_to_leaf(cow__node *node, uint64_t h, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    unsigned n = (unsigned)cow__collision_size(node);
    cow__node *leaf = cow__leaf_new(env, cow__leaf_room(n));
    if (!leaf) return NULL;
    for (unsigned i = 0; i < n; i++) {
        char *to = cow__pair_at(leaf, i, env->type);
        if (!cow__elements_copy(pair, to, cow__collision_at(node, i), 1)) {
            cow__elements_drop(pair, cow__pair_at(leaf, 0, env->type), to);
            cow__leaf_free(leaf, env);
            return NULL;
        }
    }
    memset(leaf->tags, (uint8_t)h, n);
    leaf->n = (uint8_t)n;
    for (unsigned i = 0; env->type->stored_hash && i < n; i++)
        cow__leaf_hashes(leaf, env->type)[i] = (uint32_t)(h >> 32);
    cow__pairs_copied(n, env);
    cow__ref_release(cow__leaf_ref(node), env);
    return leaf;
}

/* ---- Walks ---- */

/* Whether a tree has this very twig, and so all that is below it. */
static bool cow__collision_has(const cow__node *node, const cow__twig *t, const cow__env *env) {
    size_t place, rank = cow__collision_rank(node, cow__twig_pair(t), &place, env);
    return rank != COW_NPOS && cow__collision_at(node, rank) == cow__twig_pair(t);
}

static size_t cow__twig_bytes(const cow__twig *t, const cow__node *const *known, size_t n, const cow__env *env) {
    if (!t) return 0;
    for (size_t i = 0; i < n; i++)
        if (cow__collision_has(known[i], t, env)) return 0;
    return cow__twig_block(env) + cow__twig_bytes(t->left, known, n, env) + cow__twig_bytes(t->right, known, n, env);
}

COW__API size_t cow__collision_bytes(const cow__node *node, const cow__node *const *known, size_t n,
                                     const cow__env *env) {
    return cow__leaf_size(0, env->type) + cow__twig_bytes(cow__collision_top(node), known, n, env);
}

static size_t cow__twig_bytes_owned(const cow__twig *t, const cow__env *env) {
    if (!t || !cow__rc_unique((cow__atomic_u32 *)(uintptr_t)&t->rc)) return 0;
    return cow__twig_block(env) + cow__twig_bytes_owned(t->left, env) + cow__twig_bytes_owned(t->right, env);
}

COW__API size_t cow__collision_bytes_owned(const cow__node *node, const cow__env *env) {
    return cow__leaf_size(0, env->type) + cow__twig_bytes_owned(cow__collision_top(node), env);
}

static void cow__twig_freeze(cow__twig *t, bool unique, const cow__env *env) {
    if (!t) return;
    unique = unique && cow__rc_unique(&t->rc);
    cow__twig_freeze(t->left, unique, env);
    cow__twig_freeze(t->right, unique, env);
    if (unique && env->type->pair.freeze) env->type->pair.freeze(cow__twig_pair(t));
    cow__rc_saturate(&t->rc);
    COW__NODE_FROZEN(t);
    COW__FORGET_LEAK(t);
}

COW__API void cow__collision_freeze(cow__node *node, bool unique, const cow__env *env) {
    cow__twig_freeze(cow__collision_top(node), unique, env);
}

COW__END_C
#endif

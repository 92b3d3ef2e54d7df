/* SPDX-License-Identifier: MIT */
/* map_filter: keeping some pairs of a map. Floor 4, built on map_walk.

   The tree is rebuilt node by node, without a look at hashes; a node that keeps all its pairs stays shared. */
#ifndef COW__MAP_FILTER_H
#define COW__MAP_FILTER_H

#include "map_walk.h"

/* Says yes or no to a pair. */
typedef struct cow__test {
    bool (*passes)(const struct cow__test *t, const void *pair);
    void (*fn)(void);
    void *ctx;
} cow__test;

COW__BEGIN_C
/* Keeps the pairs that pass, or parts a map in two. Each pair is tested once. */
COW__API bool cow__map_retain(cow__map *m, const cow__test *keep, const cow__map_type *type);
COW__API bool cow__map_partition(const cow__map *m, const cow__test *pred, cow__map *yes, cow__map *no,
                                 const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_FILTER_BODY)
#define COW__MAP_FILTER_BODY
COW__BEGIN_C

static bool cow__ref_filter(cow__ref r, const cow__test *keep, cow__ref *out, size_t *n, const cow__env *env);

/* Makes *out a leaf of the pairs whose bits are set. */
static bool cow__leaf_pick(const cow__node *leaf, uint32_t kept, cow__ref *out, const cow__env *env) {
    cow__node *made = cow__leaf_new(env, cow__leaf_room(cow__count_bits(kept)));
    if (!made) return false;
    made->span = leaf->span;
    for (uint32_t m = kept; m; m &= m - 1) {
        if (cow__leaf_append_from(made, leaf, cow__lowest_bit(m), false, env)) continue;
        cow__leaf_undo(made, env);
        return false;
    }
    cow__pairs_copied(made->n, env);
    *out = cow__leaf_ref(made);
    return true;
}

static bool cow__leaf_filter(const cow__node *leaf, const cow__test *keep, cow__ref *out, size_t *n,
                             const cow__env *env) {
    uint32_t kept = 0;
    for (unsigned i = 0; i < leaf->n; i++) kept |= (uint32_t)keep->passes(keep, cow__pair_at(leaf, i, env->type)) << i;
    *n += cow__count_bits(kept);
    if (kept != cow__leaf_all(leaf)) return cow__leaf_pick(leaf, kept, out, env);
    *out = cow__leaf_ref(leaf);
    cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    return true;
}

static bool cow__collision_filter(const cow__node *node, const cow__test *keep, cow__ref *out, size_t *n,
                                  const cow__env *env) {
    size_t size = cow__collision_size(node), left = 0;
    cow__node *made = cow__collision_copy(node, env);
    cow__loose gone;
    bool ok = made && cow__loose_begin(&gone, &env->type->pair, env->alloc);
    for (size_t i = 0; ok && i < size; i++) {
        if (keep->passes(keep, cow__collision_at(node, i)))
            left++;
        else if ((ok = cow__collision_remove(made, left, gone.pair, env)) && env->type->pair.drop)
            env->type->pair.drop(gone.pair);
    }
    if (ok) cow__loose_end(&gone, env->alloc);
    *out = cow__leaf_ref(ok && left < size ? made : node);
    *n += left;
    if (made && *out != cow__leaf_ref(made)) cow__ref_release(cow__leaf_ref(made), env);
    if (ok && left == size) cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    return ok;
}

/* Makes one leaf of the few pairs below a fresh inner node, in its place. When that fails, the node stays as it is. */
static void cow__inner_gather(cow__ref *r, size_t n, const cow__env *env) {
    cow__inner *inner = cow__ref_inner(*r);
    cow__node *leaf;
    for (unsigned i = 0; i < COW__FAN; i++)
        if (!cow__ref_is_leaf(inner->slot[i]) || cow__ref_leaf(inner->slot[i])->kind != COW__LEAF) return;
    if (!(leaf = cow__leaf_new(env, cow__leaf_room((unsigned)n)))) return;
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) {
        const cow__node *from = cow__ref_leaf(inner->slot[i]);
        for (unsigned j = 0; j < from->n; j++) {
            if (cow__leaf_append_from(leaf, from, j, false, env)) continue;
            cow__leaf_undo(leaf, env);
            return;
        }
    }
    cow__ref_release(*r, env);
    *r = cow__leaf_ref(leaf);
}

static bool cow__inner_filter(const cow__inner *inner, const cow__test *keep, cow__ref *out, size_t *n,
                              const cow__env *env) {
    cow__inner *made = cow__inner_new(env);
    size_t before = *n;
    unsigned i = 0;
    bool same = true, ok = made != NULL;
    for (unsigned end; ok && i < COW__FAN; i = end) {
        cow__ref r;
        end = cow__run_end(inner, i);
        ok = cow__ref_filter(inner->slot[i], keep, &r, n, env);
        same = same && ok && r == inner->slot[i];
        for (unsigned j = i; ok && j < end; j++) made->slot[j] = r;
        if (!ok) break;
    }
    if (!ok && made) cow__slots_release(made, (1u << i) - 1, env);
    if (!ok && made) cow__inner_free(made, env);
    if (!ok) return false;
    *out = cow__inner_ref(made);
    if (same) {
        cow__ref_release(*out, env);
        *out = cow__inner_ref(inner);
        cow__rc_retain(cow__ref_rc(*out), env->type->pair.local);
    } else if (*n - before <= COW__LEAF_MAX / 2) {
        cow__inner_gather(out, *n - before, env);
    }
    return true;
}

/* Makes *out a reference to what is left of a node, and adds its pairs to *n. */
static bool cow__ref_filter(cow__ref r, const cow__test *keep, cow__ref *out, size_t *n, const cow__env *env) {
    if (!cow__ref_is_leaf(r)) return cow__inner_filter(cow__ref_inner(r), keep, out, n, env);
    if (cow__ref_leaf(r)->kind == COW__COLLISION) return cow__collision_filter(cow__ref_leaf(r), keep, out, n, env);
    return cow__leaf_filter(cow__ref_leaf(r), keep, out, n, env);
}

/* Makes *out a map of the pairs of *m that pass. */
static bool cow__map_sift(const cow__map *m, const cow__test *keep, cow__map *out, const cow__map_type *type) {
    cow__env env = cow__map_env(m, type);
    cow_error_code before = cow_error();
    *out = cow__map_empty_like(m);
    out->seed = m->seed;
    if (!m->root) return true;
    COW__REF_WATCH(m->root, type);
    if (!cow__ref_filter(m->root, keep, &out->root, &out->n, &env)) return false;
    if (!out->n) cow__map_drop(out, type);
    cow__set_error(before); /* gathering that found no memory is nobody's business */
    return true;
}

COW__API bool cow__map_retain(cow__map *m, const cow__test *keep, const cow__map_type *type) {
    cow__map result;
    return cow__map_sift(m, keep, &result, type) && cow__map_conclude(m, &result, true, type);
}

/* What was said of each pair, in the order of a scan. */
typedef struct cow__verdicts {
    uint8_t *bits;
    size_t at;
    bool wanted;
} cow__verdicts;

static bool cow__verdict_passes(const cow__test *t, const void *pair) {
    cow__verdicts *v = (cow__verdicts *)t->ctx;
    (void)pair;
    bool yes = (v->bits[v->at / 8] >> v->at % 8 & 1) != 0;
    v->at++;
    return yes == v->wanted;
}

COW__API bool cow__map_partition(const cow__map *m, const cow__test *pred, cow__map *yes, cow__map *no,
                                 const cow__map_type *type) {
    cow__verdicts v = {NULL, 0, true};
    cow__test read = {cow__verdict_passes, NULL, &v};
    size_t size = m->n / 8 + 1, at = 0;
    cow__map kept, rest;
    cow__scan s;
    if (!m->root) {
        *yes = *no = cow__map_empty_like(m);
        return true;
    }
    v.bits = (uint8_t *)cow__allocate(cow__map_alloc(m, type), size);
    if (!v.bits) return cow__fail(COW_NOMEM);
    memset(v.bits, 0, size);
    cow__scan_begin(&s, m, type);
    while (cow__scan_next(&s))
        for (const char *p = (const char *)s.run; p != s.end; p += type->pair.size, at++)
            v.bits[at / 8] = (uint8_t)(v.bits[at / 8] | (pred->passes(pred, p) ? 1u : 0u) << at % 8);
    bool ok = cow__map_sift(m, &read, &kept, type);
    v.at = 0;
    v.wanted = false;
    if (ok && !(ok = cow__map_sift(m, &read, &rest, type))) cow__map_drop(&kept, type);
    if (ok) {
        *yes = kept;
        *no = rest;
    }
    cow__release(cow__map_alloc(m, type), v.bits, size);
    return ok;
}

COW__END_C
#endif

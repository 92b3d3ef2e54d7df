/* SPDX-License-Identifier: MIT */
/* map_memory: the bytes of nodes that maps keep alive. Floor 4, built on map_core.

   A borrowing node keeps its base alive, and the base what was replaced since. So in one place of the tree a map may keep
   several versions of a node, which share most of what is below them. A census goes down place by place, with the set of
   all that is kept there, and counts each node once. It needs no memory: of a place with more than 64 versions, some are
   left out, and so are twigs that only dying versions of one collision tree share. */
#ifndef COW__MAP_MEMORY_H
#define COW__MAP_MEMORY_H

#include "map_core.h"

COW__BEGIN_C
/* Bytes of all nodes that a value keeps alive; of those that would be freed with it; of those that two values keep alive. */
COW__API size_t cow__map_bytes(const cow__map *m, const cow__map_type *type);
COW__API size_t cow__map_bytes_owned(const cow__map *m, const cow__map_type *type);
COW__API size_t cow__map_bytes_shared(const cow__map *a, const cow__map *b, const cow__map_type *type);
COW__END_C

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__MAP_MEMORY_BODY)
#define COW__MAP_MEMORY_BODY
COW__BEGIN_C

/* A node that is kept in some place. It dies with the value when `refs`, the references of what dies, are all it has. */
typedef struct cow__kept {
    cow__ref r;
    uint32_t refs;
    bool dies;
} cow__kept;

#define COW__KEPT_MAX 64u

typedef struct cow__place {
    cow__kept kept[COW__KEPT_MAX];
    unsigned n;
} cow__place;

static void cow__place_add(cow__place *p, cow__ref r, bool dying) {
    unsigned i = 0;
    while (i < p->n && p->kept[i].r != r) i++;
    if (i == COW__KEPT_MAX) return;
    if (i == p->n) {
        p->kept[i].r = r;
        p->kept[i].refs = 0;
        p->n++;
    }
    p->kept[i].refs += dying;
}

static const cow__inner *cow__kept_base(const cow__kept *k) {
    return cow__ref_is_leaf(k->r) ? NULL : cow__ref_inner(k->r)->base;
}

static void cow__kept_judge(cow__kept *k) { k->dies = COW__LOAD(cow__ref_rc(k->r), COW__ACQUIRE) == k->refs; }

/* Adds the bases, and finds out what dies: the nodes that borrow first, because their bases depend on them. */
static void cow__place_complete(cow__place *p) {
    for (unsigned i = 0, n = p->n; i < n; i++) {
        const cow__inner *base = cow__kept_base(&p->kept[i]);
        if (!base) continue;
        cow__kept_judge(&p->kept[i]);
        cow__place_add(p, cow__inner_ref(base), p->kept[i].dies);
    }
    for (unsigned i = 0; i < p->n; i++)
        if (!cow__kept_base(&p->kept[i])) cow__kept_judge(&p->kept[i]);
}

/* Bytes of node `k` of a place. Versions of a collision node share twigs, which count with the first that has them. */
static size_t cow__kept_bytes(const cow__place *p, unsigned k, bool owned, const cow__env *env) {
    const cow__node *leaf, *known[COW__KEPT_MAX];
    size_t n = 0;
    if (owned && !p->kept[k].dies) return 0;
    if (!cow__ref_is_leaf(p->kept[k].r)) return sizeof(cow__inner);
    leaf = cow__ref_leaf(p->kept[k].r);
    if (leaf->kind == COW__LEAF) return cow__leaf_size(leaf->cap, env->type);
    if (owned) return cow__collision_bytes_owned(leaf, env);
    for (unsigned i = 0; i < k; i++)
        if (cow__ref_is_leaf(p->kept[i].r) && cow__ref_leaf(p->kept[i].r)->kind == COW__COLLISION)
            known[n++] = cow__ref_leaf(p->kept[i].r);
    return cow__collision_bytes(leaf, known, n, env);
}

/* What is kept in slot `i` below a place. A leaf with a span is met in its first slot alone. */
static void cow__place_below(const cow__place *p, unsigned i, cow__place *below) {
    below->n = 0;
    for (unsigned k = 0; k < p->n; k++) {
        if (cow__ref_is_leaf(p->kept[k].r)) continue;
        const cow__inner *inner = cow__ref_inner(p->kept[k].r);
        if (i && inner->slot[i] == inner->slot[i - 1]) continue;
        cow__place_add(below, inner->slot[i], p->kept[k].dies && cow__slot_counted(inner, i));
    }
}

static size_t cow__place_bytes(cow__place *p, bool owned, const cow__env *env) {
    size_t bytes = 0;
    bool inner = false;
    cow__place_complete(p);
    for (unsigned k = 0; k < p->n; k++) {
        bytes += cow__kept_bytes(p, k, owned, env);
        inner = inner || !cow__ref_is_leaf(p->kept[k].r);
    }
    for (unsigned i = 0; inner && i < COW__FAN; i++) {
        cow__place below;
        cow__place_below(p, i, &below);
        if (below.n) bytes += cow__place_bytes(&below, owned, env);
    }
    return bytes;
}

static size_t cow__census(const cow__map *a, const cow__map *b, bool owned, const cow__map_type *type) {
    cow__env env = cow__map_env(a, type);
    cow__place top;
    top.n = 0;
    if (a->root) cow__place_add(&top, a->root, cow__map_root_counted(a));
    if (b && b->root) cow__place_add(&top, b->root, cow__map_root_counted(b));
    return cow__place_bytes(&top, owned, &env);
}

COW__API size_t cow__map_bytes(const cow__map *m, const cow__map_type *type) {
    return cow__census(m, NULL, false, type);
}

COW__API size_t cow__map_bytes_owned(const cow__map *m, const cow__map_type *type) {
    return cow__census(m, NULL, true, type);
}

COW__API size_t cow__map_bytes_shared(const cow__map *a, const cow__map *b, const cow__map_type *type) {
    return cow__census(a, NULL, false, type) + cow__census(b, NULL, false, type) - cow__census(a, b, false, type);
}

COW__END_C
#endif

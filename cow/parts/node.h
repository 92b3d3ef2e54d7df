/* SPDX-License-Identifier: MIT */
/* node: what maps are made of: leaves, and inner nodes that may borrow. Floor 3, built on type and refcount.

   A map is a tree over the bits of its keys' hashes, 4 bits a level from the top. Every node is counted; values that share
   a node never change it.

   A leaf holds up to 32 pairs in no order. In front of them stand their tags: the lowest 8 bits of each hash, compared all
   at once. A leaf of span s stands in 2^s neighbouring slots of its inner node (extendible hashing, Fagin et al. 1979,
   inside one node), so a full leaf becomes two, not sixteen.

   An inner node has 16 slots. One that is made because another was shared borrows: it takes over all 16 references and
   counts none. `base`, the node it was made from, keeps them alive; `own` marks the slots that were replaced since and are
   counted here. So the path of a write costs one count a level, not sixteen, and reading costs nothing extra. When nobody
   else holds the base any more, its references are adopted; when too many slots are owned, all are counted and the base is
   let go. A base never borrows itself. A node in a borrowed slot is shared, whatever its own count says.

   Where the hash has no more bits, keys that collide in all 64 of them stand in a tree of twigs (see collision). */
#ifndef COW__NODE_H
#define COW__NODE_H

#include "buffer.h"
#include "find.h"

/* The explorer makes these smaller (tests/model/maps.c), so that a few pairs make trees of all shapes. All but OWN_MAX are
   powers of two; a leaf has room for whole steps. */
#ifndef COW__LEAF_MAX
#define COW__LEAF_MAX 32u
#define COW__LEAF_STEP 8u
#define COW__FAN_BITS 4u
/* Runs of slots that a borrowing node may own beside its base. */
#define COW__OWN_MAX 4u
#endif
/* Tags that are compared at once, however many there are. */
#define COW__LEAF_TAGS 32u
#define COW__FAN (1u << COW__FAN_BITS)
#define COW__LEVELS (64u / COW__FAN_BITS)
COW__STATIC_ASSERT(COW__LEAF_MAX <= COW__LEAF_TAGS, "cow: a leaf has a tag for each pair");

/* A counted reference to a node. Bit 0 tells leaves from inner nodes, so that a lookup need not read an inner node's head.
   0: none. */
typedef uintptr_t cow__ref;

/* Which of `n` pairs have `bit` set in the hash of their key: what splitting a leaf asks, typed because it hashes them all. */
typedef uint32_t (*cow__upper_fn)(const void *pairs, unsigned n, unsigned bit, uint64_t seed);

/* What the shared code knows about a kind of map. A pair is a key and its value; of a set, the key alone. */
typedef struct cow__map_type {
    cow_type pair;
    size_t key_size;
    cow_hash_fn hash; /* of keys */
    cow__upper_fn upper;
    cow_equal_fn equal;
    cow_compare_fn compare;      /* NULL: keys have no order */
    size_t value_at, value_size; /* where the value stands in a pair; a set has none: 0 bytes */
    cow_equal_fn value_equal;    /* NULL: values are compared bit by bit */
    cow_hash_fn value_hash;
    bool key_bits, value_bits; /* the same bits mean equal: so of types with an equality of their own */
    size_t pairs_at;           /* where the pairs stand in a leaf */
    bool stored_hash;          /* COW_STORE_HASH: leaves keep the upper 32 bits of each hash */
} cow__map_type;

/* What every function on nodes needs to know of their map. */
typedef struct cow__env {
    const cow__map_type *type;
    const cow_alloc *alloc;
    uint64_t seed;
} cow__env;

enum cow__node_kind { COW__LEAF, COW__COLLISION };

/* A leaf, or in its place a collision node, which has no pairs of its own. */
typedef struct cow__node {
    cow__atomic_u32 rc;
    uint8_t kind, n, cap, span;
#if COW__DEBUG
    cow__watch watch;
#endif
#if COW__LIVE
    cow__live live;
#endif
    uint8_t tags[COW__LEAF_TAGS];
} cow__node;

typedef struct cow__inner {
    cow__atomic_u32 rc;
    uint16_t own;  /* the slots that are counted here, in a node that borrows */
    uint8_t owned; /* how many times a slot was marked so */
#if COW__DEBUG
    cow__watch watch;
    cow__atomic_u32 watched; /* the leaves below are */
#endif
#if COW__LIVE
    cow__live live;
#endif
    struct cow__inner *base; /* NULL: every slot is counted here */
    cow__ref slot[COW__FAN];
} cow__inner;

static inline bool cow__ref_is_leaf(cow__ref r) { return (r & 1) != 0; }
static inline cow__node *cow__ref_leaf(cow__ref r) { return (cow__node *)(r - 1); }
static inline cow__inner *cow__ref_inner(cow__ref r) { return (cow__inner *)r; }
static inline cow__ref cow__leaf_ref(const cow__node *leaf) { return (uintptr_t)leaf + 1; }
static inline cow__ref cow__inner_ref(const cow__inner *inner) { return (uintptr_t)inner; }

/* The count stands first in both. */
static inline cow__atomic_u32 *cow__ref_rc(cow__ref r) { return (cow__atomic_u32 *)(r & ~(uintptr_t)1); }

static inline char *cow__pair_at(const cow__node *leaf, size_t i, const cow__map_type *type) {
    return (char *)(uintptr_t)leaf + type->pairs_at + i * type->pair.size;
}

/* The upper halves of the hashes stand behind the pairs. */
static inline uint32_t *cow__leaf_hashes(const cow__node *leaf, const cow__map_type *type) {
    size_t at = (type->pairs_at + leaf->cap * type->pair.size + 3) & ~(size_t)3;
    return (uint32_t *)(void *)((char *)(uintptr_t)leaf + at);
}

/* The first slot behind the run of slots that hold what slot `i` holds. */
static inline unsigned cow__run_end(const cow__inner *inner, unsigned i) {
    cow__ref r = inner->slot[i];
    do i++;
    while (i < COW__FAN && inner->slot[i] == r);
    return i;
}

/* The slots of the run that begins at `i`, as bits. */
static inline uint32_t cow__run_bits(const cow__inner *inner, unsigned i) {
    return ((1u << cow__run_end(inner, i)) - 1) & ~((1u << i) - 1);
}

/* Whether slot `i` is counted by its node, or by the node's base alone. */
static inline bool cow__slot_counted(const cow__inner *inner, unsigned i) {
    return !inner->base || (inner->own >> i & 1) != 0;
}

/* Bit i of the result: tag i is `tag`. Bits from n on may be anything. */
#if defined(__SSE2__) && defined(__GNUC__) && !COW__ASAN
typedef char cow__bytes16 __attribute__((vector_size(16)));
static inline uint32_t cow__tags_equal16(const uint8_t *tags, cow__bytes16 wanted) {
    cow__bytes16 found;
    memcpy(&found, tags, sizeof found);
    return (uint32_t)__builtin_ia32_pmovmskb128((cow__bytes16)(found == wanted));
}
static inline uint32_t cow__tags_equal(const uint8_t *tags, uint8_t tag) {
    char c = (char)tag;
    cow__bytes16 wanted = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
    return cow__tags_equal16(tags, wanted) | cow__tags_equal16(tags + 16, wanted) << 16;
}
#else
/* 8 at a time: bytes that are equal become 0, zero bytes become their highest bit, and the multiplication gathers those. */
static inline uint32_t cow__tags_equal(const uint8_t *tags, uint8_t tag) {
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint32_t mask = 0;
    for (unsigned i = 0; i < COW__LEAF_TAGS; i += 8) {
        uint64_t x = cow__read_u64(tags + i) ^ 0x0101010101010101u * tag;
        uint64_t zero = ~(((x & low) + low) | x | low);
        mask |= (uint32_t)((zero >> 7) * 0x0102040810204080u >> 56) << i;
    }
    return mask;
}
#endif

static inline unsigned cow__count_bits(uint32_t bits) {
    unsigned n = 0;
    for (; bits; bits &= bits - 1) n++;
    return n;
}

/* All pairs of `leaf`, as bits, and those whose tags are those of hash `h`. */
static inline uint32_t cow__leaf_all(const cow__node *leaf) { return (uint32_t)(((uint64_t)1 << leaf->n) - 1); }

static inline uint32_t cow__leaf_candidates(const cow__node *leaf, uint64_t h) {
    return cow__tags_equal(leaf->tags, (uint8_t)h) & cow__leaf_all(leaf);
}

COW__BEGIN_C
/* Destroys a node with all that it alone holds. */
COW__API void cow__ref_destroy(cow__ref r, const cow__env *env);

/* Debug builds remember what the pairs of shared leaves hold, and die when it changes. */
#if COW__DEBUG
/* Dies of `mistake` unless the node is alive. */
COW__API void cow__ref_check(cow__ref r, const char *type, const char *mistake);
/* Watches the leaves below a node that is about to be shared. */
COW__API void cow__ref_watch(cow__ref r, const cow__map_type *type);
#define COW__REF_WATCH(r, type) cow__ref_watch((r), (type))
#define COW__NODE_UNWATCH(inner) COW__STORE(&(inner)->watched, 0u, COW__RELAXED)
#define COW__LEAF_FORGET(leaf, type) cow__watch_forget(&(leaf)->watch, (type)->pair.name)
#define COW__LEAF_CHECK(leaf, type) cow__watch_check((cow__watch *)(uintptr_t) & (leaf)->watch, (type)->pair.name)
#else
#define COW__REF_WATCH(r, type) ((void)0)
#define COW__NODE_UNWATCH(inner) ((void)0)
#define COW__LEAF_FORGET(leaf, type) ((void)0)
#define COW__LEAF_CHECK(leaf, type) ((void)0)
#endif

/* An empty leaf with room for `cap` pairs; NULL with COW_NOMEM. */
COW__API cow__node *cow__leaf_new(const cow__env *env, unsigned cap);
/* Frees the memory alone. */
COW__API void cow__leaf_free(cow__node *leaf, const cow__env *env);
/* The room that `n` pairs are given. */
COW__API unsigned cow__leaf_room(unsigned n);
/* The same pairs with room for `n`: made by the copy hooks, or moved bitwise from a leaf that is then freed. */
COW__API cow__node *cow__leaf_copy(const cow__node *leaf, unsigned n, const cow__env *env);
COW__API cow__node *cow__leaf_move(cow__node *leaf, unsigned n, const cow__env *env);
/* Where `key` with hash `h` stands in a leaf; COW__LEAF_MAX when nowhere. */
COW__API unsigned cow__leaf_find(const cow__node *leaf, const void *key, uint64_t h, const cow__env *env);
/* Takes note of one pair more, whose place it returns; the caller fills it. There is room. */
COW__API unsigned cow__leaf_append(cow__node *leaf, uint64_t h, const cow__env *env);
/* Closes the gap of pair `i`, which the caller has moved out, with the last one. */
COW__API void cow__leaf_remove(cow__node *leaf, unsigned i, const cow__env *env);

/* An inner node without a base; its slots are the caller's business. */
COW__API cow__inner *cow__inner_new(const cow__env *env);
COW__API void cow__inner_free(cow__inner *inner, const cow__env *env);
/* A node with the same slots for a writer to change. Takes over the caller's reference to `from` when `counted`. */
COW__API cow__inner *cow__inner_borrow(cow__inner *from, bool counted, const cow__env *env);
/* Readies a node that its caller owns alone for a change of slot `i`: adopts the base when nobody else holds it, or counts
   all slots when too many are owned. */
COW__API void cow__inner_open(cow__inner *inner, unsigned i, const cow__env *env);
/* Counts every slot and lets the base go. */
COW__API void cow__inner_densify(cow__inner *inner, const cow__env *env);
/* Lets the 2^span slots around `i` hold `r`, which is counted here from now on. */
COW__API void cow__inner_set(cow__inner *inner, unsigned i, unsigned span, cow__ref r);

/* The bytes of its block. */
COW__API size_t cow__leaf_size(unsigned cap, const cow__map_type *type);
COW__END_C

/* One reference less to a node. */
static inline void cow__ref_release(cow__ref r, const cow__env *env) {
    if (cow__rc_release(cow__ref_rc(r), env->type->pair.local)) cow__ref_destroy(r, env);
}

#endif

#if defined(COW__IMPLEMENT) && !defined(COW__NODE_BODY)
#define COW__NODE_BODY
COW__BEGIN_C

/* ---- Memory ---- */

static void *cow__node_allocate(size_t size, const cow__env *env) {
    void *p = cow__allocate(env->alloc, size);
    if (!p) {
        (void)cow__fail(COW_NOMEM);
        return NULL;
    }
    COW__COUNT(BUFFERS_NEW, 1);
    COW__COUNT(BYTES_ALLOCATED, size);
    return p;
}

static void cow__node_free(void *p, size_t size, const cow__env *env) {
    COW__COUNT(BUFFERS_FREED, 1);
#if COW__DEBUG
    if (!env->alloc) {
        cow__quarantine(p, size);
        return;
    }
#endif
    cow__release(env->alloc, p, size);
}

/* Nodes and twigs of debug builds know whether they are alive. */
#if COW__DEBUG
#define COW__NODE_BORN(node) cow__watch_begin(&(node)->watch)
#define COW__NODE_DIES(node, env) cow__node_dies(&(node)->watch, (env)->type->pair.name)

static void cow__node_dies(cow__watch *w, const char *type) {
    cow__watch_forget(w, type);
    w->magic = COW__MAGIC_DEAD;
}
#else
#define COW__NODE_BORN(node) ((void)0)
#define COW__NODE_DIES(node, env) ((void)0)
#endif
#if COW__LIVE
#define COW__NODE_LIVE(node, size, env) cow__live_add(&(node)->live, (env)->type->pair.name, (size))
#define COW__NODE_DEAD(node) cow__live_remove(&(node)->live)
#define COW__NODE_FROZEN(node) cow__live_freeze(&(node)->live)
#else
#define COW__NODE_LIVE(node, size, env) ((void)0)
#define COW__NODE_DEAD(node) ((void)0)
#define COW__NODE_FROZEN(node) ((void)0)
#endif

COW__API size_t cow__leaf_size(unsigned cap, const cow__map_type *type) {
    size_t pairs = type->pairs_at + cap * type->pair.size;
    return type->stored_hash ? ((pairs + 3) & ~(size_t)3) + 4 * (size_t)cap : pairs;
}

/* Small maps grow by doubling, larger leaves by steps: each is a fresh block, and half a step is what a leaf wastes. */
COW__API unsigned cow__leaf_room(unsigned n) {
    if (n <= COW__LEAF_STEP / 2) return n <= COW__LEAF_STEP / 4 ? COW__LEAF_STEP / 4 * (n != 0) : COW__LEAF_STEP / 2;
    return (n + COW__LEAF_STEP - 1) / COW__LEAF_STEP * COW__LEAF_STEP;
}

COW__API cow__node *cow__leaf_new(const cow__env *env, unsigned cap) {
    size_t size = cow__leaf_size(cap, env->type);
    cow__node *leaf = (cow__node *)cow__node_allocate(size, env);
    if (!leaf) return NULL;
    COW__STORE(&leaf->rc, 1u, COW__RELAXED);
    leaf->kind = COW__LEAF;
    leaf->n = 0;
    leaf->cap = (uint8_t)cap;
    leaf->span = 0;
    COW__NODE_BORN(leaf);
    COW__NODE_LIVE(leaf, size, env);
    return leaf;
}

COW__API void cow__leaf_free(cow__node *leaf, const cow__env *env) {
    COW__NODE_DIES(leaf, env);
    COW__NODE_DEAD(leaf);
    cow__node_free(leaf, cow__leaf_size(leaf->cap, env->type), env);
}

COW__API cow__inner *cow__inner_new(const cow__env *env) {
    cow__inner *inner = (cow__inner *)cow__node_allocate(sizeof *inner, env);
    if (!inner) return NULL;
    COW__STORE(&inner->rc, 1u, COW__RELAXED);
    inner->own = 0;
    inner->owned = 0;
    inner->base = NULL;
    COW__NODE_BORN(inner);
    COW__NODE_UNWATCH(inner);
    COW__NODE_LIVE(inner, sizeof *inner, env);
    return inner;
}

COW__API void cow__inner_free(cow__inner *inner, const cow__env *env) {
    COW__NODE_DIES(inner, env);
    COW__NODE_DEAD(inner);
    cow__node_free(inner, sizeof *inner, env);
}

/* ---- Leaves ---- */

/* Tags, hashes and number of pairs, as in `from`; the pairs themselves are the caller's business. */
static void cow__leaf_take_tags(cow__node *leaf, const cow__node *from, const cow__map_type *type) {
    memcpy(leaf->tags, from->tags, from->n);
    if (type->stored_hash && from->n)
        memcpy(cow__leaf_hashes(leaf, type), cow__leaf_hashes(from, type), 4u * (size_t)from->n);
    leaf->n = from->n;
    leaf->span = from->span;
}

/* Reports that pairs were duplicated because others share them. */
static void cow__pairs_copied(size_t n, const cow__env *env) {
    (void)n, (void)env;
    COW__TRACE_COPY(env->type->pair.name, n, n * env->type->pair.size, COW_REASON_SHARED);
    COW__COUNT(COPIES, 1);
    COW__COUNT(BYTES_COPIED, n * env->type->pair.size);
}

COW__API cow__node *cow__leaf_copy(const cow__node *leaf, unsigned n, const cow__env *env) {
    const cow_type *pair = &env->type->pair;
    COW__LEAF_CHECK(leaf, env->type);
    cow__node *copy = cow__leaf_new(env, cow__leaf_room(n));
    if (!copy) return NULL;
    if (!cow__elements_copy(pair, cow__pair_at(copy, 0, env->type), cow__pair_at(leaf, 0, env->type), leaf->n)) {
        cow__leaf_free(copy, env);
        return NULL;
    }
    cow__leaf_take_tags(copy, leaf, env->type);
    cow__pairs_copied(leaf->n, env);
    return copy;
}

COW__API cow__node *cow__leaf_move(cow__node *leaf, unsigned n, const cow__env *env) {
    cow__node *moved = cow__leaf_new(env, cow__leaf_room(n));
    if (!moved) return NULL;
    memcpy(cow__pair_at(moved, 0, env->type), cow__pair_at(leaf, 0, env->type), leaf->n * env->type->pair.size);
    cow__leaf_take_tags(moved, leaf, env->type);
    cow__leaf_free(leaf, env);
    return moved;
}

COW__API unsigned cow__leaf_find(const cow__node *leaf, const void *key, uint64_t h, const cow__env *env) {
    const cow__map_type *type = env->type;
    for (uint32_t m = cow__leaf_candidates(leaf, h); m; m &= m - 1) {
        unsigned i = cow__lowest_bit(m);
        if (type->stored_hash && cow__leaf_hashes(leaf, type)[i] != (uint32_t)(h >> 32)) continue;
        if (type->equal(cow__pair_at(leaf, i, type), key)) return i;
    }
    return COW__LEAF_MAX;
}

/* Moves one pair. Sizes that are known are a load and a store; others are a call. */
static void cow__pair_move(void *to, const void *from, size_t size) {
    if (size == 16)
        memcpy(to, from, 16);
    else if (size == 8)
        memcpy(to, from, 8);
    else
        memcpy(to, from, size);
}

COW__API unsigned cow__leaf_append(cow__node *leaf, uint64_t h, const cow__env *env) {
    unsigned i = leaf->n++;
#if COW__DEBUG
    /* Nobody shall rely on an order: the new pair changes places with one that the hash chooses, differently in each
       process. */
    unsigned j = (unsigned)(h >> 8 & 0xff) % leaf->n;
    if (j != i) {
        memcpy(cow__pair_at(leaf, i, env->type), cow__pair_at(leaf, j, env->type), env->type->pair.size);
        leaf->tags[i] = leaf->tags[j];
        if (env->type->stored_hash) cow__leaf_hashes(leaf, env->type)[i] = cow__leaf_hashes(leaf, env->type)[j];
        i = j;
    }
#endif
    leaf->tags[i] = (uint8_t)h;
    if (env->type->stored_hash) cow__leaf_hashes(leaf, env->type)[i] = (uint32_t)(h >> 32);
    return i;
}

COW__API void cow__leaf_remove(cow__node *leaf, unsigned i, const cow__env *env) {
    const cow__map_type *type = env->type;
    unsigned last = --leaf->n;
    if (i == last) return;
    cow__pair_move(cow__pair_at(leaf, i, type), cow__pair_at(leaf, last, type), type->pair.size);
    leaf->tags[i] = leaf->tags[last];
    if (type->stored_hash) cow__leaf_hashes(leaf, type)[i] = cow__leaf_hashes(leaf, type)[last];
}

/* ---- Inner nodes ---- */

#define COW__ALL_SLOTS ((1u << COW__FAN) - 1)

/* One reference more to, or one less from, the nodes in the slots that `slots` selects, whole runs of them. */
static void cow__slots_retain(const cow__inner *inner, uint32_t slots, const cow__map_type *type) {
    bool local = type->pair.local || COW__SINGLE_THREADED();
    for (cow__ref last = 0; slots; slots &= slots - 1) {
        cow__ref r = inner->slot[cow__lowest_bit(slots)];
        if (r != last) cow__rc_retain(cow__ref_rc(r), local);
        last = r;
    }
}

static void cow__slots_release(const cow__inner *inner, uint32_t slots, const cow__env *env) {
    bool local = env->type->pair.local || COW__SINGLE_THREADED();
    for (cow__ref last = 0; slots; slots &= slots - 1) {
        cow__ref r = inner->slot[cow__lowest_bit(slots)];
        if (r != last && cow__rc_release(cow__ref_rc(r), local)) cow__ref_destroy(r, env);
        last = r;
    }
}

COW__API cow__inner *cow__inner_borrow(cow__inner *from, bool counted, const cow__env *env) {
    bool local = env->type->pair.local;
    cow__inner *inner = cow__inner_new(env);
    if (!inner) return NULL;
    memcpy(inner->slot, from->slot, sizeof inner->slot);
    if (!from->base) {
        inner->base = from;
        if (!counted) cow__rc_retain(&from->rc, local);
        return inner;
    }
    inner->base = from->base;
    inner->own = from->own;
    inner->owned = from->owned;
    cow__rc_retain(&from->base->rc, local);
    cow__slots_retain(from, from->own, env->type);
    if (counted) cow__ref_release(cow__inner_ref(from), env);
    return inner;
}

/* The base is this node's alone: the slots it kept alive are counted here now, and those that were replaced are given up. */
static void cow__inner_adopt(cow__inner *inner, const cow__env *env) {
    cow__inner *base = inner->base;
    inner->base = NULL;
    cow__slots_release(base, inner->own, env);
    cow__inner_free(base, env);
}

COW__API void cow__inner_densify(cow__inner *inner, const cow__env *env) {
    cow__inner *base = inner->base;
    if (!base) return;
    if (cow__rc_unique(&base->rc)) {
        cow__inner_adopt(inner, env);
        return;
    }
    cow__slots_retain(inner, COW__ALL_SLOTS & ~(uint32_t)inner->own, env->type);
    inner->base = NULL;
    cow__ref_release(cow__inner_ref(base), env);
}

COW__API void cow__inner_open(cow__inner *inner, unsigned i, const cow__env *env) {
    if (!inner->base) return;
    if (cow__rc_unique(&inner->base->rc))
        cow__inner_adopt(inner, env);
    else if (!(inner->own >> i & 1) && inner->owned >= COW__OWN_MAX)
        cow__inner_densify(inner, env);
}

COW__API void cow__inner_set(cow__inner *inner, unsigned i, unsigned span, cow__ref r) {
    unsigned width = 1u << span, first = i & ~(width - 1);
    if (inner->base) {
        if (!(inner->own >> i & 1)) inner->owned++;
        inner->own = (uint16_t)(inner->own | ((1u << width) - 1) << first);
    }
    for (unsigned j = first; j < first + width; j++) inner->slot[j] = r;
}

/* ---- Counts and destruction ---- */

#if COW__DEBUG
COW__API void cow__ref_check(cow__ref r, const char *type, const char *mistake) {
    cow__watch_alive(cow__ref_is_leaf(r) ? &cow__ref_leaf(r)->watch : &cow__ref_inner(r)->watch, type, mistake);
}

COW__API void cow__ref_watch(cow__ref r, const cow__map_type *type) {
    if (cow__ref_is_leaf(r)) {
        cow__node *leaf = cow__ref_leaf(r);
        if (leaf->kind != COW__LEAF) return;
        cow__watch_share(&leaf->watch, cow__pair_at(leaf, 0, type), cow__pair_at(leaf, leaf->n, type), type->pair.name);
        return;
    }
    cow__inner *inner = cow__ref_inner(r);
    if (COW__LOAD(&inner->watched, COW__ACQUIRE)) return;
    for (unsigned i = 0; i < COW__FAN; i = cow__run_end(inner, i)) cow__ref_watch(inner->slot[i], type);
    COW__STORE(&inner->watched, 1u, COW__RELEASE);
}
#endif

/* A dead leaf or twig (told apart as references are) whose pairs wait to be dropped, as buffers do. It remembers this in
   what nothing else needs any more: a leaf's tags, a twig's links. */
typedef struct cow__doomed_pairs {
    uintptr_t next;
    const cow__map_type *type;
    const cow_alloc *alloc;
} cow__doomed_pairs;
static COW__THREAD_LOCAL uintptr_t cow__doomed_first;
COW__STATIC_ASSERT(sizeof(cow__doomed_pairs) <= COW__LEAF_TAGS, "cow: a dead leaf remembers its type in its tags");

static void cow__twig_destroy_one(uintptr_t t, const cow__env *env);

static void *cow__doomed_note(uintptr_t dead) {
    return cow__ref_is_leaf(dead) ? (void *)cow__ref_leaf(dead)->tags : (void *)dead;
}

static void cow__pairs_destroy_one(uintptr_t dead, const cow__env *env) {
    if (!cow__ref_is_leaf(dead)) {
        cow__twig_destroy_one(dead, env);
        return;
    }
    cow__node *leaf = cow__ref_leaf(dead);
    COW__LEAF_FORGET(leaf, env->type);
    cow__elements_drop(&env->type->pair, cow__pair_at(leaf, 0, env->type), cow__pair_at(leaf, leaf->n, env->type));
    cow__leaf_free(leaf, env);
}

COW__API void cow__destroy_waiting(void) {
    while (cow__doomed || cow__doomed_first) {
        cow__header *h = cow__doomed;
        uintptr_t dead = cow__doomed_first;
        if (h) {
            cow__doomed = (cow__header *)COW__LOAD(&h->limit, COW__RELAXED);
            cow__destroy_one(h);
        } else {
            cow__doomed_pairs d;
            memcpy(&d, cow__doomed_note(dead), sizeof d);
            cow__env env = {d.type, d.alloc, 0};
            cow__doomed_first = d.next;
            cow__pairs_destroy_one(dead, &env);
        }
    }
}

/* A level of maps takes more stack than one of buffers: the way down its tree. */
#define COW__EAGER_MAPS (COW__EAGER_LEVELS / 2)

/* Drops the pairs of a dead leaf or twig and frees it, or lets it wait when values are nested too deeply. */
static void cow__pairs_destroy(uintptr_t dead, const cow__env *env) {
    if (env->type->pair.drop && cow__destroy_level >= COW__EAGER_MAPS) {
        cow__doomed_pairs d = {cow__doomed_first, env->type, env->alloc};
        memcpy(cow__doomed_note(dead), &d, sizeof d);
        cow__doomed_first = dead;
        return;
    }
    cow__destroy_level++;
    cow__pairs_destroy_one(dead, env);
    if (cow__destroy_level == 1) cow__destroy_waiting();
    cow__destroy_level--;
}

static void cow__collision_destroy(cow__node *node, const cow__env *env);

static void cow__inner_destroy(cow__inner *inner, const cow__env *env) {
    cow__slots_release(inner, inner->base ? inner->own : COW__ALL_SLOTS, env);
    if (inner->base) cow__ref_release(cow__inner_ref(inner->base), env);
    cow__inner_free(inner, env);
}

COW__API void cow__ref_destroy(cow__ref r, const cow__env *env) {
    if (!cow__ref_is_leaf(r))
        cow__inner_destroy(cow__ref_inner(r), env);
    else if (cow__ref_leaf(r)->kind == COW__LEAF)
        cow__pairs_destroy(r, env);
    else
        cow__collision_destroy(cow__ref_leaf(r), env);
}

COW__END_C
#endif

/* SPDX-License-Identifier: MIT */
/* map: `#define COW_MAP x, K, V` or `#define COW_SET x, K` and include: hash maps and sets with value semantics. Floor 4,
   built on map_algebra and map_filter.

   A value is a small handle; its copy is one increment. A change of an unshared map writes in place; a change of a shared
   one copies one leaf of at most 32 pairs, and a small node a level. A set is a map without values: where a map hands out
   pairs, a set hands out keys. Unless a function says otherwise: its cost does not depend on the size but through caches
   and the depth of the tree, which grows by one when the size grows sixteenfold; false or NULL means that nothing happened,
   and cow_error() says why (COW_NOMEM, COW_HOOK from a copy hook, COW_ABSENT, COW_EXISTS), but lookups that find nothing
   leave cow_error() as it is; an argument passed by value belongs to the map on success and stays the caller's on failure;
   pointers given to a function may point into the map itself; one variable may be read by many threads at once, and changed
   by one thread alone. The order of iteration is not specified, and differs between processes.

   Keys need a hash and equality, found by type, or given by COW_HASH(key, seed) and COW_EQUAL(a, b). An order,
   COW_COMPARE(a, b), keeps many keys under one hash cheap; without one, keys whose 64 hash bits are all equal cost a search
   of all of them. */
#if defined(COW_MAP) || defined(COW_SET)

#include "map_algebra.h"
#include "map_filter.h"
#include "map_memory.h"

#ifdef COW_MAP
#define COW__N COW__CALL(COW__FIRST_OF_3, COW_MAP)
#define COW__HAS_VALUES 1
#else
#define COW__N COW__CALL(COW__FIRST, COW_SET)
#define COW__HAS_VALUES 0
#endif
#define COW__F(function) COW__CAT3(COW__N, _, function)

#if defined(COW_FORWARD) || !defined(COW_FORWARDED)
/* The handle. All-zero is an empty map. */
typedef struct COW__N {
    cow__map m;
} COW__N;
#endif

#ifdef COW_FORWARD

/* COW_FORWARD declares the handle alone, so that V may contain it. Instantiate again later, with COW_FORWARDED. */
COW__INLINE COW__N COW__F(copy)(const COW__N *m);
COW__INLINE void COW__F(drop)(COW__N *m);

#else

/* Key and value under names that no parameter below can hide. */
#define COW__K COW__F(_key)
#define COW__V COW__F(_value)
#define COW__PAIR COW__F(pair)
#if COW__HAS_VALUES
typedef COW__CALL(COW__SECOND_OF_3, COW_MAP) COW__K;
typedef COW__CALL(COW__THIRD_OF_3, COW_MAP) COW__V;
typedef struct COW__PAIR {
    COW__K key;
    COW__V value;
} COW__PAIR;
#define COW__KEY_OF(pair) (&(pair)->key)
#else
typedef COW__CALL(COW__SECOND, COW_SET) COW__K;
typedef COW__K COW__PAIR;
#define COW__KEY_OF(pair) (pair)
#endif

#ifdef __cplusplus
static_assert(__is_trivially_copyable(COW__PAIR),
              "cow: pairs are moved bitwise, so K and V must be trivially copyable");
#endif
#if (defined(COW_DROP) && !defined(COW_COPY)) || (defined(COW_VALUE_DROP) && !defined(COW_VALUE_COPY))
#error "cow: COW_DROP needs COW_COPY, and COW_VALUE_DROP needs COW_VALUE_COPY: bitwise copies would be dropped twice"
#endif
COW__STATIC_ASSERT(sizeof(COW__PAIR) <= PTRDIFF_MAX / 64, "cow: keys and values of a map are too large");
COW__STATIC_ASSERT(COW__ALIGNOF(COW__PAIR) <= COW__PLAIN_ALIGN, "cow: keys and values of a map need plain alignment");

/* ---- The hooks of keys and values: the user's, else those found by type ---- */

#ifdef COW_COPY
static inline bool COW__F(_key_copy)(void *to, const void *from) {
    return COW_COPY((COW__K *)to, (const COW__K *)from);
}
#define COW__KEY_COPY COW__F(_key_copy)
#define COW__KEY_OWNS 1
#else
#define COW__KEY_COPY COW__COPY_OF(COW__K)
#define COW__KEY_OWNS COW__HAS_COPY(COW__K)
#endif
#ifdef COW_DROP
static inline void COW__F(_key_drop)(void *e) { COW_DROP((COW__K *)e); }
#define COW__KEY_DROP COW__F(_key_drop)
#else
#define COW__KEY_DROP COW__DROP_OF(COW__K)
#endif

#if defined(COW_EQUAL)
#define COW__KEY_EQUAL(a, b) (COW_EQUAL((a), (b)))
#define COW__KEY_HAS_EQUAL 1
#elif defined(COW_COMPARE)
#define COW__KEY_EQUAL(a, b) (COW_COMPARE((a), (b)) == 0)
#define COW__KEY_HAS_EQUAL 1
#else
#define COW__KEY_EQUAL(a, b) (COW__EQUAL_OF(COW__K)((a), (b)))
#define COW__KEY_HAS_EQUAL COW__HAS_EQUAL(COW__K)
#endif

/* Structs may have padding, so their bits say nothing. */
#if defined(COW_EQUAL) || defined(COW_COMPARE)
#define COW__KEY_BITS false
#else
#define COW__KEY_BITS true
#endif

/* An order found by type says nothing of keys that are equal by the user's own measure. */
#if defined(COW_COMPARE)
#define COW__KEY_COMPARE(a, b) (COW_COMPARE((a), (b)))
#define COW__KEY_HAS_COMPARE 1
#elif defined(COW_EQUAL)
#define COW__KEY_COMPARE(a, b) (cow__compare_none((a), (b)))
#define COW__KEY_HAS_COMPARE 0
#else
#define COW__KEY_COMPARE(a, b) (COW__COMPARE_OF(COW__K)((a), (b)))
#define COW__KEY_HAS_COMPARE COW__HAS_COMPARE(COW__K)
#endif

/* A hash of the user's is finished by a multiplication, so it need not spread its bits well. */
#if defined(COW_HASH) && defined(COW__HASH_AS_IS)
#define COW__KEY_HASH(key, seed) (COW_HASH((key), (seed)))
#elif defined(COW_HASH)
#define COW__KEY_HASH(key, seed) (cow__hash_word((uint64_t)(COW_HASH((key), (seed))), (seed)))
#else
#define COW__KEY_HASH(key, seed) (COW__HASH_OF(COW__K)((key), (seed)))
#endif
#ifdef COW_HASH
#define COW__KEY_HAS_HASH 1
#else
#define COW__KEY_HAS_HASH COW__HAS_HASH(COW__K)
#endif

COW__STATIC_ASSERT(COW__KEY_HAS_HASH, "cow: the key type has no hash: #define COW_HASH before including cow.h");
COW__STATIC_ASSERT(COW__KEY_HAS_EQUAL, "cow: the key type has no equality: #define COW_EQUAL before including cow.h");

static inline uint64_t COW__F(_hash)(const void *key, uint64_t seed) {
    return COW__KEY_HASH((const COW__K *)key, seed);
}
static inline uint32_t COW__F(_upper)(const void *pairs, unsigned n, unsigned bit, uint64_t seed) {
    uint32_t upper = 0;
    for (unsigned i = 0; i < n; i++) {
        const COW__PAIR *pair = (const COW__PAIR *)pairs + i;
        upper |= (uint32_t)(COW__KEY_HASH(COW__KEY_OF(pair), seed) >> bit & 1) << i;
    }
    return upper;
}
static inline bool COW__F(_equal)(const void *a, const void *b) {
    return COW__KEY_EQUAL((const COW__K *)a, (const COW__K *)b);
}
static inline int COW__F(_compare)(const void *a, const void *b) {
    return COW__KEY_COMPARE((const COW__K *)a, (const COW__K *)b);
}

#if COW__HAS_VALUES

#ifdef COW_VALUE_COPY
static inline bool COW__F(_value_copy)(void *to, const void *from) {
    return COW_VALUE_COPY((COW__V *)to, (const COW__V *)from);
}
#define COW__VALUE_COPY COW__F(_value_copy)
#define COW__VALUE_OWNS 1
#else
#define COW__VALUE_COPY COW__COPY_OF(COW__V)
#define COW__VALUE_OWNS COW__HAS_COPY(COW__V)
#endif
#ifdef COW_VALUE_DROP
static inline void COW__F(_value_drop)(void *e) { COW_VALUE_DROP((COW__V *)e); }
#define COW__VALUE_DROP COW__F(_value_drop)
#else
#define COW__VALUE_DROP COW__DROP_OF(COW__V)
#endif
#ifdef COW_VALUE_EQUAL
#define COW__VALUE_EQUAL(a, b) (COW_VALUE_EQUAL((a), (b)))
#define COW__VALUE_HAS_EQUAL 1
#define COW__VALUE_BITS false
#else
#define COW__VALUE_BITS true
#define COW__VALUE_EQUAL(a, b) (COW__EQUAL_OF(COW__V)((a), (b)))
#define COW__VALUE_HAS_EQUAL COW__HAS_EQUAL(COW__V)
#endif
#ifdef COW_VALUE_HASH
#define COW__VALUE_HASH(v, seed) (COW_VALUE_HASH((v), (seed)))
#define COW__VALUE_HAS_HASH 1
#else
#define COW__VALUE_HASH(v, seed) (COW__HASH_OF(COW__V)((v), (seed)))
#define COW__VALUE_HAS_HASH COW__HAS_HASH(COW__V)
#endif
static inline bool COW__F(_value_equal)(const void *a, const void *b) {
    return COW__VALUE_EQUAL((const COW__V *)a, (const COW__V *)b);
}
static inline uint64_t COW__F(_value_hash)(const void *v, uint64_t seed) {
    return COW__VALUE_HASH((const COW__V *)v, seed);
}

/* The hooks of a pair are those of its halves. Their names here must not hide the user's. */
static inline bool COW__F(_pair_copy)(void *to, const void *from) {
    COW__PAIR *t = (COW__PAIR *)to;
    const COW__PAIR *f = (const COW__PAIR *)from;
    cow_copy_fn cow__key_copy = COW__KEY_COPY, cow__value_copy = COW__VALUE_COPY;
    cow_drop_fn cow__key_drop = COW__KEY_DROP;
    if (!cow__key_copy)
        t->key = f->key;
    else if (!cow__key_copy(&t->key, &f->key))
        return false;
    if (!cow__value_copy)
        t->value = f->value;
    else if (!cow__value_copy(&t->value, &f->value)) {
        if (cow__key_drop) cow__key_drop(&t->key);
        return false;
    }
    return true;
}
static inline void COW__F(_pair_drop)(void *e) {
    COW__PAIR *pair = (COW__PAIR *)e;
    cow_drop_fn cow__key_drop = COW__KEY_DROP, cow__value_drop = COW__VALUE_DROP;
    if (cow__key_drop) cow__key_drop(&pair->key);
    if (cow__value_drop) cow__value_drop(&pair->value);
}
static inline void COW__F(_pair_freeze)(void *e) {
    COW__PAIR *pair = (COW__PAIR *)e;
    cow_drop_fn cow__key_freeze = COW__FREEZE_OF(COW__K), cow__value_freeze = COW__FREEZE_OF(COW__V);
    if (cow__key_freeze) cow__key_freeze(&pair->key);
    if (cow__value_freeze) cow__value_freeze(&pair->value);
}
#define COW__PAIR_HOOK(hook) ((COW__KEY_OWNS || COW__VALUE_OWNS) ? COW__F(_pair_##hook) : 0)

#else
#define COW__VALUE_BITS true
#endif

#ifndef COW_ALLOC
#define COW_ALLOC NULL
#endif
#ifdef COW_NONATOMIC
#define COW__LOCAL true
#else
#define COW__LOCAL false
#endif
#ifdef COW_STORE_HASH
#define COW__STORED_HASH true
#else
#define COW__STORED_HASH false
#endif

enum {
    COW__F(_pairs_at) =
        (sizeof(cow__node) + COW__ALIGNOF(COW__PAIR) - 1) / COW__ALIGNOF(COW__PAIR) * COW__ALIGNOF(COW__PAIR)
};

static const cow__map_type COW__F(_type) = {
    {
        COW__TEXT(COW__N),       /* name */
        sizeof(COW__PAIR),       /* size */
        COW__ALIGNOF(COW__PAIR), /* align */
#if COW__HAS_VALUES
        COW__PAIR_HOOK(copy), COW__PAIR_HOOK(drop), COW__PAIR_HOOK(freeze),
#else
        COW__KEY_COPY, COW__KEY_DROP, COW__FREEZE_OF(COW__K),
#endif
        COW_ALLOC,  /* alloc */
        &COW__ABI,  /* abi */
        COW__LOCAL, /* local */
        true,       /* recursive */
    },
    sizeof(COW__K),
    COW__F(_hash),
    COW__F(_upper),
    COW__F(_equal),
    COW__KEY_HAS_COMPARE ? COW__F(_compare) : 0,
#if COW__HAS_VALUES
    offsetof(COW__PAIR, value),
    sizeof(COW__V),
    COW__VALUE_HAS_EQUAL ? COW__F(_value_equal) : 0,
    COW__VALUE_HAS_HASH ? COW__F(_value_hash) : 0,
#else
    sizeof(COW__PAIR),
    0,
    0,
    0,
#endif
    COW__KEY_BITS,
    COW__VALUE_BITS,
    COW__F(_pairs_at),
    COW__STORED_HASH,
};

/* A change of *m stands between these two. */
#define COW__BEGIN_CHANGE(m)               \
    COW__F(_check)((m), "use after drop"); \
    COW__MARK_SITE();                      \
    COW__WRITER_ENTER(m, COW__F(_type).pair.name)
#define COW__END_CHANGE(m) COW__WRITER_LEAVE(m)

/* ---- Making, sharing and giving up values ---- */

/* Dies in COW_DEBUG builds when the value was dropped before. */
COW__INLINE void COW__F(_check)(const COW__N *m, const char *mistake) {
    (void)m, (void)mistake;
#if COW__DEBUG
    if (m->m.root) cow__ref_check(m->m.root, COW__F(_type).pair.name, mistake);
#endif
}

/* Another value with the same pairs: all nodes are shared until one of the two changes. Cost: one increment; never fails. */
COW__INLINE COW__N COW__F(copy)(const COW__N *m) {
    COW__N out;
    COW__F(_check)(m, "use after drop");
    out.m = cow__map_copy(&m->m, &COW__F(_type));
    return out;
}

/* Gives up the value and leaves it empty; may be repeated. The last value to share a node drops its pairs and frees it,
   however deeply values are nested, with a bounded stack. */
COW__INLINE void COW__F(drop)(COW__N *m) {
    COW__F(_check)(m, "double drop");
    COW__BEGIN_CHANGE(m);
    cow__map_drop(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* Takes the value out of the variable and leaves that empty. No count changes. */
COW__INLINE COW__N COW__F(move)(COW__N *m) {
    COW__N out = *m;
    m->m.root = 0;
    m->m.n = 0;
    m->m.from &= ~COW__MAP_FROZEN;
    return out;
}

/* Exchanges two values. */
COW__INLINE void COW__F(swap)(COW__N *a, COW__N *b) {
    COW__N t = *a;
    *a = *b;
    *b = t;
}

/* Makes *to another value of *from and gives up what it was. The two may be the same variable. */
COW__INLINE void COW__F(assign)(COW__N *to, const COW__N *from) {
    COW__N shared = COW__F(copy)(from);
    COW__F(drop)(to);
    *to = shared;
}

/* Removes all pairs; the map keeps its allocator. */
COW__INLINE void COW__F(clear)(COW__N *m) { COW__F(drop)(m); }

/* Makes *out an empty map whose nodes come from `alloc` (NULL: the type's own), which must outlive it and its copies. */
COW__INLINE bool COW__F(new_in)(COW__N *out, const cow_alloc *alloc) {
    out->m.root = 0;
    out->m.n = 0;
    out->m.seed = 0;
    out->m.from = (uintptr_t)alloc;
    return true;
}

/* Makes the value immortal: reading and copying it writes nothing from now on, so that forked workers keep its pages
   shared. A change of a frozen value copies the nodes of its path. Containers in pairs that nobody else shares are frozen
   with it. The memory is never freed. O(n). */
COW__INLINE void COW__F(freeze)(COW__N *m) {
    COW__BEGIN_CHANGE(m);
    cow__map_freeze(&m->m, &COW__F(_type));
    COW__END_CHANGE(m);
}

/* ---- Reading: nothing is written, not even a count ---- */

COW__INLINE size_t COW__F(len)(const COW__N *m) { return m->m.n; }

COW__INLINE bool COW__F(is_empty)(const COW__N *m) { return m->m.n == 0; }

/* Whether another value shares the root, or the value is frozen. After one change of a shared value the root is its own
   again, although nearly all that is below it is still shared: see bytes_owned. */
COW__INLINE bool COW__F(is_shared)(const COW__N *m) {
    return m->m.root && !(cow__map_root_counted(&m->m) && cow__rc_unique(cow__ref_rc(m->m.root)));
}

/* Whether two values are the same nodes: equal without a look at the pairs. */
COW__INLINE bool COW__F(same)(const COW__N *a, const COW__N *b) { return a->m.root == b->m.root; }

/* The seed its keys are hashed with: for find_as. */
COW__INLINE uint64_t COW__F(seed)(const COW__N *m) { return cow__map_seed(&m->m); }

/* The pair of `key` in a leaf; NULL when it is not there. */
COW__INLINE COW__PAIR *COW__F(_in_leaf)(const cow__node *leaf, const COW__K *key, uint64_t h) {
    COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)(uintptr_t)leaf + COW__F(_pairs_at));
    for (uint32_t found = cow__leaf_candidates(leaf, h); found; found &= found - 1) {
        unsigned i = cow__lowest_bit(found);
        if (COW__STORED_HASH && cow__leaf_hashes(leaf, &COW__F(_type))[i] != (uint32_t)(h >> 32)) continue;
        if (COW__F(_equal)(COW__KEY_OF(pairs + i), key)) return pairs + i;
    }
    return NULL;
}

/* The stored pair of `key`, borrowed until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__PAIR *COW__F(find)(const COW__N *m, const COW__K *key) {
    cow__ref r = m->m.root;
    COW__F(_check)(m, "use after drop");
    if (!r) return NULL;
    uint64_t h = COW__F(_hash)(key, m->m.seed), bits = h;
    for (; !cow__ref_is_leaf(r); bits <<= COW__FAN_BITS) r = cow__ref_inner(r)->slot[bits >> (64 - COW__FAN_BITS)];
    const cow__node *leaf = cow__ref_leaf(r);
    const COW__PAIR *pair = COW__F(_in_leaf)(leaf, key, h);
    if (!pair && leaf->kind == COW__COLLISION) pair = (const COW__PAIR *)cow__map_find(&m->m, key, h, &COW__F(_type));
    return pair;
}

/* Whether there is a pair of `key`. */
COW__INLINE bool COW__F(contains)(const COW__N *m, const COW__K *key) { return COW__F(find)(m, key) != NULL; }

#if COW__HAS_VALUES
/* Borrows the value of `key` until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__V *COW__F(get)(const COW__N *m, const COW__K *key) {
    const COW__PAIR *pair = COW__F(find)(m, key);
    return pair ? &pair->value : NULL;
}

/* The value of `key`, or `otherwise`. A value that owns something is still the map's: use its copy to keep it. */
COW__INLINE COW__V COW__F(get_or)(const COW__N *m, const COW__K *key, COW__V otherwise) {
    const COW__PAIR *pair = COW__F(find)(m, key);
    return pair ? pair->value : otherwise;
}
#else
/* Borrows the stored key that equals `key` until the next change or drop of this variable; NULL when there is none. */
COW__INLINE const COW__K *COW__F(get)(const COW__N *m, const COW__K *key) { return COW__F(find)(m, key); }
#endif

/* The thunks below carry typed functions of the user's through shared code. */
typedef bool (*COW__F(_probe_fn))(const COW__K *key, const void *probe);
typedef struct COW__F(_probe) {
    COW__F(_probe_fn) equal;
    const void *probe;
} COW__F(_probe);
static inline bool COW__F(_probe_equal)(const void *key, const void *probe) {
    const COW__F(_probe) *p = (const COW__F(_probe) *)probe;
    return p->equal((const COW__K *)key, p->probe);
}

/* The pair whose key `equal` finds equal to *probe, a key of another kind: nothing is allocated to look it up. `hash` must
   be what the key's own hash is under x_seed(m): of a cow_str, cow_hash_bytes(p, n, x_seed(m)); of a key with COW_HASH,
   what that gives. Numbers are better converted to the key type. */
COW__INLINE const COW__PAIR *COW__F(find_as)(const COW__N *m, uint64_t hash,
                                             bool (*equal)(const COW__K *key, const void *probe), const void *probe) {
    COW__F(_probe) p = {equal, probe};
    COW__F(_check)(m, "use after drop");
#if defined(COW_HASH) && !defined(COW__HASH_AS_IS)
    hash = cow__hash_word(hash, COW__F(seed)(m));
#endif
    return (const COW__PAIR *)cow__map_find_as(&m->m, hash, COW__F(_probe_equal), &p, &COW__F(_type));
}

/* ---- Changing single pairs ---- */

/* Hash of a key that may be put: an empty map takes the seed of the process now. */
COW__INLINE uint64_t COW__F(_hash_for)(COW__N *m, const COW__K *key) {
    if (!m->m.root) m->m.seed = cow_seed();
    return COW__F(_hash)(key, m->m.seed);
}

/* The leaf of hash `h` when the map owns it and the way to it alone; NULL sends the caller to the shared code. So does a
   base that nobody else holds: it should be given up. */
COW__INLINE cow__node *COW__F(_own_leaf)(const COW__N *m, uint64_t h) {
    cow__ref r = m->m.root;
    if (!COW__FAST_PATHS || !r || !cow__map_root_counted(&m->m)) return NULL;
    for (; !cow__ref_is_leaf(r); h <<= COW__FAN_BITS) {
        cow__inner *inner = cow__ref_inner(r);
        unsigned i = (unsigned)(h >> (64 - COW__FAN_BITS));
        if (!cow__rc_unique(&inner->rc)) return NULL;
        if (inner->base && (!(inner->own >> i & 1) || cow__rc_unique(&inner->base->rc))) return NULL;
        r = inner->slot[i];
    }
    cow__node *leaf = cow__ref_leaf(r);
    return cow__rc_unique(&leaf->rc) && leaf->kind == COW__LEAF ? leaf : NULL;
}

/* The pair of `key` for writing: the map owns its path alone. */
COW__INLINE COW__PAIR *COW__F(_reach)(COW__N *m, const COW__K *key) {
    if (!m->m.root) return (void)cow__fail(COW_ABSENT), (COW__PAIR *)NULL;
    uint64_t h = COW__F(_hash)(key, m->m.seed);
    const cow__node *leaf = COW__F(_own_leaf)(m, h);
    COW__PAIR *pair = leaf ? COW__F(_in_leaf)(leaf, key, h) : NULL;
    return pair ? pair : (COW__PAIR *)cow__map_reach(&m->m, key, h, &COW__F(_type));
}

/* The pair of `key` for writing, or a new one that holds nothing yet. The fast path is a leaf of the map's own with room. */
COW__INLINE COW__PAIR *COW__F(_enter)(COW__N *m, const COW__K *key, bool *inserted) {
    uint64_t h = COW__F(_hash_for)(m, key);
    cow__node *leaf = COW__F(_own_leaf)(m, h);
    if (leaf) {
        COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)leaf + COW__F(_pairs_at)),
                  *pair = COW__F(_in_leaf)(leaf, key, h);
        *inserted = !pair;
        if (pair) return pair;
        if (leaf->n < leaf->cap) {
            unsigned i = leaf->n++;
            leaf->tags[i] = (uint8_t)h;
            if (COW__STORED_HASH) cow__leaf_hashes(leaf, &COW__F(_type))[i] = (uint32_t)(h >> 32);
            m->m.n++;
            return pairs + i;
        }
    }
    return (COW__PAIR *)cow__map_enter(&m->m, key, h, inserted, &COW__F(_type));
}

COW__INLINE void COW__F(_drop_key)(COW__K *key) {
    cow_drop_fn cow__drop = COW__KEY_DROP;
    if (cow__drop) cow__drop(key);
}

#if COW__HAS_VALUES

COW__INLINE void COW__F(_drop_value)(COW__V *value) {
    cow_drop_fn cow__drop = COW__VALUE_DROP;
    if (cow__drop) cow__drop(value);
}

/* Makes the value of `key` be `value`. A key that is there already stays, and `key` is dropped. */
COW__INLINE bool COW__F(put)(COW__N *m, COW__K key, COW__V value) {
    bool inserted;
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_enter)(m, &key, &inserted);
    if (pair && inserted) {
        pair->key = key;
        pair->value = value;
    } else if (pair) {
        COW__V old = pair->value;
        pair->value = value;
        COW__F(_drop_key)(&key);
        COW__F(_drop_value)(&old);
    }
    COW__END_CHANGE(m);
    return pair != NULL;
}

/* Puts a pair for a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(put_if_absent)(COW__N *m, COW__K key, COW__V value) {
    if (COW__F(contains)(m, &key)) return cow__fail(COW_EXISTS);
    return COW__F(put)(m, key, value);
}

/* Replaces the value of a key that is there; false with COW_ABSENT when it is not. */
COW__INLINE bool COW__F(replace)(COW__N *m, const COW__K *key, COW__V value) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    if (pair) {
        COW__V old = pair->value;
        pair->value = value;
        COW__F(_drop_value)(&old);
    }
    COW__END_CHANGE(m);
    return pair != NULL;
}

/* Borrows the value of `key` for writing until the next change, copy or drop of this variable; iterators and diffs, a union
   with it and a partition of it copy it as well. NULL with COW_ABSENT when there is none. */
COW__INLINE COW__V *COW__F(mut)(COW__N *m, const COW__K *key) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    COW__END_CHANGE(m);
    return pair ? &pair->value : NULL;
}

/* Finds or makes the pair of `key`, and borrows its value for writing as mut does. A new value is all zero bytes, which is
   the empty value of every container; *inserted, unless NULL, tells whether it is new. A key that is there stays, and `key`
   is dropped. */
COW__INLINE COW__V *COW__F(entry)(COW__N *m, COW__K key, bool *inserted) {
    bool fresh = false;
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_enter)(m, &key, &fresh);
    if (pair && fresh) {
        pair->key = key;
        memset((void *)&pair->value, 0, sizeof pair->value);
    } else if (pair) {
        COW__F(_drop_key)(&key);
    }
    COW__END_CHANGE(m);
    if (inserted) *inserted = fresh;
    return pair ? &pair->value : NULL;
}

/* Lets `fn` change the value of a key that is there, in place while the map is unshared. False with COW_ABSENT when it is
   not there. */
COW__INLINE bool COW__F(update)(COW__N *m, const COW__K *key, void (*fn)(COW__V *value, void *ctx), void *ctx) {
    COW__BEGIN_CHANGE(m);
    COW__PAIR *pair = COW__F(_reach)(m, key);
    if (pair) fn(&pair->value, ctx);
    COW__END_CHANGE(m);
    return pair != NULL;
}

#else

/* Adds `key`. One that is there already stays, and `key` is dropped. */
COW__INLINE bool COW__F(put)(COW__N *m, COW__K key) {
    bool inserted;
    COW__BEGIN_CHANGE(m);
    COW__K *at = COW__F(_enter)(m, &key, &inserted);
    if (at && inserted)
        *at = key;
    else if (at)
        COW__F(_drop_key)(&key);
    COW__END_CHANGE(m);
    return at != NULL;
}

/* Adds a key that is absent; false with COW_EXISTS when it is there. */
COW__INLINE bool COW__F(put_if_absent)(COW__N *m, COW__K key) {
    if (COW__F(contains)(m, &key)) return cow__fail(COW_EXISTS);
    return COW__F(put)(m, key);
}

#endif

/* Removes the pair of `key` and moves it to *out. The fast path is a leaf of the map's own that stays so full that it need
   not be merged. */
COW__INLINE bool COW__F(_remove)(COW__N *m, const COW__K *key, COW__PAIR *out) {
    if (!m->m.root) return cow__fail(COW_ABSENT);
    uint64_t h = COW__F(_hash)(key, m->m.seed);
    cow__node *leaf = COW__F(_own_leaf)(m, h);
    COW__PAIR *pair = leaf && leaf->n > COW__LEAF_MAX / 4 + 1 ? COW__F(_in_leaf)(leaf, key, h) : NULL;
    if (!pair) return cow__map_remove(&m->m, key, h, out, &COW__F(_type));
    COW__PAIR *pairs = (COW__PAIR *)(void *)((char *)leaf + COW__F(_pairs_at));
    unsigned last = --leaf->n, i = (unsigned)(pair - pairs);
    *out = *pair;
    *pair = pairs[last];
    leaf->tags[i] = leaf->tags[last];
    if (COW__STORED_HASH) {
        uint32_t *hashes = cow__leaf_hashes(leaf, &COW__F(_type));
        hashes[i] = hashes[last];
    }
    m->m.n--;
    return true;
}

/* Removes and drops the pair of `key`; false with COW_ABSENT when there is none. */
COW__INLINE bool COW__F(erase)(COW__N *m, const COW__K *key) {
    COW__PAIR out;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &out);
    if (removed && COW__F(_type).pair.drop) COW__F(_type).pair.drop(&out);
    COW__END_CHANGE(m);
    return removed;
}

#if COW__HAS_VALUES
/* Removes the pair of `key` and gives its value to *out (a copy of it when others share it); the key is dropped. False with
   COW_ABSENT when there is none. */
COW__INLINE bool COW__F(take)(COW__N *m, const COW__K *key, COW__V *out) {
    COW__PAIR pair;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &pair);
    if (removed) {
        *out = pair.value;
        COW__F(_drop_key)(&pair.key);
    }
    COW__END_CHANGE(m);
    return removed;
}
#else
/* Removes the key that equals `key` and gives it to *out (a copy of it when others share it). False with COW_ABSENT when
   there is none. */
COW__INLINE bool COW__F(take)(COW__N *m, const COW__K *key, COW__K *out) {
    COW__K taken;
    COW__BEGIN_CHANGE(m);
    bool removed = COW__F(_remove)(m, key, &taken);
    if (removed) *out = taken;
    COW__END_CHANGE(m);
    return removed;
}
#endif

#endif
#endif

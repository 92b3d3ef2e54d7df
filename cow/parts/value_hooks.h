/* SPDX-License-Identifier: MIT */
/* value_hooks: makes the container type itself an element that brings its hooks. Floor 4, built on array_order and
   map_whole.

   The type takes a slot when it is declared, and gives the hooks when it is complete, so that arrays of arrays and maps of
   arrays find copy, drop, equal, compare and hash without being told. Maps have no order. */
#if defined(COW_ARRAY) || defined(COW_MAP) || defined(COW_SET)

#include "array_order.h"
#include "map_whole.h"

#define COW__HOOK(hook) COW__F(_as_element_##hook)

#ifndef COW_FORWARDED

static inline bool COW__HOOK(copy)(void *to, const void *from);
static inline void COW__HOOK(drop)(void *e);
static inline void COW__HOOK(freeze)(void *e);
static inline bool COW__HOOK(equal)(const void *a, const void *b);
static inline int COW__HOOK(compare)(const void *a, const void *b);
static inline uint64_t COW__HOOK(hash)(const void *e, uint64_t seed);

/* Whether elements have the hook is not known of a type that is not complete: it is taken to, and fails to compile where
   the hook is used if it has not. */
#if defined(COW_FORWARD)
#define COW__SELF_HAS_EQUAL 1
#define COW__SELF_HAS_HASH 1
#elif defined(COW_ARRAY)
#define COW__SELF_HAS_EQUAL COW__ELEMENT_HAS_EQUAL
#define COW__SELF_HAS_HASH COW__ELEMENT_HAS_HASH
#else
#define COW__SELF_HAS_EQUAL COW__PAIR_HAS_EQUAL
#define COW__SELF_HAS_HASH COW__PAIR_HAS_HASH
#endif
#if defined(COW_ARRAY) && defined(COW_FORWARD)
#define COW__SELF_HAS_COMPARE 1
#elif defined(COW_ARRAY)
#define COW__SELF_HAS_COMPARE COW__ELEMENT_HAS_COMPARE
#else
#define COW__SELF_HAS_COMPARE 0
#endif

/* Values that are never to cross threads. */
#ifdef COW_NONATOMIC
#define COW__SELF_IS_LOCAL 1
#else
#define COW__SELF_IS_LOCAL 0
#endif

#ifndef __cplusplus

#define COW__S(hook) COW__CAT3(cow__t, COW__SLOT, _##hook)

typedef COW__N COW__CAT(cow__t, COW__SLOT);
static inline bool COW__S(copy)(void *to, const void *from) { return COW__HOOK(copy)(to, from); }
static inline void COW__S(drop)(void *e) { COW__HOOK(drop)(e); }
static inline void COW__S(freeze)(void *e) { COW__HOOK(freeze)(e); }
static inline bool COW__S(equal)(const void *a, const void *b) { return COW__HOOK(equal)(a, b); }
static inline int COW__S(compare)(const void *a, const void *b) { return COW__HOOK(compare)(a, b); }
static inline uint64_t COW__S(hash)(const void *e, uint64_t seed) { return COW__HOOK(hash)(e, seed); }
enum {
    COW__S(has_copy) = 1,
    COW__S(has_equal) = COW__SELF_HAS_EQUAL,
    COW__S(has_compare) = COW__SELF_HAS_COMPARE,
    COW__S(has_hash) = COW__SELF_HAS_HASH,
    COW__S(is_local) = COW__SELF_IS_LOCAL
};

#else

constexpr cow_copy_fn cow__copy_of(const COW__N *) { return COW__HOOK(copy); }
constexpr cow_drop_fn cow__drop_of(const COW__N *) { return COW__HOOK(drop); }
constexpr cow_drop_fn cow__freeze_of(const COW__N *) { return COW__HOOK(freeze); }
constexpr cow_equal_fn cow__equal_of(const COW__N *) { return COW__HOOK(equal); }
constexpr cow_compare_fn cow__compare_of(const COW__N *) { return COW__HOOK(compare); }
constexpr cow_hash_fn cow__hash_of(const COW__N *) { return COW__HOOK(hash); }
constexpr bool cow__has_copy(const COW__N *) { return true; }
constexpr bool cow__has_equal(const COW__N *) { return COW__SELF_HAS_EQUAL; }
constexpr bool cow__has_compare(const COW__N *) { return COW__SELF_HAS_COMPARE; }
constexpr bool cow__has_hash(const COW__N *) { return COW__SELF_HAS_HASH; }
constexpr bool cow__is_local(const COW__N *) { return COW__SELF_IS_LOCAL; }

#endif
#endif

#ifndef COW_FORWARD

static inline bool COW__HOOK(copy)(void *to, const void *from) {
    *(COW__N *)to = COW__F(copy)((const COW__N *)from);
    return true;
}
static inline void COW__HOOK(drop)(void *e) { COW__F(drop)((COW__N *)e); }
static inline void COW__HOOK(freeze)(void *e) { COW__F(freeze)((COW__N *)e); }
static inline bool COW__HOOK(equal)(const void *a, const void *b) {
    return COW__F(equal)((const COW__N *)a, (const COW__N *)b);
}
static inline int COW__HOOK(compare)(const void *a, const void *b) {
#ifdef COW_ARRAY
    return COW__F(compare)((const COW__N *)a, (const COW__N *)b);
#else
    return cow__compare_none(a, b);
#endif
}
static inline uint64_t COW__HOOK(hash)(const void *e, uint64_t seed) { return COW__F(hash)((const COW__N *)e, seed); }

#endif

#endif

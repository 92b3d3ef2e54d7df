/* SPDX-License-Identifier: MIT */
/* array_hooks: makes the array type itself an element that brings its hooks. Floor 4, built on array_order.

   Takes this instantiation's slot, so that arrays of arrays (and later maps of arrays) find copy, drop, equal, compare and hash
   without being told. */
#if defined(COW_ARRAY) && !defined(COW_FORWARD)

#include "array_order.h"

#define COW__S(hook) COW__CAT3(cow__t, COW__SLOT, _##hook)

typedef COW__N COW__CAT(cow__t, COW__SLOT);

static inline bool COW__S(copy)(void *to, const void *from) {
    *(COW__N *)to = COW__F(copy)((const COW__N *)from);
    return true;
}
static inline void COW__S(drop)(void *e) { COW__F(drop)((COW__N *)e); }
static inline void COW__S(freeze)(void *e) { COW__F(freeze)((COW__N *)e); }
static inline bool COW__S(equal)(const void *a, const void *b) {
    return COW__F(equal)((const COW__N *)a, (const COW__N *)b);
}
static inline int COW__S(compare)(const void *a, const void *b) {
    return COW__F(compare)((const COW__N *)a, (const COW__N *)b);
}
static inline uint64_t COW__S(hash)(const void *e, uint64_t seed) { return COW__F(hash)((const COW__N *)e, seed); }

#ifndef __cplusplus
enum {
    COW__S(has_equal) = COW__ELEMENT_HAS_EQUAL,
    COW__S(has_compare) = COW__ELEMENT_HAS_COMPARE,
    COW__S(has_hash) = COW__ELEMENT_HAS_HASH
};
#else
constexpr cow_copy_fn cow__copy_of(const COW__N *) { return COW__S(copy); }
constexpr cow_drop_fn cow__drop_of(const COW__N *) { return COW__S(drop); }
constexpr cow_drop_fn cow__freeze_of(const COW__N *) { return COW__S(freeze); }
constexpr cow_equal_fn cow__equal_of(const COW__N *) { return COW__S(equal); }
constexpr cow_compare_fn cow__compare_of(const COW__N *) { return COW__S(compare); }
constexpr cow_hash_fn cow__hash_of(const COW__N *) { return COW__S(hash); }
constexpr bool cow__has_equal(const COW__N *) { return COW__ELEMENT_HAS_EQUAL; }
constexpr bool cow__has_compare(const COW__N *) { return COW__ELEMENT_HAS_COMPARE; }
constexpr bool cow__has_hash(const COW__N *) { return COW__ELEMENT_HAS_HASH; }
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* str_hooks: strings as elements and keys of every typed container, without hooks of the user's.
   Floor 4, built on str_search.

   Strings hold slot 0 of every translation unit; see slots and array_hooks. */
#ifndef COW__STR_HOOKS_H
#define COW__STR_HOOKS_H

#include "str_search.h"
#include "type.h"

static inline bool cow__t0_copy(void *to, const void *from) {
    *(cow_str *)to = cow_str_copy((const cow_str *)from);
    return true;
}
static inline void cow__t0_drop(void *e) { cow_str_drop((cow_str *)e); }
static inline void cow__t0_freeze(void *e) { cow_str_freeze((cow_str *)e); }
static inline bool cow__t0_equal(const void *a, const void *b) {
    return cow_str_equal((const cow_str *)a, (const cow_str *)b);
}
static inline int cow__t0_compare(const void *a, const void *b) {
    return cow_str_compare((const cow_str *)a, (const cow_str *)b);
}
static inline uint64_t cow__t0_hash(const void *e, uint64_t seed) { return cow_str_hash((const cow_str *)e, seed); }

#ifndef __cplusplus

typedef cow_str cow__t0;
enum {
    cow__t0_has_copy = 1,
    cow__t0_has_equal = 1,
    cow__t0_has_compare = 1,
    cow__t0_has_hash = 1,
    cow__t0_is_local = 0
};

#else

constexpr cow_copy_fn cow__copy_of(const cow_str *) { return cow__t0_copy; }
constexpr cow_drop_fn cow__drop_of(const cow_str *) { return cow__t0_drop; }
constexpr cow_drop_fn cow__freeze_of(const cow_str *) { return cow__t0_freeze; }
constexpr cow_equal_fn cow__equal_of(const cow_str *) { return cow__t0_equal; }
constexpr cow_compare_fn cow__compare_of(const cow_str *) { return cow__t0_compare; }
constexpr cow_hash_fn cow__hash_of(const cow_str *) { return cow__t0_hash; }
constexpr bool cow__has_copy(const cow_str *) { return true; }
constexpr bool cow__has_equal(const cow_str *) { return true; }
constexpr bool cow__has_compare(const cow_str *) { return true; }
constexpr bool cow__has_hash(const cow_str *) { return true; }

#endif
#endif

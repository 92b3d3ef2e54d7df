/* SPDX-License-Identifier: MIT */
/* Keys are found by their hash; of pointers only the user knows whether their targets are meant.
   expect: the key type has no hash: #define COW_HASH before including cow.h */
#include "cow/cow.h"

typedef const char *name;
static inline bool same(const name *a, const name *b) { return *a == *b; }
static inline uint64_t hash(const name *p, uint64_t seed) { return cow_hash_u64((uint64_t)(uintptr_t)*p, seed); }
#define COW_LIST_SET names, name
#define COW_EQUAL same
#ifdef CONTROL
#define COW_HASH hash
#endif
#include "cow/cow.h"

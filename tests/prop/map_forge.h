/* SPDX-License-Identifier: MIT */
/*
 * Forged hashes, for maps and sets that define COW__HASH_AS_IS: how few bits tell keys apart, and where they stand, is drawn. So
 * a few hundred keys make trees as deep as hashes are long, and nodes of keys that collide altogether.
 */
#ifndef MAP_FORGE_H
#define MAP_FORGE_H

#include "rapidcheck-c/rapidcheck_c.h"

/* Keys fall into classes. The first `depth` nibbles of a hash are those of its class, so that the nodes above are the same for
   all keys of it; at 16 all of them collide. `same_low` makes the low bits equal, which leaves tell keys apart by. */
static struct {
    unsigned depth, classes;
    bool same_low;
} forge = {0, 1, false};

static inline void draw_forge(void) {
    static const unsigned depths[] = {0, 16, 1, 2, 3, 7, 14, 15}, classes[] = {1, 2, 5, 17};
    forge.depth = depths[rc_choice("depth of classes", 8)];
    forge.classes = classes[rc_choice("classes", 4)];
    forge.same_low = rc_bool("same low bits");
}

/* Another seed makes other hashes, but leaves classes alone. */
static inline uint64_t forged_hash(uint64_t number, uint64_t seed) {
    uint64_t of_class = cow_hash_u64(number % forge.classes, 1), own = cow_hash_u64(number, 2);
    uint64_t kept = forge.depth == 16 ? 0 : UINT64_MAX >> (4 * forge.depth);
    if (forge.same_low) kept &= ~(uint64_t)0xffff;
    return ((own & kept) | (of_class & ~kept)) ^ cow_hash_u64(seed, 3);
}

#endif

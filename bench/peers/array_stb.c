/* SPDX-License-Identifier: MIT */
/* Peer `stb`: stb_ds.h dynamic arrays. They neither check an index nor report a failed allocation; the check is written
 * here. */
#include "array_peer.h"

#include <stdlib.h>
#include <string.h>

#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>

/* Its macros cast const away (clang sees it) and mix ptrdiff_t with size_t, where they are used: here. */
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-conversion"

typedef uint64_t *stb;

static inline bool peer_push(stb *a, uint64_t value) {
    arrput(*a, value);
    return true;
}

static inline bool peer_push_front(stb *a, uint64_t value) {
    arrins(*a, 0, value);
    return true;
}

static inline void peer_pop(stb *a) { (void)arrpop(*a); }

static inline bool peer_set(stb *a, size_t i, uint64_t value) {
    if (i >= arrlenu(*a)) {
        return false;
    }
    (*a)[i] = value;
    return true;
}

static inline uint64_t *peer_edit(stb *a) { return *a; }

static inline const uint64_t *peer_data(const stb *a) { return *a; }

static inline uint64_t peer_sum(const stb *a) {
    const uint64_t *p = *a;
    uint64_t total = 0;
    for (size_t i = 0; i < arrlenu(p); i++) {
        total += p[i];
    }
    return total;
}

static inline size_t peer_len(const stb *a) { return arrlenu(*a); }

static inline uint64_t peer_at(const stb *a, size_t i) { return (*a)[i]; }

static stb peer_copy(const stb *a) {
    stb copy = NULL;
    if (arrlenu(*a) != 0) {
        arrsetlen(copy, arrlenu(*a));
        memcpy(copy, *a, arrlenu(*a) * sizeof **a);
    }
    return copy;
}

static inline void peer_drop(stb *a) { arrfree(*a); }

static inline void peer_keep(stb *slot, const stb *a) { *slot = peer_copy(a); }

static inline void peer_forget(stb *slot) { peer_drop(slot); }

#define ARRAY stb
#define ARRAY_EMPTY NULL
#define PEER stb
#define PEER_SHARES_APPENDS false
#include "array_loops.h"

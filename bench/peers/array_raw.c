/* SPDX-License-Identifier: MIT */
/* Peer `raw`: the growable array a C programmer writes by hand. Doubling with realloc, stores checked, snapshots by
 * malloc and memcpy. */
#include "array_peer.h"

#include <stdlib.h>
#include <string.h>

typedef struct raw {
    uint64_t *p;
    size_t n, capacity;
} raw;

static bool raw_grow(raw *a) {
    size_t capacity = a->capacity == 0 ? 8 : a->capacity * 2;
    uint64_t *p = realloc(a->p, capacity * sizeof *p);
    if (p == NULL) {
        return false;
    }
    a->p = p;
    a->capacity = capacity;
    return true;
}

static inline bool peer_push(raw *a, uint64_t value) {
    if (a->n == a->capacity && !raw_grow(a)) {
        return false;
    }
    a->p[a->n++] = value;
    return true;
}

static inline bool peer_push_front(raw *a, uint64_t value) {
    if (a->n == a->capacity && !raw_grow(a)) {
        return false;
    }
    memmove(a->p + 1, a->p, a->n * sizeof *a->p);
    a->p[0] = value;
    a->n++;
    return true;
}

static inline void peer_pop(raw *a) { a->n -= a->n > 0; }

static inline bool peer_set(raw *a, size_t i, uint64_t value) {
    if (i >= a->n) {
        return false;
    }
    a->p[i] = value;
    return true;
}

static inline uint64_t *peer_edit(raw *a) { return a->p; }

static inline const uint64_t *peer_data(const raw *a) { return a->p; }

static inline uint64_t peer_sum(const raw *a) {
    uint64_t total = 0;
    for (size_t i = 0; i < a->n; i++) {
        total += a->p[i];
    }
    return total;
}

static inline size_t peer_len(const raw *a) { return a->n; }

static inline uint64_t peer_at(const raw *a, size_t i) { return a->p[i]; }

static raw peer_copy(const raw *a) {
    size_t capacity = a->n == 0 ? 1 : a->n;
    raw copy = {malloc(capacity * sizeof *a->p), a->n, capacity};
    if (copy.p == NULL) {
        bench_die("out of memory");
    }
    if (a->n != 0) {
        memcpy(copy.p, a->p, a->n * sizeof *a->p);
    }
    return copy;
}

static inline void peer_drop(raw *a) {
    free(a->p);
    *a = (raw){0};
}

static inline void peer_keep(raw *slot, const raw *a) { *slot = peer_copy(a); }

static inline void peer_forget(raw *slot) { peer_drop(slot); }

#define ARRAY raw
#define ARRAY_EMPTY \
    { 0 }
#define PEER raw
#define PEER_SHARES_APPENDS false
#include "array_loops.h"

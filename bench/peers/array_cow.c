/* SPDX-License-Identifier: MIT */
/* Peer `cow`: a typed array of this library, as a user would write it. */
#include "array_peer.h"

#define COW_ARRAY u64s, uint64_t
#include "cow/cow.h"

static inline bool peer_push(u64s *a, uint64_t value) { return u64s_push(a, value); }

static inline bool peer_push_front(u64s *a, uint64_t value) { return u64s_push_front(a, value); }

static inline void peer_pop(u64s *a) { u64s_pop(a, NULL); }

static inline bool peer_set(u64s *a, size_t i, uint64_t value) { return u64s_set(a, i, value); }

static inline uint64_t *peer_edit(u64s *a) { return u64s_edit(a); }

static inline const uint64_t *peer_data(const u64s *a) { return u64s_data(a); }

static inline uint64_t peer_sum(const u64s *a) {
    uint64_t total = 0;
    COW_EACH (uint64_t, it, a) {
        total += *it;
    }
    return total;
}

static inline size_t peer_len(const u64s *a) { return u64s_len(a); }

static inline uint64_t peer_at(const u64s *a, size_t i) { return u64s_at(a, i); }

static inline u64s peer_copy(const u64s *a) { return u64s_copy(a); }

static inline void peer_drop(u64s *a) { u64s_drop(a); }

static inline void peer_keep(u64s *slot, const u64s *a) { *slot = u64s_copy(a); }

static inline void peer_forget(u64s *slot) { u64s_drop(slot); }

#define ARRAY u64s
#define ARRAY_EMPTY \
    { 0 }
#define PEER cow
#define PEER_SHARES_APPENDS true
#include "array_loops.h"

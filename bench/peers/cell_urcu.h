/* SPDX-License-Identifier: MIT */
/* The peers of liburcu, compiled once for each flavour. The including file has included that flavour's header, and defines
 *
 *   PEER, PEER_CALL   what this file defines: the writer waits for a grace period; or it leaves the old array to a thread
 *                     of liburcu's
 *   NAME, NAME_CALL   their names
 *   QSBR (0 or 1)     a reader says nothing when it reads, but from time to time that it does not read */
#include "cell_peer.h"

#include <stdlib.h>
#include <string.h>

typedef struct array {
    struct rcu_head head;
    size_t n;
    uint64_t at[];
} array;

static array *cell;
static size_t n;

static array *array_new(const uint64_t *source) {
    array *a = malloc(sizeof *a + n * sizeof *source);
    cell_must(a != NULL);
    a->n = n;
    memcpy(a->at, source, n * sizeof *source);
    return a;
}

static void array_free(struct rcu_head *head) { free((char *)head - offsetof(array, head)); }

static void open_cell(size_t length, int threads) {
    (void)threads;
    n = length;
    cell = array_new(cell_source(0));
}

/* The thread that frees is made here, because it would inherit the one CPU that the writer is pinned to. */
static void open_with_thread(size_t length, int threads) {
    open_cell(length, threads);
    get_default_call_rcu_data();
}

static void *join(void) {
    rcu_register_thread();
    return NULL;
}

static void leave(void *me) {
    (void)me;
    rcu_unregister_thread();
}

static inline uint64_t borrow_one(void *me) {
    (void)me;
    rcu_read_lock();
    const array *a = rcu_dereference(cell);
    uint64_t sum = cell_sum(a->at, a->n);
    rcu_read_unlock();
    return sum;
}

static uint64_t borrow(void *me, size_t count) {
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += borrow_one(me);
    }
    if (QSBR) {
        rcu_quiescent_state();
    }
    return sum;
}

static inline void replace_one(void *me, const uint64_t *source) {
    (void)me;
    array *old = rcu_xchg_pointer(&cell, array_new(source));
    synchronize_rcu();
    free(old);
}

static inline void replace_call_one(void *me, const uint64_t *source) {
    (void)me;
    array *old = rcu_xchg_pointer(&cell, array_new(source));
    call_rcu(&old->head, array_free);
    if (QSBR) { /* otherwise nothing would ever be freed: this thread counts as a reader, too */
        rcu_quiescent_state();
    }
}

CELL_WRITES(replace, replace_one)
CELL_WRITES(replace_call, replace_call_one)

static void drain(void *me) {
    (void)me;
    rcu_barrier();
}

static void rest(void *me) {
    (void)me;
    if (QSBR) {
        rcu_thread_offline();
    }
}

static void wake(void *me) {
    (void)me;
    if (QSBR) {
        rcu_thread_online();
    }
}

const cell_peer PEER = {
    .name = NAME,
    .borrow = borrow,
    .replace = replace,
    .hooks = {.open = open_cell, .join = join, .leave = leave, .rest = rest, .wake = wake},
    .patience = 1,
};

const cell_peer PEER_CALL = {
    .name = NAME_CALL,
    .borrow = borrow,
    .replace = replace_call,
    .hooks = {.open = open_with_thread, .join = join, .leave = leave, .rest = rest, .wake = wake, .drain = drain},
    .only_writes = true,
    .patience = 2,
};

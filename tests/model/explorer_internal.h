/* SPDX-License-Identifier: MIT */
/* Inside the explorer: the world, that is everything that makes up one state, and what its parts offer each other.
 *
 *   coroutine.c   the threads' stacks
 *   order.c       which values an atomic load may return (C11 by views)
 *   plain.c       the arena, plain accesses, data races, tracked elements
 *   world.c       saving, restoring, normalising and hashing a state
 *   search.c      the search through all states, and the report */
#ifndef COW_TESTS_EXPLORER_INTERNAL_H
#define COW_TESTS_EXPLORER_INTERNAL_H

#include "explorer.h"

enum {
    MAX_THREADS = 4,
    MAIN = MAX_THREADS, /* the set-up and the finish; also the number of the shared pool */
    MAX_LOCATIONS = 32,
    MAX_HISTORY = 24,
    MAX_BLOCKS = 24,
    POOL_SIZE = 4096,
    GRANULE = 8,
    MAX_GRANULES = POOL_SIZE / GRANULE,
    MAX_SCRIPT = 64,
    MAX_CLOCK = 63,
    MAX_NAMES = 16,
    MAX_LOCAL = 64 /* bytes of thread-local variables */
};

/* What a thread knows: whose accesses happened before (clock), and for each atomic the oldest entry of its history that may
 * still be read (seen). Joining two views joins the knowledge. */
typedef struct view {
    uint8_t clock[MAX_THREADS];
    uint8_t seen[MAX_LOCATIONS];
} view;

/* One value in the modification order of an atomic. `released` is what an acquire load of it learns. */
typedef struct message {
    uint64_t value;
    view released;
    bool is_update; /* a read-modify-write: nothing may ever come between it and the message before it */
} message;

typedef struct location {
    uint32_t offset; /* in the shared pool */
    uint8_t size;
    uint8_t count; /* 0: never touched yet, or its block was freed */
    message history[MAX_HISTORY];
} location;

typedef struct block {
    uint32_t offset, size;
    bool freed, permanent;
} block;

typedef struct pool {
    uint32_t used;
    uint32_t blocks;
    block block[MAX_BLOCKS];
} pool;

typedef struct thread {
    view view;
    void *stack_pointer;
    uint64_t log; /* a hash of all that determines this thread's local state */
    bool started, finished, at_boundary;
    bool granted; /* may do one shared atomic operation before it parks again */
    bool waiting; /* in explorer_wait, for wait_value */
    bool asleep;  /* in explorer_futex_wait, and not woken yet */
    uint8_t wait_location;
    uint64_t wait_value;
    uint8_t local[MAX_LOCAL]; /* its thread-local variables while it is parked */
} thread;

/* Who accessed each granule of the shared pool, in clocks of the accessing thread; 0 is never, or long known to everybody. */
typedef struct shadow {
    uint8_t writer[MAX_GRANULES];
    uint8_t write_clock[MAX_GRANULES];
    uint8_t read_clock[MAX_THREADS][MAX_GRANULES];
    uint8_t atomic_clock[MAX_THREADS][MAX_GRANULES]; /* atomic writes */
} shadow;

/* Everything but the arena's bytes, the stacks and the program's own memory. */
typedef struct world {
    thread thread[MAX_THREADS];
    view sequential;                 /* what the sequentially consistent operations so far agree on */
    uint64_t alive[MAX_THREADS + 1]; /* tracked elements, one bit each, by who made them */
    uint8_t elements[MAX_THREADS + 1];
    uint8_t carriers[MAX_THREADS + 2][MAX_NAMES]; /* how many elements carry each value of explorer_fresh_value */
    bool alone; /* one thread runs on private memory only; it parks at every boundary */
    pool pool[MAX_THREADS + 1];
    shadow shadow;
    location location[MAX_LOCATIONS];
} world;

extern world explorer_world;
extern const program *explorer_program;
extern unsigned explorer_current; /* the thread that runs, or MAIN */
extern bool explorer_tracing;     /* the run is being repeated for the report */
extern uint8_t explorer_arena[MAX_THREADS + 1][POOL_SIZE];
extern unsigned explorer_locations; /* atomics met so far in any run; their numbers never change */

/* coroutine.c */
void coroutine_start(unsigned t);
void coroutine_resume(unsigned t);
void coroutine_park(void);
void *coroutine_stack_top(unsigned t);
size_t coroutine_local_size(void);
const uint8_t *coroutine_local(unsigned t);
void coroutine_clear_local(void);

/* order.c */
void view_join(view *into, const view *from);
bool view_includes(const view *larger, const view *smaller);
bool order_open_for_update(const location *at, unsigned index);
uint64_t order_representative(const location *at, uint64_t value);
bool order_wait_satisfied(const thread *t);
void order_forget_block(uint32_t offset, uint32_t size);

/* plain.c */
typedef struct place {
    unsigned pool;
    uint32_t offset;
} place;
bool plain_find(const void *address, place *where);
bool plain_is_constant(const void *address);
bool plain_is_private(uint64_t word);
void plain_check_alive(place where, size_t size);
void plain_stamp_atomic(place where, bool writes);
void plain_reset(void);
bool plain_is_element(uint64_t word);
unsigned plain_element_value(uint64_t word);
bool plain_element_alive(uint64_t word);
bool plain_is_dead(uint64_t word);
void plain_check_thread_end(unsigned t);
void plain_check_world_end(void);

/* world.c */
typedef struct snapshot {
    uint8_t *bytes;
    size_t size, capacity;
} snapshot;
void world_reset(void);
void world_save(snapshot *s);
void world_restore(const snapshot *s);
void world_normalise(void);
uint64_t world_hash(void);
uint64_t world_hash_thread(unsigned t);
bool world_holds_shared(unsigned t);
uint64_t hash_mix(uint64_t hash, uint64_t word);

/* search.c */
void search_log(uint64_t word); /* the running thread has read this: its local state depends on it */
unsigned
search_choose(unsigned n); /* as explorer_choose, for choices that the thread learns about only by what it reads */

#endif

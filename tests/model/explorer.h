/* SPDX-License-Identifier: MIT */
/* The explorer: runs a small program of 2 to 4 threads in every way that C11 allows, and reports the first run that is wrong.
 *
 * A program is ordinary C. Its threads are coroutines of one real thread; the explorer decides who goes on at each atomic
 * operation, and which of the values that C11 allows a load returns. Plain accesses are reported by the compiler's own
 * -fsanitize=thread instrumentation, so the code explored is the code shipped, not a copy of it.
 *
 * What is explored and why it is enough: docs/design/model.md. */
#ifndef COW_TESTS_EXPLORER_H
#define COW_TESTS_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explorer_order { ORDER_RELAXED, ORDER_ACQUIRE, ORDER_RELEASE, ORDER_ACQ_REL, ORDER_SEQ_CST };
enum explorer_update { UPDATE_ADD, UPDATE_SUBTRACT, UPDATE_SWAP };

/* The atomic operations. `size` is 4 or 8. */
uint64_t explorer_load(const void *address, size_t size, int order);
void explorer_store(void *address, size_t size, uint64_t value, int order);
uint64_t explorer_modify(void *address, size_t size, enum explorer_update update, uint64_t operand, int order);
bool explorer_compare_and_swap(void *address, size_t size, void *expected, uint64_t desired, int order,
                               int failure_order);

/* The newest value of a shared atomic, for checks by the program itself: no turn, no race, no trace. */
uint64_t explorer_peek(const void *address, size_t size);

/* Blocks until the location can be read as `value`, then reads it. A spin loop without its useless turns. */
void explorer_wait(const void *address, size_t size, uint64_t value, int order);

/* Linux's futex: sleeps if the word is `expected`, until it is woken. A thread that nobody wakes is a deadlock, and so a bug. Sleeps
 * that end early are for the caller to try, see explorer_system.h. */
void explorer_futex_wait(const void *word, uint32_t expected);
/* Wakes up to `most` threads that sleep on this word; which ones, is explored. */
void explorer_futex_wake(const void *word, unsigned most);

/* The arena. Nothing is reused within one run, so a late access or a second free is always seen. What the set-up allocates is
 * shared; what a thread allocates is its own, and the explorer reports any other thread that touches it. */
void *explorer_allocate(size_t size);
void *explorer_reallocate(void *old, size_t old_size, size_t new_size);
void explorer_free(void *block, size_t size);
/* A block of the set-up that the program need not free. */
void *explorer_allocate_permanent(size_t size);

/* Accesses anywhere in this part of the shared pool count as accesses to all of it: fewer states, and a race between two
 * different fields would be reported too. It may begin in the second half of a word. Called in the set-up. */
void explorer_coarse(const void *address, size_t size);
/* The same for two atomics. */
void explorer_join(const void *address, const void *other);

/* Checked versions of the library functions, for code that the explorer runs. */
void *explorer_memcpy(void *to, const void *from, size_t size);
void *explorer_memmove(void *to, const void *from, size_t size);
void *explorer_memset(void *to, int byte, size_t size);
int explorer_memcmp(const void *a, const void *b, size_t size);

/* What a destructor leaves in the word of a destroyed element. */
#define EXPLORER_DESTROYED UINT64_C(0xdead)

/* Tracked elements. A word names one element instance and the value it carries. */
uint64_t explorer_element_new(unsigned value);
/* A value that no living element carries; its first byte tells who asked. */
unsigned explorer_fresh_value(void);
void explorer_element_destroy(uint64_t word);
unsigned explorer_element_read(uint64_t word); /* its value; a bug when it is not alive */

/* An atomic that lives outside the arena, such as a static variable of the code under test. Called in the set-up; every run
 * starts with it at zero. Only atomic operations may touch it. */
void explorer_register_atomic(void *address, size_t size);

/* An atomic outside the arena that no thread stores to, settled by the set-up: loading it needs no turn. */
void explorer_constant(const void *address, size_t size);

/* The code under test keeps its thread-local variables in this section (-D_Thread_local=EXPLORER_THREAD_LOCAL), because its
 * threads are coroutines of one real thread. Each has its own copy, which starts at zero. */
#define EXPLORER_THREAD_LOCAL __attribute__((section("explorer_thread_local")))

/* One of n ways to go on; every one is explored. What the ways are must follow from the thread's local state; if it does not, say
 * with explorer_depends_on which one it was. */
unsigned explorer_choose(unsigned n);
void explorer_depends_on(uint64_t word);
/* Called between two operations of a thread. Here its local state is exactly its registered state (see program.state). */
void explorer_boundary(void);
/* A line for the report. */
void explorer_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends this run: it is wrong. */
void explorer_bug(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
unsigned explorer_thread(void);

typedef struct program {
    const char *name;
    unsigned threads;
    void (*setup)(void);          /* single-threaded, before the threads start */
    void (*run)(unsigned thread); /* the body of one thread */
    void (*finish)(void);         /* single-threaded, after all threads ended; may be NULL */
    void *state;                  /* the program's own memory: an array with one slot per thread */
    size_t state_size;            /* bytes per slot, a multiple of 8 */
    void *extra;                  /* the rest of the program's own memory; may be NULL */
    size_t extra_size;
    void (*retire)(
        unsigned thread); /* this thread chooses no further operation; NULL: it has boundaries for nothing else */
    uint64_t (*constraint)(void); /* what else restricts the choices still to come; may be NULL */
    /* Values of this atomic that the code does not tell apart have one representative, and a read returns that; NULL: none. */
    uint64_t (*representative)(const void *address, uint64_t value);
    const char *(*name_of)(const void *address); /* of an atomic; may be NULL */
    bool unmerged;       /* explores every path to its end: slow, and a check of the merging of states */
    bool leaks_expected; /* saturated counts: blocks and elements that live on are right */
} program;

typedef struct explorer_result {
    bool wrong;
    unsigned long long states; /* distinct states */
    unsigned long long steps;  /* steps run */
    double executions;         /* complete executions that these steps stand for */
    char bug[256];
} explorer_result;

/* Explores everything. On a bug prints the report to stderr unless `quiet`. */
explorer_result explorer_run(const program *p, bool quiet);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The test kit's allocator. Include it before cow/cow.h: it takes over COW_MALLOC, COW_REALLOC and COW_FREE.
 *
 * It knows every live block and its size, so that a leak, a free of a stranger and a free with the wrong size are all seen.
 * It can fail the k-th allocation, once or from then on. Every block is a malloc block of its own, so that ASan and
 * valgrind still see its bounds, and a resize always moves, so that nobody keeps a pointer across one by luck.
 * Not for use from several threads.
 */
#ifndef KIT_MEMORY_H
#define KIT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Works in release builds too: a test that cannot fail under NDEBUG is no test. */
#define KIT_CHECK(condition) ((condition) ? (void)0 : kit_die(__FILE__, __LINE__, #condition))

/* What the test was doing when it died; a sweep sets it before each run. */
static char kit_context[256];

static inline void kit_die(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: FAILED: %s%s%s\n", file, line, what, kit_context[0] ? " -- " : "", kit_context);
    fflush(NULL);
    abort();
}

typedef struct kit_block {
    struct kit_block *next;
    void *memory;
    size_t size;
} kit_block;

enum { KIT_BUCKETS = 4096 };

static struct {
    kit_block *bucket[KIT_BUCKETS];
    size_t blocks;   /* live now */
    size_t bytes;    /* live now */
    size_t calls;    /* allocations asked for since kit_fail_none */
    size_t fail_at;  /* the call that fails, counted from 1; 0 fails none */
    bool sticky;     /* all later calls fail too */
    size_t injected; /* failures handed out since kit_fail_none */
    size_t given_up; /* live blocks that are immortal by design, in builds that must keep them */
} kit;

static inline void kit_fail_none(void) {
    kit.calls = 0;
    kit.fail_at = 0;
    kit.sticky = false;
    kit.injected = 0;
}

static inline void kit_fail(size_t at, bool sticky) {
    kit_fail_none();
    kit.fail_at = at;
    kit.sticky = sticky;
}

static inline bool kit_fails_now(void) {
    kit.calls++;
    if (kit.fail_at == 0 || kit.calls < kit.fail_at || (kit.calls > kit.fail_at && !kit.sticky)) return false;
    kit.injected++;
    return true;
}

static inline kit_block **kit_find(uintptr_t address) {
    kit_block **at = &kit.bucket[((address >> 4) ^ (address >> 16)) % KIT_BUCKETS];
    while (*at && (uintptr_t)(*at)->memory != address) at = &(*at)->next;
    return at;
}

static inline void *kit_malloc_quiet(size_t size) {
    kit_block *block = malloc(sizeof *block);
    void *memory = malloc(size);
    if (!block || !memory) {
        free(block);
        free(memory);
        return NULL;
    }
    kit_block **at = kit_find((uintptr_t)memory);
    KIT_CHECK(*at == NULL);
    *block = (kit_block){NULL, memory, size};
    *at = block;
    kit.blocks++;
    kit.bytes += size;
    return memory;
}

static inline void *kit_malloc(size_t size) {
    KIT_CHECK(size > 0);
    return kit_fails_now() ? NULL : kit_malloc_quiet(size);
}

static inline void kit_free(void *memory, size_t size) {
    if (!memory) return;
    kit_block **at = kit_find((uintptr_t)memory);
    kit_block *block = *at;
    KIT_CHECK(block != NULL && "free of a block that is not live");
    KIT_CHECK(block->size == size && "free with the size it was allocated with");
    *at = block->next;
    kit.blocks--;
    kit.bytes -= size;
    free(memory);
    free(block);
}

static inline void *kit_realloc(void *memory, size_t old_size, size_t new_size) {
    KIT_CHECK(new_size > 0);
    if (kit_fails_now()) return NULL;
    void *moved = kit_malloc_quiet(new_size);
    if (!moved) return NULL;
    if (memory) {
        const kit_block *block = *kit_find((uintptr_t)memory);
        KIT_CHECK(block != NULL && block->size == old_size && "resize of a live block with its size");
        memcpy(moved, memory, old_size < new_size ? old_size : new_size);
        kit_free(memory, old_size);
    }
    return moved;
}

/* Whether dead blocks may still be referred to: COW_DEBUG keeps some in quarantine, and both debug builds list the frozen. */
#if defined(COW_DEBUG) || defined(COW_TRACE)
#define KIT_KEEPS_DEAD 1
#else
#define KIT_KEEPS_DEAD 0
#endif

/* Gives back what is left, which is right only for frozen values: they are immortal by design. */
static inline void kit_abandon(void) {
    kit.given_up = KIT_KEEPS_DEAD ? kit.blocks : 0;
    for (size_t i = 0; i < KIT_BUCKETS && !KIT_KEEPS_DEAD; i++) {
        while (kit.bucket[i]) {
            kit_block *block = kit.bucket[i];
            kit_free(block->memory, block->size);
        }
    }
}

/* Forgets the blocks that are live now and leaves them to whoever has them: what a process keeps for good, by design. */
static inline void kit_leave(void) {
    for (size_t i = 0; i < KIT_BUCKETS; i++) {
        while (kit.bucket[i]) {
            kit_block *block = kit.bucket[i];
            kit.bucket[i] = block->next;
            kit.blocks--;
            kit.bytes -= block->size;
            free(block);
        }
    }
}

/* Blocks that were not given back. COW_DEBUG builds keep dead ones in quarantine, so there the question has no answer. */
static inline size_t kit_lost_blocks(void) {
#ifdef COW_DEBUG
    return 0;
#else
    return kit.blocks - kit.given_up;
#endif
}

#define COW_MALLOC(size) kit_malloc(size)
#define COW_REALLOC(memory, old_size, new_size) kit_realloc(memory, old_size, new_size)
#define COW_FREE(memory, size) kit_free(memory, size)

#endif

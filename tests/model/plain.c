/* SPDX-License-Identifier: MIT */
/* The arena, plain accesses and tracked elements.
 *
 * The program under test is compiled with -fsanitize=thread and linked without its runtime: the calls that the compiler
 * inserts before each plain access end up here. Accesses outside the arena (stacks, constants) are nobody else's and pass.
 * In the shared pool each granule remembers when each thread last read it, wrote it, or wrote it atomically. Two accesses
 * of which one is plain and one is a write must be ordered by happens-before; that does not depend on which of them ran first,
 * so plain accesses need no turns of their own. */
#include "explorer_internal.h"

#include <string.h>

uint8_t explorer_arena[MAX_THREADS + 1][POOL_SIZE] __attribute__((aligned(4096)));

/* ---- blocks ---- */

/* Atomics outside the arena stand for a block inside it. */
static struct {
    const void *address;
    size_t size;
    uint32_t offset;
} outside[4];
static unsigned outside_count;

void explorer_register_atomic(void *address, size_t size) {
    unsigned i = 0;
    while (i < outside_count && outside[i].address != address) i++;
    if (i == sizeof outside / sizeof *outside) explorer_bug("explorer: too many atomics outside the arena");
    if (i == outside_count) outside_count++;
    uint8_t *inside = explorer_allocate_permanent(size);
    memset(inside, 0, size);
    outside[i].address = address;
    outside[i].size = size;
    outside[i].offset = (uint32_t)(inside - explorer_arena[MAIN]);
}

static struct {
    const void *address;
    size_t size;
} constant;

void explorer_constant(const void *address, size_t size) {
    constant.address = address;
    constant.size = size;
}

bool plain_is_constant(const void *address) { return (uintptr_t)address - (uintptr_t)constant.address < constant.size; }

static bool find_outside(const void *address, place *where) {
    for (unsigned i = 0; i < outside_count; i++) {
        uintptr_t distance = (uintptr_t)address - (uintptr_t)outside[i].address;
        if (distance >= outside[i].size) continue;
        *where = (place){MAIN, outside[i].offset + (uint32_t)distance};
        return true;
    }
    return false;
}

bool plain_find(const void *address, place *where) {
    uintptr_t distance = (uintptr_t)address - (uintptr_t)explorer_arena;
    if (distance >= sizeof explorer_arena) return find_outside(address, where);
    where->pool = (unsigned)(distance / POOL_SIZE);
    where->offset = (uint32_t)(distance % POOL_SIZE);
    return true;
}

/* Whether a word leads to a private block: its name says nothing, because what it means follows from the thread's local state. */
bool plain_is_private(uint64_t word) {
    place where;
    return plain_find((const void *)(uintptr_t)word, &where) && where.pool != MAIN;
}

static block *block_at(place where) {
    pool *p = &explorer_world.pool[where.pool];
    for (unsigned i = p->blocks; i-- > 0;) {
        block *b = &p->block[i];
        if (where.offset >= b->offset && where.offset < b->offset + b->size) return b;
    }
    return NULL;
}

void plain_check_alive(place where, size_t size) {
    const block *b = block_at(where);
    if (!b || where.offset + size > b->offset + b->size) explorer_bug("access outside every block");
    if (b->freed) explorer_bug("use after free");
}

static void *allocate(size_t size, bool permanent) {
    enum { RED_ZONE = 16 };
    pool *p = &explorer_world.pool[explorer_current];
    uint32_t room = (uint32_t)((size + 15) & ~(size_t)15) + RED_ZONE;
    if (p->blocks == MAX_BLOCKS || p->used + room > POOL_SIZE)
        explorer_bug("explorer: pool full, raise POOL_SIZE or MAX_BLOCKS");
    p->block[p->blocks++] = (block){p->used, (uint32_t)size, false, permanent};
    uint8_t *bytes = &explorer_arena[explorer_current][p->used];
    memset(bytes, 0xa5, room);
    p->used += room;
    return bytes;
}

void *explorer_allocate(size_t size) { return allocate(size, false); }
void *explorer_allocate_permanent(size_t size) { return allocate(size, true); }

/* Always moves, so that every pointer into the old block shows. */
void *explorer_reallocate(void *old, size_t old_size, size_t new_size) {
    void *moved = explorer_allocate(new_size);
    explorer_memcpy(moved, old, old_size < new_size ? old_size : new_size);
    explorer_free(old, old_size);
    return moved;
}

/* ---- races ---- */

/* The granule that stands for each half of one: a count may share its granule with plain fields, which must not count as the count. */
enum { HALF = GRANULE / 2 };
static uint16_t representative[POOL_SIZE / HALF];

static unsigned granule_at(uint32_t offset) { return representative[offset / HALF]; }

void plain_reset(void) {
    constant.size = 0;
    for (unsigned h = 0; h < POOL_SIZE / HALF; h++) representative[h] = (uint16_t)(h / 2);
}

void explorer_coarse(const void *address, size_t size) {
    place where;
    if (!plain_find(address, &where) || where.pool != MAIN)
        explorer_bug("explorer: only the shared pool can be made coarse");
    uint32_t first_whole = (where.offset + GRANULE - 1) / GRANULE;
    for (uint32_t o = where.offset; o < where.offset + size; o += HALF)
        representative[o / HALF] = (uint16_t)first_whole;
}

void explorer_join(const void *address, const void *other) {
    place a, b;
    if (!plain_find(address, &a) || !plain_find(other, &b) || a.pool != MAIN || b.pool != MAIN)
        explorer_bug("explorer: cannot join these");
    for (uint32_t half = 0; half < 2; half++)
        representative[b.offset / GRANULE * 2 + half] = representative[a.offset / HALF];
}

static bool knows(unsigned reader, unsigned other, uint8_t clock) {
    return other == reader || explorer_world.thread[reader].view.clock[other] >= clock;
}

static void race_with(const char *what, const char *earlier, unsigned other) {
    explorer_bug("data race: %s of thread %u and %s of thread %u are not ordered", what, explorer_current, earlier,
                 other);
}

static void check_writes(const char *what, unsigned granule) {
    const shadow *s = &explorer_world.shadow;
    unsigned writer = s->writer[granule];
    if (!knows(explorer_current, writer, s->write_clock[granule])) race_with(what, "a write", writer);
}

static void check_atomics(const char *what, unsigned granule) {
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        uint8_t clock = explorer_world.shadow.atomic_clock[t][granule];
        if (!knows(explorer_current, t, clock)) race_with(what, "an atomic write", t);
    }
}

static void check_reads(const char *what, unsigned granule) {
    for (unsigned t = 0; t < explorer_program->threads; t++) {
        uint8_t clock = explorer_world.shadow.read_clock[t][granule];
        if (!knows(explorer_current, t, clock)) race_with(what, "a read", t);
    }
}

static uint8_t now(void) { return explorer_world.thread[explorer_current].view.clock[explorer_current]; }

static void stamp_read(unsigned granule) {
    check_writes("a read", granule);
    check_atomics("a read", granule);
    explorer_world.shadow.read_clock[explorer_current][granule] = now();
}

static void stamp_write(const char *what, unsigned granule) {
    check_writes(what, granule);
    check_atomics(what, granule);
    check_reads(what, granule);
    explorer_world.shadow.writer[granule] = (uint8_t)explorer_current;
    explorer_world.shadow.write_clock[granule] = now();
}

/* Atomics are aligned: each lies in one granule. */
void plain_stamp_atomic(place where, bool writes) {
    unsigned g = granule_at(where.offset);
    check_writes("an atomic access", g);
    if (writes)
        explorer_world.shadow.atomic_clock[explorer_current][g] = now();
    else
        explorer_world.shadow.read_clock[explorer_current][g] = now();
}

/* Nobody may touch these granules again, so their past no longer matters. */
static void forget_granule(unsigned granule) {
    explorer_world.shadow.writer[granule] = 0;
    explorer_world.shadow.write_clock[granule] = 0;
    for (unsigned t = 0; t < MAX_THREADS; t++) {
        explorer_world.shadow.read_clock[t][granule] = 0;
        explorer_world.shadow.atomic_clock[t][granule] = 0;
    }
}

static void free_shared(const block *b) {
    for (uint32_t o = b->offset; o < b->offset + b->size; o += HALF) stamp_write("the free", granule_at(o));
    for (uint32_t o = b->offset; o < b->offset + b->size; o += HALF) forget_granule(granule_at(o));
    order_forget_block(b->offset, b->size);
}

void explorer_free(void *address, size_t size) {
    place where;
    if (!plain_find(address, &where)) explorer_bug("freed something that was never allocated");
    block *b = block_at(where);
    if (!b || b->offset != where.offset) explorer_bug("freed something that is not the start of a block");
    if (b->freed) explorer_bug("double free");
    if (b->size != size) explorer_bug("freed with size %zu, allocated with size %u", size, b->size);
    if (explorer_current != MAIN) {
        if (where.pool == MAIN)
            free_shared(b);
        else if (where.pool != explorer_current)
            explorer_bug("a thread freed a block that another thread keeps private");
    }
    b->freed = true;
}

/* What the running thread reads decides what it does next, so it goes into its log. */
static void log_shared_read(place where, size_t size) {
    uint64_t word = 0;
    const uint8_t *bytes = &explorer_arena[MAIN][where.offset];
    for (size_t done = 0; done < size; done += sizeof word) {
        size_t part = size - done < sizeof word ? size - done : sizeof word;
        word = 0;
        memcpy(&word, bytes + done, part);
        search_log(plain_is_element(word)   ? (uint64_t)plain_element_value(word) << 1 | plain_element_alive(word)
                   : plain_is_private(word) ? 2
                                            : word);
        search_log(where.offset + done);
    }
}

static void plain_access(const void *address, size_t size, bool write) {
    place where;
    if (size == 0 || !plain_find(address, &where)) return;
    plain_check_alive(where, size);
    if (explorer_current == MAIN || where.pool == explorer_current) return;
    if (where.pool != MAIN) explorer_bug("a thread reached a block that another thread keeps private");
    for (size_t o = where.offset / HALF * HALF; o < where.offset + size; o += HALF) {
        if (write)
            stamp_write("a write", granule_at((uint32_t)o));
        else
            stamp_read(granule_at((uint32_t)o));
    }
    if (!write) log_shared_read(where, size);
}

/* ---- library functions ---- */

void *explorer_memcpy(void *to, const void *from, size_t size) {
    plain_access(from, size, false);
    plain_access(to, size, true);
    return size ? memcpy(to, from, size) : to;
}

void *explorer_memmove(void *to, const void *from, size_t size) {
    plain_access(from, size, false);
    plain_access(to, size, true);
    return size ? memmove(to, from, size) : to;
}

void *explorer_memset(void *to, int byte, size_t size) {
    plain_access(to, size, true);
    return size ? memset(to, byte, size) : to;
}

int explorer_memcmp(const void *a, const void *b, size_t size) {
    plain_access(a, size, false);
    plain_access(b, size, false);
    return size ? memcmp(a, b, size) : 0;
}

/* ---- what the compiler calls ---- */

#define PLAIN_HOOKS(size)                                                                   \
    void __tsan_read##size(void *address);                                                  \
    void __tsan_write##size(void *address);                                                 \
    void __tsan_unaligned_read##size(void *address);                                        \
    void __tsan_unaligned_write##size(void *address);                                       \
    void __tsan_read##size(void *address) { plain_access(address, size, false); }           \
    void __tsan_write##size(void *address) { plain_access(address, size, true); }           \
    void __tsan_unaligned_read##size(void *address) { plain_access(address, size, false); } \
    void __tsan_unaligned_write##size(void *address) { plain_access(address, size, true); }
PLAIN_HOOKS(1)
PLAIN_HOOKS(2)
PLAIN_HOOKS(4)
PLAIN_HOOKS(8)
PLAIN_HOOKS(16)

void __tsan_read_range(void *address, size_t size);
void __tsan_write_range(void *address, size_t size);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_init(void);
void __tsan_read_range(void *address, size_t size) { plain_access(address, size, false); }
void __tsan_write_range(void *address, size_t size) { plain_access(address, size, true); }
void __tsan_func_entry(void *caller) { (void)caller; }
void __tsan_func_exit(void) {}
void __tsan_init(void) {}

/* ---- tracked elements ---- */

/* An element is one word: a mark, the value it carries, who made it, and the how-manieth that was. Moving it moves the word;
 * copying makes a new one. So destroying the same instance twice shows whichever way it travelled. */
enum { ELEMENT_MARK = 0xe1e7, ELEMENTS_PER_THREAD = 64 };

static unsigned element_maker(uint64_t word) { return (unsigned)(word >> 8) & 0xff; }
static unsigned element_number(uint64_t word) { return (unsigned)word & 0xff; }

/* A word that only looks like one, such as a hash, names an element that was never made. */
bool plain_is_element(uint64_t word) {
    if (word >> 48 != ELEMENT_MARK || element_maker(word) > MAIN) return false;
    return element_number(word) < explorer_world.elements[element_maker(word)];
}

unsigned plain_element_value(uint64_t word) { return (unsigned)(word >> 16) & 0xffff; }

bool plain_element_alive(uint64_t word) {
    return explorer_world.alive[element_maker(word)] >> element_number(word) & 1;
}

/* Never constructed, or destroyed, or moved away and destroyed there: whoever takes it for an element is wrong in the same way. */
bool plain_is_dead(uint64_t word) {
    return word == UINT64_C(0xa5a5a5a5a5a5a5a5) || word == EXPLORER_DESTROYED ||
           (plain_is_element(word) && !plain_element_alive(word));
}

uint64_t explorer_element_new(unsigned value) {
    unsigned maker = explorer_current, number = explorer_world.elements[maker];
    if (number == ELEMENTS_PER_THREAD) explorer_bug("explorer: too many elements, raise ELEMENTS_PER_THREAD");
    explorer_world.elements[maker]++;
    explorer_world.carriers[value >> 8][value & 0xff]++;
    explorer_world.alive[maker] |= UINT64_C(1) << number;
    return (uint64_t)ELEMENT_MARK << 48 | (uint64_t)value << 16 | (uint64_t)maker << 8 | number;
}

/* The lowest free value, so that threads that did the same in another order end up with the same. */
unsigned explorer_fresh_value(void) {
    unsigned low = 0;
    while (low < MAX_NAMES && explorer_world.carriers[explorer_current + 1][low]) low++;
    if (low == MAX_NAMES) explorer_bug("explorer: too many values, raise MAX_NAMES");
    search_log(low);
    return (explorer_current + 1) << 8 | low;
}

void explorer_element_destroy(uint64_t word) {
    if (!plain_is_element(word)) explorer_bug("destroyed an element that was never constructed");
    if (!plain_element_alive(word)) explorer_bug("destroyed element %#x twice", plain_element_value(word));
    explorer_world.carriers[plain_element_value(word) >> 8][plain_element_value(word) & 0xff]--;
    explorer_world.alive[element_maker(word)] &= ~(UINT64_C(1) << element_number(word));
}

unsigned explorer_element_read(uint64_t word) {
    if (!plain_is_element(word)) explorer_bug("read an element that was never constructed");
    if (!plain_element_alive(word)) explorer_bug("read element %#x after it was destroyed", plain_element_value(word));
    return plain_element_value(word);
}

/* ---- the end ---- */

static void check_blocks_freed(const pool *p) {
    for (unsigned i = 0; i < p->blocks; i++) {
        if (!p->block[i].freed && !p->block[i].permanent) explorer_bug("a buffer leaked");
    }
}

/* A thread leaves no private block behind, and no element of its making outside the shared pool. */
void plain_check_thread_end(unsigned t) {
    if (explorer_program->leaks_expected) return;
    check_blocks_freed(&explorer_world.pool[t]);
    uint64_t alive = explorer_world.alive[t];
    for (uint32_t offset = 0; alive && offset < explorer_world.pool[MAIN].used; offset += 8) {
        uint64_t word;
        memcpy(&word, &explorer_arena[MAIN][offset], sizeof word);
        if (plain_is_element(word) && element_maker(word) == t) alive &= ~(UINT64_C(1) << element_number(word));
    }
    if (alive) explorer_bug("an element was never destroyed");
}

void plain_check_world_end(void) {
    if (explorer_program->leaks_expected) return;
    check_blocks_freed(&explorer_world.pool[MAIN]);
    for (unsigned t = 0; t <= MAIN; t++) {
        if (explorer_world.alive[t]) explorer_bug("an element was never destroyed");
    }
}

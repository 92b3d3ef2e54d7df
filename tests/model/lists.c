/* SPDX-License-Identifier: MIT */
/* Programs of threads that read and change one list, over the shipped header. Each thread chooses its operations one by
   one; since * programs with the same beginning share it, this is all programs of a length at once. * * What is at stake is
   the count of a buffer: adding claims the tail and lets the new version take the count of the old one along, * which is
   right only when nobody holds that any more. So elements are tracked; versions and buffers come from blocks that all *
   threads share and use again; and what is freed is written over. * * Each version that is published is compared with what
   the change should have made of the one that it replaces, at the moment of its * publication. Whoever reads a version
   later must find the same in it. * * This file is compiled with -fsanitize=thread, so that the explorer sees every plain
   access. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

/* The header must not reach the real functions: the explorer checks what they touch. */
#define memcpy explorer_memcpy
#define memmove explorer_memmove
#define memset explorer_memset
#define memcmp explorer_memcmp

static void *block_take(size_t size);
static void *block_resize(void *p, size_t old_size, size_t new_size);
static void block_give_back(void *p, size_t size);
#define COW_MALLOC(size) block_take(size)
#define COW_REALLOC(p, old_size, new_size) block_resize((p), (old_size), (new_size))
#define COW_FREE(p, size) block_give_back((p), (size))

/* Atomics of a block that was given back are nobody's; and publishing and counting are looked at. */
static void *in_use(const void *address);
static uint64_t look_at(const void *address, uint64_t old, uint64_t fresh);
#define explorer_load(address, ...) explorer_load(in_use(address), __VA_ARGS__)
#define explorer_store(address, ...) explorer_store(in_use(address), __VA_ARGS__)
#define explorer_compare_and_swap(address, ...) explorer_compare_and_swap(in_use(address), __VA_ARGS__)
#define explorer_modify(address, size, update, operand, order) \
    look_at(address, explorer_modify(in_use(address), size, update, operand, order), operand)

/* One slot to hold a borrow, one for the length of a call. Threads do not end: what they do then is for the unit tests. */
#define COW__READER_SLOTS 2
#define COW__READER_EXITS 0
/* How often a thread that finds the lock taken looks again before it sleeps. */
static unsigned looks = 1;
#define COW__MUTEX_LOOKS looks

typedef struct tracked {
    uint64_t word; /* see explorer_element_new */
} tracked;
static bool tracked_copy(tracked *to, const tracked *from);
static void tracked_drop(tracked *e);
static bool tracked_equal(const tracked *a, const tracked *b);

#define COW_IMPLEMENTATION
#define COW_LIST items, tracked
#define COW_COPY tracked_copy
#define COW_DROP tracked_drop
#define COW_EQUAL tracked_equal
#include COW_HEADER
#include "explorer_system.h"

/* ---- elements ---- */

static tracked tracked_make(unsigned value) { return (tracked){explorer_element_new(value)}; }

static bool tracked_copy(tracked *to, const tracked *from) {
    *to = tracked_make(explorer_element_read(from->word));
    return true;
}

static void tracked_drop(tracked *e) {
    uint64_t word = e->word;
    e->word = EXPLORER_DESTROYED;
    explorer_element_destroy(word);
}

static bool tracked_equal(const tracked *a, const tracked *b) {
    return explorer_element_read(a->word) == explorer_element_read(b->word);
}

/* ---- blocks ---- */

enum {
    THREADS = 4,
    FIRST_LENGTH = 2,
    MOST_LENGTH = 7,
    MOST_BLOCKS = 4,
    MOST_BYTES = COW__HEADER_SIZE + (2 * MOST_LENGTH + 8) * sizeof(tracked), /* a buffer that has grown */
    VERSION_BYTES = COW__VERSION_HEAD + sizeof(items_array)
};
_Static_assert(MOST_BYTES < (int)COW__READER_BLOCK && VERSION_BYTES < COW__HEADER_SIZE,
               "blocks are told apart by their size");

typedef struct pool {
    char *block[MOST_BLOCKS];
    uint32_t *taken[MOST_BLOCKS];
    size_t size;
    size_t atomics; /* so many bytes at the beginning are accessed atomically */
} pool;
static pool versions = {.size = VERSION_BYTES, .atomics = offsetof(cow__version, type)};
static pool buffers = {.size = MOST_BYTES, .atomics = offsetof(cow__header, begin)};

static void pool_fill(pool *p) {
    uint64_t *taken = explorer_allocate_permanent(MOST_BLOCKS * sizeof *taken);
    for (unsigned i = 0; i < MOST_BLOCKS; i++) {
        p->block[i] = explorer_allocate_permanent(p->size);
        p->taken[i] = (uint32_t *)(taken + i);
        *p->taken[i] = 0;
    }
}

/* Which block of the pool this address is in; MOST_BLOCKS: none. */
static unsigned pool_find(const pool *p, const void *address) {
    unsigned i = 0;
    while (i < MOST_BLOCKS && (uintptr_t)address - (uintptr_t)p->block[i] >= p->size) i++;
    return i;
}

static bool is_free(const pool *p, unsigned i) { return explorer_peek(p->taken[i], sizeof(uint32_t)) == 0; }

static void *in_use(const void *address) {
    const pool *all[] = {&versions, &buffers};
    for (unsigned k = 0; k < 2; k++) {
        unsigned i = pool_find(all[k], address);
        if (i < MOST_BLOCKS && is_free(all[k], i)) explorer_bug("use after free");
    }
    return (void *)(uintptr_t)address;
}

/* What an allocator promises: who takes a block sees what was done before it was given back. The lowest free one comes
   first. */
static void *block_take(size_t size) {
    if (size == COW__READER_BLOCK) return explorer_allocate_permanent(size);
    pool *p = size == versions.size ? &versions : &buffers;
    if (size > p->size) explorer_bug("explorer: a buffer of %zu bytes, raise MOST_LENGTH", size);
    for (unsigned i = 0; i < MOST_BLOCKS; i++) {
        uint32_t nobody = 0;
        if (explorer_compare_and_swap(p->taken[i], sizeof nobody, &nobody, 1, ORDER_ACQUIRE, ORDER_RELAXED))
            return p->block[i];
    }
    explorer_bug("explorer: out of blocks, raise MOST_BLOCKS");
}

/* It is written over by plain writes, which race with whoever still looks at it. The atomics keep their values, which are
   those of * their last messages. */
static void block_give_back(void *block, size_t size) {
    pool *p = size == versions.size ? &versions : &buffers;
    unsigned i = pool_find(p, block);
    if (i == MOST_BLOCKS || block != p->block[i]) explorer_bug("freed something that is no block");
    if (is_free(p, i)) explorer_bug("double free");
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t *word = (uint64_t *)(void *)(p->block[i] + at);
        *word = at < p->atomics ? explorer_peek(word, sizeof *word) : EXPLORER_DESTROYED;
    }
    explorer_store(p->taken[i], sizeof(uint32_t), 0, ORDER_RELEASE);
}

/* Always moves, so that every pointer into the old block shows. Only a buffer that nobody shares is resized. */
static void *block_resize(void *old, size_t old_size, size_t new_size) {
    char *block = block_take(new_size), *from = old;
    size_t both = (old_size < new_size ? old_size : new_size) - buffers.atomics;
    cow__header *h = (cow__header *)(void *)block;
    COW__STORE(&h->rc, 1u, COW__RELAXED);
    memcpy(block + buffers.atomics, from + buffers.atomics, both);
    block_give_back(old, old_size);
    return block;
}

/* ---- operations ---- */

typedef enum operation {
    BORROW,   /* and ends it */
    HOLD,     /* borrows and keeps it, or ends the borrow that is kept */
    SNAPSHOT, /* a snapshot, and drops it */
    ITERATE,
    CACHED,
    IDLE,
    LOAD,   /* a counted copy of the array, to keep */
    PUSH,   /* onto that copy: competes with the list for the tail */
    DROP,   /* that copy */
    BRANCH, /* the three at once */
    FIRST_CHANGE,
    ADD = FIRST_CHANGE,
    ADD_AT,     /* the beginning */
    ADD_ABSENT, /* all threads add the same */
    REMOVE,     /* the last one */
    SET,        /* the last one */
    CLEAR,
    UPDATE, /* removes the last one and adds another */
    FAIL,   /* an update that adds, and fails then */
    STORE,
    EXCHANGE,
    COMPARE, /* adds to a snapshot's array, and stores that if the snapshot is still current */
    OPERATIONS
} operation;
static const char *const names[OPERATIONS] = {
    "borrow", "hold",       "snapshot", "iterate", "cached", "idle",   "load", "push",  "drop",     "branch", "add",
    "add_at", "add_absent", "remove",   "set",     "clear",  "update", "fail", "store", "exchange", "compare"};

/* The set-up is the fifth to ask for fresh values; it leaves this one to add_absent. */
enum { ABSENT = (5 << 8) + 15 };

enum {
    FRESH,   /* the first thread changes a list that was stored, the others read it */
    CHANGED, /* the same, of a list that was changed before: there is a spare version, and the tail was claimed once */
    BRIEF,   /* and the others do one operation only: for long histories of the first one */
    EMPTY,   /* as FRESH, of an empty list whose array has room */
    WRITERS, /* everybody does everything to a list that was changed before */
    STARTS
};
static const char *const start_names[STARTS] = {"fresh", "changed", "brief", "empty", "writers"};

static bool may(unsigned thread, unsigned what) {
    return asked.enabled[what] && (asked.start == WRITERS || (what >= FIRST_CHANGE) == (thread == 0));
}

static unsigned operations_of(unsigned thread) { return asked.start == BRIEF && thread ? 1 : asked.operations; }

/* Whether the thread ever looks into the list, and so needs a record. */
static bool reads(unsigned thread) {
    bool any = may(thread, ADD_ABSENT) || may(thread, COMPARE);
    for (unsigned what = 0; what < FIRST_CHANGE; what++) any = any || may(thread, what);
    return any;
}

/* ---- the model ---- */

/* The values of some elements; unused ones are zero. */
typedef struct content {
    uint16_t value[MOST_LENGTH + 1];
} content;

/* What a thread is about to make of the list. */
typedef struct intent {
    operation what;
    unsigned value; /* of the new element */
    unsigned at;
    bool counted, published; /* has touched a count; is done */
} intent;

static struct {
    content of[MOST_BLOCKS]; /* what was published in each version */
    intent by[THREADS + 1];
} model;

static intent *intent_of(unsigned thread) { return &model.by[thread < THREADS ? thread : THREADS]; }
static intent *mine(void) { return intent_of(explorer_thread()); }

static unsigned length(const content *c) {
    unsigned n = 0;
    while (c->value[n]) n++;
    return n;
}

static void insert(content *c, unsigned at, unsigned value) {
    for (unsigned i = length(c); i > at; i--) c->value[i] = c->value[i - 1];
    c->value[at] = (uint16_t)value;
}

static void erase(content *c, unsigned at) {
    for (unsigned i = at; c->value[i]; i++) c->value[i] = c->value[i + 1];
}

static bool contains(const content *c, unsigned value) {
    unsigned i = 0;
    while (c->value[i] && c->value[i] != value) i++;
    return c->value[i] != 0;
}

static content changed(content c, const intent *to) {
    static const content empty;
    unsigned n = length(&c);
    switch (to->what) {
    case ADD_AT: insert(&c, 0, to->value); break;
    case REMOVE: erase(&c, to->at); break;
    case SET: c.value[to->at] = (uint16_t)to->value; break;
    case CLEAR: return empty;
    case UPDATE:
        if (n) erase(&c, n - 1);
        insert(&c, n ? n - 1 : 0, to->value);
        break;
    case STORE:
    case EXCHANGE:
        c = empty;
        insert(&c, 0, to->value);
        break;
    default: insert(&c, n, to->value); break;
    }
    return c;
}

static content content_of(const void *version) {
    static const content empty;
    return version ? model.of[pool_find(&versions, version)] : empty;
}

static bool differ(const content *a, const content *b) {
    for (unsigned i = 0; i < MOST_LENGTH; i++)
        if (a->value[i] != b->value[i]) return true;
    return false;
}

/* What is in a version, without an access that would count. */
static content look_into(cow__version *v) {
    content c = {{0}};
    const items_array *all = cow__version_value(v);
    const tracked *p = (const tracked *)(uintptr_t)explorer_peek(&all->p, sizeof all->p);
    size_t n = explorer_peek(&all->n, sizeof all->n);
    if (n > MOST_LENGTH) explorer_bug("published a version of %zu elements", n);
    for (size_t i = 0; i < n; i++)
        c.value[i] = (uint16_t)explorer_element_read(explorer_peek(&p[i].word, sizeof p->word));
    return c;
}

static items *list;

static const void *buffer_in(cow__version *v) {
    const items_array *all = cow__version_value(v);
    return v ? (const void *)(uintptr_t)explorer_peek(&all->h, sizeof all->h) : NULL;
}

/* The moment of publication. */
static void check_published(cow__version *old, cow__version *fresh) {
    const intent *to = mine();
    content was = content_of(old), wanted = changed(was, to), is = {{0}};
    if (to->what == ADD_ABSENT && contains(&was, ABSENT)) explorer_bug("added what is there");
    if (fresh) is = model.of[pool_find(&versions, fresh)] = look_into(fresh);
    if (explorer_thread() >= asked.threads) return; /* the set-up and the finish intend nothing */
    if (differ(&is, &wanted)) explorer_bug("published something else than the change");
    if (to->what == ADD && to->counted && buffer_in(old) == buffer_in(fresh))
        explorer_bug("an add counted, though the tail was free");
}

static uint64_t look_at(const void *address, uint64_t old, uint64_t fresh) {
    if (address == &list->c.cell.at) {
        check_published((cow__version *)(uintptr_t)old, (cow__version *)(uintptr_t)fresh);
        mine()->published = true;
    }
    if (pool_find(&buffers, address) < MOST_BLOCKS) mine()->counted = true;
    return old;
}

/* Reads all of an array through the header's own functions. */
static void check_array(const items_array *all, const content *expected) {
    size_t n = length(expected);
    if (items_array_len(all) != n) explorer_bug("%zu elements instead of %zu", items_array_len(all), n);
    for (size_t i = 0; i < n; i++) {
        unsigned seen = explorer_element_read(items_array_get(all, i)->word);
        if (seen != expected->value[i])
            explorer_bug("wrong value seen: element %zu is %#x instead of %#x", i, seen, expected->value[i]);
    }
}

static void check_version(const items_array *all, const void *version) {
    content expected = content_of(version);
    check_array(all, &expected);
}

/* ---- the state of one thread ---- */

/* What a thread knows between two operations; unused parts are zero. */
typedef struct slot {
    void *anchor; /* tells the explorer that this thread reaches shared storage, which it has no pointer to */
    uint64_t left;
    items_guard held;
    items_reader reader;
    items_array copy;
    content copied;
} slot;
static slot slots[THREADS];
static void *anchor;
static cow__reader *record[THREADS];

/* ---- reading ---- */

static void borrow(void) {
    items_guard g;
    must(items_borrow(list, &g));
    check_version(g.value, g.g.at);
    items_end(&g);
}

static void hold(slot *s) {
    static const items_guard none;
    if (s->held.value) {
        check_version(s->held.value, s->held.g.at);
        items_end(&s->held);
        s->held = none;
    } else {
        must(items_borrow(list, &s->held));
        check_version(s->held.value, s->held.g.at);
    }
}

static void snapshot(void) {
    items_snapshot now;
    must(items_snapshot_of(list, &now));
    check_version(items_snapshot_value(&now), now.v);
    items_snapshot_drop(&now);
}

static void iterate(void) {
    items_iter it;
    const tracked *e;
    must(items_iter_of(list, &it));
    content expected = content_of(it.s.v);
    unsigned n = 0;
    while (items_iter_next(&it, &e))
        if (explorer_element_read(e->word) != expected.value[n++]) explorer_bug("wrong value met by an iterator");
    if (expected.value[n]) explorer_bug("an iterator ended too early");
    items_iter_drop(&it);
}

static void cached(slot *s) {
    const items_array *all = items_cached(list, &s->reader);
    must(all != NULL);
    check_version(all, s->reader.v);
}

/* Which version it is from, a copy does not tell: its first reader writes down what is in it. */
static void load(slot *s) {
    must(items_load(list, &s->copy));
    for (size_t i = 0; i < s->copy.n; i++)
        s->copied.value[i] = (uint16_t)explorer_element_read(items_array_get(&s->copy, i)->word);
}

static void push(slot *s) {
    unsigned value = explorer_fresh_value();
    must(items_array_push(&s->copy, tracked_make(value)));
    insert(&s->copied, length(&s->copied), value);
    check_array(&s->copy, &s->copied);
}

static void drop(slot *s) {
    static const content empty;
    check_array(&s->copy, &s->copied);
    items_array_drop(&s->copy);
    memset(&s->copy, 0, sizeof s->copy);
    s->copied = empty;
}

static void branch(slot *s) {
    load(s);
    push(s);
    drop(s);
}

static void read(slot *s, operation what) {
    switch (what) {
    case BORROW: borrow(); break;
    case HOLD: hold(s); break;
    case SNAPSHOT: snapshot(); break;
    case ITERATE: iterate(); break;
    case CACHED: cached(s); break;
    case IDLE: items_idle(&s->reader); break;
    case LOAD: load(s); break;
    case PUSH: push(s); break;
    case DROP: drop(s); break;
    default: branch(s); break;
    }
}

/* ---- changing ---- */

static items_array one_element(tracked e) {
    items_array all = {NULL, 0, NULL};
    must(items_array_push(&all, e));
    return all;
}

static bool another_last(items_array *all, void *e) {
    if (all->n) must(items_array_pop(all, NULL));
    return items_array_push(all, *(tracked *)e);
}

static bool add_and_fail(items_array *all, void *e) {
    must(items_array_push(all, *(tracked *)e));
    return false;
}

/* Hands the element over to the list, or keeps it. */
static bool given(bool worked, tracked e) {
    if (!worked) tracked_drop(&e);
    return worked;
}

static void exchange(tracked e) {
    items_snapshot old;
    must(items_exchange(list, one_element(e), &old));
    check_version(items_snapshot_value(&old), old.v);
    items_snapshot_drop(&old);
}

static void compare(tracked e) {
    items_snapshot now;
    must(items_snapshot_of(list, &now));
    items_array all = items_array_copy(items_snapshot_value(&now));
    must(items_array_push(&all, e));
    if (!items_compare_exchange(list, &now, all)) items_array_drop(&all);
    check_version(items_snapshot_value(&now), now.v);
    items_snapshot_drop(&now);
}

/* An index that is the last one unless another thread is faster; it decides what the thread does. */
static unsigned last_index(void) {
    content now = content_of((const void *)(uintptr_t)explorer_peek(&list->c.cell.at, sizeof(void *)));
    unsigned n = length(&now);
    explorer_depends_on(n);
    return n ? n - 1 : 0;
}

static bool set(unsigned at, tracked e) {
    tracked old;
    bool worked = items_set(list, at, e, &old);
    tracked_drop(worked ? &old : &e);
    return worked;
}

/* Whether something was published. */
static bool make(operation what, unsigned at, tracked e) {
    switch (what) {
    case ADD: must(items_add(list, e)); return true;
    case ADD_AT: must(items_add_at(list, 0, e)); return true;
    case ADD_ABSENT: return given(items_add_if_absent(list, e), e);
    case SET: return set(at, e);
    case UPDATE: must(items_update(list, another_last, &e)); return true;
    case FAIL: return items_update(list, add_and_fail, &e);
    case STORE: must(items_store(list, one_element(e))); return true;
    case EXCHANGE: exchange(e); return true;
    default: compare(e); return mine()->published;
    }
}

static void change(operation what) {
    intent to = {.what = what};
    if (what == REMOVE || what == SET) to.at = last_index();
    bool has_element = what != REMOVE && what != CLEAR, worked = true;
    if (has_element) to.value = what == ADD_ABSENT ? ABSENT : explorer_fresh_value();
    *mine() = to;
    system_early_ends = 1;
    if (has_element)
        worked = make(what, to.at, tracked_make(to.value));
    else if (what == REMOVE)
        worked = items_remove_at(list, to.at, NULL);
    else
        items_clear(list);
    system_early_ends = 0;
    if (worked != mine()->published) explorer_bug("a change and its publication disagree");
}

/* ---- threads ---- */

static bool applies(const slot *s, unsigned what) {
    switch (what) {
    case IDLE: return s->reader.v != NULL;
    case LOAD:
    case BRANCH: return !s->copy.h;
    case PUSH:
    case DROP: return s->copy.h != NULL;
    default: return true;
    }
}

static void run(unsigned me) {
    slot *s = &slots[me];
    cow__reader_own = record[me];
    while (explorer_boundary(), s->left) {
        unsigned choices[OPERATIONS], n = 0;
        for (unsigned what = 0; what < OPERATIONS; what++)
            if (may(me, what) && applies(s, what)) choices[n++] = what;
        if (!n) break;
        operation what = (operation)choices[explorer_choose(n)];
        explorer_note("%s", names[what]);
        if (what < FIRST_CHANGE)
            read(s, what);
        else
            change(what);
        cow__last_error = COW_OK;
        s->left--;
    }
    s->left = 0;
    explorer_boundary();
    if (s->held.value) hold(s);
    if (s->copy.h) drop(s);
    items_idle(&s->reader);
    s->anchor = NULL;
}

static void retire(unsigned me) { slots[me].left = 0; }

/* ---- set-up and finish ---- */

/* What is read and written together counts as one. */
static void make_coarse(void) {
    for (unsigned i = 0; i < MOST_BLOCKS; i++) {
        cow__header *h = (cow__header *)(void *)buffers.block[i];
        cow__version *v = (cow__version *)(void *)versions.block[i];
        explorer_coarse(&v->type, VERSION_BYTES - offsetof(cow__version, type));
        explorer_join(&h->rc, &h->used); /* not `limit`: it is also read plainly */
        explorer_coarse(&h->begin, sizeof *h - offsetof(cow__header, begin));
    }
}

/* The records are there from the beginning: how one comes into the list of all is explored with cells. */
static void make_records(void) {
    explorer_constant(&cow__readers, sizeof cow__readers);
    COW__STORE(&cow__readers, NULL, COW__RELAXED);
    for (unsigned t = 0; t < asked.threads; t++) {
        cow__reader_own = NULL;
        record[t] = reads(t) ? cow__reader_self() : NULL;
        /* `held` shares a word with `taken`, which others look at. */
        if (record[t]) explorer_coarse(record[t]->mine, offsetof(cow__reader, taken) - offsetof(cow__reader, mine));
    }
    cow__reader_own = NULL;
}

/* FIRST_LENGTH elements, or none, in a buffer with room for `capacity`. */
static void make_list(void) {
    items_array first;
    bool add = asked.start != FRESH && asked.start != EMPTY;
    unsigned stored = asked.start == EMPTY ? 0 : FIRST_LENGTH - add;
    must(items_array_with_capacity(&first, asked.capacity));
    for (unsigned i = 0; i < stored; i++) must(items_array_push(&first, tracked_make(explorer_fresh_value())));
    list = explorer_allocate_permanent(sizeof *list);
    memset(list, 0, sizeof *list);
    must(items_store(list, first));
    if (add) must(items_add(list, tracked_make(explorer_fresh_value())));
}

static void setup(void) {
    pool_fill(&versions);
    pool_fill(&buffers);
    make_coarse();
    make_records();
    make_list();
    anchor = explorer_allocate(8);
    for (unsigned t = 0; t < asked.threads; t++) {
        slots[t].anchor = anchor;
        slots[t].left = operations_of(t);
    }
}

static void finish(void) {
    cow__version *last = (cow__version *)COW__LOAD(&list->c.cell.at, COW__RELAXED);
    explorer_free(anchor, 8);
    check_version(items__value(last), last);
    items_drop(list);
    for (unsigned i = 0; i < MOST_BLOCKS; i++)
        if (!is_free(&versions, i) || !is_free(&buffers, i)) explorer_bug("a version or a buffer leaked");
}

/* The model is part of a state, but for versions that nobody can read. */
static uint64_t constraint(void) {
    uint64_t hash = 0, spare = explorer_peek(&list->c.spare, sizeof list->c.spare);
    for (unsigned i = 0; i < MOST_BLOCKS; i++) {
        if (is_free(&versions, i) || (uintptr_t)versions.block[i] == spare) continue;
        for (unsigned k = 0; k < MOST_LENGTH; k++)
            hash = (hash ^ model.of[i].value[k] ^ i) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return hash;
}

/* The header asks of a count only whether it is 1, and whether it is stuck. */
static uint64_t representative(const void *address, uint64_t value) {
    if (value <= 2 || value >= COW__RC_STUCK / 2) return value;
    for (unsigned i = 0; i < MOST_BLOCKS; i++)
        if (address == versions.block[i] || address == buffers.block[i]) return 2;
    return value;
}

static const char *name_of(const void *address) {
    static const char *const in_buffer[] = {"rc", "limit", "used"}, *const in_record[] = {"slot 0", "slot 1"};
    if (address == &list->c.cell.at) return "list";
    if (address == &list->c.cell.changes) return "changes";
    if (address == &list->c.cell.waiting) return "waiting";
    if (address == &list->c.lock.state) return "lock";
    for (unsigned i = 0; i < MOST_BLOCKS; i++) {
        if (address == versions.taken[i] || address == buffers.taken[i]) return "taken block";
        if (address == versions.block[i]) return "rc of version";
    }
    for (unsigned t = 0; t < asked.threads; t++)
        for (unsigned i = 0; record[t] && i < COW__READER_SLOTS; i++)
            if (address == &record[t]->slot[i]) return in_record[i];
    unsigned i = pool_find(&buffers, address);
    return i < MOST_BLOCKS ? in_buffer[((uintptr_t)address - (uintptr_t)buffers.block[i]) / 8 % 3] : NULL;
}

/* ---- the command line:  lists START THREADS OPERATIONS CAPACITY all|name,name... ---- */

static bool enable(const char *list_of_names) {
    char copy[256];
    bool all = strcmp(list_of_names, "all") == 0;
    for (unsigned i = 0; i < OPERATIONS; i++) asked.enabled[i] = all;
    snprintf(copy, sizeof copy, "%s", all ? "" : list_of_names);
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ",")) {
        unsigned i = 0;
        while (i < OPERATIONS && strcmp(names[i], word) != 0) i++;
        if (i == OPERATIONS) return false;
        asked.enabled[i] = true;
    }
    return true;
}

/* Sequences of choices of all threads; those that do not apply are counted, too. */
static double programs(void) {
    double total = 1;
    for (unsigned t = 0; t < asked.threads; t++) {
        double each = 0;
        for (unsigned what = 0; what < OPERATIONS; what++) each += may(t, what);
        for (unsigned i = 0; i < operations_of(t); i++) total *= each;
    }
    return total;
}

int main(int count, char **arguments) {
    if (count != 6 || !enable(arguments[5])) return 2;
    while (asked.start < STARTS && strcmp(arguments[1], start_names[asked.start]) != 0) asked.start++;
    asked.threads = (unsigned)atoi(arguments[2]);
    asked.operations = (unsigned)atoi(arguments[3]);
    asked.capacity = (unsigned)atoi(arguments[4]);
    if (asked.start == STARTS || asked.operations < 1 || asked.threads < 1 || asked.threads > THREADS ||
        asked.capacity < FIRST_LENGTH || asked.capacity > MOST_LENGTH)
        return 2;
    program p = {.name = "lists",
                 .threads = asked.threads,
                 .setup = setup,
                 .run = run,
                 .finish = finish,
                 .state = slots,
                 .state_size = sizeof slots[0],
                 .extra = &model,
                 .extra_size = sizeof model,
                 .retire = retire,
                 .constraint = constraint,
                 .representative = representative,
                 .name_of = name_of};
    explorer_result r = explorer_run(&p, false);
    programs_print_row(start_names[asked.start], programs(), &r);
    return r.wrong;
}

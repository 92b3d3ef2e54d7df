/* SPDX-License-Identifier: MIT */
/* A family of programs (programs.h): threads that work on values of one typed map, over the shipped header.
 *
 * Each thread holds values that share nodes. After every operation it reads all its values, by looking up each key and by a
 * scan, and compares them with a model; at the end it drops them.
 *
 * Nodes are made small, and hashes are forged: the upper bits of a key's hash are the key itself. So a few pairs make trees of
 * every shape. The first tree is put together node by node, because nodes that the set-up frees would only be in the way.
 *
 * This file is compiled with -fsanitize=thread, so that the explorer sees every plain access. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

/* The header must not reach the real functions: the explorer checks what they touch. */
#define memcpy explorer_memcpy
#define memmove explorer_memmove
#define memset explorer_memset
#define memcmp explorer_memcmp

static void *allocate_node(size_t size);
#define COW_MALLOC(size) allocate_node(size)
#define COW_REALLOC(p, old_size, new_size) explorer_reallocate((p), (old_size), (new_size))
#define COW_FREE(p, size) explorer_free((p), (size))

/* 4 slots a level, leaves of 2 or 4 pairs; a borrowing node owns one run of slots, and counts them all with the second. */
#define COW__LEAF_MAX 4u
#define COW__LEAF_STEP 2u
#define COW__FAN_BITS 2u
#define COW__OWN_MAX 1u

typedef struct tracked {
    uint64_t word; /* see explorer_element_new */
} tracked;
static bool tracked_copy(tracked *to, const tracked *from);
static void tracked_drop(tracked *e);
static bool tracked_equal(const tracked *a, const tracked *b);

/* Bits 2 and 3 of a key are its slot in the root, bits 0 and 1 the one below. Every other key has the same tag. */
enum { KEYS = 16 };
static uint64_t forged_hash(uint64_t key) { return key << 60 | (key & 1); }

#define COW_IMPLEMENTATION
#define COW__HASH_AS_IS
#define COW_MAP table, uint64_t, tracked
#define COW_HASH(key, seed) ((void)(seed), forged_hash(*(key)))
#define COW_VALUE_COPY tracked_copy
#define COW_VALUE_DROP tracked_drop
#define COW_VALUE_EQUAL tracked_equal
#include COW_HEADER

/* ---- operations ---- */

/* The keys that operations work on. Low ones and high ones stand in different slots of the root. */
enum { LOW = 0, NEW_LOW = 1, HIGH = 8, NEW_HIGH = 10 };

typedef enum operation {
    COPY,
    DROP,
    PUT_LOW,
    PUT_HIGH,
    ADD_LOW, /* keys that are not there yet */
    ADD_HIGH,
    ERASE_LOW,
    ERASE_HIGH,
    MUT,
    UNION, /* with another value, or itself */
    RETAIN_IF,
    UPDATE_ALL,
    FREEZE,
    OPERATIONS
} operation;

static const action actions[OPERATIONS] = {
    [COPY] = {"copy", 1, false},
    [DROP] = {"drop", -1, false},
    [PUT_LOW] = {"put_low", 0, false},
    [PUT_HIGH] = {"put_high", 0, false},
    [ADD_LOW] = {"add_low", 0, false},
    [ADD_HIGH] = {"add_high", 0, false},
    [ERASE_LOW] = {"erase_low", 0, false},
    [ERASE_HIGH] = {"erase_high", 0, false},
    [MUT] = {"mut", 0, false},
    [UNION] = {"union", 0, false},
    [RETAIN_IF] = {"retain_if", 0, false},
    [UPDATE_ALL] = {"update_all", 0, true},
    [FREEZE] = {"freeze", 0, true},
};

/* ---- the state of one thread ---- */

/* The model of a map: the value of each key, 0 where there is none. */
typedef struct model {
    uint16_t value[KEYS];
} model;

typedef struct slot {
    holding holding;
    uint8_t padding[6];
    table held[MOST_HELD];
    model expected[MOST_HELD];
} slot;

static slot slots[MOST_THREADS];

enum {
    /* Thread 0 holds a dense tree; the others copies of a tree that borrows from it, and owns a high leaf. */
    BORROWED = MORE_STARTS,
    /* All hold copies of such a tree; nobody holds its base. */
    BORROWING,
    /* Each holds a tree of its own that borrows; they share the base, which nobody holds. */
    BORROWERS,
    STARTS
};
static const char *const start_names[STARTS] = {"copies", "const", "borrowed", "borrowing", "borrowers"};

/* What the set-up leaves for the threads. The arena lays it out the same way in every run. */
static table *shared_value; /* CONST: the value that all read */
static model first_model;
static table borrowing_value; /* BORROWED: what all but thread 0 copy. BORROWING: what all copy */
static model borrowing_model;

/* The nodes made by the set-up: all that threads share. */
enum { MOST_NODES = 10 };
static struct {
    uint8_t *at;
    size_t size;
    char name[24];
} nodes[MOST_NODES];
static unsigned node_count;
static bool setting_up;

static void *allocate_node(size_t size) {
    uint8_t *at = explorer_allocate(size);
    if (!setting_up) return at;
    if (node_count == MOST_NODES) explorer_bug("explorer: too many nodes, raise MOST_NODES");
    nodes[node_count].at = at;
    nodes[node_count].size = size;
    snprintf(nodes[node_count].name, sizeof nodes->name, "rc of %s %u", size == sizeof(cow__inner) ? "inner" : "leaf",
             node_count);
    node_count++;
    return at;
}

/* ---- values ---- */

static bool tracked_copy(tracked *to, const tracked *from) {
    to->word = explorer_element_new(explorer_element_read(from->word));
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

static tracked tracked_fresh(model *expected, uint64_t key) {
    unsigned value = explorer_fresh_value();
    expected->value[key] = (uint16_t)value;
    return (tracked){explorer_element_new(value)};
}

/* ---- the model ---- */

static size_t model_size(const model *of) {
    size_t n = 0;
    for (unsigned k = 0; k < KEYS; k++) n += of->value[k] != 0;
    return n;
}

static void check_pair(uint64_t key, const tracked *seen, const model *expected) {
    if (key >= KEYS || !expected->value[key]) explorer_bug("key %llu should not be there", (unsigned long long)key);
    unsigned value = explorer_element_read(seen->word);
    if (value != expected->value[key])
        explorer_bug("wrong value seen: key %llu has %#x instead of %#x", (unsigned long long)key, value,
                     expected->value[key]);
}

static void check_value(const table *m, const model *expected) {
    size_t n = model_size(expected), scanned = 0;
    if (table_len(m) != n) explorer_bug("a value has %zu pairs instead of %zu", table_len(m), n);
    for (uint64_t key = 0; key < KEYS; key++) {
        if (!expected->value[key]) continue;
        const tracked *seen = table_get(m, &key);
        if (!seen) explorer_bug("key %llu is lost", (unsigned long long)key);
        check_pair(key, seen, expected);
    }
    cow__scan s = table__scan(m);
    while (cow__scan_next(&s)) {
        for (const table_pair *p = s.run; p != s.end; p++, scanned++) check_pair(p->key, &p->value, expected);
    }
    if (scanned != n) explorer_bug("a scan sees %zu pairs instead of %zu", scanned, n);
}

static void check_all(unsigned me) {
    const slot *s = &slots[me];
    for (unsigned i = 0; i < s->holding.count; i++) check_value(&s->held[i], &s->expected[i]);
}

/* ---- carrying out one operation ---- */

static void hold(slot *s, table m, model expected) {
    unsigned at = s->holding.count++;
    s->held[at] = m;
    s->expected[at] = expected;
}

/* A map that was emptied keeps its seed; two that differ in it alone are the same. */
static void clear_handle(table *m) {
    static const table empty;
    *m = empty;
}

/* The last value takes the place of the one that goes, so that the places in use stay together. */
static void let_go(unsigned me, unsigned which) {
    static const model none;
    slot *s = &slots[me];
    table_drop(&s->held[which]);
    unsigned last = --s->holding.count;
    s->held[which] = s->held[last];
    clear_handle(&s->held[last]);
    s->expected[which] = s->expected[last];
    s->expected[last] = none;
}

static void put(table *m, model *expected, uint64_t key) { must(table_put(m, key, tracked_fresh(expected, key))); }

static void erase(table *m, model *expected, uint64_t key) {
    must(table_erase(m, &key));
    expected->value[key] = 0;
    if (!table_len(m)) clear_handle(m);
}

static void replace_in_place(table *m, model *expected, uint64_t key) {
    tracked *value = table_mut(m, &key);
    must(value != NULL);
    tracked_drop(value);
    *value = tracked_fresh(expected, key);
}

static void unite(slot *s, unsigned which) {
    unsigned other = (which + 1) % s->holding.count;
    must(table_union(&s->held[which], &s->held[other], NULL, NULL));
    for (unsigned k = 0; k < KEYS; k++) {
        uint16_t theirs = s->expected[other].value[k];
        if (theirs) s->expected[which].value[k] = theirs;
    }
}

static bool is_not_high(const table_pair *pair, void *unused) {
    (void)unused;
    return pair->key != HIGH;
}

static void retain_all_but_high(table *m, model *expected) {
    must(table_retain_if(m, is_not_high, NULL));
    expected->value[HIGH] = 0;
    if (!table_len(m)) clear_handle(m);
}

/* Writing is what matters, not what is written. */
static bool write_same(const uint64_t *key, tracked *value, void *unused) {
    (void)key, (void)unused;
    uint64_t word = value->word;
    value->word = word;
    return true;
}

static void carry_out(unsigned me, unsigned operation_number, unsigned which) {
    slot *s = &slots[me];
    table *m = &s->held[which];
    model *expected = &s->expected[which];
    switch ((operation)operation_number) {
    case COPY: hold(s, table_copy(m), *expected); break;
    case DROP: let_go(me, which); break;
    case PUT_LOW: put(m, expected, LOW); break;
    case PUT_HIGH: put(m, expected, HIGH); break;
    case ADD_LOW: put(m, expected, NEW_LOW); break;
    case ADD_HIGH: put(m, expected, NEW_HIGH); break;
    case ERASE_LOW: erase(m, expected, LOW); break;
    case ERASE_HIGH: erase(m, expected, HIGH); break;
    case MUT: replace_in_place(m, expected, HIGH); break;
    case UNION: unite(s, which); break;
    case RETAIN_IF: retain_all_but_high(m, expected); break;
    case UPDATE_ALL: must(table_update_all(m, write_same, NULL)); break;
    case FREEZE: table_freeze(m); break;
    default: break;
    }
    cow__last_error = COW_OK; /* nobody asks; two threads that differ in it alone are the same */
}

static bool applies(const void *of, unsigned what, unsigned which) {
    const uint16_t *value = ((const slot *)of)->expected[which].value;
    switch (what) {
    case PUT_LOW:
    case ERASE_LOW: return value[LOW] != 0;
    case ADD_LOW: return value[NEW_LOW] == 0;
    case ADD_HIGH: return value[NEW_HIGH] == 0;
    case PUT_HIGH:
    case ERASE_HIGH:
    case MUT: return value[HIGH] != 0;
    default: return true;
    }
}

static bool same_in_all(const void *of, unsigned which, unsigned other) {
    const table *a = &((const slot *)of)->held[which], *b = &((const slot *)of)->held[other];
    return table_same(a, b) && a->m.from == b->m.from;
}

/* ---- starting ---- */

/* In a set-up that makes borrowing values, the base is shared at this time. */
static void start_with_own(unsigned me) {
    table m = table_copy(shared_value);
    model expected = first_model;
    put(&m, &expected, me % 2 ? HIGH : LOW);
    hold(&slots[me], m, expected);
}

static void start_with_copy(unsigned me) {
    if (asked.start == BORROWERS)
        start_with_own(me);
    else if (asked.start == BORROWING || (asked.start == BORROWED && me))
        hold(&slots[me], table_copy(&borrowing_value), borrowing_model);
    else
        hold(&slots[me], table_copy(shared_value), first_model);
}

static unsigned first_alike(void) { return asked.start == BORROWED ? 1 : asked.start == BORROWERS ? asked.threads : 0; }

static void take_const(unsigned me) { hold(&slots[me], table_move(shared_value), first_model); }

/* Copies it, or reads it and goes away. */
static ways ways_to_read(void) { return (ways){1, 1}; }

static void read_const(unsigned me, unsigned n) {
    explorer_note(n ? "reads the const value" : "copies the const value");
    if (n)
        check_value(shared_value, &first_model);
    else
        start_with_copy(me);
}

/* ---- set-up and finish ---- */

static const cow__env first_env = {&table__type, NULL, 0};

/* A leaf with just the room that it needs. */
static cow__ref leaf_of(unsigned span, unsigned n, const uint8_t *keys) {
    cow__node *leaf = cow__leaf_new(&first_env, cow__leaf_room(n));
    must(leaf != NULL);
    leaf->span = (uint8_t)span;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = cow__leaf_append(leaf, forged_hash(keys[i]), &first_env);
        table_pair pair = {keys[i], tracked_fresh(&first_model, keys[i])};
        memcpy(cow__pair_at(leaf, at, &table__type), &pair, sizeof pair);
    }
    return cow__leaf_ref(leaf);
}

#define LEAF(span, ...) \
    leaf_of((span), sizeof(uint8_t[]){__VA_ARGS__} / sizeof(uint8_t), (const uint8_t[]){__VA_ARGS__})

/* An inner node of two leaves, each in two of its slots. */
static cow__inner *inner_of(cow__ref lower, cow__ref upper) {
    cow__inner *inner = cow__inner_new(&first_env);
    must(inner != NULL);
    cow__inner_set(inner, 0, 1, lower);
    cow__inner_set(inner, 2, 1, upper);
    return inner;
}

/* The first tree has as many pairs as `capacity` says; each number is a shape of its own. */
static cow__ref first_tree(void) {
    switch (asked.capacity) {
    /* One more needs a larger block. */
    case 2: return LEAF(0, LOW, HIGH);
    /* One more needs two leaves. */
    case 4: return LEAF(0, LOW, 4, HIGH, 12);
    /* One less joins the two, two less end the node. */
    case 3: return cow__inner_ref(inner_of(LEAF(1, LOW), LEAF(1, HIGH, 12)));
    /* One more halves the second. */
    case 5: return cow__inner_ref(inner_of(LEAF(1, LOW), LEAF(1, HIGH, 9, 12, 13)));
    default: break;
    }
    /* Two levels of inner nodes. */
    cow__inner *below = inner_of(LEAF(1, LOW), LEAF(1, 2, 3));
    cow__inner *root = inner_of(LEAF(0, 4), LEAF(1, HIGH, 12));
    root->slot[0] = cow__inner_ref(below);
    return cow__inner_ref(root);
}

static void make_first_value(void) {
    static const model none;
    static const table empty;
    first_model = none;
    *shared_value = empty;
    shared_value->m.root = first_tree();
    shared_value->m.n = model_size(&first_model);
    shared_value->m.seed = cow_seed();
}

static void make_borrowing_value(void) {
    borrowing_value = table_copy(shared_value);
    borrowing_model = first_model;
    put(&borrowing_value, &borrowing_model, HIGH);
}

static void setup(void) {
    explorer_constant(cow__seed_words, sizeof cow__seed_words);
    cow_seed_set(1);
    shared_value = explorer_allocate_permanent(sizeof *shared_value);
    explorer_coarse(shared_value, sizeof *shared_value);
    setting_up = true;
    node_count = 0;
    make_first_value();
    if (asked.start == BORROWED || asked.start == BORROWING) make_borrowing_value();
}

/* Of each node, the count is for itself; all else counts as one. */
static void make_nodes_coarse(void) {
    for (unsigned i = 0; i < node_count; i++)
        explorer_coarse(nodes[i].at + sizeof(cow__atomic_u32), nodes[i].size - sizeof(cow__atomic_u32));
}

static void setup_done(void) {
    if (asked.start != CONST) table_drop(shared_value);
    if (asked.start == BORROWED || asked.start == BORROWING) table_drop(&borrowing_value);
    setting_up = false;
    make_nodes_coarse();
}

static bool is_count(const void *address, unsigned *number) {
    for (*number = 0; *number < node_count; ++*number) {
        if (nodes[*number].at == address) return true;
    }
    return false;
}

/* The header asks of a count only whether it is 1, and whether it is stuck. */
static uint64_t representative(const void *address, uint64_t value) {
    unsigned number;
    return value >= 2 && value < COW__RC_STUCK / 2 && is_count(address, &number) ? 2 : value;
}

static const char *name_of(const void *address) {
    unsigned number;
    return is_count(address, &number) ? nodes[number].name : NULL;
}

/* ---- the family ---- */

static bool leaks_expected(void) { return asked.enabled[FREEZE]; }

static const family maps = {.name = "maps",
                            .actions = actions,
                            .action_count = OPERATIONS,
                            .starts = start_names,
                            .start_count = STARTS,
                            .slots = slots,
                            .slot_size = sizeof slots[0],
                            .setup = setup,
                            .start_with_copy = start_with_copy,
                            .setup_done = setup_done,
                            .first_alike = first_alike,
                            .ways_to_read = ways_to_read,
                            .read = read_const,
                            .take = take_const,
                            .applies = applies,
                            .same = same_in_all,
                            .carry_out = carry_out,
                            .check = check_all,
                            .let_go = let_go,
                            .representative = representative,
                            .name_of = name_of,
                            .leaks_expected = leaks_expected};

int main(int count, char **arguments) { return programs_main(&maps, count, arguments); }

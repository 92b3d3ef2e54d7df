/* SPDX-License-Identifier: MIT */
/* A family of programs (programs.h): threads that work on strings too long for their handles, over the shipped header.
 *
 * Each thread holds values that share a buffer. After every operation it reads all its values and compares them with a model;
 * at the end it drops them. Hashes are compared with what hashing the model gives. Besides wrong values, a run is wrong when a
 * hash that could be kept is not, or when an append leaves its sole owner unable to append the short way: a protocol that only
 * ever forgot would be right, and slow.
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

#define COW_MALLOC(size) explorer_allocate(size)
#define COW_REALLOC(p, old_size, new_size) explorer_reallocate((p), (old_size), (new_size))
#define COW_FREE(p, size) explorer_free((p), (size))
/* All slices that do not fit into a handle share their buffer: short texts do, then. */
#define COW__STR_SLICE_COPIED ((size_t)22)

#define COW_IMPLEMENTATION
#include COW_HEADER

/* A first text of 47 bytes exactly fills its block; four cuts of it still do not fit into a handle. What is appended is longer than
 * what one cut makes room for. */
enum { MOST_LENGTH = 72, FIRST_LENGTH = 47, SHORT_LENGTH = 7, CUT = 4, STRETCH = 9 };

/* ---- operations ---- */

typedef enum operation {
    COPY,
    DROP,
    ASSIGN,      /* another value, or itself */
    APPEND,      /* more bytes than a cut leaves room for */
    APPEND_BYTE, /* a short way of its own */
    PREPEND,
    SET,
    EDIT, /* writes through the pointer, hashing before and after */
    HASH, /* twice */
    SLICE_FRONT,
    SLICE_BACK,
    TRUNCATE,
    ERASE_FRONT,
    RESIZE, /* to a longer text */
    CSTR,
    IS_SHARED,
    RESERVE,
    SHRINK,
    COMPACT,
    FREEZE,
    OPERATIONS
} operation;

static const action actions[OPERATIONS] = {
    [COPY] = {"copy", 1, false},
    [DROP] = {"drop", -1, false},
    [ASSIGN] = {"assign", 0, false},
    [APPEND] = {"append", 0, false},
    [APPEND_BYTE] = {"append_byte", 0, false},
    [PREPEND] = {"prepend", 0, false},
    [SET] = {"set", 0, false},
    [EDIT] = {"edit", 0, false},
    [HASH] = {"hash", 0, false},
    [SLICE_FRONT] = {"slice_front", 1, false},
    [SLICE_BACK] = {"slice_back", 1, false},
    [TRUNCATE] = {"truncate", 0, false},
    [ERASE_FRONT] = {"erase_front", 0, false},
    [RESIZE] = {"resize", 0, false},
    [CSTR] = {"cstr", 0, false},
    [IS_SHARED] = {"is_shared", 0, false},
    [RESERVE] = {"reserve", 0, false},
    [SHRINK] = {"shrink", 0, false},
    [COMPACT] = {"compact", 0, false},
    [FREEZE] = {"freeze", 0, true},
};

/* ---- the state of one thread ---- */

/* The model of a value; the bytes behind its length are zero. */
typedef struct text {
    uint8_t length;
    char bytes[MOST_LENGTH - 1];
} text;

typedef struct slot {
    holding holding;
    uint8_t padding[6];
    cow_str held[MOST_HELD];
    text expected[MOST_HELD];
} slot;

static slot slots[MOST_THREADS];

enum {
    ADOPTED = MORE_STARTS, /* as COPIES, of bytes that the buffer has adopted */
    SHORT, /* as COPIES, of a text that has lost all but its end: short, yet in a buffer, and without room */
    STARTS
};
static const char *const start_names[STARTS] = {"copies", "const", "adopted", "short"};

/* What the set-up leaves for the threads. The arena lays it out the same way in every run. */
static cow_str *shared_value; /* CONST: the value that all read */
static cow__text *first_buffer;

/* ---- the model ---- */

static text model_slice(const text *of, size_t begin, size_t end) {
    text t = {.length = (uint8_t)(end - begin)};
    for (size_t i = begin; i < end; i++) t.bytes[i - begin] = of->bytes[i];
    return t;
}

static text whole_text(void) {
    text t = {.length = FIRST_LENGTH};
    for (unsigned i = 0; i < FIRST_LENGTH; i++) t.bytes[i] = (char)('a' + i % 26);
    return t;
}

static text first_text(void) {
    text t = whole_text();
    return asked.start == SHORT ? model_slice(&t, FIRST_LENGTH - SHORT_LENGTH, FIRST_LENGTH) : t;
}

static void model_insert(text *t, size_t at, const char *bytes, size_t n) {
    for (size_t i = t->length; i-- > at;) t->bytes[i + n] = t->bytes[i];
    for (size_t i = 0; i < n; i++) t->bytes[at + i] = bytes[i];
    t->length = (uint8_t)(t->length + n);
}

static void check_bytes(const char *seen, const text *expected) {
    for (unsigned i = 0; i < expected->length; i++) {
        if (seen[i] != expected->bytes[i])
            explorer_bug("wrong value seen: byte %u is '%c' instead of '%c'", i, seen[i], expected->bytes[i]);
    }
}

static void check_value(const cow_str *s, const text *expected) {
    size_t n = cow_str_len(s);
    if (n != expected->length) explorer_bug("a value has %zu bytes instead of %u", n, (unsigned)expected->length);
    check_bytes(cow_str_data(s), expected);
}

static void check_all(unsigned me) {
    const slot *s = &slots[me];
    for (unsigned i = 0; i < s->holding.count; i++) check_value(&s->held[i], &s->expected[i]);
}

static const char *base_of(const cow__text *h) {
    return h->end ? (const char *)(h + 1) : (const char *)((const cow__adopted *)(const void *)h)->p;
}

/* Once a text that begins where its buffer does has been hashed, its owners know a hash, or that somebody edits it. */
static void check_hash(const cow_str *s, const text *expected) {
    uint64_t seen = cow_str_hash(s, cow_seed());
    if (seen != cow_hash_bytes(expected->bytes, expected->length, cow_seed())) explorer_bug("wrong hash");
    cow__text *h = cow__str_header(s);
    if (h && s->cow__p == base_of(h) && explorer_peek(&h->hashed, sizeof h->hashed.value) == COW__HASHED_NONE)
        explorer_bug("the hash was not kept");
}

/* After an append its sole owner may append the short way, and the text may be hashed anew. */
static void check_appended(const cow_str *s) {
    cow__text *h = cow__str_header(s);
    if (!h) return;
    if (explorer_peek(&h->limit, sizeof h->limit.value) != (uint64_t)(uintptr_t)h->end)
        explorer_bug("after an append the limit is not set");
    if (explorer_peek(&h->hashed, sizeof h->hashed.value) != COW__HASHED_NONE)
        explorer_bug("after an append an old hash is kept");
}

/* ---- carrying out one operation ---- */

static void hold(slot *s, cow_str value, text expected) {
    unsigned at = s->holding.count++;
    s->held[at] = value;
    s->expected[at] = expected;
}

/* The last value takes the place of the one that goes, so that the places in use stay together. */
static void let_go(unsigned me, unsigned which) {
    static const text none;
    slot *s = &slots[me];
    cow_str_drop(&s->held[which]);
    unsigned last = --s->holding.count;
    s->held[which] = cow_str_move(&s->held[last]);
    s->expected[which] = s->expected[last];
    s->expected[last] = none;
}

/* A byte that tells who wrote it, and in which operation. */
static char fresh_byte(unsigned me) { return (char)('A' + 8 * me + slots[me].holding.left); }

static void add_bytes(operation what, cow_str *a, text *expected, char fresh) {
    const char bytes[CUT + 1] = {fresh, '+', '+', '+', '+'};
    size_t n = what == APPEND_BYTE ? 1 : sizeof bytes;
    if (what == PREPEND)
        must(cow_str_prepend_bytes(a, bytes, n));
    else
        must(what == APPEND ? cow_str_append_bytes(a, bytes, n) : cow_str_append_byte(a, fresh));
    model_insert(expected, what == PREPEND ? 0 : expected->length, bytes, n);
    if (what != PREPEND) check_appended(a);
}

/* The pointer from edit may be written through until the next change, and hashing is none. */
static void edit_first(cow_str *a, text *expected, char fresh) {
    char *bytes = cow_str_edit(a);
    must(bytes != NULL);
    check_hash(a, expected);
    bytes[0] = expected->bytes[0] = fresh;
    check_hash(a, expected);
}

static void check_terminated(cow_str *a, const text *expected) {
    const char *seen = cow_str_cstr(a);
    must(seen != NULL);
    check_bytes(seen, expected);
    if (seen[expected->length] != '\0') explorer_bug("a text without its NUL");
}

static void stretch(cow_str *a, text *expected, char fill) {
    char bytes[STRETCH];
    memset(bytes, fill, STRETCH);
    must(cow_str_resize(a, expected->length + (size_t)STRETCH, fill));
    model_insert(expected, expected->length, bytes, STRETCH);
}

static void slice_one(slot *s, unsigned which, size_t begin, size_t end) {
    hold(s, cow_str_slice(&s->held[which], begin, end), model_slice(&s->expected[which], begin, end));
}

static void assign_one(slot *s, unsigned which) {
    unsigned from = (which + 1) % s->holding.count;
    cow_str_assign(&s->held[which], &s->held[from]);
    s->expected[which] = s->expected[from];
}

static void carry_out(unsigned me, unsigned operation_number, unsigned which) {
    operation what = (operation)operation_number;
    slot *s = &slots[me];
    cow_str *a = &s->held[which];
    text *expected = &s->expected[which];
    size_t n = expected->length;
    char fresh = fresh_byte(me);
    switch (what) {
    case COPY: hold(s, cow_str_copy(a), *expected); break;
    case DROP: let_go(me, which); break;
    case ASSIGN: assign_one(s, which); break;
    case SET:
        must(cow_str_set(a, n - 1, fresh));
        expected->bytes[n - 1] = fresh;
        break;
    case EDIT: edit_first(a, expected, fresh); break;
    case HASH:
        check_hash(a, expected);
        check_hash(a, expected);
        break;
    case SLICE_FRONT: slice_one(s, which, 0, n - CUT); break;
    case SLICE_BACK: slice_one(s, which, CUT, n); break;
    case TRUNCATE:
        must(cow_str_truncate(a, n - CUT));
        *expected = model_slice(expected, 0, n - CUT);
        break;
    case ERASE_FRONT:
        must(cow_str_erase_range(a, 0, CUT));
        *expected = model_slice(expected, CUT, n);
        break;
    case RESIZE: stretch(a, expected, fresh); break;
    case CSTR: check_terminated(a, expected); break;
    case IS_SHARED: (void)cow_str_is_shared(a); break;
    case RESERVE:
        must(cow_str_reserve(a, n + CUT));
        if (cow_str_capacity(a) < n + CUT) explorer_bug("room was reserved, but is not there");
        break;
    case SHRINK: must(cow_str_shrink(a)); break;
    case COMPACT: must(cow_str_compact(a)); break;
    case FREEZE: cow_str_freeze(a); break;
    default: add_bytes(what, a, expected, fresh); break;
    }
    cow__last_error = COW_OK; /* nobody asks; two threads that differ in it alone are the same */
}

static bool applies(const void *of, unsigned what, unsigned which) {
    size_t n = ((const slot *)of)->expected[which].length;
    switch (what) {
    case SLICE_FRONT:
    case SLICE_BACK:
    case TRUNCATE:
    case ERASE_FRONT: return n > CUT;
    case APPEND:
    case APPEND_BYTE:
    case PREPEND: return n + CUT + 1 < MOST_LENGTH;
    case RESIZE: return n + STRETCH < MOST_LENGTH;
    default: return true;
    }
}

/* A frozen text lies in the same place as one that is still counted; texts in handles never lie in the same place. */
static bool same_in_all(const void *of, unsigned which, unsigned other) {
    const cow_str *a = &((const slot *)of)->held[which], *b = &((const slot *)of)->held[other];
    return cow_str_same(a, b) && a->cow__h == b->cow__h;
}

/* ---- starting ---- */

static void start_with_copy(unsigned me) { hold(&slots[me], cow_str_copy(shared_value), first_text()); }
static void take_const(unsigned me) { hold(&slots[me], cow_str_move(shared_value), first_text()); }

/* Copies it, hashes it and copies it, slices it; or hashes it and goes away. */
static ways ways_to_read(void) {
    unsigned hashes = asked.enabled[HASH], slices = asked.enabled[SLICE_FRONT] + asked.enabled[SLICE_BACK];
    return (ways){1 + hashes + slices, hashes};
}

static void read_const(unsigned me, unsigned n) {
    ways w = ways_to_read();
    text first = first_text();
    bool hashes = asked.enabled[HASH] && (n == 1 || n == w.with_value);
    explorer_note("reads the const value: %s", hashes ? "its hash" : "shares it");
    if (hashes) check_hash(shared_value, &first);
    if (n == w.with_value) return;
    if (n <= asked.enabled[HASH]) {
        start_with_copy(me);
        return;
    }
    bool front = asked.enabled[SLICE_FRONT] && n == 1u + asked.enabled[HASH];
    size_t begin = front ? 0 : CUT, end = front ? FIRST_LENGTH - CUT : FIRST_LENGTH;
    hold(&slots[me], cow_str_slice(shared_value, begin, end), model_slice(&first, begin, end));
}

/* ---- set-up and finish ---- */

static void give_back(void *context, const void *p, size_t n) {
    text first = first_text();
    if (context != shared_value || n != FIRST_LENGTH) explorer_bug("adopted bytes given back wrongly");
    check_bytes(p, &first);
    explorer_free((void *)(uintptr_t)p, n);
}

static void adopt_first_value(const text *first) {
    char *bytes = explorer_allocate(FIRST_LENGTH);
    memcpy(bytes, first->bytes, FIRST_LENGTH);
    must(cow_str_adopt(shared_value, bytes, FIRST_LENGTH, give_back, shared_value));
    explorer_coarse(bytes, FIRST_LENGTH);
}

static void setup(void) {
    text first = whole_text();
    explorer_constant(cow__seed_words, sizeof cow__seed_words);
    cow_seed_set(1);
    shared_value = explorer_allocate_permanent(sizeof *shared_value);
    if (asked.start == ADOPTED) {
        adopt_first_value(&first);
    } else {
        must(cow_str_with_capacity(shared_value, asked.capacity));
        must(cow_str_append_bytes(shared_value, first.bytes, FIRST_LENGTH));
        if (asked.start == SHORT) must(cow_str_erase_range(shared_value, 0, FIRST_LENGTH - SHORT_LENGTH));
    }
    first_buffer = shared_value->cow__h;
    size_t size = asked.start == ADOPTED ? sizeof(cow__adopted) : cow__text_bytes(first_buffer);
    explorer_coarse(shared_value, sizeof *shared_value);
    explorer_join(&first_buffer->rc, &first_buffer->limit);
    explorer_join(&first_buffer->rc, &first_buffer->hashed);
    explorer_join(&first_buffer->alloc, &first_buffer->end);
    /* Not `hash`: it is written while others read the rest. */
    explorer_coarse(&first_buffer->alloc, size - offsetof(cow__text, alloc));
}

static void setup_done(void) {
    if (asked.start != CONST) cow_str_drop(shared_value);
}

/* The header asks of a count only whether it is 1, and whether it is stuck. */
static uint64_t representative(const void *address, uint64_t value) {
    return address == &first_buffer->rc && value >= 2 && value < COW__RC_STUCK / 2 ? 2 : value;
}

static const char *name_of(const void *address) {
    if (address == &first_buffer->rc) return "rc";
    if (address == &first_buffer->limit) return "limit";
    return address == &first_buffer->hashed ? "hashed" : NULL;
}

/* ---- the family ---- */

static bool leaks_expected(void) { return asked.enabled[FREEZE]; }

static const family strings = {.name = "strings",
                               .actions = actions,
                               .action_count = OPERATIONS,
                               .starts = start_names,
                               .start_count = STARTS,
                               .slots = slots,
                               .slot_size = sizeof slots[0],
                               .setup = setup,
                               .start_with_copy = start_with_copy,
                               .setup_done = setup_done,
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

int main(int count, char **arguments) { return programs_main(&strings, count, arguments); }

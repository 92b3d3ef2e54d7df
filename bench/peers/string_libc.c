/* SPDX-License-Identifier: MIT */
/* Peer `libc`: what a C programmer writes by hand. A malloced text with its length, doubled by realloc; memmem, strstr,
 * strtod and snprintf. It leaves out what is written anew in each program: splitting, hashing, replacing. */
#include "string_peer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    char *p;
    size_t n, capacity;
} text;

static bool grow(text *s, size_t n) {
    size_t capacity = s->capacity == 0 ? 16 : s->capacity * 2;
    while (capacity <= n) {
        capacity *= 2;
    }
    char *p = realloc(s->p, capacity);
    if (p == NULL) {
        return false;
    }
    s->p = p;
    s->capacity = capacity;
    return true;
}

static inline bool peer_append(text *s, const char *p, size_t n) {
    if (s->n + n >= s->capacity && !grow(s, s->n + n)) {
        return false;
    }
    memcpy(s->p + s->n, p, n);
    s->n += n;
    s->p[s->n] = '\0';
    return true;
}

static inline bool peer_append_literal(text *s) { return peer_append(s, STRING_PIECE, strlen(STRING_PIECE)); }

static inline bool peer_append_char(text *s, char c) {
    if (s->n + 1 >= s->capacity && !grow(s, s->n + 1)) {
        return false;
    }
    s->p[s->n++] = c;
    s->p[s->n] = '\0';
    return true;
}

static inline bool peer_append_int(text *s, int64_t value) {
    char digits[32];
    return peer_append(s, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, value));
}

/* The usual way to print few digits that read back: try. */
static inline bool peer_append_double(text *s, double value) {
    char digits[40];
    int length = 0;
    for (int precision = 15; precision <= 17; precision++) {
        length = snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (!(strtod(digits, NULL) < value) && !(strtod(digits, NULL) > value)) {
            break;
        }
    }
    return peer_append(s, digits, (size_t)length);
}

static text peer_make(const char *p, size_t n) {
    text s = {malloc(n + 1), n, n + 1};
    if (s.p == NULL) {
        bench_die("out of memory");
    }
    memcpy(s.p, p, n);
    s.p[n] = '\0';
    return s;
}

static inline const char *peer_data(const text *s) { return s->p; }

static inline size_t peer_len(const text *s) { return s->n; }

static inline text peer_copy(const text *s) { return peer_make(s->p, s->n); }

static inline text peer_slice(const text *s, size_t begin, size_t end) { return peer_make(s->p + begin, end - begin); }

static inline void peer_drop(text *s) { free(s->p); }

static inline void peer_keep(text *slot, const text *s) { *slot = peer_copy(s); }

static inline void peer_forget(text *slot) { peer_drop(slot); }

static inline bool peer_equal(const text *a, const text *b) { return a->n == b->n && memcmp(a->p, b->p, a->n) == 0; }

static inline size_t peer_find(const text *s, const text *needle) {
    const char *found = memmem(s->p, s->n, needle->p, needle->n);
    return found == NULL ? STRING_ABSENT : (size_t)(found - s->p);
}

static inline size_t peer_strstr(const text *s, const text *needle) {
    const char *found = strstr(s->p, needle->p);
    return found == NULL ? STRING_ABSENT : (size_t)(found - s->p);
}

static inline double peer_parse(const text *s) { return strtod(s->p, NULL); }

static text peer_join(const text *parts, size_t n) {
    text s = {0};
    for (size_t i = 0; i < n; i++) {
        if ((i > 0 && !peer_append(&s, ", ", 2)) || !peer_append(&s, parts[i].p, parts[i].n)) {
            bench_die("out of memory");
        }
    }
    return s;
}

#define STRING text
#define STRING_EMPTY \
    { 0 }
#define PEER libc
#define PEER_STRSTR peer_strstr
#define PEER_DOUBLES
#define PEER_JOINS
#include "string_loops.h"

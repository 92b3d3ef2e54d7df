/* SPDX-License-Identifier: MIT */
/* Peer `cow`: the strings of this library, as a user would write it. */
#include "string_peer.h"

#include <stdlib.h>

#include "cow/cow.h"

#define COW_ARRAY strings, cow_str
#include "cow/cow.h"

static inline cow_str peer_make(const char *p, size_t n) {
    cow_str s;
    if (!cow_str_from_bytes(&s, p, n)) {
        bench_die("out of memory");
    }
    return s;
}

static inline cow_str peer_literal(void) { return COW_STR(STRING_LITERAL); }

static inline void peer_keep_literal(cow_str *slot) { *slot = COW_STR(STRING_LITERAL); }

static inline const char *peer_data(const cow_str *s) { return cow_str_data(s); }

static inline size_t peer_len(const cow_str *s) { return cow_str_len(s); }

static inline cow_str peer_copy(const cow_str *s) { return cow_str_copy(s); }

static inline cow_str peer_slice(const cow_str *s, size_t begin, size_t end) { return cow_str_slice(s, begin, end); }

static inline void peer_drop(cow_str *s) { cow_str_drop(s); }

static inline void peer_keep(cow_str *slot, const cow_str *s) { *slot = cow_str_copy(s); }

static inline void peer_forget(cow_str *slot) { cow_str_drop(slot); }

static inline bool peer_append(cow_str *s, const char *p, size_t n) { return cow_str_append_bytes(s, p, n); }

static inline bool peer_append_literal(cow_str *s) { return cow_str_append(s, STRING_PIECE); }

static inline bool peer_append_char(cow_str *s, char c) { return cow_str_append_byte(s, c); }

static inline bool peer_append_int(cow_str *s, int64_t value) { return cow_str_append_int(s, value); }

static inline bool peer_append_double(cow_str *s, double value) { return cow_str_append_double(s, value); }

static inline bool peer_equal(const cow_str *a, const cow_str *b) { return cow_str_equal(a, b); }

static inline bool peer_set(cow_str *s, size_t i, char c) { return cow_str_set(s, i, c); }

static inline uint64_t peer_hash(const cow_str *s) { return cow_str_hash(s, cow_seed()); }

static inline size_t peer_find(const cow_str *s, const cow_str *needle) {
    size_t at = cow_str_find_str(s, needle, 0);
    return at == COW_NPOS ? STRING_ABSENT : at;
}

static inline double peer_parse(const cow_str *s) {
    double value = 0;
    cow_str_parse_double(s, &value, NULL);
    return value;
}

static inline bool peer_utf8_valid(const cow_str *s) { return cow_str_is_utf8(s, NULL); }

/* ---- splitting ---- */

/* In one pass: what ended a field tells lines apart. */
static void peer_split(string_fields *seen, const cow_str *text) {
    cow_str field = {0};
    cow_str_split fields = cow_str_split_any(text, ",\n");
    bool begins = true;
    while (cow_str_split_next(&fields, &field)) {
        int end = cow_str_split_ended_by(&fields);
        /* Every line ends with a newline; what is behind the last one is no line. */
        if (end >= 0 || !begins || !cow_str_is_empty(&field)) {
            string_see(seen, cow_str_data(&field), cow_str_len(&field));
        }
        begins = end == '\n';
    }
}

/* A line is a value of its own, then its fields: every field is a fresh value anyway. */
static void peer_split_new(string_fields *seen, const cow_str *text) {
    cow_str line = {0};
    cow_str field = {0};
    cow_str_split lines = cow_str_split_lines(text);
    while (cow_str_split_next(&lines, &line)) {
        cow_str_split fields = cow_str_split_byte(&line, ',');
        while (cow_str_split_next(&fields, &field)) {
            string_see(seen, cow_str_data(&field), cow_str_len(&field));
        }
    }
}

static void peer_split_stream(string_fields *seen, const cow_str *text) { peer_split(seen, text); }

static void peer_split_flat(string_fields *seen, const cow_str *text) {
    cow_str field = {0};
    cow_str_split fields = cow_str_split_byte(text, ',');
    while (cow_str_split_next(&fields, &field)) {
        string_see(seen, cow_str_data(&field), cow_str_len(&field));
    }
}

static strings *peer_split_keep(const cow_str *text) {
    strings *kept = calloc(1, sizeof *kept);
    bool ok = kept != NULL;
    bool begins = true;
    cow_str field = {0};
    cow_str_split fields = cow_str_split_any(text, ",\n");
    while (ok && cow_str_split_next(&fields, &field)) {
        int end = cow_str_split_ended_by(&fields);
        if (end >= 0 || !begins || !cow_str_is_empty(&field)) {
            ok = strings_push(kept, cow_str_move(&field));
        }
        begins = end == '\n';
    }
    if (!ok) {
        bench_die("out of memory");
    }
    return kept;
}

static string_fields peer_kept(const strings *kept) {
    string_fields seen = {0, 0, 0};
    COW_EACH (cow_str, field, kept) {
        string_see(&seen, cow_str_data(field), cow_str_len(field));
    }
    return seen;
}

static void peer_free(strings *kept) {
    strings_drop(kept);
    free(kept);
}

/* ---- changing ---- */

static bool peer_replace_all(cow_str *s, const cow_str *what, const cow_str *by) {
    return cow_str_replace_all_str(s, what, by);
}

static bool peer_to_upper(cow_str *s) { return cow_str_to_upper(s); }

static cow_str peer_join(const cow_str *parts, size_t n) {
    cow_str s;
    if (!cow_str_join(&s, parts, n, ", ")) {
        bench_die("out of memory");
    }
    return s;
}

#define STRING cow_str
#define STRING_EMPTY \
    { 0 }
#define KEPT strings
#define PEER cow
#define PEER_LITERALS
#define PEER_HASHES
#define PEER_STRSTR peer_find
#define PEER_SPLITS
#define PEER_STREAMS
#define PEER_REPLACES
#define PEER_DOUBLES
#define PEER_UTF8
#define PEER_JOINS
#include "string_loops.h"

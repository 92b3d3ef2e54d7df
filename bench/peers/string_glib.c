/* SPDX-License-Identifier: MIT */
/* Peer `glib`: GString, a growable text behind a pointer, and the functions on texts that stand beside it. A copy is a
 * deep copy of two blocks. */
#include "string_peer.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

typedef GString *string;

static inline string peer_make(const char *p, size_t n) { return g_string_new_len(p, (gssize)n); }

static inline string peer_literal(void) { return g_string_new(STRING_LITERAL); }

static inline void peer_keep_literal(string *slot) { *slot = peer_literal(); }

static inline const char *peer_data(const string *s) { return (*s)->str; }

static inline size_t peer_len(const string *s) { return (*s)->len; }

static inline string peer_slice(const string *s, size_t begin, size_t end) {
    return peer_make((*s)->str + begin, end - begin);
}

static inline string peer_copy(const string *s) { return peer_slice(s, 0, (*s)->len); }

static inline void peer_drop(string *s) { g_string_free(*s, TRUE); }

static inline void peer_keep(string *slot, const string *s) { *slot = peer_copy(s); }

static inline void peer_forget(string *slot) { peer_drop(slot); }

static inline bool peer_append(string *s, const char *p, size_t n) {
    g_string_append_len(*s, p, (gssize)n);
    return true;
}

static inline bool peer_append_literal(string *s) {
    g_string_append(*s, STRING_PIECE);
    return true;
}

static inline bool peer_append_char(string *s, char c) {
    g_string_append_c(*s, c);
    return true;
}

static inline bool peer_append_int(string *s, int64_t value) {
    g_string_append_printf(*s, "%" G_GINT64_FORMAT, value);
    return true;
}

static inline bool peer_append_double(string *s, double value) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(*s, g_ascii_dtostr(digits, sizeof digits, value));
    return true;
}

static inline bool peer_equal(const string *a, const string *b) { return g_string_equal(*a, *b); }

static inline bool peer_set(string *s, size_t i, char c) {
    if (i >= (*s)->len) {
        return false;
    }
    (*s)->str[i] = c;
    return true;
}

static inline uint64_t peer_hash(const string *s) { return g_string_hash(*s); }

static inline size_t peer_find(const string *s, const string *needle) {
    const char *found = g_strstr_len((*s)->str, (gssize)(*s)->len, (*needle)->str);
    return found == NULL ? STRING_ABSENT : (size_t)(found - (*s)->str);
}

static inline double peer_parse(const string *s) { return g_ascii_strtod((*s)->str, NULL); }

static inline bool peer_utf8_valid(const string *s) { return g_utf8_validate_len((*s)->str, (*s)->len, NULL); }

/* ---- splitting: GLib offers g_strsplit, which allocates every part; by hand it is quicker ---- */

typedef void (*take_part)(void *into, const char *p, size_t n);

static inline void each_part(const char *p, const char *end, take_part take, void *into) {
    const char *comma;
    while ((comma = memchr(p, ',', (size_t)(end - p))) != NULL) {
        take(into, p, (size_t)(comma - p));
        p = comma + 1;
    }
    take(into, p, (size_t)(end - p));
}

static inline void each_field(const string *text, take_part take, void *into) {
    const char *p = (*text)->str;
    const char *end = p + (*text)->len;
    const char *newline;
    while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        each_part(p, newline, take, into);
        p = newline + 1;
    }
}

typedef struct one_field {
    string field;
    string_fields *seen;
} one_field;

static inline void take_again(void *into, const char *p, size_t n) {
    one_field *one = into;
    g_string_truncate(one->field, 0);
    g_string_append_len(one->field, p, (gssize)n);
    string_see(one->seen, one->field->str, one->field->len);
}

static void peer_split(string_fields *seen, const string *text) {
    one_field one = {g_string_new(NULL), seen};
    each_field(text, take_again, &one);
    g_string_free(one.field, TRUE);
}

static void peer_split_flat(string_fields *seen, const string *text) {
    one_field one = {g_string_new(NULL), seen};
    each_part((*text)->str, (*text)->str + (*text)->len, take_again, &one);
    g_string_free(one.field, TRUE);
}

static inline void take_new(void *into, const char *p, size_t n) {
    string field = peer_make(p, n);
    string_see(into, field->str, field->len);
    g_string_free(field, TRUE);
}

static void peer_split_new(string_fields *seen, const string *text) { each_field(text, take_new, seen); }

static inline void take_keep(void *into, const char *p, size_t n) { g_ptr_array_add(into, g_strndup(p, n)); }

static GPtrArray *peer_split_keep(const string *text) {
    GPtrArray *kept = g_ptr_array_new_with_free_func(g_free);
    each_field(text, take_keep, kept);
    return kept;
}

static string_fields peer_kept(const GPtrArray *kept) {
    string_fields seen = {0, 0, 0};
    for (guint i = 0; i < kept->len; i++) {
        const char *field = kept->pdata[i];
        string_see(&seen, field, strlen(field));
    }
    return seen;
}

static void peer_free(GPtrArray *kept) { g_ptr_array_free(kept, TRUE); }

/* ---- changing ---- */

static bool peer_replace_all(string *s, const string *what, const string *by) {
    g_string_replace(*s, (*what)->str, (*by)->str, 0);
    return true;
}

static bool peer_to_upper(string *s) {
    g_string_ascii_up(*s);
    return true;
}

static string peer_join(const string *parts, size_t n) {
    string s = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            g_string_append(s, ", ");
        }
        g_string_append_len(s, parts[i]->str, (gssize)parts[i]->len);
    }
    return s;
}

#define STRING string
#define STRING_EMPTY g_string_new(NULL)
#define KEPT GPtrArray
#define PEER glib
#define PEER_LITERALS
#define PEER_HASHES
#define PEER_SPLITS
#define PEER_REPLACES
#define PEER_DOUBLES
#define PEER_UTF8
#define PEER_JOINS
#include "string_loops.h"

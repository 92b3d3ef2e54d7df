/* SPDX-License-Identifier: MIT */
/* Peer `qt`: QByteArray of Qt 5, the best-known copy-on-write string. Built as Qt programs are shipped: QT_NO_DEBUG. */
#include "string_peer.h"

#include <QByteArray>
#include <QByteArrayList>
#include <QHash>
#include <QLocale>
#include <QVector>
#include <new>

typedef QByteArray string;

static inline string peer_make(const char *p, size_t n) { return string(p, static_cast<int>(n)); }

static inline string peer_literal() { return QByteArrayLiteral(STRING_LITERAL); }

static inline void peer_keep_literal(string *slot) { new (slot) string(QByteArrayLiteral(STRING_LITERAL)); }

static inline const char *peer_data(const string *s) { return s->constData(); }

static inline size_t peer_len(const string *s) { return static_cast<size_t>(s->size()); }

static inline string peer_copy(const string *s) { return *s; }

static inline string peer_slice(const string *s, size_t begin, size_t end) {
    return s->mid(static_cast<int>(begin), static_cast<int>(end - begin));
}

static inline void peer_drop(string *) {}

static inline void peer_keep(string *slot, const string *s) { new (slot) string(*s); }

static inline void peer_forget(string *slot) { slot->~string(); }

static inline bool peer_append(string *s, const char *p, size_t n) {
    s->append(p, static_cast<int>(n));
    return true;
}

static inline bool peer_append_literal(string *s) {
    s->append(STRING_PIECE);
    return true;
}

static inline bool peer_append_char(string *s, char c) {
    s->append(c);
    return true;
}

static inline bool peer_append_int(string *s, int64_t value) {
    s->append(string::number(static_cast<qlonglong>(value)));
    return true;
}

static inline bool peer_append_double(string *s, double value) {
    s->append(string::number(value, 'g', QLocale::FloatingPointShortest));
    return true;
}

static inline bool peer_equal(const string *a, const string *b) { return *a == *b; }

static inline bool peer_set(string *s, size_t i, char c) {
    if (i >= peer_len(s)) {
        return false;
    }
    s->data()[i] = c;
    return true;
}

static inline uint64_t peer_hash(const string *s) { return qHash(*s); }

static inline size_t peer_find(const string *s, const string *needle) {
    int at = s->indexOf(*needle);
    return at < 0 ? STRING_ABSENT : static_cast<size_t>(at);
}

static inline double peer_parse(const string *s) { return s->toDouble(); }

/* ---- splitting ---- */

/* Calls take(p, n) for every part of the text between separators. */
template <typename Take>
static inline void each_part(const string &text, int begin, int end, char separator, Take take) {
    const char *p = text.constData();
    for (int at = text.indexOf(separator, begin); at >= 0 && at < end; at = text.indexOf(separator, begin)) {
        take(p + begin, at - begin);
        begin = at + 1;
    }
    take(p + begin, end - begin);
}

/* A line is not copied: fromRawData borrows its bytes, so that only fields become values. */
template <typename Take> static inline void each_field(const string &text, Take take) {
    int begin = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', begin)) {
        string line = string::fromRawData(text.constData() + begin, end - begin);
        each_part(line, 0, line.size(), ',', take);
        begin = end + 1;
    }
}

static void peer_split(string_fields *seen, const string *text) {
    string field;
    each_field(*text, [&](const char *p, int n) {
        field = string(p, n);
        string_see(seen, field.constData(), peer_len(&field));
    });
}

static void peer_split_new(string_fields *seen, const string *text) {
    each_field(*text, [&](const char *p, int n) {
        string field(p, n);
        string_see(seen, field.constData(), peer_len(&field));
    });
}

static void peer_split_flat(string_fields *seen, const string *text) {
    string field;
    each_part(*text, 0, text->size(), ',', [&](const char *p, int n) {
        field = string(p, n);
        string_see(seen, field.constData(), peer_len(&field));
    });
}

typedef QVector<string> strings;

static strings *peer_split_keep(const string *text) {
    strings *kept = new strings;
    each_field(*text, [&](const char *p, int n) { kept->append(string(p, n)); });
    return kept;
}

static string_fields peer_kept(const strings *kept) {
    string_fields seen = {0, 0, 0};
    for (const string &field : *kept) {
        string_see(&seen, field.constData(), peer_len(&field));
    }
    return seen;
}

static void peer_free(strings *kept) { delete kept; }

/* ---- changing ---- */

static bool peer_replace_all(string *s, const string *what, const string *by) {
    s->replace(*what, *by);
    return true;
}

static bool peer_to_upper(string *s) {
    *s = s->toUpper();
    return true;
}

static string peer_join(const string *parts, size_t n) {
    string s;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            s.append(", ");
        }
        s.append(parts[i]);
    }
    return s;
}

#define STRING string
#define STRING_EMPTY \
    {}
#define KEPT strings
#define PEER qt
#define PEER_LITERALS
#define PEER_HASHES
#define PEER_SPLITS
#define PEER_REPLACES
#define PEER_DOUBLES
#define PEER_JOINS
#include "string_loops.h"

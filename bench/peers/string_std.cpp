/* SPDX-License-Identifier: MIT */
/* Peer `std`: std::string. A copy is a deep copy, of up to 15 bytes without an allocation. Fields are found in
 * std::string_views, so that only what must be a value becomes one. */
#include "string_peer.h"

#include <charconv>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

typedef std::string string;
typedef std::string_view view;

static inline string peer_make(const char *p, size_t n) { return string(p, n); }

static inline string peer_literal() { return STRING_LITERAL; }

static inline void peer_keep_literal(string *slot) { new (slot) string(STRING_LITERAL); }

static inline const char *peer_data(const string *s) { return s->data(); }

static inline size_t peer_len(const string *s) { return s->size(); }

static inline string peer_copy(const string *s) { return *s; }

static inline string peer_slice(const string *s, size_t begin, size_t end) { return s->substr(begin, end - begin); }

static inline void peer_drop(string *) {}

static inline void peer_keep(string *slot, const string *s) { new (slot) string(*s); }

static inline void peer_forget(string *slot) { slot->~string(); }

static inline bool peer_append(string *s, const char *p, size_t n) {
    s->append(p, n);
    return true;
}

static inline bool peer_append_literal(string *s) {
    *s += STRING_PIECE;
    return true;
}

static inline bool peer_append_char(string *s, char c) {
    s->push_back(c);
    return true;
}

static inline bool peer_append_int(string *s, int64_t value) {
    char digits[32];
    return peer_append(s, digits, static_cast<size_t>(std::to_chars(digits, digits + 32, value).ptr - digits));
}

static inline bool peer_append_double(string *s, double value) {
    char digits[40];
    return peer_append(s, digits, static_cast<size_t>(std::to_chars(digits, digits + 40, value).ptr - digits));
}

static inline bool peer_equal(const string *a, const string *b) { return *a == *b; }

static inline bool peer_set(string *s, size_t i, char c) {
    if (i >= s->size()) {
        return false;
    }
    (*s)[i] = c;
    return true;
}

static inline uint64_t peer_hash(const string *s) { return std::hash<string>()(*s); }

static inline size_t peer_find(const string *s, const string *needle) { return s->find(*needle); }

static inline double peer_parse(const string *s) {
    double value = 0;
    std::from_chars(s->data(), s->data() + s->size(), value);
    return value;
}

/* ---- splitting ---- */

/* Calls take(view) for every part of the text between separators. */
template <typename Take> static inline void each_part(view text, char separator, Take take) {
    size_t begin = 0;
    for (size_t end = text.find(separator); end != view::npos; end = text.find(separator, begin)) {
        take(text.substr(begin, end - begin));
        begin = end + 1;
    }
    take(text.substr(begin));
}

/* Every line ends with a newline; what is behind the last one is no line. */
template <typename Take> static inline void each_line(view text, Take take) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != view::npos; end = text.find('\n', begin)) {
        take(text.substr(begin, end - begin));
        begin = end + 1;
    }
}

static void peer_split(string_fields *seen, const string *text) {
    string field;
    each_line(*text, [&](view line) {
        each_part(line, ',', [&](view part) {
            field.assign(part);
            string_see(seen, field.data(), field.size());
        });
    });
}

static void peer_split_new(string_fields *seen, const string *text) {
    each_line(*text, [&](view line) {
        each_part(line, ',', [&](view part) {
            string field(part);
            string_see(seen, field.data(), field.size());
        });
    });
}

static void peer_split_flat(string_fields *seen, const string *text) {
    string field;
    each_part(*text, ',', [&](view part) {
        field.assign(part);
        string_see(seen, field.data(), field.size());
    });
}

/* The stream's own copy of the text is made by whoever opens it, so it is timed. getline gives no field behind a comma
 * that ends the line. */
static void peer_split_stream(string_fields *seen, const string *text) {
    std::istringstream lines(*text);
    string line;
    string field;
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        while (std::getline(fields, field, ',')) {
            string_see(seen, field.data(), field.size());
        }
        if (line.empty() || line.back() == ',') {
            string_see(seen, "", 0);
        }
    }
}

typedef std::vector<string> strings;

static strings *peer_split_keep(const string *text) {
    strings *kept = new strings;
    each_line(*text, [&](view line) { each_part(line, ',', [&](view part) { kept->emplace_back(part); }); });
    return kept;
}

static string_fields peer_kept(const strings *kept) {
    string_fields seen = {0, 0, 0};
    for (const string &field : *kept) {
        string_see(&seen, field.data(), field.size());
    }
    return seen;
}

static void peer_free(strings *kept) { delete kept; }

/* ---- changing ---- */

static bool peer_replace_all(string *s, const string *what, const string *by) {
    string result;
    size_t begin = 0;
    for (size_t at = s->find(*what); at != string::npos; at = s->find(*what, begin)) {
        result.append(*s, begin, at - begin).append(*by);
        begin = at + what->size();
    }
    result.append(*s, begin);
    s->swap(result);
    return true;
}

static bool peer_to_upper(string *s) {
    for (char &c : *s) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return true;
}

static string peer_join(const string *parts, size_t n) {
    string s;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            s += ", ";
        }
        s += parts[i];
    }
    return s;
}

#define STRING string
#define STRING_EMPTY \
    {}
#define KEPT strings
#define PEER std
#define PEER_LITERALS
#define PEER_HASHES
#define PEER_SPLITS
#define PEER_STREAMS
#define PEER_REPLACES
#define PEER_DOUBLES
#define PEER_JOINS
#include "string_loops.h"

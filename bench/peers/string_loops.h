/* SPDX-License-Identifier: MIT */
/* The timed loops of suite `string`, written once and compiled into each peer's own file. The including file defines
 * first:
 *
 *   STRING, STRING_EMPTY                          the type, and the initialiser of an empty one
 *   PEER (identifier)                             string_<PEER> is what this file defines
 *   STRING peer_make(const char *, size_t)        a string of these bytes
 *   void peer_drop(STRING *)                      the last use of a local (C++: nothing, the destructor comes next)
 *   void peer_keep(STRING *slot, const STRING *)  a copy in raw memory, where a drop is peer_forget
 *   const char *peer_data(const STRING *), size_t peer_len(const STRING *)
 *   STRING peer_copy(const STRING *), STRING peer_slice(const STRING *, size_t begin, size_t end)
 *   bool peer_append(STRING *, const char *, size_t), bool peer_append_literal(STRING *),
 *   bool peer_append_char(STRING *, char), bool peer_append_int(STRING *, int64_t)
 *   bool peer_equal(const STRING *, const STRING *)
 *   size_t peer_find(const STRING *, const STRING *needle)   STRING_ABSENT when it is not there
 *   double peer_parse(const STRING *)
 *
 * and, for what not every peer can do, the macro and its functions:
 *
 *   PEER_LITERALS   STRING peer_literal(void), void peer_keep_literal(STRING *slot)
 *   PEER_HASHES     bool peer_set(STRING *, size_t, char), uint64_t peer_hash(const STRING *)
 *   PEER_STRSTR     the name of the function that stands in for strstr
 *   PEER_SPLITS     void peer_split(string_fields *, const STRING *text): lines, then fields
 *                   void peer_split_new, void peer_split_flat: the same signature
 *                   KEPT *peer_split_keep(const STRING *), string_fields peer_kept(const KEPT *), void peer_free(KEPT *)
 *   PEER_STREAMS    void peer_split_stream, the same signature: what stands in for std::getline
 *   PEER_REPLACES   bool peer_replace_all(STRING *, const STRING *what, const STRING *by), bool peer_to_upper(STRING *)
 *   PEER_DOUBLES    bool peer_append_double(STRING *, double)
 *   PEER_UTF8       bool peer_utf8_valid(const STRING *)
 *   PEER_JOINS      STRING peer_join(const STRING *parts, size_t n)
 *
 * The rules are those of array_loops.h: the compiler is shown the bytes through BENCH_USE, never the variable itself. A
 * string that keeps its bytes in the variable is thereby shown whole. */
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64, PARTNERS = 8 };

static inline void must(bool ok) {
    if (!ok) {
        bench_die("out of memory");
    }
}

static uint64_t checksum_of(const STRING *s) {
    const char *p = peer_data(s);
    uint64_t checksum = peer_len(s);
    for (size_t i = 0; i < peer_len(s); i++) {
        checksum = (checksum ^ (unsigned char)p[i]) * 0x9E3779B97F4A7C15U;
    }
    return checksum;
}

static STRING *slots_of(size_t count) {
    STRING *all = (STRING *)malloc(count * sizeof *all);
    must(all != NULL);
    return all;
}

static void forget_slots(STRING *all, size_t count) {
    for (size_t i = 0; i < count; i++) {
        peer_forget(&all[i]);
    }
    free(all);
}

/* The first n lines of the case's text, each a string. */
static STRING *slots_of_lines(const bench_run *run) {
    STRING *all = slots_of(run->n);
    const char *p = run->text;
    for (size_t i = 0; i < run->n; i++) {
        size_t length = (size_t)((const char *)memchr(p, '\n', run->text_size - (size_t)(p - run->text)) - p);
        STRING line = peer_make(p, length);
        peer_keep(&all[i], &line);
        peer_drop(&line);
        p += length + 1;
    }
    return all;
}

/* Numbers of all lengths, the same in every peer. */
static inline int64_t integer(size_t i) {
    uint64_t bits = ((uint64_t)i + 1) * 0x9E3779B97F4A7C15U;
    return (int64_t)(bits >> (i % 61)) * (i % 3 == 0 ? -1 : 1);
}

/* ---- values ---- */

#ifdef PEER_LITERALS
static void loop_literal(bench_run *run) {
    size_t reps = run->reps;
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        STRING s = peer_literal();
        BENCH_USE(peer_data(&s));
        seen += peer_len(&s);
        peer_drop(&s);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = seen / run->reps;
}

static void loop_literal_kept(bench_run *run) {
    size_t reps = run->reps;
    STRING *all = slots_of(SLOTS);
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        for (size_t i = 0; i < SLOTS; i++) {
            peer_keep_literal(&all[i]);
        }
        BENCH_USE(all);
        seen += peer_len(&all[rep % SLOTS]);
        for (size_t i = 0; i < SLOTS; i++) {
            peer_forget(&all[i]);
        }
    }
    bench_stop(run);
    run->operations = run->reps * SLOTS;
    run->checksum = seen / run->reps;
    free(all);
}
#else
#define loop_literal NULL
#define loop_literal_kept NULL
#endif

static void loop_copy(bench_run *run) {
    size_t reps = run->reps;
    STRING s = peer_make(run->text, run->n);
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        STRING copy = peer_copy(&s);
        BENCH_USE(peer_data(&copy));
        seen += peer_len(&copy);
        peer_drop(&copy);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = seen / run->reps * 31 + checksum_of(&s);
    peer_drop(&s);
}

static void loop_slice(bench_run *run) {
    size_t reps = run->reps;
    size_t n = run->n;
    size_t begin = (STRING_SLICED - n) / 2;
    STRING s = peer_make(run->text, STRING_SLICED);
    uint64_t seen = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        STRING slice = peer_slice(&s, begin, begin + n);
        const char *p = peer_data(&slice);
        BENCH_USE(p);
        seen += peer_len(&slice) + (unsigned char)p[0] + (unsigned char)p[n - 1];
        peer_drop(&slice);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = seen / run->reps;
    peer_drop(&s);
}

/* How fast memcmp is depends on how its arguments lie to each other, which for two strings of one size is the luck of
 * their allocator. Blocks of other sizes between the strings bring all peers all kinds of luck. */
static STRING *partners_of(const bench_run *run) {
    STRING *all = slots_of(PARTNERS);
    for (size_t i = 0; i < PARTNERS; i++) {
        void *between = malloc(16 * (i + 2));
        must(between != NULL);
        BENCH_USE(between); /* stays until the process ends */
        STRING partner = peer_make(run->text, run->n);
        peer_keep(&all[i], &partner);
        peer_drop(&partner);
    }
    return all;
}

static void loop_equal(bench_run *run) {
    size_t reps = run->reps;
    STRING s = peer_make(run->text, run->n);
    STRING *all = partners_of(run);
    uint64_t equal = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        BENCH_USE(peer_data(&s));
        equal += peer_equal(&s, &all[rep % PARTNERS]);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = equal == run->reps;
    forget_slots(all, PARTNERS);
    peer_drop(&s);
}

#ifdef PEER_HASHES
/* Equal bytes must give equal hashes and one changed byte another: all that can be asked of hashes that differ from
 * peer to peer. */
static bool hashes_well(const STRING *s) {
    STRING same = peer_make(peer_data(s), peer_len(s));
    STRING other = peer_make(peer_data(s), peer_len(s));
    must(peer_set(&other, peer_len(s) / 2, '\x7f'));
    bool well = peer_hash(s) == peer_hash(&same) && peer_hash(s) != peer_hash(&other);
    peer_drop(&same);
    peer_drop(&other);
    return well;
}

static void loop_hash(bench_run *run) {
    size_t reps = run->reps;
    size_t n = run->n;
    STRING s = peer_make(run->text, n);
    bool ok = true;
    bench_start(run);
    for (size_t rep = 0, i = 0; rep < reps; rep++, i = i + 1 == n ? 0 : i + 1) {
        ok &= peer_set(&s, i, (char)('a' + rep % 16));
        uint64_t hash = peer_hash(&s);
        BENCH_USE(hash);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = ok && hashes_well(&s);
    peer_drop(&s);
}

static void loop_hash_again(bench_run *run) {
    size_t reps = run->reps;
    STRING s = peer_make(run->text, run->n);
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        uint64_t hash = peer_hash(&s);
        BENCH_USE(hash);
    }
    bench_stop(run);
    run->operations = run->reps;
    run->checksum = hashes_well(&s);
    peer_drop(&s);
}
#else
#define loop_hash NULL
#define loop_hash_again NULL
#endif

/* ---- building ---- */

/* A building case of n appends; `append` changes s and may use i. */
#define BUILDING_LOOP(name, append)                                                             \
    static void loop_##name(bench_run *run) {                                                   \
        size_t reps = run->reps;                                                                \
        size_t n = run->n;                                                                      \
        const char *piece = run->text;                                                          \
        size_t piece_size = run->text_size;                                                     \
        (void)piece, (void)piece_size;                                                          \
        bench_start(run);                                                                       \
        for (size_t rep = 0; rep < reps; rep++) {                                               \
            STRING s = STRING_EMPTY;                                                            \
            for (size_t i = 0; i < n; i++) {                                                    \
                must(append);                                                                   \
            }                                                                                   \
            BENCH_USE(peer_data(&s));                                                           \
            run->checksum = peer_len(&s) * 31 + (unsigned char)peer_data(&s)[peer_len(&s) - 1]; \
            if (rep + 1 == reps) {                                                              \
                bench_stop(run);                                                                \
                run->checksum += checksum_of(&s);                                               \
                bench_start(run);                                                               \
            }                                                                                   \
            peer_drop(&s);                                                                      \
        }                                                                                       \
        bench_stop(run);                                                                        \
        run->operations = reps * n;                                                             \
    }

BUILDING_LOOP(append16, peer_append(&s, piece, piece_size))
BUILDING_LOOP(append_literal, peer_append_literal(&s))
BUILDING_LOOP(append_char, peer_append_char(&s, (char)('a' + i % 16)))
BUILDING_LOOP(append_int, peer_append_int(&s, integer(i)) && peer_append_char(&s, ','))

#ifdef PEER_DOUBLES
/* Half are prices, half need all their digits. */
static inline double real(size_t i) { return i % 2 == 0 ? (double)(i * 25) / 100 : (double)integer(i) / 1e9; }

static bool reads_back(const char *p, size_t n) {
    char *end;
    for (size_t i = 0; i < n; i++) {
        if (strtod(p, &end) < real(i) || strtod(p, &end) > real(i) || *end != ',') {
            return false;
        }
        p = end + 1;
    }
    return true;
}

/* Peers print different digits, so the text is read back. */
static void loop_append_double(bench_run *run) {
    size_t reps = run->reps;
    size_t n = run->n;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        STRING s = STRING_EMPTY;
        for (size_t i = 0; i < n; i++) {
            must(peer_append_double(&s, real(i)) && peer_append_char(&s, ','));
        }
        BENCH_USE(peer_data(&s));
        if (rep + 1 == reps) {
            bench_stop(run);
            run->checksum = reads_back(peer_data(&s), n);
            bench_start(run);
        }
        peer_drop(&s);
    }
    bench_stop(run);
    run->operations = reps * n;
}
#else
#define loop_append_double NULL
#endif

#ifdef PEER_JOINS
static void loop_join(bench_run *run) {
    size_t reps = run->reps;
    STRING *parts = slots_of_lines(run);
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        STRING s = peer_join(parts, run->n);
        BENCH_USE(peer_data(&s));
        if (rep + 1 == reps) {
            bench_stop(run);
            run->checksum = checksum_of(&s);
            bench_start(run);
        }
        peer_drop(&s);
    }
    bench_stop(run);
    run->operations = reps * run->n;
    forget_slots(parts, run->n);
}
#else
#define loop_join NULL
#endif

/* ---- reading ---- */

#define FINDING_LOOP(name, find)                                          \
    static void loop_##name(bench_run *run) {                             \
        size_t reps = run->reps;                                          \
        STRING s = peer_make(run->text, run->text_size);                  \
        STRING needle = peer_make(run->needle, run->needle_size);         \
        uint64_t absent = 0;                                              \
        bench_start(run);                                                 \
        for (size_t rep = 0; rep < reps; rep++) {                         \
            BENCH_USE(peer_data(&s));                                     \
            absent += find(&s, &needle) == STRING_ABSENT;                 \
        }                                                                 \
        bench_stop(run);                                                  \
        run->operations = reps;                                           \
        must(peer_append(&s, run->needle, run->needle_size));             \
        run->checksum = absent == reps ? (uint64_t)find(&s, &needle) : 0; \
        peer_drop(&s);                                                    \
        peer_drop(&needle);                                               \
    }

FINDING_LOOP(find, peer_find)
#ifdef PEER_STRSTR
FINDING_LOOP(find_strstr, PEER_STRSTR)
#else
#define loop_find_strstr NULL
#endif

#ifdef PEER_SPLITS
#define SPLITTING_LOOP(name)                             \
    static void loop_##name(bench_run *run) {            \
        size_t reps = run->reps;                         \
        STRING s = peer_make(run->text, run->text_size); \
        string_fields seen = {0, 0, 0};                  \
        bench_start(run);                                \
        for (size_t rep = 0; rep < reps; rep++) {        \
            seen.count = seen.bytes = seen.mix = 0;      \
            BENCH_USE(peer_data(&s));                    \
            peer_##name(&seen, &s);                      \
        }                                                \
        bench_stop(run);                                 \
        run->operations = reps * seen.count;             \
        run->checksum = string_fields_checksum(&seen);   \
        peer_drop(&s);                                   \
    }

SPLITTING_LOOP(split)
SPLITTING_LOOP(split_new)
SPLITTING_LOOP(split_flat)

static void loop_split_keep(bench_run *run) {
    size_t reps = run->reps;
    STRING s = peer_make(run->text, run->text_size);
    for (size_t rep = 0; rep < reps; rep++) {
        size_t before = bench_heap_bytes();
        bench_start(run);
        KEPT *kept = peer_split_keep(&s);
        BENCH_USE(kept);
        bench_stop(run);
        run->kept_bytes = bench_heap_bytes() - before;
        string_fields seen = peer_kept(kept);
        run->checksum = string_fields_checksum(&seen);
        run->operations += seen.count;
        bench_start(run);
        peer_free(kept);
        bench_stop(run);
    }
    peer_drop(&s);
}
#else
#define loop_split NULL
#define loop_split_new NULL
#define loop_split_flat NULL
#define loop_split_keep NULL
#endif

/* Every bit of every number: their sum would swallow the last ones. */
static uint64_t bits_of_numbers(const STRING *parts, size_t n) {
    uint64_t checksum = n;
    for (size_t i = 0; i < n; i++) {
        double value = peer_parse(&parts[i]);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        checksum = (checksum ^ bits) * 0x9E3779B97F4A7C15U;
    }
    return checksum;
}

static void loop_parse_double(bench_run *run) {
    size_t reps = run->reps;
    STRING *parts = slots_of_lines(run);
    double sum = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        sum = 0;
        for (size_t i = 0; i < run->n; i++) {
            sum += peer_parse(&parts[i]);
        }
        BENCH_USE(&sum);
    }
    bench_stop(run);
    run->operations = reps * run->n;
    run->checksum = bits_of_numbers(parts, run->n);
    forget_slots(parts, run->n);
}

#ifdef PEER_UTF8
static void loop_utf8_valid(bench_run *run) {
    size_t reps = run->reps;
    STRING s = peer_make(run->text, run->text_size);
    uint64_t valid = 0;
    bench_start(run);
    for (size_t rep = 0; rep < reps; rep++) {
        BENCH_USE(peer_data(&s));
        valid += peer_utf8_valid(&s);
    }
    bench_stop(run);
    run->operations = reps;
    must(peer_append_char(&s, '\xff'));
    run->checksum = valid == reps && !peer_utf8_valid(&s);
    peer_drop(&s);
}
#else
#define loop_utf8_valid NULL
#endif

#ifdef PEER_STREAMS
SPLITTING_LOOP(split_stream)
#else
#define loop_split_stream NULL
#endif

/* ---- changing a copy of the whole ---- */

#ifdef PEER_REPLACES
#define CHANGING_LOOP(name, change)                               \
    static void loop_##name(bench_run *run) {                     \
        size_t reps = run->reps;                                  \
        STRING s = peer_make(run->text, run->n);                  \
        STRING what = peer_make(run->needle, run->needle_size);   \
        STRING by = peer_make(run->needle, run->needle_size / 2); \
        bench_start(run);                                         \
        for (size_t rep = 0; rep < reps; rep++) {                 \
            STRING copy = peer_copy(&s);                          \
            must(change);                                         \
            BENCH_USE(peer_data(&copy));                          \
            if (rep + 1 == reps) {                                \
                bench_stop(run);                                  \
                run->checksum = checksum_of(&copy);               \
                bench_start(run);                                 \
            }                                                     \
            peer_drop(&copy);                                     \
        }                                                         \
        bench_stop(run);                                          \
        run->operations = reps;                                   \
        run->checksum += checksum_of(&s);                         \
        peer_drop(&s);                                            \
        peer_drop(&what);                                         \
        peer_drop(&by);                                           \
    }

CHANGING_LOOP(replace_all, peer_replace_all(&copy, &what, &by))
CHANGING_LOOP(to_upper, peer_to_upper(&copy))
#else
#define loop_replace_all NULL
#define loop_to_upper NULL
#endif

#define PEER_PASTE(a, b) a##b
#define PEER_SYMBOL(name) PEER_PASTE(string_, name)
#define PEER_QUOTE(name) #name
#define PEER_TEXT(name) PEER_QUOTE(name)

const string_peer PEER_SYMBOL(PEER) = {
    PEER_TEXT(PEER),     loop_literal,      loop_literal_kept,  loop_copy,        loop_append16,
    loop_append_literal, loop_append_char,  loop_slice,         loop_equal,       loop_hash,
    loop_hash_again,     loop_find,         loop_find_strstr,   loop_split,       loop_split_new,
    loop_split_flat,     loop_split_stream, loop_split_keep,    loop_replace_all, loop_to_upper,
    loop_parse_double,   loop_append_int,   loop_append_double, loop_utf8_valid,  loop_join,
};

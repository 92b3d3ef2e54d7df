/* SPDX-License-Identifier: MIT */
/* Suite `string`: the price of single operations on strings. This file makes the texts, the same ones in every run; the
 * loops are in peers/string_loops.h. */
#include "cases.h"
#include "peers/string_peer.h"
#include "suites.h"
#include "words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const void *const peers[] = {
    &string_cow,  &string_libc, &string_std,
#ifdef BENCH_QT
    &string_qt,
#endif
#ifdef BENCH_GLIB
    &string_glib,
#endif
};

enum { MIB = 1 << 20, CSV_SIZE = 10000000, LINES = 1000, NEEDLE = 8, PERIOD = 64 };

/* What a case works on. */
enum { PIECE, WORDS, RANDOM, PERIODIC, WORD_LINES, NUMBER_LINES, CSV, MIXED, INPUTS };

#define LOOP(member) offsetof(string_peer, member)

static const bench_case cases[] = {
    {"literal", LOOP(literal), 40, 1, PIECE},
    {"literal_kept", LOOP(literal_kept), 40, 1, PIECE},
    {"copy10", LOOP(copy), 10, 1, WORDS},
    {"copy20", LOOP(copy), 20, 1, WORDS},
    {"copy23", LOOP(copy), 23, 1, WORDS},
    {"copy100", LOOP(copy), 100, 1, WORDS},
    {"copy100", LOOP(copy), 100, 2, WORDS},
    {"copy1000", LOOP(copy), 1000, 1, WORDS},
    {"append16", LOOP(append16), 1000, 1, PIECE},
    {"append16", LOOP(append16), 100000, 1, PIECE},
    {"append_literal", LOOP(append_literal), 1000, 1, PIECE},
    {"append_char", LOOP(append_char), 1000, 1, PIECE},
    {"append_char", LOOP(append_char), 1000000, 1, PIECE},
    {"slice20", LOOP(slice), 20, 2, WORDS},
    {"slice200", LOOP(slice), 200, 2, WORDS},
    {"slice50k", LOOP(slice), 50000, 2, WORDS},
    {"eq20", LOOP(equal), 20, 1, WORDS},
    {"eq1000", LOOP(equal), 1000, 1, WORDS},
    {"hash20", LOOP(hash), 20, 1, WORDS},
    {"hash1000", LOOP(hash), 1000, 1, WORDS},
    {"hash1000_again", LOOP(hash_again), 1000, 1, WORDS},
    {"find", LOOP(find), MIB, 1, WORDS},
    {"find_strstr", LOOP(find_strstr), MIB, 1, WORDS},
    {"find_random", LOOP(find), MIB, 1, RANDOM},
    {"find_periodic", LOOP(find), MIB, 1, PERIODIC},
    {"split", LOOP(split), CSV_SIZE, 1, CSV},
    {"split_new", LOOP(split_new), CSV_SIZE, 1, CSV},
    {"split_flat", LOOP(split_flat), CSV_SIZE, 1, CSV},
    {"split_stream", LOOP(split_stream), CSV_SIZE, 1, CSV},
    {"split_keep", LOOP(split_keep), CSV_SIZE, 1, CSV},
    {"join", LOOP(join), LINES, 1, WORD_LINES},
    {"replace_all", LOOP(replace_all), 100000, 1, WORDS},
    {"to_upper", LOOP(to_upper), 100000, 1, WORDS},
    {"parse_double", LOOP(parse_double), LINES, 1, NUMBER_LINES},
    {"append_int", LOOP(append_int), LINES, 1, PIECE},
    {"append_double", LOOP(append_double), LINES, 1, PIECE},
    {"utf8_ascii", LOOP(utf8_valid), MIB, 1, WORDS},
    {"utf8_mixed", LOOP(utf8_valid), MIB, 1, MIXED},
};

/* ---- texts ---- */

typedef struct text {
    char *p;
    size_t n, room;
    const char *needle;
    size_t needle_size;
} text;

static bench_words words;
static text texts[INPUTS];

static uint32_t random_below(uint32_t limit) {
    static uint64_t state = 42;
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % limit;
}

static text text_of(size_t room) {
    text t = {.p = malloc(room + 1), .room = room};
    if (t.p == NULL) {
        bench_die("out of memory for the texts");
    }
    return t;
}

/* Adds what fits; a text is full when n is room. */
static void add(text *t, const char *p, size_t n) {
    n = n < t->room - t->n ? n : t->room - t->n;
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void add_format(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_format(text *t, const char *format, ...) {
    char line[128];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    add(t, line, (size_t)length);
}

static void add_word(text *t) {
    const bench_word *word = &words.word[random_below((uint32_t)words.n)];
    add(t, words.text + word->offset, word->length);
}

/* The letters of the needle are those of the text, so that it resembles what it is not: eight bytes of the text, read
 * backwards, from the first place where that is nowhere in the text. */
static void choose_needle(text *t) {
    static char needle[NEEDLE + 1];
    for (size_t at = 0; at + NEEDLE <= t->n; at++) {
        for (size_t i = 0; i < NEEDLE; i++) {
            needle[i] = t->p[at + NEEDLE - 1 - i];
        }
        if (memmem(t->p, t->n, needle, NEEDLE) == NULL && memchr(needle, ' ', NEEDLE) == NULL) {
            t->needle = strdup(needle);
            t->needle_size = NEEDLE;
            return;
        }
    }
    bench_die("every needle is in the text");
}

static text random_words(void) {
    text t = text_of(MIB);
    while (t.n < t.room) {
        add_word(&t);
        add(&t, " ", 1);
    }
    choose_needle(&t);
    return t;
}

static text random_bytes(void) {
    text t = text_of(MIB);
    while (t.n < t.room) {
        t.p[t.n++] = (char)(1 + random_below(255));
    }
    choose_needle(&t);
    return t;
}

/* Both ends of the needle are right at every place, only its middle never is. */
static text periodic(void) {
    text t = text_of(MIB);
    memset(t.p, 'a', t.room);
    t.n = t.room;
    char *needle = malloc(PERIOD + 1);
    if (needle == NULL) {
        bench_die("out of memory for the texts");
    }
    memset(needle, 'a', PERIOD);
    needle[PERIOD / 2] = 'b';
    needle[PERIOD] = '\0';
    t.needle = needle;
    t.needle_size = PERIOD;
    return t;
}

static text word_lines(void) {
    text t = text_of(LINES * 128);
    for (int i = 0; i < LINES; i++) {
        add_word(&t);
        add(&t, "\n", 1);
    }
    return t;
}

/* Prices, whole numbers, measured values, and numbers with all their digits. */
static text number_lines(void) {
    text t = text_of(LINES * 32);
    for (int i = 0; i < LINES; i++) {
        double value = random_below(1U << 30) / 1000.0;
        switch (i % 4) {
        case 0: add_format(&t, "%.2f\n", value); break;
        case 1: add_format(&t, "%.0f\n", value); break;
        case 2: add_format(&t, "%.4e\n", value); break;
        default: add_format(&t, "%.17g\n", value / 3); break;
        }
    }
    return t;
}

/* A table of seven columns: a number, two words, a date, a price, a remark of 30 to 60 bytes, and a flag that is mostly
 * not there. */
static text csv(void) {
    text t = text_of(CSV_SIZE);
    for (unsigned row = 1; t.n < t.room - 256; row++) {
        add_format(&t, "%u,", row);
        add_word(&t);
        add(&t, ",", 1);
        add_word(&t);
        add_format(&t, ",20%02u-%02u-%02u,%u.%02u,", random_below(30), 1 + random_below(12), 1 + random_below(28),
                   random_below(1000), random_below(100));
        size_t begin = t.n;
        size_t length = 30 + random_below(31);
        while (t.n < begin + length) {
            add_word(&t);
            add(&t, " ", 1);
        }
        t.n = begin + length;
        add_format(&t, ",%s\n", random_below(8) == 0 ? "yes" : "");
    }
    return t;
}

/* Text of one, two, three and four bytes a character, in runs as languages have them. */
static text mixed_utf8(void) {
    static const char *const runs[] = {"Greek \xce\xbb\xcf\x8c\xce\xb3\xce\xbf\xcf\x82 ",
                                       "\xe6\x96\x87\xe5\xad\x97\xe5\x88\x97\xe3\x81\xae\xe6\xa4\x9c\xe6\x9f\xbb ",
                                       "na\xc3\xafve gar\xc3\xa7on ", "\xf0\x9f\x90\x84\xf0\x9f\x8c\xbf ",
                                       "plain words between them "};
    text t = text_of(MIB);
    while (t.n + 64 < t.room) {
        const char *run = runs[random_below(5)];
        add(&t, run, strlen(run));
    }
    while (t.n < t.room) {
        add(&t, ".", 1);
    }
    return t;
}

static void make_texts(const char *path) {
    words = bench_words_read(path);
    texts[PIECE] = text_of(strlen(STRING_PIECE));
    add(&texts[PIECE], STRING_PIECE, strlen(STRING_PIECE));
    texts[WORDS] = random_words();
    texts[RANDOM] = random_bytes();
    texts[PERIODIC] = periodic();
    texts[WORD_LINES] = word_lines();
    texts[NUMBER_LINES] = number_lines();
    texts[CSV] = csv();
    texts[MIXED] = mixed_utf8();
}

static void prepare(bench_run *run, const bench_case *c, const void *peer) {
    (void)peer;
    const text *t = &texts[c->kind];
    run->text = t->p;
    run->text_size = t->n;
    run->needle = t->needle;
    run->needle_size = t->needle_size;
    if (c->loop == LOOP(replace_all)) {
        run->needle = "ing";
        run->needle_size = 3;
    }
}

/* The loops that answer a question leave 1 when every answer was right, the searching ones the place of a needle that
 * was put there at last: also when no peer is there to disagree. */
static bool is_right(const bench_case *c, uint64_t checksum) {
    switch (c->loop) {
    case LOOP(equal):
    case LOOP(hash):
    case LOOP(hash_again):
    case LOOP(append_double):
    case LOOP(utf8_valid): return checksum == 1;
    case LOOP(find):
    case LOOP(find_strstr): return checksum > c->n - PERIOD;
    default: return true;
    }
}

void suite_string(const bench_plan *plan, const char *only, const char *path) {
    static const bench_suite suite = {
        .name = "string",
        .peers = peers,
        .peer_count = sizeof peers / sizeof peers[0],
        .cases = cases,
        .case_count = sizeof cases / sizeof cases[0],
        .prepare = prepare,
        .is_right = is_right,
        .note =
            "libc: malloc, memcpy, memmem, strtod, snprintf; its find_strstr is strstr, cow's is the same search as "
            "in find.\n",
    };
    make_texts(path);
    bench_cases_run(&suite, plan, only);
}

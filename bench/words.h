/* SPDX-License-Identifier: MIT */
/* The input of suite `snapshot`: a word list as fixed-size records, beside the text they were made of.
 *
 * A record is 32 bytes: the hash of the whole word, where the word stands in the text, how long it is, and its first 16
 * bytes, as an index of a text would keep them. Long words lose nothing: hash, offset and length always speak of the
 * whole word.
 *
 * Any file will do. A word is a line that is not empty, of any bytes but the newline. A line of more than
 * BENCH_WORD_LONGEST bytes is several words, and a file of few words is repeated, so that there is something to measure
 * and every peer can hold copies of it. */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_WORD_LIST "/usr/share/dict/american-english-insane"

enum { BENCH_WORD_LONGEST = 4096 };

typedef struct bench_word {
    uint64_t hash;
    uint32_t offset, length;
    char head[16];
} bench_word;

typedef struct bench_words {
    char *text;
    bench_word *word;
    uint64_t *prefix;      /* prefix[i]: checksum of the first i words as records */
    uint64_t *text_prefix; /* the same of their texts */
    size_t n;
    size_t bytes; /* of all words together, repetitions included */
} bench_words;

/* Reads a file with one word a line. Stops the program and says why when it cannot be read or holds no word. */
bench_words bench_words_read(const char *path);

/* What one word adds to the checksum of a scan: sums, so that a prefix has one whatever the order of the additions. */
static inline uint64_t bench_word_checksum(uint64_t hashes, uint64_t letters) {
    return hashes + letters * 0x9E3779B97F4A7C15U;
}

/* What the text of one word adds as `hashes` when texts are scanned: first and last byte, so that a scan has to go where
 * the bytes are. No word is empty. */
static inline uint64_t bench_word_ends(const char *p, size_t length) {
    return (unsigned char)p[0] + 3 * (uint64_t)(unsigned char)p[length - 1];
}

#ifdef __cplusplus
}
#endif
#endif

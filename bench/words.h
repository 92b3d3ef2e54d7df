/* SPDX-License-Identifier: MIT */
/* The input of suite `snapshot`: a word list as fixed-size records.
 *
 * A record is 32 bytes: the hash of the whole word, where the word stands in the text, how long it is, and its first 16
 * bytes, as an index of a text would keep them. Long words lose nothing: hash, offset and length always speak of the
 * whole word. */
#ifndef BENCH_WORDS_H
#define BENCH_WORDS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_word {
    uint64_t hash;
    uint32_t offset, length;
    char head[16];
} bench_word;

typedef struct bench_words {
    char *text;
    bench_word *word;
    uint64_t *prefix; /* prefix[i]: checksum of the first i words */
    size_t n;
} bench_words;

/* Reads a file with one word a line. Stops the program, naming the package to install, when there is none. */
bench_words bench_words_read(const char *path);

/* What one word adds to the checksum of a scan: sums, so that a prefix has one whatever the order of the additions. */
static inline uint64_t bench_word_checksum(uint64_t hashes, uint64_t letters) {
    return hashes + letters * 0x9E3779B97F4A7C15U;
}

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT */
#include "words.h"
#include "harness.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A paced run appends some twenty thousand words; fewer are repeated, as long as that does not take much memory. */
enum { ENOUGH_WORDS = 40000, ENOUGH_BYTES = 64 << 20 };

static void *get_memory(size_t size) {
    void *p = malloc(size);
    if (p == NULL) {
        bench_die("out of memory for the input");
    }
    return p;
}

static FILE *open_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        bench_die("cannot read the words in %s: %s\n"
                  "bench: the usual list comes with: apt-get install -y wamerican-insane   (or give another file: "
                  "INPUT=file)",
                  path, strerror(errno));
    }
    return file;
}

/* The whole file, and a newline behind it whether or not it ends with one. */
static char *read_text(const char *path, size_t *size) {
    FILE *file = open_text(path);
    long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (length < 0 || length == LONG_MAX) { /* a folder is as long as can be */
        bench_die("%s is not a plain file", path);
    }
    if (length == 0) {
        bench_die("%s is empty: there are no words to measure with", path);
    }
    if (length >= INT32_MAX) {
        bench_die("%s is too long: a word list has less than 2 GiB", path);
    }
    rewind(file);
    *size = (size_t)length;
    char *text = get_memory(*size + 1);
    if (fread(text, 1, *size, file) != *size) {
        bench_die("cannot read all of %s", path);
    }
    fclose(file);
    text[*size] = '\n';
    return text;
}

/* FNV-1a, 64 bits: six lines here and in the Java peer. */
static uint64_t hash_of(const char *p, size_t length) {
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)p[i]) * 0x100000001B3U;
    }
    return hash;
}

static void add_word(bench_words *words, size_t *room, bench_word word) {
    if (words->n == *room) {
        *room = *room == 0 ? 1024 : *room * 2;
        words->word = realloc(words->word, *room * sizeof word);
        if (words->word == NULL) {
            bench_die("out of memory for the input");
        }
    }
    words->word[words->n++] = word;
    words->bytes += word.length;
}

static void add_piece(bench_words *words, size_t *room, size_t begin, size_t length) {
    bench_word word = {0};
    word.hash = hash_of(words->text + begin, length);
    word.offset = (uint32_t)begin;
    word.length = (uint32_t)length;
    memcpy(word.head, words->text + begin, length < sizeof word.head ? length : sizeof word.head);
    add_word(words, room, word);
}

static void add_line(bench_words *words, size_t *room, size_t begin, size_t end) {
    for (; begin < end; begin += BENCH_WORD_LONGEST) {
        add_piece(words, room, begin, end - begin < BENCH_WORD_LONGEST ? end - begin : BENCH_WORD_LONGEST);
    }
}

static void sum_prefixes(bench_words *words) {
    words->prefix = get_memory((words->n + 1) * sizeof *words->prefix);
    words->text_prefix = get_memory((words->n + 1) * sizeof *words->text_prefix);
    words->prefix[0] = 0;
    words->text_prefix[0] = 0;
    for (size_t i = 0; i < words->n; i++) {
        const bench_word *word = &words->word[i];
        uint64_t ends = bench_word_ends(words->text + word->offset, word->length);
        words->prefix[i + 1] = words->prefix[i] + bench_word_checksum(word->hash, word->length);
        words->text_prefix[i + 1] = words->text_prefix[i] + bench_word_checksum(ends, word->length);
    }
}

bench_words bench_words_read(const char *path) {
    size_t size = 0;
    size_t room = 0;
    bench_words words = {0};
    words.text = read_text(path, &size);
    for (size_t begin = 0, i = 0; i <= size; i++) {
        if (words.text[i] == '\n') {
            add_line(&words, &room, begin, i);
            begin = i + 1;
        }
    }
    if (words.n == 0) {
        bench_die("%s holds nothing but newlines: there are no words to measure with", path);
    }
    for (size_t i = 0; words.n < ENOUGH_WORDS && words.bytes < ENOUGH_BYTES; i++) {
        add_word(&words, &room, words.word[i]);
    }
    sum_prefixes(&words);
    return words;
}

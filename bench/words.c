/* SPDX-License-Identifier: MIT */
#include "words.h"
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_WORDS = 4000 };

static void *get_memory(size_t size) {
    void *p = malloc(size);
    if (p == NULL) {
        bench_die("out of memory for the input");
    }
    return p;
}

static char *read_text(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        bench_die("cannot read the word list %s: %s\n"
                  "bench: install it with: apt-get install -y wamerican-insane   (or give another one: INPUT=file)",
                  path, strerror(errno));
    }
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    if (length <= 0 || length >= INT32_MAX) {
        bench_die("%s: a word list has between one byte and 2 GiB", path);
    }
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

static void add_word(bench_words *words, size_t begin, size_t end) {
    bench_word *word = &words->word[words->n];
    size_t length = end - begin;
    memset(word, 0, sizeof *word);
    word->hash = hash_of(words->text + begin, length);
    word->offset = (uint32_t)begin;
    word->length = (uint32_t)length;
    memcpy(word->head, words->text + begin, length < sizeof word->head ? length : sizeof word->head);
    words->prefix[words->n + 1] = words->prefix[words->n] + bench_word_checksum(word->hash, length);
    words->n++;
}

bench_words bench_words_read(const char *path) {
    size_t size = 0;
    bench_words words = {0};
    words.text = read_text(path, &size);
    size_t lines = 1;
    for (size_t i = 0; i < size; i++) {
        lines += words.text[i] == '\n';
    }
    words.word = get_memory(lines * sizeof *words.word);
    words.prefix = get_memory((lines + 1) * sizeof *words.prefix);
    words.prefix[0] = 0;
    for (size_t begin = 0, i = 0; i <= size; i++) {
        if (words.text[i] == '\n') {
            if (i > begin) {
                add_word(&words, begin, i);
            }
            begin = i + 1;
        }
    }
    if (words.n < LEAST_WORDS) {
        bench_die("%s holds %zu words; the suite needs %d or more", path, words.n, LEAST_WORDS);
    }
    return words;
}

/* SPDX-License-Identifier: MIT */
/* The most frequent words of a text, and how often given ones occur: no map, only a sorted array.
 *
 *     words FILE [WORD...]
 *
 * All words of the file stand in one array of strings. Sorted, equal words are neighbours: binary search finds where a
 * run of them begins and ends, and the difference is the count. Short words lie in their handles, so a million of them
 * are one block of memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY words, cow_str /* strings know how to copy, drop and compare themselves */
#include "cow/cow.h"

/* A struct that holds a string says how to copy and drop it. */
typedef struct tally {
    cow_str word;
    size_t count;
} tally;

static bool tally_copy(tally *to, const tally *from) {
    to->word = cow_str_copy(&from->word);
    to->count = from->count;
    return true;
}

static void tally_drop(tally *t) { cow_str_drop(&t->word); }

/* The most frequent first; the alphabet decides between equals. */
static int tally_compare(const tally *a, const tally *b) {
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return cow_str_compare(&a->word, &b->word);
}

#define COW_ARRAY tallies, tally
#define COW_COPY tally_copy
#define COW_DROP tally_drop
#define COW_COMPARE tally_compare
#include "cow/cow.h"

enum { most = 10 };

static void die(const char *what) {
    fprintf(stderr, "words: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* The words of the file in lower case, sorted. What is not a separator belongs to a word, so UTF-8 letters do. */
static words read_words(const char *path) {
    cow_str text = {0};
    if (!cow_str_from_file(&text, path)) {
        if (cow_error() == COW_NOMEM) die(path);
        fprintf(stderr, "words: %s: %s\n", path, strerror(errno)); /* which knows more about files */
        exit(1);
    }
    if (!cow_str_to_lower(&text)) die("lower case");

    words all = {0};
    cow_str word = {0};
    cow_str_split it = cow_str_split_any(&text, " \t\r\n.,;:!?\"()-");
    while (cow_str_split_next(&it, &word)) {
        if (cow_str_is_empty(&word)) continue; /* between a comma and the space after it */
        if (!words_push(&all, cow_str_move(&word))) die("cannot keep a word");
    }
    cow_str_drop(&text);
    if (!words_sort(&all)) die("cannot sort");
    return all;
}

static size_t count_of(const words *sorted, const cow_str *word) {
    return words_upper_bound(sorted, word) - words_lower_bound(sorted, word);
}

/* From run to run of equal words. */
static tallies count_all(const words *sorted) {
    tallies all = {0};
    for (size_t begin = 0, end; begin < words_len(sorted); begin = end) {
        const cow_str *word = words_get(sorted, begin);
        end = words_upper_bound(sorted, word);
        tally t = {cow_str_copy(word), end - begin};
        if (!tallies_push(&all, t)) die("cannot keep a count");
    }
    if (!tallies_sort(&all)) die("cannot sort");
    return all;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: words FILE [WORD...]\n");
        return 2;
    }
    words sorted = read_words(argv[1]);
    tallies counts = count_all(&sorted);
    printf("%zu words, %zu different\n", words_len(&sorted), tallies_len(&counts));

    tallies top = tallies_slice(&counts, 0, tallies_len(&counts) < most ? tallies_len(&counts) : most);
    COW_EACH (tally, t, &top) {
        printf("%6zu " COW_STR_FMT "\n", t->count, COW_STR_ARG(&t->word));
    }
    for (int i = 2; i < argc; i++) {
        cow_str asked = {0};
        if (!cow_str_from(&asked, argv[i]) || !cow_str_to_lower(&asked)) die(argv[i]);
        printf("%6zu %s?\n", count_of(&sorted, &asked), argv[i]);
        cow_str_drop(&asked);
    }
    tallies_drop(&top);
    tallies_drop(&counts);
    words_drop(&sorted);
    return 0;
}

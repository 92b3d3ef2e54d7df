/* SPDX-License-Identifier: MIT */
/* A log of strings that is read while it is written.
 *
 * One thread appends lines. The readers follow: each waits until there is something new, takes a snapshot, and walks the
 * new lines without a lock while the writer goes on. Lines that matter are kept by copying their handles: the text is
 * shared between the threads, whoever drops it last frees it.
 *
 * The program checks itself: every line says its own number and the length of what follows, and every reader must have
 * seen each line once, in its order, and have kept what the writer meant to be kept. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define COW_IMPLEMENTATION
#define COW_ARRAY lines, cow_str
#include "cow/cow.h"

enum { last = 5000, readers = 3 };

static void die(const char *what) {
    fprintf(stderr, "live_log: %s: %s\n", what, cow_error_text(cow_error()));
    exit(1);
}

/* ---- The log that both sides see ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t grown = PTHREAD_COND_INITIALIZER;
static lines published;

/* Shows the readers `now`. What was published before is dropped outside the lock: the last drop frees. */
static void publish(const lines *now) {
    lines version = lines_copy(now);
    pthread_mutex_lock(&lock);
    lines_swap(&published, &version);
    pthread_cond_broadcast(&grown);
    pthread_mutex_unlock(&lock);
    lines_drop(&version);
}

/* A snapshot with more than `seen` lines. */
static lines wait_for_more(size_t seen) {
    pthread_mutex_lock(&lock);
    while (lines_len(&published) <= seen) pthread_cond_wait(&grown, &lock);
    lines snapshot = lines_copy(&published);
    pthread_mutex_unlock(&lock);
    return snapshot;
}

/* ---- Writing ---- */

static bool is_error(size_t number) { return number % 16 == 0; }

/* "NUMBER LEVEL LENGTH xxx...", from some bytes, which lie in the handle, to some hundreds, which are counted. */
static cow_str line_of(size_t number) {
    cow_str line = {0};
    size_t length = number * number % 700;
    if (!cow_str_append_format(&line, "%zu %s %zu ", number, is_error(number) ? "error" : "info", length) ||
        !cow_str_resize(&line, cow_str_len(&line) + length, 'x')) {
        die("cannot write a line");
    }
    return line;
}

static void write_all(void) {
    lines own = {0};
    for (size_t i = 0; i < last; i++) {
        if (!lines_push(&own, line_of(i))) die("cannot append");
        publish(&own);
    }
    lines_drop(&own);
}

/* ---- Reading ---- */

typedef struct reader {
    size_t seen;
    lines errors; /* shares its texts with the log */
} reader;

static uint64_t number_in(const cow_str *field) {
    uint64_t number = 0;
    if (!cow_str_parse_uint(field, 10, &number, NULL)) die("a line without its number");
    return number;
}

/* Takes a line apart: its number must be the expected one, its last field as long as it says. */
static void read_line(reader *r, const cow_str *line) {
    cow_str field[4] = {0};
    cow_str_split it = cow_str_split_byte(line, ' ');
    for (int i = 0; i < 4; i++) {
        if (!cow_str_split_next(&it, &field[i])) die("a line without its fields");
    }
    if (number_in(&field[0]) != r->seen || number_in(&field[2]) != cow_str_len(&field[3])) die("a line has changed");
    if (cow_str_is(&field[1], "error") && !lines_push(&r->errors, cow_str_copy(line))) die("cannot keep a line");
    r->seen++;
    for (int i = 0; i < 4; i++) cow_str_drop(&field[i]);
    cow_str_split_drop(&it);
}

static void *follow(void *argument) {
    reader *r = argument;
    while (r->seen < last) {
        lines snapshot = wait_for_more(r->seen);
        lines fresh = lines_slice(&snapshot, r->seen, lines_len(&snapshot));
        COW_EACH (cow_str, line, &fresh) {
            read_line(r, line);
        }
        lines_drop(&fresh);
        lines_drop(&snapshot);
    }
    return NULL;
}

/* After the log itself is gone, the kept lines are as they were written. */
static bool kept_all_errors(const reader *r) {
    bool same = true;
    size_t kept = 0;
    for (size_t i = 0; i < last; i++) {
        if (!is_error(i)) continue;
        cow_str expected = line_of(i);
        const cow_str *line = lines_get(&r->errors, kept++);
        same = same && line && cow_str_equal(line, &expected);
        cow_str_drop(&expected);
    }
    return same && kept == lines_len(&r->errors);
}

int main(void) {
    pthread_t threads[readers];
    reader state[readers] = {0};
    for (int i = 0; i < readers; i++) {
        if (pthread_create(&threads[i], NULL, follow, &state[i]) != 0) return 1;
    }
    write_all();
    for (int i = 0; i < readers; i++) pthread_join(threads[i], NULL);
    lines_drop(&published);

    for (int i = 0; i < readers; i++) {
        if (!kept_all_errors(&state[i])) return 1;
        printf("reader %d: %zu lines, %zu errors kept\n", i + 1, state[i].seen, lines_len(&state[i].errors));
        lines_drop(&state[i].errors);
    }
    return 0;
}

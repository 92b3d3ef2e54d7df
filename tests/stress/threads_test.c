/* SPDX-License-Identifier: MIT */
/*
 * Several threads at work on values that share storage, for TSan and for plain builds. Every thread copies the same const
 * variables (never with a lock), changes its copies in every way, checks what it reads, and gives values to the others through
 * a mailbox. Each element owns a block of memory whose reads and writes are plain, so that a race, a double free or a read
 * after free is the tool's to see; the sum of the blocks alive must be zero at the end.
 *
 *   threads_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <stdarg.h>
#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

static int box_compare(const boxed *a, const boxed *b) { return (*a->value > *b->value) - (*a->value < *b->value); }
#define COW_ARRAY boxes, boxed
#define COW_COPY box_copy
#define COW_DROP box_drop
#define COW_EQUAL box_equal
#define COW_COMPARE box_compare
#include "cow/cow.h"

#define COW_ARRAY ints, int
#include "cow/cow.h"
#define COW_ARRAY rows, ints
#include "cow/cow.h"

/* ---- what the threads share ---- */

enum { THREADS = 4, FIRST = 20 };

static boxes common; /* read and copied by all, written by none; has room, so that its copies race for the tail */
static ints numbers;
static rows table;

static struct {
    pthread_mutex_t lock;
    boxes letter;
    ints note;
} mailbox[THREADS];

static void check_first(const boxes *a) {
    for (size_t i = 0; i < a->n && i < FIRST; i++) CHECK(*boxes_get(a, i)->value == (int)i);
}

static size_t below(unsigned *random, size_t n) {
    *random = *random * 1664525u + 1013904223u;
    return n ? (*random >> 8) % n : 0;
}

/* Appends, to a copy, what only this thread knows; nobody else may ever see it. */
static void race_for_the_tail(unsigned *random, int mark) {
    boxes mine = boxes_copy(&common);
    size_t k = 1 + below(random, 3);
    for (size_t i = 0; i < k; i++) {
        boxed b = box(mark);
        CHECK(boxes_push(&mine, b));
    }
    CHECK(boxes_len(&common) == FIRST && boxes_len(&mine) == FIRST + k);
    check_first(&mine);
    for (size_t i = FIRST; i < mine.n; i++) CHECK(*boxes_get(&mine, i)->value == mark);
    boxed out;
    CHECK(boxes_pop(&mine, &out) && *out.value == mark);
    box_drop(&out);
    boxes_drop(&mine);
}

/* A push_n whose hook fails gives its claim back while others look for the tail. */
static void fail_in_the_tail(unsigned *random) {
    boxes mine = boxes_copy(&common);
    hook_calls = 0;
    hook_fails_at = 1 + (unsigned)below(random, 4);
    bool said = boxes_push_n(&mine, common.p, 3);
    hook_fails_at = 0;
    CHECK(boxes_len(&mine) == (said ? FIRST + 3 : FIRST));
    check_first(&mine);
    boxes_drop(&mine);
}

/* Every kind of change, on copies and slices. */
static void change_copies(unsigned *random, int mark) {
    boxes mine = boxes_copy(&common);
    size_t begin = below(random, FIRST), end = begin + below(random, FIRST - begin);
    boxes part = boxes_slice(&mine, begin, end);
    boxed b = box(mark);
    if (!boxes_set(&mine, below(random, FIRST), b)) box_drop(&b);
    CHECK(boxes_truncate(&part, part.n / 2));
    b = box(mark);
    CHECK(boxes_push_front(&part, b));
    CHECK(boxes_pop_front(&part, NULL));
    CHECK(boxes_pop(&mine, NULL) && boxes_erase(&mine, 3) && boxes_reverse(&mine));
    CHECK(boxes_concat(&mine, &part) && boxes_sort(&mine));
    for (size_t i = 1; i < mine.n; i++) CHECK(*mine.p[i - 1].value <= *mine.p[i].value);
    boxes_drop(&part);
    boxes_drop(&mine);
    check_first(&common);
}

/* Values travel: the last owner is often another thread than the maker. */
static void exchange_letters(unsigned *random, int mark) {
    size_t to = below(random, THREADS);
    boxes mine = boxes_slice(&common, 0, 5), got;
    ints note = ints_copy(&numbers), got_note;
    boxed b = box(mark);
    if (below(random, 2))
        CHECK(boxes_push(&mine, b));
    else
        box_drop(&b);
    CHECK(ints_push(&note, mark));
    pthread_mutex_lock(&mailbox[to].lock);
    got = mailbox[to].letter;
    got_note = mailbox[to].note;
    mailbox[to].letter = boxes_copy(&mine);
    mailbox[to].note = ints_copy(&note);
    pthread_mutex_unlock(&mailbox[to].lock);
    for (size_t i = 0; i < got.n && i < 5; i++) CHECK(*got.p[i].value == (int)i);
    CHECK(got_note.n == 0 || ints_at(&got_note, 7) == 7);
    b = box(mark);
    CHECK(boxes_push(&got, b));
    CHECK(ints_push(&got_note, mark) && ints_set(&note, 0, mark));
    boxes_drop(&mine);
    boxes_drop(&got);
    ints_drop(&note);
    ints_drop(&got_note);
}

static void write_deep_inside(unsigned *random, int mark) {
    rows mine = rows_copy(&table);
    size_t at = below(random, 8);
    int *p = ints_mut(rows_mut(&mine, at), 2);
    CHECK(p != NULL);
    *p = mark;
    CHECK(ints_push(rows_mut(&mine, (at + 1) % 8), mark));
    CHECK(ints_at(rows_get(&table, at), 2) == (int)at + 2);
    rows_drop(&mine);
}

static void *work(void *argument) {
    const size_t *job = argument; /* number, rounds */
    unsigned random = (unsigned)job[0] * 77777u + 1;
    for (size_t round = 0; round < job[1]; round++) {
        int mark = (int)(1000 + job[0] * 1000 + round % 1000);
        switch (below(&random, 5)) {
        case 0: race_for_the_tail(&random, mark); break;
        case 1: fail_in_the_tail(&random); break;
        case 2: change_copies(&random, mark); break;
        case 3: exchange_letters(&random, mark); break;
        default: write_deep_inside(&random, mark); break;
        }
    }
    return NULL;
}

static void set_up(void) {
    CHECK(boxes_with_capacity(&common, 4096));
    for (int i = 0; i < FIRST; i++) {
        boxed b = box(i);
        CHECK(boxes_push(&common, b));
    }
    for (int i = 0; i < 50; i++) CHECK(ints_push(&numbers, i));
    for (int i = 0; i < 8; i++) {
        ints row = ints_copy(&numbers);
        CHECK(ints_erase_range(&row, 0, (size_t)i) && rows_push(&table, row));
    }
    for (int i = 0; i < THREADS; i++) CHECK(pthread_mutex_init(&mailbox[i].lock, NULL) == 0);
}

static void tear_down(void) {
    for (int i = 0; i < THREADS; i++) {
        boxes_drop(&mailbox[i].letter);
        ints_drop(&mailbox[i].note);
    }
    check_first(&common);
    CHECK(!boxes_is_shared(&common));
    boxes_drop(&common);
    ints_drop(&numbers);
    rows_drop(&table);
    CHECK(atomic_load(&alive) == 0);
}

int main(int argc, char **argv) {
    size_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 40000;
    pthread_t threads[THREADS];
    size_t jobs[THREADS][2];
    set_up();
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i][0] = i;
        jobs[i][1] = rounds;
        CHECK(pthread_create(&threads[i], NULL, work, jobs[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    tear_down();
    printf("threads: %d threads x %zu rounds over shared values: no wrong value, nothing lost, nothing dropped twice\n",
           THREADS, rounds);
    return 0;
}

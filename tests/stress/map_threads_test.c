/* SPDX-License-Identifier: MIT */
/*
 * Several threads at work on maps that share nodes, for TSan and for plain builds. Every thread reads, copies, compares and walks the same
 * const maps (never with a lock), changes its own copies in every way, so that nodes borrow from the common ones while others do the same,
 * and hands maps to the others, so that the last owner of a node is often not its maker, and a base becomes somebody's alone while others look.
 * Values own a block of memory whose reads and writes are plain, for the sanitizers to watch.
 *
 *   map_threads_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

#define COW_MAP boxes, int, boxed
#define COW_VALUE_COPY box_copy
#define COW_VALUE_DROP box_drop
#define COW_VALUE_EQUAL box_equal
#include "cow/cow.h"

#define COW_MAP numbers, uint64_t, uint64_t
#include "cow/cow.h"

/* All keys in one tree of twigs. */
static uint64_t one_hash(const int *key, uint64_t seed) {
    (void)key;
    return seed;
}
#define COW_MAP thicket, int, int
#define COW_HASH one_hash
#include "cow/cow.h"

#define COW_MAP shelf, int, numbers
#include "cow/cow.h"

/* ---- what the threads share ---- */

enum { THREADS = 4, BOXES = 150, NUMBERS = 3000, TWIGS = 100, SHELVES = 40 };

static boxes common; /* read and copied by all, written by none */
static numbers many;
static thicket dense;
static shelf rows;

static struct {
    pthread_mutex_t lock;
    boxes letter;
    numbers note;
    thicket bush;
} mailbox[THREADS];

static size_t below(unsigned *random, size_t n) {
    *random = *random * 1664525u + 1013904223u;
    return n ? (*random >> 8) % n : 0;
}

static void check_box(const boxes *m, int key) {
    const boxed *b = boxes_get(m, &key);
    CHECK(b && *b->value == 7 * key);
}

/* Keys far from each other, so that they are in different leaves. */
static void change_boxes(unsigned *random, int mark) {
    boxes mine = boxes_copy(&common), kept = {{0}};
    for (size_t i = below(random, 12); i > 0; i--) {
        int key = (int)below(random, BOXES);
        if (below(random, 4) == 0) boxes_assign(&kept, &mine);
        switch (below(random, 4)) {
        case 0: CHECK(boxes_put(&mine, key, box(mark))); break;
        case 1: CHECK(boxes_put(&mine, BOXES + key, box(mark))); break;
        case 2: (void)boxes_erase(&mine, &key); break;
        default: {
            boxed *b = boxes_mut(&mine, &key);
            if (b) *b->value = mark;
        }
        }
        CHECK(boxes_len(&common) == BOXES);
        check_box(&common, key);
    }
    boxes_drop(&mine);
    boxes_drop(&kept);
}

/* A hook that fails in the midst of copying a leaf, while others copy the same. */
static void fail_in_a_leaf(unsigned *random) {
    boxes mine = boxes_copy(&common);
    int key = (int)below(random, BOXES);
    boxed b = box(1);
    hook_calls = 0;
    hook_fails_at = 1 + (unsigned)below(random, 30);
    bool said = boxes_put(&mine, key, b);
    hook_fails_at = 0;
    if (!said) box_drop(&b);
    const boxed *now = boxes_get(&mine, &key);
    CHECK(now && *now->value == (said ? 1 : 7 * key));
    boxes_drop(&mine);
}

static bool count_numbers(const numbers_pair *was, const numbers_pair *is, void *context) {
    CHECK(!was || !is || (was->key == is->key && was->value != is->value));
    ++*(size_t *)context;
    return true;
}

static void change_numbers(unsigned *random, uint64_t mark) {
    numbers mine = numbers_copy(&many);
    size_t changed = 0, differences = 0;
    for (size_t i = below(random, 20); i > 0; i--) {
        uint64_t key = below(random, NUMBERS);
        uint64_t *v = numbers_mut(&mine, &key);
        CHECK(v != NULL);
        changed += *v == key;
        *v = NUMBERS + mark;
    }
    CHECK(numbers_diff(&many, &mine, count_numbers, &differences) && differences == changed);
    CHECK(numbers_equal(&many, &mine) == (changed == 0));
    if (below(random, 8) == 0) CHECK(numbers_union(&mine, &many, NULL, NULL) && numbers_equal(&mine, &many));
    uint64_t key = below(random, NUMBERS);
    CHECK(*numbers_get(&many, &key) == key);
    numbers_drop(&mine);
}

static void change_twigs(unsigned *random, int mark) {
    thicket mine = thicket_copy(&dense);
    for (size_t i = below(random, 8); i > 0; i--) {
        int key = (int)below(random, TWIGS);
        CHECK(below(random, 2) ? thicket_put(&mine, TWIGS + key, mark) : thicket_put(&mine, key, mark));
        key = (int)below(random, TWIGS);
        (void)thicket_erase(&mine, &key);
        CHECK(*thicket_get(&dense, &key) == key);
    }
    thicket_drop(&mine);
}

/* Values travel: the last owner is often another thread than the maker. */
static void exchange_letters(unsigned *random, int mark) {
    size_t to = below(random, THREADS);
    boxes mine = boxes_copy(&common), got;
    numbers note = numbers_copy(&many), got_note;
    thicket bush = thicket_copy(&dense), got_bush;
    int key = (int)below(random, BOXES), twig = key % TWIGS;
    uint64_t number = below(random, NUMBERS);
    CHECK(boxes_put(&mine, BOXES + mark % 50, box(mark)) && boxes_erase(&mine, &key));
    CHECK(numbers_put(&note, NUMBERS + (uint64_t)mark, 0) && numbers_erase(&note, &number));
    CHECK(thicket_put(&bush, TWIGS + mark % 50, mark) && thicket_erase(&bush, &twig));
    pthread_mutex_lock(&mailbox[to].lock);
    got = mailbox[to].letter;
    got_note = mailbox[to].note;
    got_bush = mailbox[to].bush;
    mailbox[to].letter = boxes_copy(&mine);
    mailbox[to].note = numbers_copy(&note);
    mailbox[to].bush = thicket_copy(&bush);
    pthread_mutex_unlock(&mailbox[to].lock);
    CHECK(boxes_is_empty(&got) || boxes_len(&got) == BOXES);
    COW_MAP_EACH (boxes, it, &got) CHECK(it->key >= BOXES || *it->value.value == 7 * it->key);
    for (int k = 0; k < 5; k++) { /* what came is changed here, in place where its maker is gone already */
        CHECK(boxes_put(&got, k * 31, box(mark)) && numbers_put(&got_note, (uint64_t)k * 17, 1) &&
              thicket_put(&got_bush, k, 1));
        CHECK(boxes_put(&mine, k * 31, box(mark)) && numbers_put(&note, (uint64_t)k * 17, 1) &&
              thicket_put(&bush, k, 1));
    }
    check_box(&common, 31);
    boxes_drop(&mine);
    boxes_drop(&got);
    numbers_drop(&note);
    numbers_drop(&got_note);
    thicket_drop(&bush);
    thicket_drop(&got_bush);
}

static void write_deep_inside(unsigned *random, uint64_t mark) {
    shelf mine = shelf_copy(&rows);
    int row = (int)below(random, SHELVES);
    uint64_t key = below(random, NUMBERS);
    numbers *inner = shelf_mut(&mine, &row);
    CHECK(inner && numbers_put(inner, key, mark + NUMBERS));
    CHECK(*numbers_get(shelf_get(&rows, &row), &key) == key);
    if (below(random, 2)) CHECK(shelf_erase(&mine, &row));
    shelf_drop(&mine);
}

static void walk_what_all_share(unsigned *random) {
    uint64_t sum = 0;
    numbers_iter walk = numbers_iter_of(&many);
    const numbers_pair *e;
    size_t steps = below(random, 2 * NUMBERS);
    for (size_t i = 0; i < steps && numbers_iter_next(&walk, &e); i++) sum += e->key - e->value;
    numbers_iter_drop(&walk);
    COW_MAP_EACH (thicket, it, &dense) sum += (uint64_t)(it->key - it->value);
    CHECK(sum == 0);
}

static void *work(void *argument) {
    const size_t *job = argument; /* number, rounds */
    unsigned random = (unsigned)job[0] * 77777u + 1;
    for (size_t round = 0; round < job[1]; round++) {
        int mark = (int)(1000 + job[0] * 1000 + round % 1000);
        switch (below(&random, 8)) {
        case 0: change_boxes(&random, mark); break;
        case 1: fail_in_a_leaf(&random); break;
        case 2: change_numbers(&random, (uint64_t)mark); break;
        case 3: change_twigs(&random, mark); break;
        case 4: write_deep_inside(&random, (uint64_t)mark); break;
        case 5: walk_what_all_share(&random); break;
        default: exchange_letters(&random, mark); break;
        }
    }
    return NULL;
}

static void set_up(void) {
    for (int k = 0; k < BOXES; k++) CHECK(boxes_put(&common, k, box(7 * k)));
    for (uint64_t k = 0; k < NUMBERS; k++) CHECK(numbers_put(&many, k, k));
    for (int k = 0; k < TWIGS; k++) CHECK(thicket_put(&dense, k, k));
    for (int k = 0; k < SHELVES; k++) CHECK(shelf_put(&rows, k, numbers_copy(&many)));
    for (int i = 0; i < THREADS; i++) CHECK(pthread_mutex_init(&mailbox[i].lock, NULL) == 0);
}

static void tear_down(void) {
    for (int i = 0; i < THREADS; i++) {
        boxes_drop(&mailbox[i].letter);
        numbers_drop(&mailbox[i].note);
        thicket_drop(&mailbox[i].bush);
    }
    for (int k = 0; k < BOXES; k++) check_box(&common, k);
    CHECK(!boxes_is_shared(&common) && boxes_len(&common) == BOXES &&
          boxes_bytes_owned(&common) == boxes_bytes(&common));
    boxes_drop(&common);
    shelf_drop(&rows);
    CHECK(!numbers_is_shared(&many) && numbers_bytes_owned(&many) == numbers_bytes(&many));
    numbers_drop(&many);
    thicket_drop(&dense);
    CHECK(atomic_load(&alive) == 0);
    memset(mailbox, 0, sizeof mailbox);
}

/* A few turns: each makes the shared maps anew, so that the first change of a node that nobody shares yet is raced for. */
int main(int argc, char **argv) {
    enum { TURNS = 20 };
    size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 10) : 20000) / TURNS + 1;
    kit_turns(&(kit_turn){set_up, work, tear_down}, TURNS, THREADS, rounds);
    printf("map threads: %d turns x %d threads x %zu rounds over shared maps: no wrong value, nothing lost, nothing "
           "dropped twice\n",
           TURNS, THREADS, rounds);
    return 0;
}

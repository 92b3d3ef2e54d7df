/* SPDX-License-Identifier: MIT */
/*
 * Several threads at work on strings that share storage, for TSan and for plain builds. Every thread reads, copies, slices and
 * hashes the same const strings (never with a lock; the hash is cached by whoever comes first), changes its own copies in every
 * way, and hands strings to the others, so that the last owner of a buffer, or of adopted bytes, is often not the maker.
 *
 *   str_threads_test [rounds]
 */
#include "../unit/kit_threads.h"

#include <string.h>

#define COW_IMPLEMENTATION
#include "cow/cow.h"

enum { THREADS = 4, LONG = 2000, TEXTS = 5 };

static char bytes[LONG]; /* what all shared strings are a part of */
static cow_str common[TEXTS];
static size_t lengths[TEXTS] = {10, 22, 100, 1000, LONG};
static uint64_t hashes[TEXTS];
static atomic_long adopted, released;

static struct {
    pthread_mutex_t lock;
    cow_str letter;
} mailbox[THREADS];

static size_t below(unsigned *random, size_t n) {
    *random = *random * 1664525u + 1013904223u;
    return n ? (*random >> 8) % n : 0;
}

static bool holds(const cow_str *s, const char *p, size_t n) {
    return cow_str_len(s) == n && memcmp(cow_str_data(s), p, n) == 0;
}

/* The adopted bytes are poisoned before they go, so that a late reader is seen. */
static void release(void *context, const void *p, size_t n) {
    (void)context;
    memset((void *)(uintptr_t)p, '?', n);
    free((void *)(uintptr_t)p);
    atomic_fetch_add_explicit(&released, 1, memory_order_relaxed);
}

static cow_str adopt_some(size_t n) {
    char *block = malloc(n);
    CHECK(block != NULL);
    memcpy(block, bytes, n);
    cow_str s;
    CHECK(cow_str_adopt(&s, block, n, release, NULL));
    atomic_fetch_add_explicit(&adopted, 1, memory_order_relaxed);
    return s;
}

/* Fresh every round, so that the first hash of a text is raced for again and again. */
static void hash_what_all_share(size_t i) {
    CHECK(cow_str_hash(&common[i], cow_seed()) == hashes[i]);
    cow_str mine = cow_str_copy(&common[i]), head = cow_str_prefix(&mine, lengths[i] / 2 + 300);
    CHECK(cow_str_hash(&mine, cow_seed()) == hashes[i]);
    CHECK(cow_str_hash(&head, cow_seed()) == cow_hash_bytes(bytes, cow_str_len(&head), cow_seed()));
    cow_str_drop(&head);
    cow_str_drop(&mine);
}

/* Every kind of change, on a copy; nobody else may see any of it. */
static void change_a_copy(unsigned *random, size_t i, char mark) {
    size_t n = lengths[i], at = below(random, n);
    cow_str mine = cow_str_copy(&common[i]);
    switch (below(random, 8)) {
    case 0: CHECK(cow_str_set(&mine, at, mark) && cow_str_at(&mine, at) == mark); break;
    case 1: CHECK(cow_str_append_byte(&mine, mark) && cow_str_at(&mine, n) == mark); break;
    case 2: CHECK(cow_str_truncate(&mine, at) && cow_str_cstr(&mine)[at] == 0); break;
    case 3: CHECK(cow_str_erase(&mine, at) && cow_str_len(&mine) == n - 1); break;
    case 4: CHECK(cow_str_insert_str(&mine, at, &mine) && cow_str_len(&mine) == 2 * n); break;
    case 5: CHECK(cow_str_reverse(&mine) && cow_str_at(&mine, 0) == bytes[n - 1]); break;
    case 6: CHECK(cow_str_reserve(&mine, n + 100) && cow_str_fill(&mine, mark) && cow_str_at(&mine, at) == mark); break;
    default: {
        char *p = cow_str_edit(&mine);
        CHECK(p != NULL);
        p[at] = mark;
        CHECK(cow_str_hash(&mine, cow_seed()) == cow_hash_bytes(p, n, cow_seed()));
    }
    }
    CHECK(holds(&common[i], bytes, n));
    cow_str_drop(&mine);
}

/* A slice that ends inside its buffer is asked for a C string while others read the byte behind it. */
static void terminate_a_slice(unsigned *random) {
    size_t n = 600 + below(random, 1000);
    cow_str mine = cow_str_slice(&common[4], 0, n);
    const char *c = cow_str_cstr(&mine);
    CHECK(c && c[n] == 0 && memcmp(c, bytes, n) == 0);
    CHECK(cow_str_at(&common[4], n) == bytes[n]);
    cow_str_drop(&mine);
}

/* Strings travel, whole and in slices: the last owner is often another thread than the maker. */
static void exchange_letters(unsigned *random, char mark) {
    size_t to = below(random, THREADS);
    cow_str mine = below(random, 2) ? adopt_some(700) : cow_str_copy(&common[3]);
    cow_str part = cow_str_slice(&mine, 0, 600), got;
    if (below(random, 2)) CHECK(cow_str_append_byte(&mine, mark));
    pthread_mutex_lock(&mailbox[to].lock);
    got = mailbox[to].letter;
    mailbox[to].letter = part;
    pthread_mutex_unlock(&mailbox[to].lock);
    CHECK(cow_str_is_empty(&got) || holds(&got, bytes, 600));
    CHECK(cow_str_is_empty(&got) || cow_str_hash(&got, cow_seed()) == cow_hash_bytes(bytes, 600, cow_seed()));
    CHECK(cow_str_append_byte(&got, mark) && cow_str_compact(&got));
    cow_str_drop(&got);
    cow_str_drop(&mine);
}

static void split_what_all_share(void) {
    cow_str field = {0};
    size_t fields = 0;
    cow_str_split it = cow_str_split_byte(&common[4], bytes[777]);
    while (cow_str_split_next(&it, &field)) fields++;
    CHECK(fields > 1);
}

static void *work(void *argument) {
    const size_t *job = argument; /* number, rounds */
    unsigned random = (unsigned)job[0] * 77777u + 1;
    for (size_t round = 0; round < job[1]; round++) {
        char mark = (char)('0' + job[0] % 10);
        size_t i = below(&random, TEXTS);
        switch (below(&random, 16)) {
        case 0: split_what_all_share(); break;
        case 1:
        case 2: terminate_a_slice(&random); break;
        case 3:
        case 4:
        case 5: exchange_letters(&random, mark); break;
        case 6:
        case 7:
        case 8: hash_what_all_share(i); break;
        default: change_a_copy(&random, i, mark); break;
        }
    }
    return NULL;
}

/* Shared strings in each form: inline, counted (full, with room), adopted, literal bytes. */
static void set_up(void) {
    for (size_t i = 0; i < LONG; i++) bytes[i] = (char)('a' + i * i % 23 + i % 3);
    (void)cow_seed();
    for (size_t i = 0; i < TEXTS; i++) {
        if (i == 3)
            common[i] = adopt_some(lengths[i]);
        else
            CHECK(cow_str_from_bytes(&common[i], bytes, lengths[i]));
        if (i == 4) CHECK(cow_str_reserve(&common[i], LONG + 100));
        hashes[i] = cow_hash_bytes(bytes, lengths[i], cow_seed());
    }
    for (int i = 0; i < THREADS; i++) CHECK(pthread_mutex_init(&mailbox[i].lock, NULL) == 0);
}

static void tear_down(void) {
    for (int i = 0; i < THREADS; i++) cow_str_drop(&mailbox[i].letter);
    for (size_t i = 0; i < TEXTS; i++) {
        CHECK(holds(&common[i], bytes, lengths[i]));
        CHECK(i == 3 || !cow_str_is_shared(&common[i]));
        cow_str_drop(&common[i]);
    }
    CHECK(atomic_load(&adopted) == atomic_load(&released));
    memset(mailbox, 0, sizeof mailbox);
}

/* A few turns: each makes the shared strings anew, so that their first hash, copy and drop are raced for. */
int main(int argc, char **argv) {
    enum { TURNS = 50 };
    size_t rounds = (argc > 1 ? strtoull(argv[1], NULL, 10) : 20000) / TURNS + 1;
    kit_turns(&(kit_turn){set_up, work, tear_down}, TURNS, THREADS, rounds);
    printf("string threads: %d turns x %d threads x %zu rounds over shared strings: no wrong byte, nothing lost or "
           "released "
           "twice\n",
           TURNS, THREADS, rounds);
    return 0;
}
